"""Compares two evaluations of the same questions, paired by question."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from swift_grpo.evaluation import grades
from swift_grpo.evaluation.grades import Question
from swift_grpo.evaluation.set_summary import vote_of
from swift_grpo.stats import Difference, difference

# n and the seed may differ; so may tools, which are then what is compared, with the system prompt that describes them
_SAMPLER = ("temperature", "top_p", "max_tokens", "system", "prefilled")


@dataclass(frozen=True)
class Evaluation:
    """One set's folder, as `evaluate.write` writes it."""

    folder: Path
    summary: dict[str, Any]
    questions: list[Question]

    @property
    def name(self) -> str:
        """The model without the flags of its server."""
        return str(self.summary["model"]).split(" --")[0]

    def texts(self) -> dict[tuple[str, int], str]:
        """The completions by prompt_id and index. Raises OSError or ValueError if the samples are missing."""
        from swift_grpo.formats.samples import read_samples

        return {
            (one.prompt_id, one.index): one.completion
            for one in read_samples(self.folder.parent / self.summary["samples"])
        }


@dataclass(frozen=True)
class Pair:
    """A question that both models answered, with the share of right answers of each."""

    a: Question
    b: Question
    rate_a: float
    rate_b: float

    @property
    def gain(self) -> float:
        return self.rate_b - self.rate_a

    @property
    def flipped(self) -> bool:
        """Whether one model solves it in at least half of its samples and the other does not."""
        return (self.rate_a >= 0.5) != (self.rate_b >= 0.5)


@dataclass(frozen=True)
class Comparison:
    """`measures` by name, the pairs graded on both sides, and notes on what differs between the two evaluations."""

    a: Evaluation
    b: Evaluation
    measures: dict[str, Difference]
    pairs: list[Pair]
    unpaired: int
    notes: list[str]


def load(folder: Path) -> dict[str, Evaluation]:
    """Set name -> evaluation, for an output folder or a set's folder in it. Raises ValueError if there is none."""
    found = [folder] if (folder / "summary.json").is_file() else sorted(p.parent for p in folder.glob("*/summary.json"))
    evaluations = {}
    for place in found:
        try:
            summary = json.loads((place / "summary.json").read_bytes())
            evaluations[str(summary["set"])] = Evaluation(place, summary, grades.read(place / "grades.jsonl"))
        except (KeyError, TypeError, json.JSONDecodeError):
            raise ValueError(f"{place}/summary.json is not a summary of an evaluation") from None
    if not evaluations:
        raise ValueError(f"{folder} holds no evaluation: there is no summary.json in it; `swift-grpo eval` writes one")
    return evaluations


def compare_folders(a: Path, b: Path, force: bool = False) -> dict[str, Comparison]:
    """A comparison for each set in both folders. Two folders of one set each are compared whatever the sets' names."""
    first, second = load(a), load(b)
    if len(first) == len(second) == 1:
        (name,), (other,) = first, second.values()
        return {name: compare(first[name], other, force=force)}
    common = [name for name in first if name in second]
    if not common:
        raise ValueError(f"{a} and {b} have no set in common: {', '.join(first)} and {', '.join(second)}")
    return {name: compare(first[name], second[name], force) for name in common}


def compare(a: Evaluation, b: Evaluation, force: bool = False) -> Comparison:
    """Compare b with a. The number of samples and the seed may differ.

    Raises ValueError if prompts, sampling or grader differ, unless `force`, and for fewer than two common questions.
    """
    notes = differences(a.summary, b.summary)
    if notes and not force:
        raise ValueError(
            f"{a.folder} and {b.folder} cannot be compared: {'; '.join(notes)}. Evaluate again with the same settings "
            "(existing samples are only graded again), or use --force"
        )
    theirs = {one.prompt_id: one for one in b.questions}
    both = [(one, theirs[one.prompt_id]) for one in a.questions if one.prompt_id in theirs]
    pairs = [Pair(x, y, _mean(x.verdicts), _mean(y.verdicts)) for x, y in both if x.verdicts and y.verdicts]
    if len(pairs) < 2:
        raise ValueError(f"{a.folder} and {b.folder} have {len(pairs)} graded questions in common; two are needed")
    unpaired = len({one.prompt_id for one in (*a.questions, *b.questions)}) - len(pairs)
    return Comparison(a, b, _measures(pairs), pairs, unpaired, notes)


def differences(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """What differs between the conditions of two summaries, in words.

    >>> made = {"prompts": "1", "grader": "g", "parameters": {"temperature": 0.6}}
    >>> differences(made, made | {"grader": "h", "parameters": {"temperature": 1.0}})
    ['temperature is 0.6 and 1.0', 'another grader (g and h)']
    """
    found = [] if a["prompts"] == b["prompts"] else ["other questions or golds"]
    same_tools = tools_of(a) == tools_of(b)
    for name in _SAMPLER:
        one, other = (summary["parameters"].get(name) for summary in (a, b))
        if one != other and (name != "system" or same_tools):
            found.append("other system prompts" if name == "system" else f"{name} is {one} and {other}")
    return found + ([] if a["grader"] == b["grader"] else [f"another grader ({a['grader']} and {b['grader']})"])


def tools_of(summary: dict[str, Any]) -> str:
    """The tools of an evaluation in words.

    >>> tools_of({"parameters": {}}), tools_of({"parameters": {"tools": "calculator,python", "max_turns": 4}})
    ('no tools', 'calculator,python, at most 4 turns')
    """
    given = summary["parameters"]
    return f"{given['tools']}, at most {given['max_turns']} turns" if given.get("tools") else "no tools"


def _measures(pairs: Sequence[Pair]) -> dict[str, Difference]:
    sides = [[pair.a for pair in pairs], [pair.b for pair in pairs]]
    counts = {len(one.verdicts) for side in sides for one in side}
    found = {f"mean@{max(counts)}": difference(*([one.verdicts for one in side] for side in sides))}
    samples = [sample for side in sides for one in side for sample in one.samples]
    programs = any(sample.verdict and sample.vote is None for sample in samples)  # which have no vote
    if min(counts) > 1 and not programs:
        found[f"maj@{max(counts)}"] = difference(*([[vote_of(one)] for one in side] for side in sides))
    if len(counts) == 1 and max(counts) > 1:
        found[f"pass@{max(counts)}"] = difference(*([[max(one.verdicts)] for one in side] for side in sides))
    for name in pairs[0].a.samples[0].rewards:
        found |= _where_known(name, sides, lambda sample, name=name: sample.rewards.get(name))
    return found | _where_known("tokens", sides, lambda sample: sample.tokens)


def _where_known(name: str, sides: list[list[Question]], value_of: Any) -> dict[str, Difference]:
    """The difference of a value over the questions for which both sides have it."""
    values = [[[v for s in one.samples if (v := value_of(s)) is not None] for one in side] for side in sides]
    both = [(x, y) for x, y in zip(*values, strict=True) if x and y]
    return {name: difference([x for x, _ in both], [y for _, y in both])} if len(both) > 1 else {}


def as_values(comparison: Comparison, power: float | None = None) -> dict[str, Any]:
    """The comparison as plain values for JSON. `power`: points to plan the number of questions for."""
    first = next(iter(comparison.measures.values()))
    return {
        "a": {"model": comparison.a.name, "folder": str(comparison.a.folder)},
        "b": {"model": comparison.b.name, "folder": str(comparison.b.folder)},
        "set": comparison.a.summary["set"],
        "unlike": comparison.notes,
        "unpaired": comparison.unpaired,
        "measures": {name: asdict(value) for name, value in comparison.measures.items()},
        "questions": [
            {"prompt_id": pair.a.prompt_id, "a": pair.rate_a, "b": pair.rate_b, "flipped": pair.flipped}
            for pair in comparison.pairs
        ],
    } | ({} if power is None else {"questions_needed": first.plan(power)})


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
