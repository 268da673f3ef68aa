"""One pass over a file: what its columns hold, what the grader reads, what is there twice, how long and in which script."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.data import checks
from swift_grpo.data.fitting import misfits
from swift_grpo.data.gold_kinds import all_readable, kind
from swift_grpo.data.near_duplicates import Near, near_duplicates
from swift_grpo.data.scripts import script
from swift_grpo.data.ticker import ticking
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import Rows, Unreadable, prompt_hash, prompt_of, question_of, read_rows

LISTED = 50
_BATCH = 1024


@dataclass
class Listed:
    """How many rows have something, and the first LISTED of them: (row number from 1, what it is)."""

    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, row: int, what: str) -> None:
        self.count += 1
        if len(self.examples) < LISTED:
            self.examples.append((row, what[:300]))


@dataclass
class Asked:
    """What the audit measures against. `tokenizer`: a folder or id, empty for none; `system`: the text the recipe adds."""

    rewards: tuple[str, ...] = ("math_accuracy", "r1_format")
    system: str = ""
    max_length: int = 2048
    tokenizer: str = ""
    near: bool = True


@dataclass
class Facts:
    """All that the audit found. `lengths` are tokens with a tokenizer, else characters."""

    file: str
    asked: Asked
    rows: int = 0
    unreadable_rows: int = 0
    unreadable_listed: list[Unreadable] = field(default_factory=list)
    columns: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))  # column -> types
    kinds: Counter = field(default_factory=Counter)
    scripts: Counter = field(default_factory=Counter)
    found: dict[str, Listed] = field(default_factory=lambda: defaultdict(Listed))
    misfits: dict[str, Listed] = field(default_factory=lambda: defaultdict(Listed))  # reward -> rows it does not fit
    near: list[Near] = field(default_factory=list)
    near_examples: list[dict[str, Any]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    too_long: Listed = field(default_factory=Listed)
    unit: str = "characters"


def audit(file: Path, asked: Asked) -> Facts:
    """Read a file once and say all that is to say of it. Raises ValueError for a file that cannot be read or has no rows.

    Memory: 200 bytes a row, and 256 more for near duplicates; questions are not kept.
    """
    rows = read_rows(file)
    facts = Facts(str(file), asked)
    seen = _Seen()
    count = _counter(asked.tokenizer)
    facts.unit = "tokens" if asked.tokenizer else "characters"
    places: list[int] = []
    passing = _questions(_observed(rows, facts, seen, count), places)
    if asked.near:
        facts.near = near_duplicates(passing)
    else:
        for _ in passing:
            pass
    facts.unreadable_rows, facts.unreadable_listed = rows.unreadable, rows.listed
    if not facts.rows:
        raise ValueError(rows.complaint() or f"{file} is empty")
    facts.near = [Near(places[one.text], places[one.other], one.similarity) for one in facts.near]
    facts.near_examples = _side_by_side(file, facts.near[:10])
    return facts


@dataclass
class _Seen:
    """Prompts and ids that came before: hash -> (row, hash of the gold)."""

    prompts: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)


def _questions(observed: Iterator[tuple[int, str]], places: list[int]) -> Iterator[str]:
    """The questions that came for the first time; `places` gets their rows."""
    for number, question in observed:
        places.append(number)
        yield question


def _observed(rows: Rows, facts: Facts, seen: _Seen, count: Any) -> Iterator[tuple[int, str]]:
    source = ticking(rows, f"audit {rows.name}")
    while batch := [(rows.position, row) for row in islice(source, _BATCH)]:
        golds = [row.get("solution") for _, row in batch]
        readable = all_readable(golds)
        questions = [question_of(row) for _, row in batch]
        prompts = [prompt_of(row) for _, row in batch]
        lengths = count(["\n".join(turn["content"] for turn in prompt or ()) for prompt in prompts])
        for (number, row), good, question, prompt, length in zip(
            batch, readable, questions, prompts, lengths, strict=True
        ):
            facts.rows += 1
            _look_at_columns(facts, row)
            _look_at_gold(facts, number, row, good)
            if prompt is None:
                facts.found["no_prompt"].add(number, f"columns {', '.join(row)}")
                continue
            facts.lengths.append(length)
            if facts.unit == "tokens" and length > facts.asked.max_length:
                facts.too_long.add(number, f"{length:,} tokens")
            if question is None:
                continue
            facts.scripts[script(question)] += 1
            for name in ("told", "proofs"):
                if checks.CHECKS[name]()(row):
                    facts.found[name].add(number, question)
            unfit = dict(misfits(row, facts.asked.rewards, facts.asked.system, good))
            for reward, why in unfit.items():
                facts.misfits[reward].add(number, why)
            if unfit and len(unfit) == len(facts.asked.rewards):
                facts.found["unfit"].add(number, "; ".join(f"{reward}: {why}" for reward, why in unfit.items()))
            if _look_for_it_before(facts, seen, number, row, prompt):
                yield number, question


def _look_at_columns(facts: Facts, row: Row) -> None:
    for name, value in row.items():
        facts.columns[name][_type(value)] += 1


def _type(value: Any) -> str:
    names = {str: "text", bool: "true/false", int: "integer", float: "number", list: "list", dict: "object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _look_at_gold(facts: Facts, number: int, row: Row, good: bool) -> None:
    gold = row.get("solution")
    if gold is None or gold == "":
        facts.found["no_gold"].add(number, "`solution` is missing or empty")
        return
    facts.kinds[kind(gold)] += 1
    if not good:
        facts.found["unreadable"].add(number, str(gold))


def _look_for_it_before(facts: Facts, seen: _Seen, number: int, row: Row, prompt: list) -> bool:
    """Whether the prompt is new."""
    identifier = row.get("id")
    if isinstance(identifier, str | int) and (before := seen.ids.setdefault(str(identifier), number)) != number:
        facts.found["duplicate_ids"].add(number, f"{identifier}, as row {before}")
    digest, gold = bytes.fromhex(prompt_hash(prompt)), hash(str(row.get("solution")))
    before, other = seen.prompts.setdefault(digest, (number, gold))
    if before == number:
        return True
    facts.found["duplicates"].add(number, f"as row {before}")
    if other != gold:
        facts.found["contradictions"].add(number, f"another gold than row {before}: {row.get('solution')}")
    return False


def _counter(tokenizer: str) -> Any:
    if not tokenizer:
        return lambda texts: [len(text) for text in texts]
    from swift_grpo.evaluation.score import tokenizer_of

    encoder = tokenizer_of(tokenizer)
    return lambda texts: [len(one.ids) for one in encoder.encode_batch(texts, add_special_tokens=False)]


def _side_by_side(file: Path, near: list[Near]) -> list[dict[str, Any]]:
    """The texts of the first pairs, read again: they are not kept for all rows."""
    wanted = {number for one in near for number in (one.text, one.other)}
    texts: dict[int, str] = {}
    rows = read_rows(file)
    for row in rows if wanted else ():
        if rows.position in wanted:
            texts[rows.position] = question_of(row) or ""
            if len(texts) == len(wanted):
                break
    return [
        {
            "row": one.text,
            "as": one.other,
            "similarity": one.similarity,
            "text": texts[one.text],
            "other": texts[one.other],
        }
        for one in near
    ]
