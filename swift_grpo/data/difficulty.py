"""Pass rates of prompts, from samples or from a run's log, and the choice of prompts by pass rate.

A group whose completions are all right or all wrong has no advantage and gives no gradient (DAPO, arXiv 2503.14476,
section 3.2). So a prompt with a pass rate near 0 or 1 costs generation and teaches nothing. open-r1 keeps 0.1 to 0.9.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import prompt_hash, prompt_of

ORDERS = ("", "easy-to-hard", "hard-to-easy")


@dataclass(frozen=True)
class PassRate:
    """`right` of `n` graded answers to one prompt, with Wilson's 95% interval of the share."""

    right: int
    n: int

    @property
    def rate(self) -> float:
        return self.right / self.n

    def columns(self) -> dict[str, Any]:
        """The columns that are added to a row.

        >>> PassRate(1, 4).columns()
        {'pass_rate': 0.25, 'pass_low': 0.046, 'pass_high': 0.699, 'pass_n': 4}
        """
        from swift_grpo.stats import wilson

        low, high = (round(float(bound), 3) for bound in wilson(self.rate, self.n))
        return {"pass_rate": round(self.rate, 4), "pass_low": low, "pass_high": high, "pass_n": self.n}


@dataclass(frozen=True)
class Keep:
    """Which rows to keep: pass rates in [low, high], their order, and the rates at which strata are cut."""

    low: float = 0.0
    high: float = 1.0
    order: str = ""
    cuts: tuple[float, ...] = ()


def keep_of(text: str, order: str = "", strata: str = "") -> Keep:
    """A Keep from the options' texts. Raises ValueError.

    >>> keep_of("0.1:0.9", strata="0.25,0.75")
    Keep(low=0.1, high=0.9, order='', cuts=(0.25, 0.75))
    """
    try:
        low, high = (float(part) for part in text.split(":"))
        cuts = tuple(float(part) for part in strata.split(",") if part)
    except ValueError:
        raise ValueError(f"--keep {text} --strata {strata}: write --keep 0.1:0.9 --strata 0.25,0.75") from None
    if not 0 <= low <= high <= 1:
        raise ValueError(f"--keep {text}: give two pass rates from 0 to 1, the lower one first")
    if list(cuts) != sorted(set(cuts)) or not all(0 < cut < 1 for cut in cuts):
        raise ValueError(f"--strata {strata}: give rising pass rates between 0 and 1, such as 0.25,0.75")
    if order not in ORDERS:
        raise ValueError(f"--order {order}: use {' or '.join(ORDERS[1:])}")
    return Keep(low, high, order, cuts)


def from_samples(
    rows: Sequence[Row], samples: Iterable[Any], n: int, prefilled: bool = False
) -> dict[str, PassRate | None]:
    """prompt_hash -> pass rate over the prompt's first `n` samples, None if the gold cannot be read.

    Equal prompts use the first row's gold. A completion that was cut off is graded as it is, like in training. A prompt
    without samples is not in the result.
    """
    from grpo_rewards.grading import accepted_answers, grade_batch

    golds = {prompt_hash(prompt_of(row) or []): row.get("solution") for row in reversed(rows)}
    unreadable = {name for name, gold in golds.items() if not accepted_answers(gold)}
    ours = [one for one in samples if one.prompt_id in golds and one.index < n]
    verdicts = grade_batch([one.own for one in ours], [golds[one.prompt_id] for one in ours], prefilled)
    right: Counter[str] = Counter()
    graded: Counter[str] = Counter()
    for one, verdict in zip(ours, verdicts, strict=True):
        graded[one.prompt_id] += verdict is not None
        right[one.prompt_id] += bool(verdict)
    names = {one.prompt_id for one in ours} | unreadable
    return {name: PassRate(right[name], graded[name]) if graded[name] else None for name in names}


@dataclass
class Chosen:
    """Rows with their pass rate: kept rows in strata from easy to hard, and dropped rows with a reason."""

    strata: list[list[Row]]
    dropped: list[Row]

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(row["dropped"] for row in self.dropped).most_common())

    @property
    def kept(self) -> int:
        return sum(map(len, self.strata))


def choose(rows: Iterable[Row], rates: dict[str, PassRate | None], keep: Keep) -> Chosen:
    """Divide the rows into kept and dropped. A row without a pass rate is dropped, with the reason."""
    strata: list[list[Row]] = [[] for _ in range(len(keep.cuts) + 1)]
    dropped: list[Row] = []
    for row in rows:
        prompt = prompt_of(row)
        name = prompt_hash(prompt) if prompt else ""
        found = rates.get(name)
        if found is None:
            why = "gold unreadable" if name in rates else "not measured" if prompt else "no question"
            dropped.append({"dropped": why, **row})
            continue
        rated = {**row, **found.columns()}
        if found.rate < keep.low or found.rate > keep.high:
            dropped.append({"dropped": "too hard" if found.rate < keep.low else "too easy", **rated})
            continue
        strata[sum(found.rate < cut for cut in keep.cuts)].append(rated)
    if keep.order:
        sign = -1 if keep.order == "easy-to-hard" else 1
        for stratum in strata:
            stratum.sort(key=lambda row: sign * row["pass_rate"])
    return Chosen(strata, dropped)


def histogram(rates: Iterable[PassRate | None]) -> list[tuple[str, int]]:
    """How many prompts have a pass rate of 0, in each fifth between, and of 1.

    >>> histogram([PassRate(0, 4), PassRate(1, 4), PassRate(4, 4), None])
    [('0', 1), ('0 to .2', 0), ('.2 to .4', 1), ('.4 to .6', 0), ('.6 to .8', 0), ('.8 to 1', 0), ('1', 1)]
    """
    names = ["0", "0 to .2", ".2 to .4", ".4 to .6", ".6 to .8", ".8 to 1", "1"]
    found = [one for one in rates if one is not None]
    places = Counter(0 if not one.right else 6 if one.right == one.n else 1 + 5 * one.right // one.n for one in found)
    return [(name, places[i]) for i, name in enumerate(names)]


def write(output: Path, chosen: Chosen, sources: list[dict[str, Any]], parameters: dict[str, Any]) -> list[Path]:
    """Write OUTPUT (or NAME.1-of-3.jsonl and so on, easiest first), NAME.dropped.jsonl and manifests; returns the
    files.

    Raises ValueError if no row is kept.
    """
    from swift_grpo.data.prepare import beside
    from swift_grpo.formats import manifest
    from swift_grpo.formats.outputs import json_line, whole_files

    if not chosen.kept:
        raise ValueError(
            f"no row is kept: {', '.join(f'{n} {why}' for why, n in chosen.reasons.items())}; widen --keep"
        )
    many = len(chosen.strata)
    names = [beside(output, f"{i}-of-{many}") for i in range(1, many + 1)] if many > 1 else [output]
    left_out = beside(output, "dropped")
    with whole_files([*names, left_out], may_be_empty=[*names, left_out]) as files:
        for file, rows in zip(files, [*chosen.strata, chosen.dropped], strict=True):
            file.writelines(map(json_line, rows))
    counts = {"read": chosen.kept + len(chosen.dropped), "dropped": len(chosen.dropped), "output": chosen.kept}
    about = {"sources": sources, "counts": counts, "parameters": parameters, "dropped": chosen.reasons}
    return manifest.write_all([*names, left_out], made_by="swift-grpo data difficulty", **about)
