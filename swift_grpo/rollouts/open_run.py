"""A run's log as data, for a notebook or a program: `swift_grpo.open_run`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.step_table import step_rows
from swift_grpo.rollouts.index import Index, open_index
from swift_grpo.rollouts.reading.rollout_text import RolloutText


class OpenRun:
    """Steps and rollouts of a run. Made by `open_run`; `close` or `with` frees it.

    What the log holds a second time, or a resumed run did again, counts once; evaluations are left out.
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
        """A dict a step, ascending: step, completions (how many), means of reward, solved (share) and chars, right and wrong
        (shares of groups without variance), rewards (mean by class), and of logging.jsonl clipped, kl, entropy, grad_norm and
        step_time (seconds). None where the log has no such value.
        """
        return step_rows(self.index)

    def rows(self, step: int | None = None) -> Iterator[RolloutText]:
        """The completions of a step, or of all, in order, each with prompt, completion, solution, answer (the final one),
        rewards (by class), reward, advantage, step, group_id and member. A step at a time is held in memory.
        """
        steps = [row["step"] for row in self.steps()] if step is None else [step]
        for one in steps:
            ids = self.index.query("SELECT id FROM train WHERE step = ? ORDER BY id", [one])
            yield from self.index.texts(row[0] for row in ids)

    def query(self, sql: str) -> list[dict[str, Any]]:
        """The rows of an SQL query over the views `train`, `counted`, `groups` and `steps` (swift_grpo/rollouts/index)."""
        return self.index.dicts(sql)


def open_run(path: Path | str | None = None) -> OpenRun:
    """Open the log of a run of ms-swift or TRL: a vN folder, an output folder, a completions file; None: the newest below
    ./output. The first look builds an index in ~/.cache/swift-grpo, later ones read only what was added.

    Needs the extra `inspect`. Raises ValueError if there is no log, or one of which no line can be read.

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
