r"""Reads a number or an expression with what may surround it: currency, percent, degrees, a unit, number words."""

import re
from fractions import Fraction

from grpo_rewards.answers import units
from grpo_rewards.answers.bracket_matching import balanced
from grpo_rewards.answers.expression import Node, Number, Operation, operation, rational
from grpo_rewards.answers.kinds import Based, Items, Quantity
from grpo_rewards.answers.normalization import compiled
from grpo_rewards.answers.other_scripts import in_english
from grpo_rewards.answers.parsing import Unreadable, parse
from grpo_rewards.answers.word_answers import number_in_words

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
_ONE_NUMBER = re.compile(
    rf"(?:\\?\$|€|£)?\s*(?:{_THOUSANDS.pattern})(?:\s*(?:\\?%|\^\\circ|€|£)|\s+[A-Za-z][A-Za-z ^{{}}\d/]*)?"
)
_EUROPEAN = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+")
_MIXED = re.compile(r"([+-]?)\s*(\d+)\s+(\d+)\s*/\s*(\d+)")
_DECIMAL = re.compile(r"[+-]?\d*\.(\d+)")
_BASED = re.compile(r"(\()?([0-9A-Za-z]+)(?(1)\))_(?:\{\s*(\d{1,2})\s*\}|(\d{1,2}))")
_RATIO = re.compile(r"\d+(?:\s*(?::|\\colon(?![A-Za-z])|\bto\b)\s*\d+)+")
_REMAINDER = re.compile(r"(\d+)\s*,?\s*(?:[Rr](?:em(?:ainder)?)?\.?|with\s+(?:a\s+)?remainder(?:\s+of)?)\s*(\d+)")
_CURRENCY = re.compile(r"([+-]?)\s*(\\\$|\$|€|£|¥|\\pounds)\s*(?=[\d.(\\])")
_CURRENCIES = {"\\$": "dollar", "$": "dollar", "\\pounds": "£"}
_DEGREES = re.compile(r"(.*?)\s*\^\\circ\s*([CF]?)", re.DOTALL)
_PERCENT = re.compile(r"(.*?)\s*(?:\\?%|\bpercent\b)", re.DOTALL)
_WITH_WORDS = re.compile(
    r"(.*(?:[\d)}!]|\\pi))\s+-?((?:square|sq|cubic|cu)?\.?\s*[A-Za-z¢€£¥Ωμ][A-Za-zΩμ0-9 .^{}/·-]*)", re.DOTALL
)
_PLAIN_NUMBER = re.compile(r"[+-]?[\d.,]+(?:[eE][+-]?\d+)?(?:\s*\\(?:times|cdot)\s*10\^.*)?")
_VARIABLES_TOO = frozenset("ACFHTKVB")  # units behind a plain number only
_SYMBOLS = compiled(
    (r"(?<=[\d}])\s*([kMGm]?)\s*\\Omega(?![A-Za-z_^])", r" \1Ω"),
    (r"(?<=[\d}])\s*\\mu\s*\\Omega", " μΩ"),
    (r"(?<=[\d}])\s*\\mu\s*(?=(?:[mgsAVFCTWJNLlH]|mol|Pa|Hz)(?![A-Za-z]))", " μ"),
    (r"(?<=[A-Za-z]) ?\\cdot ?(?=[A-Za-z]{1,3}(?![A-Za-z(]))", " "),
)
_MINUTES = re.compile(r"(\d+)\s*\^\\circ\s*(\d+)\s*(?:'|\^\{?\\prime\}?)(?:\s*(\d+)\s*(?:''|\"))?")
_GLUED_UNIT = re.compile(
    r"([+-]?[\d.,]+)(cm|mm|km|kg|mg|ml|mL|ft|lbs?|oz|mph|hrs?|min|sec|inches|¢|€|£|[kMGmμn]?(?:Hz|Pa|Ω)|[kMmμ][VAWJ]|[munμ]F|nm|eV)((?:\^\{?\d\}?)?)"
)
_TRIGONOMETRY = re.compile(r"\\?(?:sin|cos|tan|cot|sec|csc)")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)(?:\s*,\s*|\s+and\s+|\s+|$)")
_SHORT_WORDS = frozenset("yes no odd all any not one two six ten max min and nor".split())


def is_one_number(text: str) -> bool:
    r"""Whether the commas and points of a text belong to one number: `1,234 m`, `1.234,5`."""
    return bool(_ONE_NUMBER.fullmatch(text) or _EUROPEAN.fullmatch(text))


def read_ratio_or_base(text: str) -> Items | Based | None:
    """`3:4`, also "3 to 4"; a quotient with remainder, `5 R 3`; `4210_7`."""
    if _RATIO.fullmatch(text):
        return Items("tuple", tuple(Quantity(rational(int(term))) for term in re.findall(r"\d+", text)), "::")
    if remainder := _REMAINDER.fullmatch(text):
        return Items("tuple", tuple(Quantity(rational(int(part))) for part in remainder.groups()), "R")
    text = re.sub(r"_\{\s*([a-z]+)\s*\}", lambda base: f"_{{{number_in_words(base[1]) or 0}}}", text)
    if (based := _BASED.fullmatch(text)) and based[2][0].isdigit() and 2 <= (base := int(based[3] or based[4])) <= 36:
        return Based(based[2].lstrip("0").lower() or "0", base)
    return None


def read_quantity(text: str) -> Quantity | None:
    r"""An expression with its unit; None for any other text.

    >>> read_quantity("2.5 million dollars").tree, read_quantity("5 squared"), read_quantity("5 ft 3 in").tree
    (Number(value=Fraction(2500000, 1)), None, Number(value=Fraction(63, 1)))
    """
    for pattern, to in _SYMBOLS if "\\mu" in text or "\\Omega" in text or "\\cdot" in text else ():
        text = pattern.sub(to, text)
    if "'" in text and (minutes := _MINUTES.fullmatch(text)):
        degrees = sum(Fraction(int(part or 0), 60**at) for at, part in enumerate(minutes.groups()))
        return Quantity(rational(degrees), (("degree", Fraction(1), 1),))
    if not text.isascii():
        text = in_english(text) or text
    value, unit, percent = text, None, False
    if currency := _CURRENCY.match(text):
        unit = units.read_unit(_CURRENCIES.get(currency[2], currency[2]))
        value = currency[1] + re.sub(r"\s+(?:per|an?|each)\s+[a-z]+$", "", text[currency.end() :])
    elif match := _PERCENT.fullmatch(text):
        value, percent = match[1], True
    elif (match := _DEGREES.fullmatch(text)) and not _TRIGONOMETRY.search(text):
        value = match[1]
        unit = ((f"degree{match[2]}", Fraction(1), 1),)
    elif parts := sum_of_parts(text):
        return parts
    factor = Fraction(1)
    if not percent and (unit is None or currency):
        value, factor, words = _split_words(value)
        if words is None:
            return None
        unit = (unit if not words or words[0][0] == "money" else unit + words) if unit else words or None
    found = _plain_quantity(value.strip(), unit, percent)
    return found if found is None or factor == 1 else Quantity(_times(factor, found.tree), unit, percent)


def _split_words(text: str) -> tuple[str, Fraction, units.Unit | tuple | None]:
    """The number, the factor of its number words, and its unit: () for none, None where words do not name a unit."""
    if match := _GLUED_UNIT.fullmatch(text):
        return match[1], Fraction(1), units.read_unit(match[2] + match[3])
    match = _WITH_WORDS.fullmatch(text)
    if not match or not balanced(match[1]):
        return text, Fraction(1), ()
    factor, rest = units.multiplier(match[2])
    if not rest:
        return match[1], factor, ()
    unit = units.read_unit(rest)
    if unit and not (rest in _VARIABLES_TOO and not _PLAIN_NUMBER.fullmatch(match[1])):
        return match[1], factor, unit
    is_word = factor != 1 or re.search(r"[A-Za-z]{4,}", rest)
    return (text, factor, None) if is_word else (text, Fraction(1), ())  # `\frac{1}{2} x`


def sum_of_parts(text: str) -> Quantity | None:
    """`5 hours 20 minutes`, "4 dollars and 50 cents", in the unit of the first part."""
    parts = _PART.findall(text)
    if len(parts) < 2 or "".join(re.split(r"[\s,]+|and", text)) != "".join(a + b for a, b in parts):
        return None
    first = units.read_unit(parts[0][1])
    if first is None:
        return None
    dimension, base, _ = first[0]
    total = Fraction(0)
    for amount, word in parts:
        unit = units.read_unit(word)
        factor = units.ratio(unit, first) if unit else None
        if factor is None:
            return None
        total += Fraction(amount) * factor
    return Quantity(rational(total if base < 1 else total * base), ((dimension, min(base, Fraction(1)), 1),))


def _times(factor: Fraction, tree: Node) -> Node:
    return rational(factor * tree.value) if isinstance(tree, Number) else operation("*", rational(factor), tree)


def _plain_quantity(text: str, unit: units.Unit | None, percent: bool) -> Quantity | None:
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "").replace(" ", "")
    elif _EUROPEAN.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif mixed := _MIXED.fullmatch(text):
        sign, whole, top, bottom = mixed[1], *(int(part) for part in mixed.groups()[1:])
        if 0 < top < bottom:
            value = whole + Fraction(top, bottom)
            return Quantity(rational(-value if sign == "-" else value), unit, percent)
    elif text.lower() in _SHORT_WORDS:
        return None
    decimal = _DECIMAL.fullmatch(text)
    try:
        return Quantity(fold(parse(text)), unit, percent, len(decimal[1]) if decimal else None)
    except (Unreadable, RecursionError):
        return None


def fold(tree: Node) -> Node:
    """A negated number as one number; any other tree unchanged."""
    if isinstance(tree, Operation) and tree.name == "neg" and isinstance(tree.parts[0], Number):
        return rational(-tree.parts[0].value)
    return tree
