"""A run's log as data for notebooks and programs: `swift_grpo.open_run`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.index import Index, open_index
from swift_grpo.rollouts.reading.rollout_text import RolloutText


class OpenRun:
    """Steps and rollouts of a run. Create it with `open_run`; `close` or `with` frees it.

    Completions that the log or a resumed run repeats count once; evaluations are left out.
    """

    def __init__(self, index: Index) -> None:
        self.index = index

    def __enter__(self) -> "OpenRun":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.index.close()

    @property
    def rewards(self) -> list[str]:
        """The reward classes, in the log's order."""
        return self.index.reward_names

    def steps(self) -> list[dict[str, Any]]:
        """A dict per step, ascending: step, completions (count), means of reward, solved (share) and chars, right and
        wrong (shares of groups without variance), rewards (mean by class), and from logging.jsonl clipped, kl, entropy,
        grad_norm and step_time (seconds). None where the log has no such value.
        """
        return step_rows(self.index)

    def rows(self, step: int | None = None) -> Iterator[RolloutText]:
        """The completions of a step, or all, in order, each with prompt, completion, solution, answer (the final one),
        rewards (by class), reward, advantage, step, group_id and member. Holds one step at a time in memory.
        """
        steps = [row["step"] for row in self.steps()] if step is None else [step]
        for one in steps:
            ids = self.index.query("SELECT id FROM train WHERE step = ? ORDER BY id", [one])
            yield from self.index.texts(row[0] for row in ids)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of an SQL query on the views `train`, `counted`, `groups`, `steps` (swift_grpo/rollouts/index)."""
        return self.index.dicts(sql)


def open_run(path: Path | str | None = None) -> OpenRun:
    """Open the log of a run of ms-swift or TRL: a vN folder, an output folder or a completions file; None for the
    newest below ./output. The first call builds an index in ~/.cache/swift-grpo, later ones read only what was added.

    Needs the extra `inspect`. Raises ValueError if there is no log, or if none of its lines can be read.

    >>> with open_run("tests/rollouts/logs/server") as run:
    ...     first, *_ = run.steps()
    ...     row = next(run.rows(step=2))
    >>> first["step"], first["completions"], round(first["reward"], 3), run.rewards
    (1, 32, 1.125, ['AnswerAccuracy', 'R1Format'])
    >>> row.answer, row.solution, row.rewards["AnswerAccuracy"]
    ('39', '39', 1.0)
    """
    index = open_index(path)
    settle_accuracy(index)
    return OpenRun(index)
