"""Exact values: constants as fractions, rational functions as quotients of polynomials (python-flint).

Values are bounded in bits, polynomials in degree and terms, so time and memory are too.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, assert_never

from grpo_rewards.answers.expression import (
    Applied,
    Bound,
    Constant,
    Infinity,
    Name,
    Node,
    Number,
    Operation,
    is_hard,
    variables,
)

_MAX_BITS = 4096  # of a numerator or denominator
_MAX_FACTORIAL = 500
_MAX_BINOMIAL = 4000
_MAX_TERMS = 5000  # of a finite sum
_MAX_DEGREE = 40
_MAX_WEIGHT = 2000  # terms that a power may have

Quotient = tuple[Any, Any]  # two polynomials of python-flint, which has no types


def exact(tree: Node) -> Fraction | None:
    r"""The rational value; None where it is not rational or too large.

    >>> from grpo_rewards.answers.parsing import parse
    >>> exact(parse("3 \\cdot 10^{-2} + 1/4")), exact(parse("\\sum_{k=1}^{100} k"))
    (Fraction(7, 25), Fraction(5050, 1))
    """
    return _exact(tree, {})


def _exact(tree: Node, known: dict[str, Fraction]) -> Fraction | None:
    match tree:
        case Number():
            return tree.value
        case Name():
            return known.get(tree.name)
        case Operation():
            values = []
            for part in tree.parts:
                if (value := _exact(part, known)) is None:
                    return None
                values.append(value)
            try:
                result = _operate(tree.name, values)
            except (ZeroDivisionError, ValueError):
                return None
            return result if result is not None and _bits(result) <= _MAX_BITS else None
        case Bound():
            return _finite(tree, known)
        case Constant() | Infinity() | Applied():
            return None
        case _:
            assert_never(tree)


def _finite(tree: Bound, known: dict[str, Fraction]) -> Fraction | None:
    """A sum or product from one whole number to another."""
    if tree.kind not in ("sum", "prod") or is_hard(tree):
        return None
    body, low, high = tree.parts
    start, end = _exact(low, known), _exact(high, known)
    if start is None or end is None or start.denominator != 1 or end.denominator != 1 or end - start > _MAX_TERMS:
        return None
    total = Fraction(0 if tree.kind == "sum" else 1)
    for k in range(int(start), int(end) + 1):
        value = _exact(body, {**known, tree.name: Fraction(k)})
        if value is None or _bits(total) > _MAX_BITS:
            return None
        total = total + value if tree.kind == "sum" else total * value
    return total


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _operate(name: str, values: list[Fraction]) -> Fraction | None:
    a, b = values[0], values[-1]
    if name in _SIMPLE:
        return _SIMPLE[name](a, b)
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    if name == "^":
        small = b.denominator == 1 and abs(b.numerator) <= _MAX_BITS and abs(b.numerator) * _bits(a) <= 2 * _MAX_BITS
        return a**b.numerator if small else None
    whole = all(value.denominator == 1 for value in values)
    if name == "!":
        return Fraction(math.factorial(a.numerator)) if whole and 0 <= a <= _MAX_FACTORIAL else None
    if name == "binom":
        return Fraction(math.comb(a.numerator, b.numerator)) if whole and 0 <= b <= a <= _MAX_BINOMIAL else None
    if name in ("gcd", "lcm"):
        return Fraction(getattr(math, name)(*(value.numerator for value in values))) if whole else None
    if name == "mod":
        return a % b if whole else None
    return None


def _square_root(degree: Fraction, value: Fraction) -> Fraction | None:
    """The root where numerator and denominator are squares; other roots are left to `balls`."""
    if degree != 2 or value < 0:
        return None
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(top, bottom) if (top * top, bottom * bottom) == (value.numerator, value.denominator) else None


_SIMPLE: dict[str, Callable[[Fraction, Fraction], Fraction | None]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "neg": lambda a, b: -a,
    "abs": lambda a, b: abs(a),
    "floor": lambda a, b: Fraction(math.floor(a)),
    "ceil": lambda a, b: Fraction(math.ceil(a)),
    "sgn": lambda a, b: Fraction((a > 0) - (a < 0)),
    "root": _square_root,
}


def equal_functions(one: Node, other: Node) -> bool | None:
    r"""Whether two rational functions are equal, by cross-multiplication; None where one is not rational or too large.

    >>> from grpo_rewards.answers.parsing import parse
    >>> equal_functions(parse("\\frac{x^2-1}{x-1}"), parse("x+1")), equal_functions(parse("0.333x"), parse("x/3"))
    (True, False)
    """
    names = sorted(variables(one) | variables(other))
    if not names:
        return None
    from flint import Ordering, fmpq, fmpq_mpoly_ctx

    ring = fmpq_mpoly_ctx.get(names, Ordering.degrevlex)
    generators = dict(zip(names, ring.gens(), strict=True))

    def constant(value: Fraction) -> Any:
        return ring.from_dict({(0,) * len(names): fmpq(value.numerator, value.denominator)})

    first, second = (_quotient(tree, generators, constant) for tree in (one, other))
    if first is None or second is None:
        return None
    return first[0] * second[1] == second[0] * first[1]


def _quotient(tree: Node, generators: dict[str, Any], constant: Callable[[Fraction], Any]) -> Quotient | None:
    """Numerator and denominator, both within the limits."""
    if isinstance(tree, Name):
        return generators[tree.name], constant(Fraction(1))
    value = exact(tree)
    if value is not None:
        return constant(value), constant(Fraction(1))
    if not isinstance(tree, Operation) or tree.name not in ("+", "*", "/", "neg", "^"):
        return None
    if tree.name == "^":
        return _power(tree, generators, constant)
    first, last = (_quotient(part, generators, constant) for part in (tree.parts[0], tree.parts[-1]))
    if first is None or last is None:
        return None
    (a, b), (c, d) = first, last
    if len(a) * len(d) > _MAX_WEIGHT or len(b) * len(c) > _MAX_WEIGHT or len(b) * len(d) > _MAX_WEIGHT:
        return None
    if tree.name == "neg":
        return -a, b
    if tree.name == "+":
        return (a + c, b) if b == d else (a * d + c * b, b * d)
    if tree.name == "*":
        return a * c, b * d
    return None if c == 0 else (a * d, b * c)


def _power(tree: Operation, generators: dict[str, Any], constant: Callable[[Fraction], Any]) -> Quotient | None:
    exponent = exact(tree.parts[1])
    base = _quotient(tree.parts[0], generators, constant)
    if base is None or exponent is None or exponent.denominator != 1 or abs(exponent) > _MAX_DEGREE:
        return None
    if max(len(base[0]), len(base[1])) ** min(abs(int(exponent)), 12) > _MAX_WEIGHT**2:
        return None
    top, bottom = base if exponent >= 0 else base[::-1]
    return None if bottom == 0 else (top ** abs(int(exponent)), bottom ** abs(int(exponent)))
