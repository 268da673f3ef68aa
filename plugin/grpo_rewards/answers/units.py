r"""Units of measure: what follows a number, as a dimension and a factor, so that 100 cm is 1 m and 10 cm is not 10 m.

What a unit is, is known, not guessed: "5 million", "5 squared" and "5 of them" are not 5. Things that are counted in school
problems count as units, each of its own kind.
"""

import functools
import re
from fractions import Fraction

from grpo_rewards.answers.counted import COUNTED

# name: (dimension, factor); only units that stand in answers, and only exact factors
_KNOWN: dict[str, tuple[str, Fraction]] = {}


def _add(dimension: str, **names: str) -> None:
    for factor, spellings in names.items():
        for spelling in spellings.split():
            _KNOWN[spelling] = (dimension, Fraction(factor.removeprefix("x").replace("_", "/")))


_add(
    "length",
    x1="m meter metre",
    x1_100="cm centimeter centimetre",
    x1_1000="mm millimeter millimetre",
    x1000="km kilometer kilometre",
)
_add("inch", x1="in inch inche", x12="ft foot feet", x36="yd yard", x63360="mi mile")
_add("mass", x1="g gram", x1000="kg kilogram", x1_1000="mg milligram")
_add("pound", x1="lb lbs pound", x1_16="oz ounce")
_add("time", x1="s sec second", x60="min minute", x3600="h hr hour", x86400="day", x604800="week")
_add("volume", x1="l liter litre L", x1_1000="ml mL milliliter millilitre")
_add("money", x1="dollar usd USD \\$ $", x1_100="cent ¢")
_add("euro", x1="euro EUR €")
_add("sterling", x1="gbp GBP £ \\pounds")
_add("yen", x1="yen ¥")
_add("degree", x1="degree deg")
_add("degreeC", x1="celsius Celsius")
_add("degreeF", x1="fahrenheit Fahrenheit")
_add("radian", x1="radian rad")
_add("unit", x1="unit")
_add("energy", x1="J joule", x1000="kJ kilojoule")
_add("force", x1="N newton")
_add("power", x1="W watt", x1000="kW kilowatt")
_add("month", x1="month", x12="year yr")
_TIMES = {word: Fraction(factor) for word, factor in {
    "dozen": "12", "score": "20", "hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000",
    "trillion": "1000000000000", "half": "1/2", "third": "1/3", "quarter": "1/4", "fourth": "1/4", "fifth": "1/5",
    "sixth": "1/6", "eighth": "1/8", "tenth": "1/10", "hundredth": "1/100", "thousandth": "1/1000",
}.items()}  # fmt: skip

_SPEEDS = {"mph": "mile/h", "kph": "km/h", "kmh": "km/h"}
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_SMALL_WORDS = frozenset("per of a an the in and old".split())
_WORD = re.compile(r"([A-Za-z]+|[¢€£¥])\.?(?:\s*\^\s*\{?(-?\d)\}?)?")

Unit = tuple[tuple[str, Fraction, int], ...]  # (dimension or word, factor, power), in the order written


@functools.lru_cache(maxsize=4096)
def read_unit(text: str) -> Unit | None:
    r"""The unit that a text names, None if it names none: variables and functions are no units.

    >>> read_unit("cm^2") == read_unit("square centimeters"), read_unit("weeks")[0][0], read_unit("squared")
    (True, 'time', None)
    """
    units: list[tuple[str, Fraction, int]] = []
    power, sign, position = 1, 1, 0
    text = _SPEEDS.get(text.strip().lower(), text.strip())
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
            return None
        units.append((*known, sign * int(exponent or power)))
        power = 1
    return tuple(units) or None


def _look_up(word: str) -> tuple[str, Fraction] | None:
    for spelling in (word, word.lower(), _singular(word.lower())):
        if spelling in _KNOWN and (len(spelling) > 1 or spelling == word):
            return _KNOWN[spelling]
    return None


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def multiplier(text: str) -> tuple[Fraction, str]:
    """The number words at the start of what follows a number, multiplied, and the rest.

    >>> multiplier("hundred thousand dollars"), multiplier("tenths"), multiplier("cm")
    ((Fraction(100000, 1), 'dollars'), (Fraction(1, 10), ''), (Fraction(1, 1), 'cm'))
    """
    words, factor = text.split(), Fraction(1)
    while words and (known := _TIMES.get(_singular(words[0].lower().strip("-")))):
        factor *= known
        words = words[1:]
    return factor, " ".join(words[1:] if words[:1] == ["of"] else words)


def angle(unit: Unit) -> str | None:
    """`degree` or `radian` where the unit is one of an angle."""
    return unit[0][0] if len(unit) == 1 and unit[0][0] in ("degree", "radian") and unit[0][2] == 1 else None


def ratio(one: Unit, other: Unit) -> Fraction | None:
    """How many of `other` make one of `one`; None where they measure different things.

    >>> ratio(read_unit("m^2"), read_unit("cm^2")), ratio(read_unit("cm^2"), read_unit("cm^3"))
    (Fraction(10000, 1), None)
    """
    if [(d, p) for d, _, p in one] != [(d, p) for d, _, p in other]:
        return None
    value = Fraction(1)
    for (_, mine, power), (_, theirs, _) in zip(one, other, strict=True):
        value *= (mine / theirs) ** power
    return value


for _noun in COUNTED:
    if _look_up(_noun) is None:
        _KNOWN[_noun] = _KNOWN[_noun.removesuffix("s")] = (_noun, Fraction(1))
