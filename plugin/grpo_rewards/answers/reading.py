r"""Reads the text of an answer into what it is: a quantity, a list, an interval, a matrix, an equation, a choice, words.

`read` never fails: what it does not recognise is `Unknown`, which only its own text equals, and which math-verify may judge.
"""

import functools
import re
from fractions import Fraction

from grpo_rewards.answers import units
from grpo_rewards.answers.expression import Node, Unreadable, parse, variables
from grpo_rewards.answers.kinds import (
    Answer,
    Based,
    Choice,
    Clock,
    Contradiction,
    Equation,
    Items,
    Matrix,
    Quantity,
    Region,
    Unknown,
    Words,
)
from grpo_rewards.answers.spelling import respell

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\s?\d{3})+(?:\.\d+)?|[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_ONE_NUMBER = re.compile(
    rf"(?:\\?\$|€|£)?\s*(?:{_THOUSANDS.pattern})(?:\s*(?:\\?%|\^\\circ|€|£)|\s+[A-Za-z][A-Za-z ^{{}}\d/]*)?"
)
_EUROPEAN = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+")
_MIXED = re.compile(r"([+-]?)\s*(\d+)\s+(\d+)\s*/\s*(\d+)")
_DECIMAL = re.compile(r"[+-]?\d*\.(\d+)")
_BASED = re.compile(r"([0-9A-Za-z]+)_\{?\s*(\d{1,2})\s*\}?")
_CHOICE = re.compile(r"\(([A-Z])\)(?: .*)?|([A-J])[.):](?: .*)?|([A-Z])", re.DOTALL)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*([ap]?)(?:\.?\s*m\.?)?", re.IGNORECASE)
_RATIO = re.compile(r"\d+(?:\s*:\s*\d+)+")
_CURRENCY = re.compile(r"([+-]?)\s*(\\\$|\$|€|£|¥|\\pounds)\s*(?=[\d.(\\])")
_DEGREES = re.compile(r"(.*?)\s*\^\\circ\s*([CF]?)", re.DOTALL)
_PERCENT = re.compile(r"(.*?)\s*(?:\\?%|\bpercent\b)", re.DOTALL)
_WITH_UNIT = re.compile(
    r"(.*(?:[\d)}!]|\\pi))\s+((?:square|sq|cubic|cu)?\.?\s*[A-Za-z¢€£¥][A-Za-z0-9 .^{}/·-]*)", re.DOTALL
)
_GLUED_UNIT = re.compile(
    r"([+-]?[\d.,]+)(cm|mm|km|kg|mg|ml|mL|ft|lbs?|oz|mph|hrs?|min|sec|inches|¢|€|£)((?:\^\{?\d\}?)?)"
)
_ENVIRONMENT = re.compile(
    r"([^\\]*|\\frac[^\\]*)\\begin\{(p?matrix|bmatrix|cases|array)\}(?:\{[^{}]*\})?(.*)\\end\{\2\}", re.DOTALL
)
_LABEL = re.compile(r"(?:the\s+)?(?:final\s+)?(?:answer|option|choice)\s*(?:is|:)?\s+(?=\S)", re.IGNORECASE)
_SHORT_WORDS = frozenset("yes no odd all any not one two six ten max min and nor".split())
_SAME_WORDS = {
    "dne": "does not exist", "doesn't exist": "does not exist", "not exist": "does not exist", "undefined": "does not exist",
    "no limit": "does not exist", "limit does not exist": "does not exist", "the limit does not exist": "does not exist",
    "no solutions": "no solution", "none": "no solution", "no real solution": "no solution", "no real solutions": "no solution",
    "there is no solution": "no solution", "there are no solutions": "no solution", "empty set": "no solution",
    "the empty set": "no solution", "\\emptyset": "no solution", "\\{\\}": "no solution", "\\{ \\}": "no solution",
}  # fmt: skip
_REALS = {"\\mathbb{R}", "\\mathbb R", "all real numbers", "all reals", "\\Bbb{R}"}
_INFINITY = Quantity(("inf",))
_MINUS_INFINITY = Quantity(("neg", ("inf",)))
_INEQUALITY = re.compile(r"<|>|\\(?:le|ge|ne)(?![A-Za-z])")
_TURNED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\ne": "\\ne"}
_INTEGERS = re.compile(r"[,;]?\s*\(?\s*(?:where|for|with)?\s*[a-z]\s*\\in\s*\\(?:mathbb|Bbb)\s*\{?\s*[ZN]\s*\}?\s*\)?$")
_TRIGONOMETRY = re.compile(r"\\?(?:sin|cos|tan|cot|sec|csc)")
_OPEN, _CLOSE = "([{", ")]}"


@functools.lru_cache(maxsize=65536)
def read(text: str) -> Answer:
    r"""What the text of an answer is.

    >>> read("15\\text{ cm}^2").unit, read("(1, 2]"), read("B. the second")
    ((('length', Fraction(1, 100), 2),), Region(parts=((Quantity(tree=('num', Fraction(1, 1)), unit=None, percent=False, places=None), False, Quantity(tree=('num', Fraction(2, 1)), unit=None, percent=False, places=None), True),)), Choice(letter='B'))
    """  # noqa: E501
    return _read(respell(text), 0)


def _read(text: str, depth: int) -> Answer:
    text = text.strip()
    if depth > 6 or not text:
        return Unknown(text)
    text = _INTEGERS.sub("", text)
    if label := _LABEL.match(text):
        text = text[label.end() :].strip(" :")
    return _simple(text) or _structured(text, depth) or _quantity(text) or _words(text) or Unknown(text)


def _simple(text: str) -> Answer | None:
    if choice := _CHOICE.fullmatch(text):
        return Choice(choice[1] or choice[2] or choice[3])
    if text in _REALS or text.lower() in _REALS:
        return Region(((_MINUS_INFINITY, False, _INFINITY, False),))
    if (words := _SAME_WORDS.get(text.lower().strip(), text.lower())) in _SAME_WORDS.values():
        return Words(words)
    if clock := _CLOCK.fullmatch(text):
        return Clock(int(clock[1]), int(clock[2]), clock[3].lower() and clock[3].lower() + "m")
    if _RATIO.fullmatch(text):
        return Items("tuple", tuple(Quantity(("num", Fraction(term))) for term in text.split(":")), "::")
    if (based := _BASED.fullmatch(text)) and 2 <= int(based[2]) <= 36 and based[1][0].isdigit():
        return Based(based[1].lstrip("0").lower() or "0", int(based[2]))
    return None


def _structured(text: str, depth: int) -> Answer | None:
    if "\\begin" in text and (environment := _ENVIRONMENT.fullmatch(text)):
        return _environment(environment, depth)
    if _ONE_NUMBER.fullmatch(text) or _EUROPEAN.fullmatch(text):
        return None
    if "\\in" in text and (member := re.fullmatch(r"[A-Za-z]\s*\\in(?![A-Za-z])\s*(.*)", text, re.DOTALL)):
        return _read(member[1], depth + 1)
    if "\\cup" in text and len(parts := split_top(text, r"\\cup(?![A-Za-z])")) > 1:
        return _union([_read(part, depth + 1) for part in parts], text)
    name, equals, right = text.partition("=")
    if equals and is_name(name.strip()) and _ONE_NUMBER.fullmatch(right.strip()):
        return _equation([name, right], text, depth)
    pieces = [piece for piece in split_top(text, r",|;|\bor\b|\band\b") if piece.strip()]
    if len(pieces) > 1:
        return _pieces([_read(piece, depth + 1) for piece in pieces], text)
    if _INEQUALITY.search(text):
        return _inequality(text) or Unknown(text)
    if "=" in text and len(sides := split_top(text, "=")) > 1:
        return _equation(sides, text, depth)
    return _bracketed(text, depth) or _plus_minus(text, depth)


def _environment(environment: re.Match, depth: int) -> Answer:
    """A matrix, a number times a matrix, or equations in braces, which are a list."""
    rows = [
        tuple(_read(cell.strip(" ,"), depth + 1) for cell in row.split("&"))
        for row in environment[3].split("\\\\")
        if row.strip()
    ]
    if environment[2] == "cases" and all(len(row) == 1 and isinstance(row[0], Equation) for row in rows):
        return Items("list", tuple(row[0] for row in rows))
    factor = environment[1].removesuffix("\\cdot").strip()
    if not factor:
        return Matrix(tuple(rows))
    number = _number(factor, None, False)
    if number is None or not all(isinstance(cell, Quantity) for row in rows for cell in row):
        return Unknown(environment[0])
    return Matrix(tuple(tuple(Quantity(("*", number.tree, cell.tree)) for cell in row) for row in rows))


def _pieces(pieces: list, text: str) -> Answer:
    if all(isinstance(piece, Region) for piece in pieces):
        both = _both(pieces) if " and " in text else None
        return both or _union(pieces, text)
    return Items("list", tuple(_spread(pieces)))


def _both(regions: list) -> Region | None:
    """`x > 1 and x < 3`: what two half-lines share."""
    if len(regions) != 2 or any(len(region.parts) != 1 for region in regions):
        return None
    below = next((r.parts[0] for r in regions if r.parts[0][0] == _MINUS_INFINITY), None)
    above = next((r.parts[0] for r in regions if r.parts[0][2] == _INFINITY), None)
    return Region(((*above[:2], *below[2:]),)) if below and above else None


def _spread(items: list) -> list:
    r"""`1 \pm \sqrt 5, 2` has three items."""
    return [
        inner
        for item in items
        for inner in (item.items if isinstance(item, Items) and item.kind == "list" else (item,))
    ]


def _union(parts: list, text: str) -> Answer:
    regions = [as_region(part) for part in parts]
    return Region(tuple(end for region in regions for end in region.parts)) if all(regions) else Unknown(text)


def as_region(answer: Answer) -> Region | None:
    """A pair in brackets as the interval that it may be: (1, 2) is a point and an open interval."""
    if isinstance(answer, Region):
        return answer
    if isinstance(answer, Items) and answer.kind == "tuple" and len(answer.items) == 2:
        low, high = answer.items
        if isinstance(low, Quantity) and isinstance(high, Quantity):
            return Region(((low, answer.brackets[0] == "[", high, answer.brackets[1] == "]"),))
    return None


def _bracketed(text: str, depth: int) -> Answer | None:
    if text.startswith("\\{") and text.endswith("\\}"):
        inner = split_top(text[2:-2], r",|;")
        return Items("set", tuple(_spread([_read(item, depth + 1) for item in inner])))
    if text[0] in "([" and text[-1] in ")]" and matching(text, 0) == len(text) - 1:
        inner = split_top(text[1:-1], r",|;")
        if len(inner) == 1:
            return None
        items = tuple(_read(item, depth + 1) for item in inner)
        pair = Items("tuple", items, text[0] + text[-1])
        return as_region(pair) if pair.brackets in ("(]", "[)") else pair
    return None


def _plus_minus(text: str, depth: int) -> Answer | None:
    if text.count("\\pm") != 1:
        return None
    return Items("list", tuple(_read(text.replace("\\pm", sign), depth + 1) for sign in "+-"))


def _inequality(text: str) -> Region | None:
    signs = _INEQUALITY.findall(text)
    sides = [side.strip() for side in _INEQUALITY.split(text)]
    if "=" in text or len(sides) not in (2, 3):
        return None
    if len(sides) == 2:
        if not _is_variable(sides[0]) and not _is_distance(sides[0]):
            sides, signs = sides[::-1], [_TURNED[signs[0]]]
        end = _quantity(sides[1])
        if end is None or not (_is_variable(sides[0]) or _is_distance(sides[0])):
            return None
        return _half_line(signs[0], end, distance=_is_distance(sides[0]))
    if signs[0] in (">", "\\ge"):
        sides, signs = sides[::-1], [_TURNED[sign] for sign in signs[::-1]]
    low, high = _quantity(sides[0]), _quantity(sides[2])
    if not _is_variable(sides[1]) or low is None or high is None or not set(signs) <= {"<", "\\le"}:
        return None
    return Region(((low, signs[0] == "\\le", high, signs[1] == "\\le"),))


def _half_line(sign: str, end: Quantity, distance: bool) -> Region:
    """`x sign end`, or `|x| sign end` with `distance`."""
    closed = sign in ("\\le", "\\ge")
    other = Quantity(_fold(("neg", end.tree)), end.unit) if distance else end
    if sign in ("<", "\\le"):
        return Region(((other, closed, end, closed) if distance else (_MINUS_INFINITY, False, end, closed),))
    above = (end, closed, _INFINITY, False)
    if sign == "\\ne" or distance:
        return Region(((_MINUS_INFINITY, False, other, closed), above))
    return Region((above,))


def _is_variable(text: str) -> bool:
    return re.fullmatch(r"\\?[A-Za-z]+(?:_\{?\w+\}?)?|[A-Za-z]\([A-Za-z]\)", text) is not None and text != "\\infty"


def _is_distance(text: str) -> bool:
    return re.fullmatch(r"\|[A-Za-z]\|", text) is not None


def _equation(sides: list[str], text: str, depth: int) -> Answer:
    sides = [side.strip() for side in sides]
    if any(not side for side in sides) or len(sides) > 6:
        return Unknown(text)
    name = None
    if is_name(sides[0]):
        name, sides = "".join(sides[0].split()), sides[1:]
    if len(sides) == 1:
        return Equation(name, None, _read(sides[0], depth + 1))
    values = [_read(side, depth + 1) for side in sides]
    if len(sides) == 2 and name is None and is_name(sides[1]):
        return Equation("".join(sides[1].split()), None, values[0])
    from grpo_rewards.answers.comparison import equal_answers  # which reads answers itself

    verdicts = [equal_answers(value, values[-1]) for value in values[:-1]]
    if all(verdicts):
        return Equation(name, None, values[-1]) if name else values[-1]
    if len(sides) == 2 and name is None and _has_variables(values):
        asked_for = re.fullmatch(r"[a-z](?:\s*[+-]\s*[a-z])+", sides[0])  # "m + n = 113" may answer "find m + n"
        return Equation(None, ("+", values[0].tree, ("neg", values[1].tree)), values[1] if asked_for else None)
    return Contradiction() if False in verdicts else Unknown(text)


def _has_variables(values: list) -> bool:
    return all(isinstance(v, Quantity) for v in values) and any(variables(v.tree) for v in values)


def is_name(text: str) -> bool:
    r"""Whether a left side only names what follows: `x`, `f(x)`, `I_{\max}`, `(x, y)`, `\angle ABC`, "Area".

    >>> is_name("f(x)"), is_name("I_{\\max}"), is_name("2x"), is_name("x + y")
    (True, True, False, False)
    """
    bare = re.sub(r"_\{[^{}]*\}|_\w|(?<=[A-Za-z'])\([\w\s,]*\)", "", text)
    bare = re.sub(r"^\|([A-Z]{1,3})\|$", r"\1", bare)  # the length of AB
    if len(bare) > 40 or re.search(
        r"[\d+*/^<>!|]|-|\\(?:frac|sqrt|cdot|times|pi|ln|log|sin|cos|tan|infty)(?![A-Za-z])", bare
    ):
        return False
    if bare in ("i", "e", "pi"):
        return False
    return bool(re.search("[A-Za-z]", bare)) and (
        "(" not in bare or re.fullmatch(r"[A-Za-z\\']*\s*\([A-Za-z,\s\\]*\)", bare) is not None
    )


def _quantity(text: str) -> Quantity | None:
    number, unit, percent = text, None, False
    if currency := _CURRENCY.match(text):
        unit = units.read_unit({"\\$": "dollar", "$": "dollar", "\\pounds": "£"}.get(currency[2], currency[2]))
        number = currency[1] + text[currency.end() :]
    elif match := _PERCENT.fullmatch(text):
        number, percent = match[1], True
    elif (match := _DEGREES.fullmatch(text)) and not _TRIGONOMETRY.search(text):
        number = match[1]
        unit = ((f"degree{match[2]}", Fraction(1), 1),)
    if unit is None and not percent:
        number, unit = _split_unit(text)
    elif currency and (match := _WITH_UNIT.fullmatch(number)) and (words := units.read_unit(match[2])):
        number = match[1]
        unit = unit if words[0][0] == "money" else unit + words
    return _number(number.strip(), unit, percent)


def _split_unit(text: str) -> tuple[str, units.Unit | None]:
    if match := _GLUED_UNIT.fullmatch(text):
        return match[1], units.read_unit(match[2] + match[3])
    if (match := _WITH_UNIT.fullmatch(text)) and (unit := units.read_unit(match[2])):
        return match[1], unit
    return text, None


def _number(text: str, unit: units.Unit | None, percent: bool) -> Quantity | None:
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "").replace(" ", "")
    elif _EUROPEAN.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif mixed := _MIXED.fullmatch(text):
        sign, whole, top, bottom = mixed[1], *(int(part) for part in mixed.groups()[1:])
        if 0 < top < bottom:
            value = whole + Fraction(top, bottom)
            return Quantity(("num", -value if sign == "-" else value), unit, percent)
    elif text.lower() in _SHORT_WORDS:
        return None
    decimal = _DECIMAL.fullmatch(text)
    try:
        return Quantity(_fold(parse(text)), unit, percent, len(decimal[1]) if decimal else None)
    except (Unreadable, RecursionError):
        return None


def _fold(tree: Node) -> Node:
    """A negative number is a number."""
    return ("num", -tree[1][1]) if tree[0] == "neg" and tree[1][0] == "num" else tree


def _words(text: str) -> Words | None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z '.-]*", text):
        return None
    words = re.sub(r"^(?:the|a|an) ", "", text.lower().strip(" ."))
    return Words(_SAME_WORDS.get(words, words))


def split_top(text: str, separator: str) -> list[str]:
    r"""The pieces between separators (a regex) that stand in no bracket.

    >>> split_top("(1, 2), \\{3, 4\\}", ",")
    ['(1, 2)', ' \\{3, 4\\}']
    """
    pieces, depth, start = [], 0, 0
    for match in re.finditer(rf"\\?[(\[{{)\]}}]|{separator}", text):
        token = match.group()
        if token[-1] in _OPEN and len(token) <= 2:
            depth += 1
        elif token[-1] in _CLOSE and len(token) <= 2:
            depth -= 1
        elif depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    return [*pieces, text[start:]]


def matching(text: str, position: int) -> int:
    """Where the bracket at `position` closes, whatever its shape; -1 if it does not.

    >>> matching("(1,(2)]x", 0)
    6
    """
    depth = 0
    for at in range(position, len(text)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return -1
