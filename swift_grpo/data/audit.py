"""One pass over a file: column types, readable golds, duplicates, lengths and scripts."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.data import row_faults
from swift_grpo.data.code_audit import AT_ONCE, CodeTests
from swift_grpo.data.gold_kinds import all_readable, kind
from swift_grpo.data.misfits import misfits
from swift_grpo.data.near_duplicates import Near, Sketches
from swift_grpo.data.progress import ticking
from swift_grpo.data.scripts import script
from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import Unreadable, prompt_hash, prompt_of, question_of, read_rows

LISTED = 50
_BATCH = 1024


@dataclass
class Listed:
    """How many rows have a property, and the first LISTED of them: (row number from 1, detail)."""

    count: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)

    def add(self, row: int, what: str) -> None:
        self.count += 1
        if len(self.examples) < LISTED:
            self.examples.append((row, what[:300]))


@dataclass
class Settings:
    """The recipe to audit for. `tokenizer`: a folder or id, empty for none; `system`: the text the recipe adds."""

    rewards: tuple[str, ...] = ("math_accuracy", "r1_format")
    system: str = ""
    max_length: int = 2048
    tokenizer: str = ""
    near: bool = True
    run: bool = True  # the reference programs of rows with tests


@dataclass
class Facts:
    """What the audit found. `lengths` are in tokens with a tokenizer, else in characters."""

    file: str
    settings: Settings
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
    programs: int = 0  # references that ran
    failing: list[int] = field(default_factory=list)  # all rows whose reference fails
    not_run: str = ""  # why no reference ran


def audit(file: Path, settings: Settings) -> Facts:
    """Read a file once and collect its facts. Raises ValueError for a file that cannot be read or has no rows.

    Memory: 200 bytes per row, and 256 more for near duplicates; questions are not kept.
    """
    rows = read_rows(file)
    facts = Facts(str(file), settings, unit="tokens" if settings.tokenizer else "characters")
    facts.not_run = "" if settings.run else "SKIPPED by --no-run"
    observer = Observer(facts)
    count = _counter(settings.tokenizer)
    places: list[int] = []  # row numbers of the sketched questions
    source = ticking(rows, f"audit {rows.name}")
    with Sketches() as sketches:
        size = 1
        while batch := [(rows.position, row, prompt_of(row)) for row in islice(source, size)]:
            size = AT_ONCE if batch[0][1].get("tests") else _BATCH
            readable = all_readable([None if row.get("tests") else row.get("solution") for _, row, _ in batch])
            lengths = count(["\n".join(turn["content"] for turn in prompt or ()) for _, _, prompt in batch])
            for (number, row, prompt), good, length in zip(batch, readable, lengths, strict=True):
                question = observer.see(number, row, prompt, good, length)
                if question and settings.near:
                    places.append(number)
                    sketches.add(question)
            observer.code.judge()
        if not facts.rows:
            raise ValueError(rows.complaint() or f"{file} is empty")
        facts.near = [Near(places[one.text], places[one.other], one.similarity) for one in sketches.near()]
    facts.unreadable_rows, facts.unreadable_listed = rows.unreadable, rows.listed
    facts.near_examples = _side_by_side(file, facts.near[:10])
    return facts


class Observer:
    """Adds each row to the facts, and remembers prompts and ids to find duplicates."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.code = CodeTests(facts)
        self._prompts: dict[bytes, tuple[int, int]] = {}  # hash -> (row, hash of the gold)
        self._ids: dict[str, int] = {}

    def see(self, number: int, row: Row, prompt: list | None, readable: bool, length: int) -> str | None:
        """The question, if it is new. `readable`: whether the grader can read the gold; `length` is the prompt's."""
        facts, settings = self.facts, self.facts.settings
        facts.rows += 1
        for name, value in row.items():
            facts.columns[name][_type(value)] += 1
        if row.get("tests"):
            self.code.see(number, row)
        else:
            self._see_gold(number, row.get("solution"), readable)
        if prompt is None:
            facts.found["no_prompt"].add(number, f"columns {', '.join(row)}")
            return None
        facts.lengths.append(length)
        if facts.unit == "tokens" and length > settings.max_length:
            facts.too_long.add(number, f"{length:,} tokens")
        if (question := question_of(row)) is None:
            return None
        facts.scripts[script(question)] += 1
        for name in ("told", "proofs"):
            if row_faults.CHECKS[name]()(row):
                facts.found[name].add(number, question)
        unfit = dict(misfits(row, settings.rewards, settings.system, readable))
        for reward, why in unfit.items():
            facts.misfits[reward].add(number, why)
        if unfit and len(unfit) == len(settings.rewards):
            facts.found["unfit"].add(number, "; ".join(f"{reward}: {why}" for reward, why in unfit.items()))
        return question if self._is_new(number, row, prompt) else None

    def _see_gold(self, number: int, gold: Any, readable: bool) -> None:
        if gold is None or gold == "":
            self.facts.found["no_gold"].add(number, "`solution` is missing or empty")
            return
        self.facts.kinds[kind(gold)] += 1
        if not readable:
            self.facts.found["unreadable"].add(number, str(gold))

    def _is_new(self, number: int, row: Row, prompt: list) -> bool:
        found, identifier, gold = self.facts.found, row.get("id"), row.get("tests") or row.get("solution")
        if isinstance(identifier, str | int) and (before := self._ids.setdefault(str(identifier), number)) != number:
            found["duplicate_ids"].add(number, f"{identifier}, as row {before}")
        this = number, hash(str(gold))
        before, other = self._prompts.setdefault(bytes.fromhex(prompt_hash(prompt)), this)
        if before == number:
            return True
        found["duplicates"].add(number, f"as row {before}")
        if other != this[1]:
            found["contradictions"].add(number, f"another gold than row {before}: {gold}")
        return False


def _type(value: Any) -> str:
    names = {str: "text", bool: "true/false", int: "integer", float: "number", list: "list", dict: "object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _counter(tokenizer: str) -> Any:
    if not tokenizer:
        return lambda texts: [len(text) for text in texts]
    from swift_grpo.evaluation.completions import tokenizer_of

    encoder = tokenizer_of(tokenizer)
    return lambda texts: [len(one.ids) for one in encoder.encode_batch(texts, add_special_tokens=False)]


def _side_by_side(file: Path, near: list[Near]) -> list[dict[str, Any]]:
    """The texts of the first pairs, read from the file again because the audit keeps no texts."""
    wanted = {number for one in near for number in (one.text, one.other)}
    texts: dict[int, str] = {}
    rows = read_rows(file)
    for row in rows if wanted else ():
        if rows.position in wanted:
            texts[rows.position] = question_of(row) or ""
            if len(texts) == len(wanted):
                break
    return [
        {"row": one.text, "as": one.other, "similarity": one.similarity}
        | {"text": texts[one.text], "other": texts[one.other]}
        for one in near
    ]
