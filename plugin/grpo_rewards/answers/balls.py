"""Values in ball arithmetic (python-flint): each is an interval that is guaranteed to hold the number.

Disjoint balls prove that two expressions differ. Precision grows until the balls are disjoint, or up to a limit at
which the two count as equal. An operation takes microseconds at the first precision, even a huge power.
"""

import functools
import itertools
import math
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, assert_never

from grpo_rewards.answers.exact import exact
from grpo_rewards.answers.expression import (
    Applied,
    Bound,
    Constant,
    Infinity,
    Name,
    Node,
    Number,
    Operation,
    has_constant,
    is_hard,
    variables,
    walk,
)

PRECISIONS = (128, 4096, 65536)  # bits
_SIGN_BITS = 1024
POINTS = 16
FEWEST_POINTS = 4  # at which two functions must be defined and agree
_ENOUGH = 200  # bits after the point to which two constants agree before they count as equal
_MAX_TERMS = 300  # of a sum whose ends are numbers
_INTEGER_POINTS = 6

Point = dict[str, Fraction]


class Undefined(ArithmeticError):
    """No value: a pole, a real root of a negative number, a function that this module does not have."""


def equal_constants(one: Node, other: Node) -> bool | None:
    r"""Whether two expressions without variables are equal; None where the value of one is not known.

    >>> from grpo_rewards.answers.parsing import parse
    >>> equal_constants(parse("e^{i\\pi}"), parse("-1")), equal_constants(parse("1/2006!"), parse("1/2004!"))
    (True, False)
    """
    return _equal_at(one, other, {}, real=False)


def equal_at_points(one: Node, other: Node) -> bool | None:
    r"""Whether two expressions in variables agree wherever both are defined, tested at points of all signs.

    False if they differ at one point; None where too few points have a value on both sides.

    >>> from grpo_rewards.answers.parsing import parse
    >>> equal_at_points(parse("\\sin^2 x + \\cos^2 x"), parse("x/x")), equal_at_points(parse("|xy|"), parse("xy"))
    (True, False)
    """
    names = sorted(variables(one) | variables(other))
    real = not (has_constant(one, "i") or has_constant(other, "i"))
    for points in (_points(names), _integer_points(names)):
        agreed = 0
        for point in points:
            verdict = _equal_at(one, other, point, real)
            if verdict is False:
                return False
            agreed += verdict is True
        if agreed >= FEWEST_POINTS:
            return True
    return None


def _equal_at(one: Node, other: Node, point: Point, real: bool) -> bool | None:
    for bits in PRECISIONS[:1] if point else PRECISIONS:
        try:
            first, second = value(one, point, bits, real), value(other, point, bits, real)
        except (ArithmeticError, ValueError):
            return None
        if not first.overlaps(second):
            return False
        difference = abs(first - second).upper()
        if point and difference < 2**-40 * (1 + abs(first).upper()):
            return True
        if bits >= PRECISIONS[1] and difference < 2**-_ENOUGH:
            return True
    return None


def value(tree: Node, point: Point, bits: int, real: bool) -> Any:
    """The value at a point as an `acb` of `bits` bits. Raises Undefined; with `real`, also outside the real numbers."""
    ctx = _flint().ctx
    before, ctx.prec = ctx.prec, bits
    try:
        return _value(tree, point, real)
    finally:
        ctx.prec = before


def has_value(tree: Node) -> bool:
    r"""Whether a constant is small enough to compare. True for what has variables or is left to a worker.

    >>> from grpo_rewards.answers.parsing import parse
    >>> has_value(parse("2^{100}")), has_value(parse("9^{9^{9^9}}")), has_value(parse("x")), has_value(parse("1/0"))
    (True, False, True, False)
    """
    endless = any(isinstance(node, Infinity) for node in walk(tree))
    if endless or is_hard(tree) or variables(tree) or exact(tree) is not None:
        return True
    try:
        return value(tree, {}, PRECISIONS[0], real=False).is_finite()
    except (ArithmeticError, ValueError):
        return False


def sign(tree: Node) -> int:
    """The sign of a real constant, -1 or 1; 0 where it is zero or its sign is not known."""
    try:
        number = value(tree, {}, _SIGN_BITS, real=True).real
    except (ArithmeticError, ValueError):
        return 0
    return (number > 0) - (number < 0)


def near(tree: Node, other: Node, distance: Fraction, relative: bool = False) -> bool:
    """Whether two real constants are at most `distance` apart; with `relative`, as a share of the second."""
    try:
        one, two = (value(side, {}, _SIGN_BITS, real=True).real for side in (tree, other))
    except (ArithmeticError, ValueError, KeyError):
        return False
    limit = _real(distance) * (abs(two) if relative else 1)
    return bool(abs(one - two) <= limit)


def _points(names: list[str]) -> Iterator[Point]:
    """Fractions between 1/8 and 4, none of them whole. The first half are positive, the others mix the signs."""
    draw = random.Random(20250)
    for k in range(POINTS):
        signs = [1 if k < POINTS // 2 else draw.choice((1, -1)) for _ in names]
        if k >= POINTS // 2 and len(names) == 1:
            signs = [-1 if k % 2 else 1]
        yield {
            name: sign * (draw.randint(0, 3) + Fraction(draw.randint(13, 96), 97))
            for name, sign in zip(names, signs, strict=True)
        }


def _integer_points(names: list[str]) -> Iterator[Point]:
    """Points for what has a value at whole numbers only: (-1)^n, a sum up to n."""
    draw = random.Random(20251)
    for k in range(_INTEGER_POINTS):
        low, high = ((1, 12), (12, 40))[k % 2]
        yield {name: Fraction(draw.randint(low, high)) for name in names}


def _value(tree: Node, point: Point, real: bool) -> Any:
    match tree:
        case Number():
            return _complex(_real(tree.value))
        case Name():
            return _complex(_real(point[tree.name]))
        case Constant():
            return {"pi": _flint().acb.pi, "e": _complex(1).exp, "i": lambda: _complex(0, 1)}[tree.name]()
        case Operation():
            return _operate(tree, [_value(part, point, real) for part in tree.parts], real)
        case Applied():
            return _some_function(tree.name, [_value(part, point, real) for part in tree.parts])
        case Bound():
            return _finite(tree, point, real)
        case Infinity():
            raise Undefined("infinity")
        case _:
            assert_never(tree)


def _real(number: Fraction) -> Any:
    flint = _flint()
    return flint.arb(flint.fmpq(number.numerator, number.denominator))


def _complex(*parts: Any) -> Any:
    return _flint().acb(*parts)


@functools.cache
def _flint() -> Any:
    """python-flint, which has no types; imported by the first answer that needs it."""
    import flint

    return flint


def _some_function(name: str, values: list[Any]) -> Any:
    """A stand-in for a function without a definition: what holds for an arbitrary one holds for every one."""
    draw = random.Random(f"{name}/{len(values)}")
    total = _complex(draw.randint(2, 9))
    for z in values:
        total += (z * draw.randint(3, 17) / 7 + draw.randint(1, 9)).sin() * z + z * z * draw.randint(2, 5)
    return total


def _finite(tree: Bound, point: Point, real: bool) -> Any:
    if tree.kind not in ("sum", "prod") or is_hard(tree):
        raise Undefined(tree.kind)
    body, *ends = tree.parts
    low, high = (_whole(_value(end, point, real)) for end in ends)
    if not -1 <= high - low <= _MAX_TERMS:
        raise Undefined("too many terms")
    values = (_value(body, {**point, tree.name: Fraction(k)}, real) for k in range(low, high + 1))
    return functools.reduce(lambda a, b: a + b if tree.kind == "sum" else a * b, values, _complex(tree.kind == "prod"))


def _whole(z: Any) -> int:
    number = z.real.unique_fmpz() if z.imag.is_zero() or z.imag.contains(0) else None
    if number is None or not z.real.is_finite() or z.real.rad() > 0.25:
        raise Undefined("not a whole number")
    return int(number)


def _operate(tree: Operation, values: list[Any], real: bool) -> Any:
    a, b = values[0], values[-1]
    if tree.name in _ROUNDED or tree.name in _OF_INTEGERS:
        return _rounded(tree.name, values)
    if tree.name == "root":
        result = _root(a, b)
    elif tree.name == "^":
        result = _power(tree, a, b)
    elif tree.name in _FUNCTIONS:
        result = _FUNCTIONS[tree.name](a, b)
    else:
        raise Undefined(tree.name)
    if not result.is_finite() and all(z.is_finite() for z in values):
        raise Undefined("a pole, or too large")
    if real and tree.name in _LEAVES_THE_REALS and not result.imag.contains(0):
        raise Undefined("outside the reals")
    return result


def _power(tree: Operation, base: Any, exponent: Any) -> Any:
    power = exact(tree.parts[1])
    if power is not None and power.denominator == 1 and abs(power) < 2**62:
        return base ** int(power)
    if power is not None and power.denominator % 2 and _negative(base):
        root = _root_of_negative(base, power.denominator)
        return root ** int(power.numerator) if abs(power.numerator) < 2**62 else base**exponent
    return _principal_power(base, exponent)


def _principal_power(base: Any, exponent: Any) -> Any:
    """Where the base may be 0, only |z^e| = |z|^e is known, for a real e > 0; 0 only where the base is exactly 0."""
    if not (base.contains(0) and exponent.real > 0 and exponent.imag.is_zero()):
        return base**exponent
    bound = _flint().arb(0, (base.abs_upper() ** exponent.real).abs_upper())
    return _complex(0) if base.is_zero() else _complex(bound, bound)


def _root(degree: Any, radicand: Any) -> Any:
    if degree.imag.is_zero() and degree.real.is_integer():
        n = _whole(degree)
        if n == 2:
            return radicand.sqrt()
        if n > 0 and n % 2 and _negative(radicand):
            return _root_of_negative(radicand, n)
    return _principal_power(radicand, 1 / degree)


def _negative(z: Any) -> bool:
    return bool(z.imag.is_zero() and z.real < 0)


def _root_of_negative(z: Any, degree: int) -> Any:
    """The real root of odd degree."""
    return -((-z) ** (1 / z.__class__(degree)))


def _rounded(name: str, values: list[Any]) -> Any:
    """Functions of real numbers: floor, max, gcd and the like."""
    if any(not z.imag.contains(0) for z in values):
        raise Undefined("of complex numbers")
    reals = [z.real for z in values]
    if name in _OF_INTEGERS:
        whole = [_whole(z) for z in values]
        if name == "mod":
            return _complex(whole[0] % whole[1]) if whole[1] else _complex("nan")
        return _complex(getattr(math, name)(*whole))
    return _complex(functools.reduce(_ROUNDED[name], reals) if len(reals) > 1 else _ROUNDED[name](reals[0], reals[0]))


_ROUNDED: dict[str, Callable] = {
    "floor": lambda x, _: x.floor(),
    "ceil": lambda x, _: x.ceil(),
    "max": lambda x, y: x.max(y),
    "min": lambda x, y: x.min(y),
    "sgn": lambda x, _: x.sgn(),
}
_OF_INTEGERS = {"gcd", "lcm", "mod"}
_LEAVES_THE_REALS = {"root", "^", "ln", "log", "arcsin", "arccos", "arcosh", "artanh"}
_METHODS = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "Gamma": "gamma"} | {
    f"ar{name}": f"a{name}" for name in ("sinh", "cosh", "tanh")
}
_SAME_NAME = "sin cos tan cot sec csc sinh cosh tanh coth sech csch exp sqrt zeta".split()
_FUNCTIONS: dict[str, Callable] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a, _: -a,
    "abs": lambda a, _: a.__class__(abs(a)),
    "log": lambda a, b: b.log() / a.log(),
    "!": lambda a, _: (a + 1).gamma(),
    "binom": lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma(),
} | {
    name: lambda a, _, method=method: getattr(a, method)()
    for name, method in itertools.chain(_METHODS.items(), zip(_SAME_NAME, _SAME_NAME, strict=True))
}
