"""Removes training rows that repeat questions of test sets, and shows both side by side."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from swift_grpo.data import code_sets
from swift_grpo.data.overlap import Hit, Index
from swift_grpo.data.prepare import beside, open_source
from swift_grpo.data.progress import ticking
from swift_grpo.formats import manifest
from swift_grpo.formats.outputs import json_line, whole_files
from swift_grpo.formats.rows import Rows, question_of, read_rows
from swift_grpo.printable import clean


@dataclass
class Pair:
    """A row and the test question that it repeats most."""

    position: int
    text: str
    hit: Hit


@dataclass
class Contamination:
    """`pairs` are in the order of the file. By set: `repeated` test questions (from 1), and the `sizes` of the sets."""

    sizes: dict[str, int]
    rows: int = 0
    unasked: int = 0  # rows without a question, kept
    pairs: list[Pair] = field(default_factory=list)
    repeated: dict[str, set[int]] = field(default_factory=dict)
    complaint: str = ""

    def summary(self) -> dict[str, Any]:
        """The counts as plain values."""
        return {
            "rows": self.rows,
            "without_a_question": self.unasked,
            "removed": len(self.pairs),
            "kinds": dict(Counter(pair.hit.kind for pair in self.pairs)),
            "sets": {name: {"questions": n, "repeated": len(self.repeated[name])} for name, n in self.sizes.items()},
        }


def decontaminate(file: Path, against: Sequence[str], output: Path | None, threshold: float) -> Contamination:
    """Compare each row's question with the sets in `against` (presets, `preset=FILE`, hub ids, files).

    With `output`, clean rows go there; the others go to `NAME.removed.jsonl`, each with the question that it repeats.
    The file is streamed. Raises ValueError for a set or file that cannot be read or has no questions, and OSError.
    """
    sets: dict[str, Iterable[str]] = {}
    sources = []
    for name in against:
        questions, described = _questions(name)
        sets[Path(name.removesuffix(".gz")).stem if Path(name).exists() else name.partition("=")[0]] = questions
        sources.append(described())
    index = Index(sets, threshold)
    rows = read_rows(file)
    found = Contamination(index.sizes, repeated={name: set() for name in index.sizes})
    if output is None:
        for _ in _judged(rows, index, found):
            pass
        found.complaint = rows.complaint()
        return found
    removed = beside(output, "removed")
    with whole_files([output, removed], may_be_empty=[removed]) as files:
        for row, hit in _judged(rows, index, found):
            _write(row, hit, *files)
    found.complaint = rows.complaint()
    counts = {"read": rows.read + rows.unreadable, "unreadable": rows.unreadable, "removed": len(found.pairs)}
    manifest.write_all(
        [output, removed],
        sources=[manifest.describe(file), *sources],
        counts=counts | {"output": rows.read - len(found.pairs)},
        parameters={"threshold": threshold, "against": list(sets)},
        made_by="swift-grpo data decontaminate",
        found=found.summary(),
    )
    return found


def _questions(name: str) -> tuple[list[str], Callable[[], dict]]:
    preset, equals, path = name.partition("=")
    rows, described = open_source(preset, Path(path)) if equals else open_source(name)
    questions = [text for row in rows if (text := code_sets.stated(row) or question_of(row))]
    if not questions:
        raise ValueError(
            rows.complaint() or f"--against {name}: no row has a question; prepare it first: swift-grpo data prepare"
        )
    return questions, described


def _judged(rows: Rows, index: Index, found: Contamination) -> Iterator[tuple[dict, Hit | None]]:
    for row in ticking(rows, f"decontaminate {rows.name}"):
        found.rows += 1
        text = code_sets.asked(row) or question_of(row) or ""
        hits = index.hits(text) if text else []
        found.unasked += not text
        for hit in hits:
            found.repeated[hit.set].add(hit.row)
        if hits:
            found.pairs.append(Pair(rows.position, text, hits[0]))
        yield row, hits[0] if hits else None
    if not found.rows:
        raise ValueError(rows.complaint() or f"{rows.name} is empty")


def _write(row: dict, hit: Hit | None, kept: BinaryIO, removed: BinaryIO) -> None:
    if hit is None:
        kept.write(json_line(row))
    else:
        removed.write(json_line({**row, "contaminated": asdict(hit)}))


def show(found: Contamination, most: int, console: Any) -> None:
    """Print counts, then the `most` most certain pairs side by side."""
    from rich.table import Table
    from rich.text import Text

    facts = found.summary()
    kinds = ", ".join(f"{count:,} by {kind}" for kind, count in sorted(facts["kinds"].items()))
    share = facts["removed"] / facts["rows"]
    console.print(
        Text(
            f"{facts['removed']:,} of {facts['rows']:,} rows ({share:.2%}) repeat a test question"
            + (f": {kinds}" if kinds else "")
        )
    )
    if facts["without_a_question"]:
        console.print(Text(f"{facts['without_a_question']:,} rows have no question to compare"))
    for name, one in facts["sets"].items():
        console.print(Text(f"  {clean(name)}: {one['repeated']:,} of {one['questions']:,} questions are repeated"))
    for pair in sorted(found.pairs, key=lambda pair: -pair.hit.score)[:most]:
        hit = pair.hit
        shares = [f"{n} words {share:.0%}" for n, share in ((8, hit.share_8), (13, hit.share_13)) if share is not None]
        shares += [f"but for numbers {hit.template:.0%}"] if hit.template is not None else []
        table = Table(expand=True)
        for title in (f"row {pair.position}", f"{clean(hit.set)} {hit.row} · {hit.kind} · {', '.join(shares)}"):
            table.add_column(Text(title), ratio=1)
        table.add_row(Text(clean(pair.text)), Text(clean(hit.question)))
        console.print(table)
