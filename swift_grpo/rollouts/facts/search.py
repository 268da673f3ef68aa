"""Finds rollouts by a regular expression on their text, or by an SQL expression on their numbers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from swift_grpo.formats.records import parse_line
from swift_grpo.rollouts.facts.accuracy import settle_accuracy
from swift_grpo.rollouts.facts.addresses import addresses
from swift_grpo.rollouts.facts.trajectory_words import searched
from swift_grpo.rollouts.index import Index, quoted
from swift_grpo.rollouts.reading import workers
from swift_grpo.rollouts.reading.scan import lines_of

if TYPE_CHECKING:
    import duckdb

_CHUNK = 32 << 20  # bytes of log that one process searches at once
_AROUND, _MATCH = 60, 200  # characters shown on each side, and of the match
# Characters without an escape in JSON and in a regular expression.
_PLAIN = re.compile(r"[A-Za-z0-9 <>=_,:;/!'%&#@~-]+")


@dataclass(frozen=True, slots=True)
class Hit:
    """A completion that matches: its log, its line's offset, its place in the line, and the text around the match."""

    file: int
    line_offset: int
    i: int
    before: str
    match: str
    after: str


def grep(index: Index, pattern: str, ignore_case: bool = False, around: bool = True) -> Iterator[list[Hit]]:
    """Completions that match the regular expression, in the log's order, a batch per stretch of it; without duplicates.

    One that does not match is found by its turns, calls, errors and results (`trajectory_words.searched`). With a pattern
    without special characters, only lines of the log that contain it are decoded. Without `around` the texts of a Hit
    are empty. Raises re.error.
    """
    flags = re.IGNORECASE if ignore_case else 0
    re.compile(pattern, flags)
    needle = _needle(pattern, ignore_case)
    todo = []
    for file, log in enumerate(index.run.logs):
        size = log.stat().st_size
        todo += [(log, file, a, b) for a, b in pairwise([*range(0, size, _CHUNK), size])]
    jobs = [[str(log), file, a, b, pattern, flags, needle, around] for log, file, a, b in todo]
    if sum(b - a for _, _, a, b in todo) < workers.PARALLEL_FROM:
        found: Iterator[list[list]] = (search_range(*job) for job in jobs)
    else:
        found = map(json.loads, workers.run_jobs("swift_grpo.rollouts.facts.search:search_to_bytes", jobs))
    duplicates = set(index.query("SELECT file, line_offset, i FROM rollouts WHERE duplicate"))
    for (_, file, start, end), hits in zip(todo, found, strict=True):
        hits += _in_trajectories(index, file, start, end, re.compile(pattern, flags), {tuple(hit[:3]) for hit in hits})
        yield [Hit(*hit) for hit in sorted(hits) if tuple(hit[:3]) not in duplicates]


def search_range(
    log: str, file: int, start: int, end: int, pattern: str, flags: int, needle: str, around: bool
) -> list[list]:
    """The fields of a Hit for each completion of the lines that begin in [start, end) of a log."""
    search, hits, wanted = re.compile(pattern, flags).search, [], needle.encode()
    for offset, _, line in lines_of(log, start, end):
        if wanted and wanted not in line:
            continue
        for i, text in enumerate(_completions(line)):
            if needle in text and (
                found := search(text)
            ):  # a plain search is many times faster than a regular expression
                hits.append([file, offset, i, *(_around(text, *found.span()) if around else ("", "", ""))])
    return hits


def _in_trajectories(
    index: Index, file: int, start: int, end: int, pattern: re.Pattern, known: set[tuple]
) -> list[list]:
    """As `search_range`, for the trajectories of completions that are not among the `known`."""
    turns, hits = index.turns[file], []
    if not turns.lines[0]:
        return []
    lines = index.query(
        """SELECT line, line_offset, any_value(step), count(*) FROM rollouts
           WHERE file = ? AND line_offset >= ? AND line_offset < ? GROUP BY line, line_offset ORDER BY line""",
        [file, start, end],
    )
    for line, offset, step, count in lines:
        for i, one in enumerate(turns.of_line(line, step)[:count]):
            if one and (file, offset, i) not in known and (match := pattern.search(text := searched(one))):
                hits.append([file, offset, i, *_around(text, *match.span())])
    return hits


def search_to_bytes(*job) -> bytes:
    """`search_range` in a helper process."""
    return json.dumps(search_range(*job)).encode()


class _Line(msgspec.Struct):
    completion: list[str] | str


_DECODE = msgspec.json.Decoder(_Line).decode


def _completions(line: bytes) -> list[str]:
    """The completions of a line, [] if it cannot be read. For the usual schemas it does not build the other columns."""
    try:
        texts = _DECODE(line).completion
        return [texts] if isinstance(texts, str) else texts
    except (ValueError, RecursionError):
        pass
    try:
        return parse_line(line).completions
    except (ValueError, RecursionError):
        return []


def _around(text: str, start: int, end: int) -> tuple[str, str, str]:
    return text[max(0, start - _AROUND) : start], text[start : min(end, start + _MATCH)], text[end : end + _AROUND]


def _needle(pattern: str, ignore_case: bool) -> str:
    """The pattern itself where it is plain text, to search in a line before decoding it; else "".

    >>> _needle("say 2", False), _needle("say [0-9]", False)
    ('say 2', '')
    """
    return pattern if _PLAIN.fullmatch(pattern) and not ignore_case else ""


def rollouts_of(index: Index, hits: list[Hit]) -> list[tuple[Hit, dict]]:
    """Hits with their rollouts' numbers, without completions that are not indexed yet."""
    if not hits:
        return []
    keys = ", ".join(f"({hit.file}, {hit.line_offset}, {hit.i})" for hit in hits)
    rows = index.dicts(
        f"SELECT id, file, line_offset, i, step, reward, solved FROM rollouts WHERE (file, line_offset, i) IN ({keys})"
    )
    known = {(row["file"], row["line_offset"], row["i"]): row for row in rows}
    return [(hit, known[key]) for hit in hits if (key := (hit.file, hit.line_offset, hit.i)) in known]


def count_matches(index: Index, pattern: str, ignore_case: bool) -> int:
    return sum(len(hits) for hits in grep(index, pattern, ignore_case, around=False))


def first_matches(index: Index, pattern: str, ignore_case: bool, most: int) -> Iterator[dict]:
    """The first `most` matches: address, the rollout's numbers, and the text before, in and after the match."""
    left = most
    for hits in grep(index, pattern, ignore_case):
        pairs = rollouts_of(index, hits[:left])
        places = addresses(index, [row["id"] for _, row in pairs])
        for hit, row in pairs:
            where = places[row["id"]]
            yield {"where": where, **row, "before": hit.before, "match": hit.match, "after": hit.after}
        left -= len(pairs)
        if left <= 0:
            return


def filter_rollouts(index: Index, expression: str, count: int) -> tuple[list[dict], int]:
    """The first `count` rollouts that satisfy an SQL expression, and the number of all that do.

    Names: the columns of `rollouts`, `length` for chars, and each reward class by its own name. Raises duckdb.Error for
    an expression that cannot be read. It sees only the sidecar and cannot change anything.
    """
    settle_accuracy(index)
    taken = {"length"} | {row[0].lower() for row in index.query("SELECT column_name FROM (DESCRIBE rollouts)")}
    own = [name for name in index.reward_names if name and name.lower() not in taken]
    classes = "".join(f", {index.reward_column(name)} AS {quoted(name)}" for name in _distinct(own))
    source = f"(SELECT *, chars AS length{classes} FROM counted)"
    only_select(index.db, f"SELECT id FROM {source} WHERE ({expression}\n)")
    total = index.query(f"SELECT count(*) FROM {source} WHERE ({expression}\n)")[0][0]
    rows = index.dicts(
        f"SELECT id, step, group_id, member, reward, advantage, chars, solved FROM {source} WHERE ({expression}\n) "
        f"ORDER BY id LIMIT {int(count)}"
    )
    return rows, total


def _distinct(names: list[str]) -> list[str]:
    return list({name.lower(): name for name in reversed(names)}.values())


def only_select(db: "duckdb.DuckDBPyConnection", query: str) -> None:
    """Raises ValueError unless a query is one read-only statement."""
    import duckdb

    with db.cursor() as cursor:
        statements = cursor.extract_statements(query)
    if len(statements) != 1 or statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise ValueError("the query must be one SELECT statement")
