"""Which rows the next stage of a run trains on, from pass rates in the stages before. Pure: no files, no clock."""

import hashlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from swift_grpo.data.difficulty import PassRate

ANSWERS = 4  # fewer decide nothing: at a pass rate of 1/2, three are equal in one of four cases
SOLVED = 0.9  # from here on most groups of eight are all right and teach nothing (open-r1 keeps 0.1 to 0.9)
REVIEW = 10  # one of this many solved rows stays, others in each stage, so that forgetting shows
HELD = 1  # stages without a hopeless row: the model changes, and 0 of 8 happens in 43% at a pass rate of 0.1
MOST = 0.8  # solved (hopeless) share of a level's measured rows that brings the next (the previous) level


@dataclass(frozen=True)
class Seen:
    """The pass rate of a prompt in the last stage (from 1) that trained on it."""

    rate: PassRate
    stage: int


@dataclass(frozen=True)
class Choice:
    """A row's state (unseen, middle, solved, hopeless, returned), whether the stage has it, and its newest pass rate."""

    state: str
    kept: bool
    seen: Seen | None = None

    def columns(self, row: int) -> str:
        """The row's line in stage-K.tsv.

        >>> Choice("middle", True, Seen(PassRate(3, 8), 2)).columns(1)
        '1\\t0.375\\t3/8\\t2\\tmiddle\\tkept'
        """
        one = self.seen
        measured = f"{one.rate.rate:.3f}\t{one.rate.right}/{one.rate.n}\t{one.stage}" if one else "\t\t"
        return f"{row}\t{measured}\t{self.state}\t{'kept' if self.kept else 'dropped'}"


def decide(names: Sequence[str], seen: Mapping[str, Seen], stage: int, least: int = 1) -> list[Choice]:
    """The choice for each row, by its prompt's hash. `least`: the prompts of a step, which a stage must have.

    Solved rows are dropped but for a tenth; hopeless ones are held back for a stage, then offered again. Where only
    these are left, the hopeless ones stay. None is kept where all are solved.
    """
    choices = [_choice(name, seen.get(name), stage) for name in names]
    left = {choice.state for choice in choices}
    if left == {"solved"}:
        return [Choice("solved", False, choice.seen) for choice in choices]
    waiting = [at for state in ("hopeless", "solved") for at, one in enumerate(choices) if one.state == state]
    waiting = [at for at in waiting if not choices[at].kept]
    wanted = max(0, least - len(choices) + len(waiting))
    if left <= {"solved", "hopeless"}:
        wanted = max(wanted, sum(one.state == "hopeless" for one in choices))
    for at in waiting[:wanted]:
        choices[at] = replace(choices[at], kept=True)
    return choices


def _choice(name: str, seen: Seen | None, stage: int) -> Choice:
    if seen is None:
        return Choice("unseen", True)
    if seen.rate.n < ANSWERS or 0 < seen.rate.rate < SOLVED:
        return Choice("middle", True, seen)
    if seen.rate.right:
        return Choice("solved", hashlib.blake2b(f"{stage} {name}".encode()).digest()[0] % REVIEW == 0, seen)
    back = stage - seen.stage > HELD
    return Choice("returned" if back else "hopeless", back, seen)


def order(choices: Sequence[Choice], stage: int) -> list[int]:
    """The kept rows' indices, in another order each stage: with one and the same, the run's seed draws the same rows."""
    kept = [at for at, choice in enumerate(choices) if choice.kept]
    random.Random(stage).shuffle(kept)
    return kept


def summary(choices: Sequence[Choice], stage: int) -> str:
    """One line for the terminal.

    >>> summary([Choice("unseen", True), Choice("solved", False), Choice("hopeless", False)], 2)
    'stage 2: 1 of 3 rows; 1 solved, 1 hopeless held back'
    """
    states = Counter((choice.state, choice.kept) for choice in choices)
    parts = {
        ("solved", False): "solved",
        ("solved", True): "solved kept",
        ("hopeless", False): "hopeless held back",
        ("hopeless", True): "hopeless kept: little else is left",
        ("returned", True): "hopeless offered again",
    }
    said = ", ".join(f"{states[key]:,} {what}" for key, what in parts.items() if states[key])
    return f"stage {stage}: {sum(one.kept for one in choices):,} of {len(choices):,} rows; {said or 'none measured'}"


def new_levels(levels: Sequence[tuple[str, int] | None], choices: Sequence[Choice]) -> list[tuple[str, int, int]]:
    """(task, level, rows) to add, from each row's task and level: the level after a task's hardest one when that is
    solved, with as many rows; the one before its easiest when that is hopeless, with half as many."""
    counts: dict[str, dict[int, Counter[str]]] = {}
    for level, choice in zip(levels, choices, strict=True):
        if level:
            counts.setdefault(level[0], {}).setdefault(level[1], Counter())[choice.state] += 1
    found = []
    for task, by_level in counts.items():
        for at, state, step, part in ((max(by_level), "solved", 1, 1), (min(by_level), "hopeless", -1, 2)):
            states = by_level[at]
            measured = states.total() - states["unseen"]
            if measured and states[state] >= MOST * measured and at + step >= 0:
                found.append((task, at + step, -(-states.total() // part)))
    return found
