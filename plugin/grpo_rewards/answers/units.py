r"""Units after a number, as a dimension and a factor, so that 100 cm is 1 m and 10 cm is not 10 m.

Units come from a list and are not guessed: "5 million", "5 squared" and "5 of them" are not 5. Things that school
problems count are units too, each of its own kind.
"""

import functools
import re
from fractions import Fraction

from grpo_rewards.answers.counted_nouns import COUNTED

Unit = tuple[tuple[str, Fraction, int], ...]  # (dimension or word, factor, power), in the order written

_KNOWN: dict[str, Unit] = {}  # by spelling; only units that occur in answers, and only exact factors


def _add(dimension: str, power: int = 1, **names: str) -> None:
    for factor, spellings in names.items():
        for spelling in spellings.split():
            _KNOWN[spelling] = ((dimension, Fraction(factor.removeprefix("x").replace("_", "/")), power),)


def _times(factor: Fraction, unit: Unit) -> Unit:
    if len(unit) == 1 and unit[0][2] == 1:
        return ((unit[0][0], factor * unit[0][1], 1),)
    return (("", factor, 1), *unit)


_add("length", x1="m meter metre")
_add("length", 3, x1_10="l L liter litre")
_add("inch", x1="in inch inche", x12="ft foot feet", x36="yd yard", x63360="mi mile")
_add("mass", x1="g gram", x1000000="tonne")
_add("pound", x1="lb lbs pound", x1_16="oz ounce")
_add("time", x1="s sec secs second", x60="min mins minute", x3600="h hr hrs hour", x86400="day", x604800="week")
_add("money", x1="dollar usd USD \\$ $", x1_100="cent ¢")
_add("euro", x1="euro EUR €")
_add("sterling", x1="gbp GBP £ \\pounds")
_add("yen", x1="yen ¥")
_add("yuan", x1="yuan RMB")
_add("degree", x1="degree deg")
_add("degreeC", x1="celsius Celsius")
_add("degreeF", x1="fahrenheit Fahrenheit")
_add("radian", x1="radian rad")
_add("unit", x1="unit")
_add("month", x1="month", x12="year yr")
_add("amount", x1="mol mole")
_add("kelvin", x1="K kelvin")
_add("current", x1="A amp ampere")
_add("electronvolt", x1="eV electronvolt")
_add("calorie", x1="cal")
_add("bit", x1="bit", x8="B byte")
# of the SI: symbol, name, powers of kilogram, metre, second, ampere
for _symbol, _name, *_powers in (
    ("N", "newton", 1, 1, -2, 0), ("J", "joule", 1, 2, -2, 0), ("W", "watt", 1, 2, -3, 0), ("Pa", "pascal", 1, -1, -2, 0),
    ("Hz", "hertz", 0, 0, -1, 0), ("C", "coulomb", 0, 0, 1, 1), ("V", "volt", 1, 2, -3, -1), ("Ω", "ohm", 1, 2, -3, -2),
    ("F", "farad", -1, -2, 4, 2), ("H", "henry", 1, 2, -2, -2), ("T", "tesla", 1, 0, -2, -1), ("Wb", "weber", 1, 2, -2, -1),
):  # fmt: skip
    _parts = zip(("mass", "length", "time", "current"), (1000, 1, 1, 1), _powers, strict=True)
    _KNOWN[_symbol] = _KNOWN[_name] = tuple((dimension, Fraction(f), power) for dimension, f, power in _parts if power)
for _prefix, _name, _ten in (
    ("p", "pico", -12), ("n", "nano", -9), ("μ", "micro", -6), ("m", "milli", -3), ("c", "centi", -2), ("d", "deci", -1),
    ("k", "kilo", 3), ("M", "mega", 6), ("G", "giga", 9), ("T", "tera", 12),
):  # fmt: skip
    _factor = Fraction(10) ** _ten
    for _spelling in "m g s l L N J W Pa Hz C V Ω F H T A mol eV cal B bit".split():
        _KNOWN.setdefault(_prefix + _spelling, _times(_factor, _KNOWN[_spelling]))
    for (
        _spelling
    ) in "meter metre gram second liter litre newton joule watt pascal hertz volt ohm farad ampere byte bit".split():
        _KNOWN.setdefault(_name + _spelling, _times(_factor, _KNOWN[_spelling]))
del _KNOWN["B"], _KNOWN["T"]  # alone they may be billions and trillions
_KNOWN["kWh"] = _times(Fraction(3_600_000), _KNOWN["J"])
_TIMES = {word: Fraction(factor) for word, factor in {
    "dozen": "12", "score": "20", "hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000",
    "trillion": "1000000000000", "half": "1/2", "third": "1/3", "quarter": "1/4", "fourth": "1/4", "fifth": "1/5",
    "sixth": "1/6", "eighth": "1/8", "tenth": "1/10", "hundredth": "1/100", "thousandth": "1/1000",
}.items()}  # fmt: skip

_OTHERWISE = {
    "mph": "mile/h",
    "kph": "km/h",
    "kmh": "km/h",
    "degrees celsius": "celsius",
    "degrees fahrenheit": "fahrenheit",
}
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_SMALL_WORDS = frozenset("per of a an the in and old".split())
_WORD = re.compile(r"([A-Za-zμΩ]+|[¢€£¥])\.?(?:\s*\^\s*\{?(-?\d)\}?)?")
MULTIPLES = re.compile(
    r"(?:\w*(?:ths|illions|folds|eens|ties)|halves|pairs|couples|dozens|grosses)\b"
)  # words that do not count things
_NO_ADJECTIVE = frozenset(
    "more less fewer times of or and over than to mod squared cubed point half per plus minus factorial choose not no is are "
    "percent halves in at by on off tens ones twice root power".split()
)


@functools.lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit | None:
    r"""The unit that a text names; None if it does not name one. Variables and functions are not units.

    >>> read_unit("cm^2") == read_unit("square centimeters"), read_unit("weeks")[0][0], read_unit("squared")
    (True, 'time', None)
    """
    units: list[tuple[str, Fraction, int]] = []
    power, sign, position, kind = 1, 1, 0, ""
    text = _OTHERWISE.get(text.strip().lower(), text.strip())
    while position < len(text):
        if text[position] in " -·":
            position += 1
            continue
        if text[position] == "/":
            sign, position = -1, position + 1
            continue
        match = _WORD.match(text, position)
        if not match:
            return None
        word, exponent = match.group(1), match.group(2)
        position = match.end()
        if word.lower() in _POWERS:
            power = _POWERS[word.lower()]
            continue
        if word == "per":
            sign = -1
        if word in _SMALL_WORDS and units:
            continue
        known = _look_up(word)
        if known is None:
            if units or exponent or word in _NO_ADJECTIVE or not re.fullmatch("[a-z]{3,}", word):
                return None
            kind += word + " "  # "blue marbles"
            continue
        units += [(kind + dimension, factor, sign * int(exponent or power) * own) for dimension, factor, own in known]
        power = 1
    if (
        not units
        and kind
        and (noun := kind.split())[-1].endswith("s")
        and not (noun[-1] in _NO_ADJECTIVE or MULTIPLES.match(noun[-1]))
        and len(noun[-1]) > 4
    ):
        return ((f"{' '.join(noun)}"[:-1], Fraction(1), 1),)  # anything may be counted
    return tuple(units) or None


def _look_up(word: str) -> Unit | None:
    lower = word.lower()
    careless = len(word) > 3 or word == lower or word.isupper() or lower in ("km", "kg", "cm", "ft", "hr", "min", "sec")
    for spelling in (word, lower, _singular(lower)) if careless else (word,):
        if spelling in _KNOWN and (len(spelling) > 1 or spelling == word):
            return _KNOWN[spelling]
    return None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


def multiplier(text: str) -> tuple[Fraction, str]:
    """The product of the number words that follow a number, and the rest of the text.

    >>> multiplier("hundred thousand dollars"), multiplier("tenths"), multiplier("cm")
    ((Fraction(100000, 1), 'dollars'), (Fraction(1, 10), ''), (Fraction(1, 1), 'cm'))
    """
    words, factor = text.split(), Fraction(1)
    while words and (known := _TIMES.get(_singular(words[0].lower().strip("-")))):
        factor *= known
        words = words[1:]
    return factor, " ".join(words[1:] if words[:1] == ["of"] else words)


def angle(unit: Unit) -> str | None:
    """`degree` or `radian` where the unit is that of an angle."""
    return unit[0][0] if len(unit) == 1 and unit[0][0] in ("degree", "radian") and unit[0][2] == 1 else None


def ratio(one: Unit, other: Unit) -> Fraction | None:
    """How many of `other` make one of `one`; None where they differ in dimension.

    >>> ratio(read_unit("m^2"), read_unit("cm^2")), ratio(read_unit("cm^2"), read_unit("cm^3"))
    (Fraction(10000, 1), None)
    """
    (mine, factor), (theirs, other_factor) = _powers_of(one), _powers_of(other)
    if mine != theirs and not (len(mine) == len(theirs) == 1 and _same_noun(*mine, *theirs)):
        return None
    return factor / other_factor


def _powers_of(unit: Unit) -> tuple[dict[str, int], Fraction]:
    """The power of each dimension, and the whole factor: J is kg m^2/s^2."""
    powers: dict[str, int] = {}
    factor = Fraction(1)
    for dimension, own, power in unit:
        factor *= own**power
        if dimension:
            powers[dimension] = powers.get(dimension, 0) + power
    return {dimension: power for dimension, power in powers.items() if power}, factor


def _same_noun(one: str, other: str) -> bool:
    """Whether two kinds match: marbles answer blue marbles; red ones do not."""
    return one.endswith(f" {other}") or other.endswith(f" {one}")


for _noun in COUNTED:
    if _look_up(_noun) is None:
        _KNOWN[_noun] = _KNOWN[_noun.removesuffix("s")] = ((_noun, Fraction(1), 1),)
