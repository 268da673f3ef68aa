"""Fetches the text of rollouts from the log by byte offset."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.formats.records import parse_line
from swift_grpo.formats.trajectories import Trajectory


@dataclass(frozen=True, slots=True)
class RolloutText:
    """One rollout with its text. `answer` is the completion's final answer by `grpo_rewards.extract.final_answer`;
    `trajectory` its turns, None without."""

    id: int
    step: int
    group_id: int
    member: int
    prompt: str
    completion: str
    solution: str | None
    answer: str | None
    rewards: dict[str, float | None]
    reward: float | None
    advantage: float | None
    trajectory: Trajectory | None = None


def read_texts(
    logs: list[Path], rows: Iterable[dict], columns: dict[str, str], turns_of: Callable[[dict], list[Trajectory | None]]
) -> list[RolloutText]:
    """A RolloutText per row; rows are dicts with the columns of the view `rollouts`. Each line is parsed once.

    `columns` maps a reward class to its column; `turns_of` gives the trajectories of a row's line. A line that changed
    since it was indexed gives empty texts.
    """
    from grpo_rewards.extract import final_answer

    rows = list(rows)
    texts: dict[int, RolloutText] = {}
    by_line: dict[tuple[int, int, int], list[dict]] = {}
    for row in rows:
        by_line.setdefault((row["file"], row["line_offset"], row["line_length"]), []).append(row)
    for (file, offset, length), members in by_line.items():
        record, turns = read_line(logs[file], offset, length), turns_of(members[0])
        for row in members:
            i = row["i"]
            known = record is not None and i < len(record.completions)
            completion = record.completions[i] if known else ""
            solution = record.solutions[i] if known and record.solutions else None
            texts[row["id"]] = RolloutText(
                row["id"], row["step"], row["group_id"], row["member"],
                record.prompts[i] if known else "", completion,
                None if solution is None else str(solution), final_answer(completion),
                {name: row[column] for name, column in columns.items()},
                row["reward"], row["advantage"], turns[i] if i < len(turns) else None,
            )  # fmt: skip
    return [texts[row["id"]] for row in rows]


def read_line(log: Path, offset: int, length: int):
    """The record in the log's bytes [offset, offset + length); None if there is no longer one."""
    try:
        with log.open("rb") as file:
            file.seek(offset)
            return parse_line(file.read(length))
    except (OSError, ValueError, RecursionError):
        return None
