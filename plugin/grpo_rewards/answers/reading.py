r"""Reads the text of an answer as a quantity, a list, an interval, a matrix, an equation, a choice or words.

`read` never fails. A text that it does not recognise is `Unknown`, equal only to its own text; math-verify may judge it.
"""

import functools
import re
from fractions import Fraction

from grpo_rewards.answers import relation_signs
from grpo_rewards.answers.balls import near
from grpo_rewards.answers.bracket_matching import balanced, matching, split_top
from grpo_rewards.answers.comparison import equal_answers
from grpo_rewards.answers.expression import operation, variables
from grpo_rewards.answers.kinds import (
    Answer,
    Approximate,
    Contradiction,
    Equation,
    Items,
    Matrix,
    Named,
    Quantity,
    Region,
    Relation,
    Unknown,
    Words,
    as_region,
    without_name,
)
from grpo_rewards.answers.normalization import normalize
from grpo_rewards.answers.quantities import is_one_number, read_quantity, read_ratio_or_base, sum_of_parts
from grpo_rewards.answers.regions import (
    both,
    condition_of_set,
    is_inequality,
    read_all_reals,
    read_inequality,
    read_reals_without,
    set_of_member,
    union,
)
from grpo_rewards.answers.word_answers import read_text, read_word

_MAX_DEPTH = 6
_ENVIRONMENT = re.compile(
    r"([^\\]*|\\frac[^\\]*)\\begin\{(p?matrix|bmatrix|vmatrix|cases|array)\}(?:\{[^{}]*\})?(.*)\\end\{\2\}", re.DOTALL
)
_CONDITION = re.compile(r"^(?:if|for|when|where)\s+|[.;]$")
_LABEL = re.compile(r"(?:the\s+)?(?:final\s+)?(?:answer|option|choice|letter)\s*(?:is|:)?\s+(?=\S)", re.IGNORECASE)
_INTEGERS = re.compile(r"[,;]?\s*\(?\s*(?:where|for|with)?\s*[a-z]\s*\\in\s*\\(?:mathbb|Bbb)\s*\{?\s*[ZN]\s*\}?\s*\)?$")
_ASSIGNED = re.compile(r"\s*([A-Z])\s*:\s*(\S.*)", re.DOTALL)
_CLAUSE = re.compile(
    r"[,;]?\s*\(?\s*(?:where|for|with)\s+(?:[A-Za-z]\s+(?:is|are)\s+)?(?:any|all|some|every|an?|each)?\s*(?:arbitrary\s+)?"
    r"(?:real|integer|arbitrary|constant|whole)\w*\s*(?:number|constant|value|integer)?s?\s*(?:of\s+)?[A-Za-z]?\s*\)?$"
)
_NAMED_LABEL = re.compile(
    r"(?!.*:.*:)(?:(?:the|final|total|minimum|maximum|min|max|largest|smallest|least|greatest|number|of|side|surface)\s+)*"
    r"(?:value|area|volume|perimeter|length|distance|sum|total|product|difference|answer|result|solution|minimum|maximum|probability|"
    r"number|count|ways|cost|price|speed|time|angle|radius|height|width|ratio|slope|mean|median|mode|range|limit|integral|remainder)"
    r"\s*:\s*(?=[-\d\\($])",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\b(?:except|not|never|unless|if|no|without|but|every|any|cannot|excluding|twice|half|double|wrong)\b",
    re.IGNORECASE,
)
_OUTWARD = re.compile(r"(?=\]|.*\[$)([\[\]])([^\[\]]+,[^\[\]]+)([\[\]])")
_POINT = re.compile(r"[A-EIJ-MO-Z]\s*(\([^()]+,[^()]+\))")
_IN_BRACKETS = re.compile(r"(?:\(|,|\bor\b)\s*(?:\\approx|approximately|approx\.?|about)\s*([^(),]*)\)?$")
_MODULO = re.compile(r"[+-]?\w+\s*\(?\s*\\?p?mod(?![A-Za-z]).*")
_VALUE_OF = re.compile(
    r"\\?\|\s*\\?[A-Za-z]+(?:_\w)?\s*\\?\||\\(?:sin|cos|tan|cot|sec|csc|log|ln)\s*\(?\s*(?:\\angle\s*|\d)?\\?[A-Za-z]+\s*\)?|"
    r"(?:\\Pr|P|E|Var|\\mathbb\s*\{?[EP]\}?)\s*[\[({].*[\])}]|\\frac\s*\{\s*d[^{}]*\}\s*\{\s*d[^{}]*\}|"
    r"\\(?:int|lim)(?![A-Za-z]).*|[a-zA-Z](?:'|\^\{-1\})?\([\w,-]+\)(?:\s*[+-]\s*[a-zA-Z]'?\([\w,-]+\))*|"
    r"\\vec\s*\{?\w\}?\s*\\cdot\s*\\vec\s*\{?\w\}?|\\angle\s*\w+(?:\s*[+-]\s*\\angle\s*\w+)*"
)  # left sides besides a name
_MODULUS = re.compile(r"\s*\(?\s*\\?[pb]?mod(?![A-Za-z])\s*(?:\{([^{}]*)\}|([\w-]+))\s*\)?$|\s*\(\s*mod\s+(\w+)\s*\)$")
_PARAMETERS = re.compile(r"([A-Za-z]'?(?:_\{?\w+\}?)?)\s*\(\s*([A-Za-z](?:\s*,\s*[A-Za-z])*)\s*\)")
_APPROXIMATE = re.compile(r"\\(?:approx|simeq|doteq)(?![A-Za-z])|≈|≒")
_ASKED_FOR = re.compile(r"[a-z](?:\s*[+-]\s*[a-z])+")  # "m + n = 113" may answer "find m + n"


@functools.lru_cache(maxsize=65536)
def read(text: str) -> Answer:
    r"""The kind of answer that a text is.

    >>> read("15\\text{ cm}^2").unit, read("B. the second")
    ((('length', Fraction(1, 100), 2),), Choice(letter='B'))
    """
    return _read(normalize(text), 0)


def _read(text: str, depth: int) -> Answer:
    text = text.strip()
    if depth > _MAX_DEPTH or not text:
        return Unknown(text)
    text = _INTEGERS.sub("", text)
    if "for " in text or "where" in text or "with" in text:
        text = _CLAUSE.sub("", text)
    if "appro" in text or "about" in text:
        text = _IN_BRACKETS.sub(lambda note: f"\\approx {note[1]}" if note[1].strip() else "", text).strip()
    if "\\" in text and _APPROXIMATE.search(text) and (approximate := _approximate(text, depth)):
        return approximate
    if label := _LABEL.match(text) or _NAMED_LABEL.match(text):
        text = text[label.end() :].strip(" :")
    text = text.removeprefix("=").lstrip() if text[1:2] != "=" else text
    if not text:
        return Unknown(text)
    return (
        read_word(text)
        or read_all_reals(text)
        or read_ratio_or_base(text)
        or _structured(text, depth)
        or read_quantity(text)
        or read_text(text)
        or Unknown(text)
    )


def _approximate(text: str, depth: int) -> Answer | None:
    r"""`5\sqrt 2 \approx 7.07`, also after a name; `\approx 7.07` is 7.07. Values that differ are a contradiction."""
    sides = [side.strip().removesuffix("\\ldots").strip() for side in _APPROXIMATE.split(text)]
    if len(sides) != 2 or not sides[1]:
        return None
    right = _read(sides[1], depth + 1)
    if not sides[0] or is_name(sides[0]):
        return Named(_plain(sides[0]), right) if sides[0] else right
    left = _read(sides[0], depth + 1)
    exact, decimal = without_name(left), right
    if not isinstance(exact, Quantity) or not isinstance(decimal, Quantity):
        return None
    if decimal.places is None:
        exact, decimal = decimal, exact
    if decimal.places is None or not near(exact.tree, decimal.tree, Fraction(1, 10**decimal.places)):
        return Contradiction("".join(text.split()))
    value = Approximate(exact, decimal)
    return Named(left.name, value, left.parameters) if isinstance(left, Named) else value


def _structured(text: str, depth: int) -> Answer | None:
    if outward := _OUTWARD.fullmatch(text):  # ]0, 1[
        text = f"{'[' if outward[1] == '[' else '('}{outward[2]}{']' if outward[3] == ']' else ')'}"
    elif point := _POINT.fullmatch(text):
        text = point[1]
    if "\\begin" in text:
        bare = text[1:-1].strip() if text[0] in "([" and matching(text, 0) == len(text) - 1 else text
        if environment := _ENVIRONMENT.fullmatch(bare):
            return _environment(environment, depth)
    if is_one_number(text):
        return None
    if " and " in text and (total := sum_of_parts(text)):
        return total
    if "\\{" in text and (condition := condition_of_set(text)):
        return _read(condition, depth + 1)
    if "\\in" in text and (members := set_of_member(text)):
        return _read(members, depth + 1)
    if ("\\" in text or "mod" in text) and (relation := _relation(text, depth)):
        return relation
    if "\\mathbb" in text and (reals := read_reals_without(text)):
        return reals
    if "\\setminus" in text:
        whole, _, points = text.partition("\\setminus")
        region, others = as_region(_read(whole, depth + 1)), read_reals_without(f"\\mathbb{{R}} \\setminus{points}")
        return (both([region, others]) if region and others else None) or Unknown(text)
    if "\\cup" in text and len(parts := split_top(text, r"\\cup(?![A-Za-z])")) > 1:
        return union([_read(part, depth + 1) for part in parts]) or Unknown(text)
    name, equals, right = (part.strip() for part in text.partition("="))
    named = equals and balanced(name) and (is_one_number(right) or _VALUE_OF.fullmatch(name)) and is_name(name)
    if named:
        return _equation([name, right], text, depth)
    between = r",|;|\bor\b|\band\b" + ("" if "\\begin" in text else r"|\\\\(?=\s)")
    pieces = [piece for piece in split_top(text, between) if piece.strip()]
    if len(pieces) > 1:
        return _pieces(pieces, text, depth)
    if is_inequality(text):
        return read_inequality(text) or Unknown(text)
    if "=" in text and len(sides := split_top(text, "=")) > 1:
        return _equation(sides, text, depth)
    return _bracketed(text, depth) or _plus_minus(text, depth)


def _relation(text: str, depth: int) -> Answer | None:
    r"""`p \implies q`, `x \equiv 3 \pmod 7`."""
    modulus = _MODULUS.search(text) if "equiv" in text or _MODULO.fullmatch(text) else None
    if modulus and "equiv" not in text:  # of anything
        parts = (text[: modulus.start()], modulus[1] or modulus[2] or modulus[3])
        return Relation("equiv", (Words(""), *(_read(part, depth + 1) for part in parts)))
    stated = text[: modulus.start()] if modulus else text
    tokens = re.findall(relation_signs.SIGN, stated)
    sides = split_top(stated, relation_signs.SIGN)
    if len(tokens) != 1 or len(sides) != 2 or not all(side.strip() for side in sides):
        return None
    sign = relation_signs.sign_of(tokens[0])
    if sign in relation_signs.TURNED:
        sign, sides = relation_signs.TURNED[sign], sides[::-1]
    if modulus:
        sides.append(modulus[1] or modulus[2] or modulus[3])
    return Relation(sign, tuple(_read(side, depth + 1) for side in sides))


def _environment(environment: re.Match, depth: int) -> Answer:
    """A matrix, a number times a matrix, or equations in braces (a list)."""
    rows = [
        tuple(_read(_CONDITION.sub("", cell.strip(" ,")), depth + 1) for cell in row.split("&"))
        for row in environment[3].split("\\\\")
        if row.strip()
    ]
    equations = [row[0] for row in rows if len(row) == 1 and isinstance(row[0], Named | Equation)]
    if environment[2] in ("cases", "array") and len(equations) == len(rows):
        return Items("list", tuple(equations))
    if environment[2] == "vmatrix" or (environment[2] == "cases" and any(len(row) != 2 for row in rows)):
        return Unknown(environment[0])
    factor = environment[1].removesuffix("\\cdot").strip()
    if not factor:
        return Matrix(tuple(rows))
    number = read_quantity(factor)
    if number is None or not all(isinstance(cell, Quantity) for row in rows for cell in row):
        return Unknown(environment[0])
    scaled = [
        [Quantity(operation("*", number.tree, cell.tree)) for cell in row if isinstance(cell, Quantity)] for row in rows
    ]
    return Matrix(tuple(map(tuple, scaled)))


def _pieces(texts: list[str], text: str, depth: int) -> Answer:
    assigned = [match for piece in texts if (match := _ASSIGNED.fullmatch(piece))]
    if len(assigned) == len(texts):  # "A: 4, B: 5"
        return Items("list", tuple(Named(match[1], _read(match[2], depth + 1)) for match in assigned))
    pieces = [_read(piece, depth + 1) for piece in texts]
    regions = [piece for piece in pieces if isinstance(piece, Region)]
    if len(regions) == len(pieces):
        return (both(regions) if " and " in text or "\\ne" in text else None) or union(pieces) or Unknown(text)
    return Items("list", tuple(_spread(pieces)))


def _spread(items: list[Answer]) -> list[Answer]:
    r"""`1 \pm \sqrt 5, 2` has three items."""
    return [
        inner
        for item in items
        for inner in (item.items if isinstance(item, Items) and item.kind == "list" else (item,))
    ]


def _bracketed(text: str, depth: int) -> Answer | None:
    braces = 2 if text.startswith("\\{") and text.endswith("\\}") else 1 if text[0] == "{" and text[-1] == "}" else 0
    if braces and matching(text, braces - 1) == len(text) - 1 and (braces == 2 or "," in text):
        inner = split_top(text[braces:-braces], r",|;")
        return Items("set", tuple(_spread([_read(item, depth + 1) for item in inner])))
    if text[0] in "([" and text[-1] in ")]" and matching(text, 0) == len(text) - 1:
        inner = split_top(text[1:-1], r",|;")
        if len(inner) == 1:
            return None
        pair = Items("tuple", tuple(_read(item, depth + 1) for item in inner), text[0] + text[-1])
        return as_region(pair) if pair.brackets in ("(]", "[)") else pair
    return None


def _plus_minus(text: str, depth: int) -> Answer | None:
    if text.count("\\pm") != 1:
        return None
    return Items("list", tuple(_read(text.replace("\\pm", sign), depth + 1) for sign in "+-"))


def _equation(sides: list[str], text: str, depth: int) -> Answer:
    sides = [side.strip() for side in sides]
    if any(not side for side in sides) or len(sides) > 6:
        return Unknown(text)
    if len(sides) > 2 and all(_is_bare_name(side) for side in sides[:-1]):  # "x = y = z = 1"
        value = _read(sides[-1], depth + 1)
        return Items("list", tuple(Named(_plain(side), value) for side in sides[:-1]))
    name: str | None = None
    parameters: tuple[str, ...] = ()
    if header := _PARAMETERS.fullmatch(sides[0]):
        name, parameters = header[1], tuple(re.findall(r"\w", header[2]))
    elif is_name(sides[0]):
        name = _plain(sides[0])
    if name is not None:
        sides = sides[1:]
    if name is not None and len(sides) == 1:
        return Named(name, _read(sides[0], depth + 1), parameters)
    if len(sides) == 2 and name is None and is_name(sides[1]):
        return Named(_plain(sides[1]), _read(sides[0], depth + 1))
    return _chain(name, parameters, [_read(side, depth + 1) for side in sides], sides, text)


def _chain(name: str | None, parameters: tuple[str, ...], values: list[Answer], sides: list[str], text: str) -> Answer:
    """`48/2 = 24`: its value if all sides are equal; an equation between variables; or a contradiction."""
    last = values[-1]
    verdicts = [equal_answers(value, last) for value in values[:-1]]
    if len(sides) > 2 - bool(name) and _is_constant(last):
        known = [at for at, value in enumerate(values) if _is_constant(value)]
        formula = range(known[0])  # "A = \\pi r^2 = 9\\pi", "m + n = 241 + 36 = 277"
        if known == list(range(len(formula), len(values))) and all(verdicts[len(formula) :]):
            asked = name or (len(formula) == 1 and _ASKED_FOR.fullmatch(sides[0]))
            if formula and asked and all(isinstance(values[at], Quantity) or "\\ldots" in sides[at] for at in formula):
                return Named(name or "".join(sides[0].split()), last, parameters)
    if all(verdicts):
        return Named(name, last, parameters) if name else last
    match values:
        case [Quantity() as left, Quantity() as right] if name is None and (
            variables(left.tree) or variables(right.tree)
        ):
            difference = operation("+", left.tree, operation("neg", right.tree))
            return Equation(difference, right if _ASKED_FOR.fullmatch(sides[0]) else None)
    return Contradiction("".join(text.split())) if False in verdicts else Unknown(text)


def _is_constant(value: Answer) -> bool:
    return isinstance(value, Quantity) and not variables(value.tree)


def _plain(name: str) -> str:
    r"""A name in one spelling: `a_{n}` is `a_n`, `\angle A` is `A`.

    >>> _plain("a_{n + 1}"), _plain("a_{n}")
    ('a_{n+1}', 'a_n')
    """
    return re.sub(r"_\{(\w)\}", r"_\1", "".join(name.split())).removeprefix("m\\angle").removeprefix("\\angle")


def _is_bare_name(text: str) -> bool:
    return re.fullmatch(r"\\?[A-Za-z]+(?:_\{?\w+\}?)?'?", text) is not None and is_name(text)


def is_name(text: str) -> bool:
    r"""Whether a left side only names the value: `x`, `f(x)`, `I_{\max}`, `(x, y)`, `\angle ABC`, `P(A \mid B)`.

    >>> is_name("f(x)"), is_name("I_{\\max}"), is_name("2x"), is_name("x + y")
    (True, True, False, False)
    """
    bare = re.sub(r"_\{[^{}]*\}|_\w|(?<=[A-Za-z'])\([\w\s,]*\)", "", text)
    bare = re.sub(r"^\|([A-Z]{1,3})\|$", r"\1", bare)  # the length of AB
    bare = re.sub(r"^P\s*\([^()]*\)$", "P", bare)
    if _VALUE_OF.fullmatch(text):
        return True
    if _NO_NAME.search(bare):
        return False
    if len(bare) > 40 or re.search(
        r"[\d+*/^<>!|:]|-|\\(?:frac|sqrt|cdot|times|pi|ln|log|sin|cos|tan|infty)(?![A-Za-z])", bare
    ):
        return False
    if bare in ("i", "e", "pi"):
        return False
    return bool(re.search("[A-Za-z]", bare)) and (
        "(" not in bare or re.fullmatch(r"[A-Za-z\\']*\s*\([A-Za-z,\s\\]*\)", bare) is not None
    )
