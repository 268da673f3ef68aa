"""Turns the audit's facts into findings, each with a command to paste."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from swift_grpo.check.reward_needs import GRADED, prompt_for
from swift_grpo.data.audit import LISTED, Facts, Listed
from swift_grpo.data.code_audit import MOST_CASES, MOST_TEXT

_DROPS = ("unreadable", "told", "proofs", "duplicates", "near")


@dataclass(frozen=True)
class Advice:
    """`severity`: bad (rows that teach nothing or the wrong thing), look, or skipped (a check that did not run)."""

    check: str
    severity: str
    said: str
    count: int
    command: str
    examples: list[tuple[int, str]]


def advise(facts: Facts) -> list[Advice]:
    """The findings, worst first. The last one is a command that drops all rows that can be dropped."""
    found = sorted(_findings(facts), key=lambda one: ("bad", "look", "skipped").index(one.severity))
    drops = [one.check for one in found if one.check in _DROPS]
    if len(drops) > 1:
        found.append(Advice("all", "look", "drop all of these at once", 0, _prepare(facts, *drops), []))
    return found


def _findings(facts: Facts) -> Iterator[Advice]:
    of, rows = facts.found, facts.rows
    file = shlex.quote(facts.file)
    listed = Listed(facts.unreadable_rows, [(one.position, one.reason) for one in facts.unreadable_listed])
    yield from _one("unreadable_rows", "bad", "rows could not be read", listed, _prepare(facts))
    columns = """--columns '{"YOURS": "question", "THEIRS": "solution"}'"""
    yield from _one("no_prompt", "bad", "rows have no prompt", of.get("no_prompt"), f"{_prepare(facts)} {columns}")
    yield from _one(
        "no_gold", "bad", "rows have no gold in `solution`", of.get("no_gold"), f"{_prepare(facts)} {columns}"
    )
    for check, severity, said in (
        ("unreadable", "bad", "golds cannot be read by the grader: the reward is None or 0 for any answer"),
        ("told", "bad", "prompts contain the gold"),
        ("proofs", "look", "prompts ask for a proof, which no reward here can judge"),
        ("duplicates", "look", "rows repeat an earlier prompt"),
    ):
        if check != "unreadable" or GRADED & set(facts.settings.rewards):  # puzzles have their own scorer
            yield from _one(check, severity, said, of.get(check), _prepare(facts, check))
    yield from _one(
        "contradictions",
        "bad",
        "rows repeat a prompt with another gold",
        of.get("contradictions"),
        _prepare(facts, "duplicates"),
    )
    yield from _one(
        "duplicate_ids", "look", "ids are repeated", of.get("duplicate_ids"), f"jq -r .id {file} | sort | uniq -d"
    )
    for check, severity, said in (
        ("unreadable_tests", "bad", "rows have tests that cannot be read: code_tests is None for any answer"),
        ("reference_fails", "bad", f"of {facts.programs:,} reference programs fail a test of their row"),
        ("not_judged", "look", "reference programs could not be judged"),
        ("no_reference", "look", "rows with tests have no reference program to try them with"),
        ("equal_tests", "look", "rows repeat the tests of an earlier one"),
        ("large_tests", "look", f"rows have more than {MOST_CASES} tests, or {MOST_TEXT >> 20} MB of them"),
    ):
        if check in of:
            yield from _one(check, severity, said, of[check], _of_code(facts, check))
    if facts.not_run and any(kind.endswith(" tests") for kind in facts.kinds):
        yield Advice(
            "reference_fails", "skipped", f"reference programs: {facts.not_run}", 0, f"swift-grpo data audit {file}", []
        )
    near = Listed(len(facts.near), [(one.text, f"as row {one.other}, {one.similarity:.0%}") for one in facts.near[:50]])
    yield from _one("near", "look", "prompts are nearly the same as an earlier one", near, _prepare(facts, "near"))
    fits = max(facts.lengths, default=0)
    longer = f"DATASET={file} bash scripts/train_single_gpu.sh --max_length {fits + 64}  # the longest and 64 for the template"
    said = f"prompts are longer than --max_length {facts.settings.max_length}: ms-swift drops them or cuts them"
    yield from _one("too_long", "bad", said, facts.too_long, longer)
    if facts.unit != "tokens":
        command = f"swift-grpo data audit {file} --max-length {facts.settings.max_length} --tokenizer MODEL"
        yield Advice("too_long", "skipped", "lengths in tokens: SKIPPED, no --tokenizer was given", 0, command, [])
    if not facts.settings.near:
        yield Advice("near", "skipped", "near duplicates: SKIPPED by --no-near", 0, f"swift-grpo data audit {file}", [])
    rewards = " and ".join(facts.settings.rewards)
    yield from _one(
        "unfit", "bad", f"rows can earn nothing from {rewards}", of.get("unfit"), _prepare(facts, "unreadable")
    )
    for reward, rows_of in facts.misfits.items():
        why = rows_of.examples[0][1]
        command = f"DATASET={file} bash scripts/train_single_gpu.sh --system prompts/{prompt_for(reward)}.txt"
        command = command if "mention" in why else _prepare(facts, "unreadable")
        yield from _one(f"misfit:{reward}", "look", f"rows cannot earn {reward} ({why})", rows_of, command)
    mixed = [name for name, types in facts.columns.items() if len(set(types) - {"null"}) > 1]
    examples = [(0, f"{name}: {', '.join(facts.columns[name])}") for name in mixed]
    said = "columns hold several types; a loader may convert them to one"
    without = ", ".join(f".[{json.dumps(name)}]" for name in mixed)
    command = f"jq -c {shlex.quote(f'del({without})')} {file} > {_clean(facts)}"
    yield from _one("mixed", "look", said, Listed(len(mixed), examples), command)
    scripts = [name for name in facts.scripts if name != "none"]
    if len(scripts) > 1:
        rare = sum(facts.scripts[name] for name in scripts) - max(facts.scripts[name] for name in scripts)
        command = f"DATASET={file} bash scripts/train_single_gpu.sh --reward_funcs math_accuracy r1_format language_consistency"
        yield Advice("scripts", "look", f"prompts are not in the main script ({rare / rows:.1%})", rare, command, [])


def _of_code(facts: Facts, check: str) -> str:
    """A command that leaves out the failing rows, by their numbers, or shows the first row of another finding."""
    file = shlex.quote(facts.file)
    if not facts.file.endswith(".jsonl") or check == "unreadable_tests":
        return _prepare(facts)
    if check == "reference_fails" and len(facts.failing) > LISTED:
        numbers = f"""swift-grpo data audit {file} --json | jq -r '.reference_fails[] | "\\(.)d"'"""
        return f"{numbers} | sed -f /dev/stdin {file} > {_clean(facts)}"
    drop = ";".join(f"{number}d" for number in facts.failing)
    if check == "reference_fails":
        return f"sed '{drop}' {file} > {_clean(facts)}"
    return f"sed -n {facts.found[check].examples[0][0]}p {file} | jq ."


def _one(check: str, severity: str, said: str, listed: Listed | None, command: str) -> Iterator[Advice]:
    if listed and listed.count:
        yield Advice(check, severity, said, listed.count, command, listed.examples)


def _prepare(facts: Facts, *drops: str) -> str:
    flags = "".join(f" --drop {name}" for name in drops)
    return f"swift-grpo data prepare {shlex.quote(facts.file)}{flags} -o {_clean(facts)}"


def _clean(facts: Facts) -> str:
    file = Path(facts.file)
    return shlex.quote(str(file.with_name(f"{file.stem}.clean.jsonl")))


def as_json(facts: Facts) -> dict:
    """All facts and findings as plain values."""
    return {
        "file": facts.file,
        "rows": facts.rows,
        "unreadable_rows": facts.unreadable_rows,
        "columns": {name: dict(types) for name, types in facts.columns.items()},
        "gold_kinds": dict(facts.kinds.most_common()),
        "scripts": dict(facts.scripts.most_common()),
        "lengths": {"unit": facts.unit} | quantiles(facts.lengths),
        "advice": [asdict(one) for one in advise(facts)],
        "reference_fails": facts.failing,
        "near": facts.near_examples,
    }


def quantiles(lengths: list[int]) -> dict[str, int]:
    """Minimum, quartiles, 99th percentile and maximum; {} for no lengths.

    >>> quantiles([3, 1, 2])
    {'min': 1, '25%': 1, '50%': 2, '75%': 2, '99%': 2, 'max': 3}
    """
    ordered = sorted(lengths)
    last = len(ordered) - 1
    shares = {"min": 0.0, "25%": 0.25, "50%": 0.5, "75%": 0.75, "99%": 0.99, "max": 1.0}
    return {name: ordered[int(share * last)] for name, share in shares.items()} if ordered else {}
