"""Weighted criteria, and the reply that marks them.

    {"criteria": [{"name": "unit", "text": "names the unit of the result", "weight": 2}, {"text": "is polite"}]}

The same as lines: `2: names the unit of the result`. Weights are above 0. A fault is a criterion too, in words that a
good answer earns a high mark for ("does not insult"): so the value stays between 0 and 1, and a mark has one meaning.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

MOST, LONGEST = 20, 1000  # criteria, and characters of one
TOP = 10  # the highest mark
_NAME = r"\w[\w -]{0,39}"
_LINE = r"(?:[-*]\s+)?(?:(-?\d+(?:\.\d+)?)\s*:)?(.*)"
_FENCE = r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*"
Marks = dict[str, tuple[float, str]]  # mark, 0 to 10, and reason, by the criterion's name


@dataclass(frozen=True)
class Criterion:
    name: str
    text: str
    weight: float = 1.0


Sheet = tuple[Criterion, ...]


def read(rubric: Any) -> Sheet:
    """The criteria of a row's column `rubric`: JSON or lines; () for None and a blank text. Raises ValueError.

    >>> read("2: names the unit")
    (Criterion(name='criterion 1', text='names the unit', weight=2.0),)
    """
    if rubric is None or (isinstance(rubric, str) and not rubric.strip()):
        return ()
    if not isinstance(rubric, str):
        return _sheet(rubric)
    if rubric.strip().startswith(("{", "[")):
        return _sheet(_json(rubric))
    lines = [re.fullmatch(_LINE, line.strip()) for line in rubric.splitlines() if line.strip()]
    return _sheet([{"weight": float(line[1] or 1), "text": line[2]} for line in lines if line])


@cache
def from_file(path: str) -> Sheet:
    """The criteria of a JSON file; () for ''. Raises ValueError with the path."""
    try:
        return _sheet(_json(Path(path).read_text(encoding="utf-8"))) if path else ()
    except (OSError, ValueError) as error:
        raise ValueError(f"the file of criteria {path}: {getattr(error, 'strerror', None) or error}") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error})") from None


def _sheet(given: Any) -> Sheet:
    items = given.get("criteria") if isinstance(given, dict) else given
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        raise ValueError(f'it is not {{"criteria": [...]}} with 1 to {MOST} criteria')
    sheet = tuple(_criterion(item, f"criterion {n}") for n, item in enumerate(items, start=1))
    if len({one.name for one in sheet}) < len(sheet):
        raise ValueError("two criteria have the same name")
    return sheet


def _criterion(item: Any, where: str) -> Criterion:
    if not isinstance(item, dict):
        raise ValueError(f"{where} is not an object with name, text and weight")
    given = {"name": where, "weight": 1} | {key: value for key, value in item.items() if value is not None}
    name, text, weight = given["name"], given.get("text"), given["weight"]
    if not isinstance(name, str) or not re.fullmatch(_NAME, name):
        raise ValueError(f"{where}: the name {name!r:.60} is not of letters, digits, blanks, - and _, at most 40")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        raise ValueError(f"{where} has no `text` of 1 to {LONGEST} characters")
    if type(weight) not in (int, float) or not 0 < weight < math.inf:
        raise ValueError(f"{where} has the weight {weight!r:.30}, not one above 0; word a fault as what is right to do")
    return Criterion(name, " ".join(text.split()), float(weight))


def schema(sheet: Sequence[Criterion]) -> dict[str, Any]:
    """The JSON schema of a reply: a reason, then a mark, for each criterion."""
    parts = {"reason": {"type": "string"}, "mark": {"type": "integer", "enum": list(range(TOP + 1))}}
    return _object({one.name: _object(parts) for one in sheet})


def _object(parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def marks_in(reply: str, sheet: Sequence[Criterion]) -> Marks:
    """The marks of a reply that is one JSON object of the schema, perhaps in a fence, and nothing else.

    Nothing is searched for in the text. Raises ValueError where it is not as asked.
    """
    fenced = re.fullmatch(_FENCE, reply, re.DOTALL)
    try:
        found = json.loads(fenced[1] if fenced else reply)
    except (ValueError, RecursionError):
        raise ValueError("a reply that is not the JSON asked for") from None
    if not isinstance(found, dict) or found.keys() != {one.name for one in sheet}:
        raise ValueError("a reply with other criteria than those asked for")
    for one in found.values():
        well_formed = isinstance(one, dict) and one.keys() == {"reason", "mark"} and isinstance(one["reason"], str)
        if not well_formed or type(one["mark"]) not in (int, float) or not 0 <= one["mark"] <= TOP:
            raise ValueError(f"a reply without a reason and a mark from 0 to {TOP} for each criterion")
    return {name: (float(one["mark"]), one["reason"]) for name, one in found.items()}


def mean(marks: Marks, sheet: Sequence[Criterion]) -> float:
    """The weighted mean of the marks, 0 to 1."""
    weighted = sum(one.weight * marks[one.name][0] for one in sheet)
    return min(1.0, weighted / sum(one.weight for one in sheet) / TOP)  # rounding
