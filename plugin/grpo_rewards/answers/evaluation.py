"""Evaluates an expression: exactly where it is rational, else in floating point.

Nothing can run away: exact values are bounded in bits, all else is one float operation a node.
"""

import cmath
import math
from fractions import Fraction

from grpo_rewards.answers.expression import Node

_MAX_BITS = 4096  # of an exact numerator or denominator
_FUNCTIONS = {
    "sin": cmath.sin, "cos": cmath.cos, "tan": cmath.tan, "sinh": cmath.sinh, "cosh": cmath.cosh, "tanh": cmath.tanh,
    "arcsin": cmath.asin, "arccos": cmath.acos, "arctan": cmath.atan, "asin": cmath.asin, "acos": cmath.acos, "atan": cmath.atan,
    "cot": lambda z: 1 / cmath.tan(z), "sec": lambda z: 1 / cmath.cos(z), "csc": lambda z: 1 / cmath.sin(z),
    "ln": cmath.log, "log": cmath.log, "exp": cmath.exp, "sqrt": cmath.sqrt,
}  # fmt: skip


class OutsideTheReals(ArithmeticError):
    """A real expression has no real value at this point."""


def exact(tree: Node) -> Fraction | None:
    """The rational value, None where it is not rational or too large to hold.

    >>> from grpo_rewards.answers.expression import parse
    >>> exact(parse("3 \\\\cdot 10^{-2} + 1/4"))
    Fraction(7, 25)
    """
    kind = tree[0]
    if kind == "num":
        return tree[1]
    if kind not in ("+", "*", "/", "neg", "^", "abs", "!", "binom", "root"):
        return None
    values = [exact(child) for child in tree[1:]]
    if any(value is None for value in values):
        return None
    try:
        value = _exact_operation(kind, *values)
    except (ZeroDivisionError, ValueError):
        return None
    return value if value is not None and _bits(value) <= _MAX_BITS else None


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _exact_operation(kind: str, a: Fraction, b: Fraction = Fraction(0)) -> Fraction | None:
    if kind == "+":
        return a + b
    if kind == "*":
        return a * b
    if kind == "/":
        return a / b
    if kind == "neg":
        return -a
    if kind == "abs":
        return abs(a)
    if kind == "^":
        small = b.denominator == 1 and abs(b.numerator) <= _MAX_BITS and abs(b.numerator) * _bits(a) <= 2 * _MAX_BITS
        return a**b.numerator if small else None
    if kind == "!":
        return Fraction(math.factorial(a.numerator)) if a.denominator == 1 and 0 <= a <= 400 else None
    if kind == "binom":
        small = a.denominator == b.denominator == 1 and 0 <= b <= a <= 400
        return Fraction(math.comb(a.numerator, b.numerator)) if small else None
    if a == 2 and b >= 0:  # root: exact where numerator and denominator are squares
        top, bottom = math.isqrt(b.numerator), math.isqrt(b.denominator)
        return Fraction(top, bottom) if (top * top, bottom * bottom) == (b.numerator, b.denominator) else None
    return None


def evaluate(tree: Node, point: dict[str, float], real: bool) -> complex:
    """The value at a point. With `real`, raises OutsideTheReals where a root or logarithm leaves the real numbers.

    Raises OverflowError, ZeroDivisionError and ValueError as floating-point arithmetic does.
    """
    kind = tree[0]
    if kind == "num":
        return complex(tree[1])
    if kind == "var":
        return complex(point[tree[1]])
    if kind == "const":
        return {"pi": complex(math.pi), "e": complex(math.e), "i": 1j}[tree[1]]
    if kind == "inf":
        return complex(math.inf)
    if kind == "call":
        return _call(tree[1], evaluate(tree[2], point, real), real)
    values = [evaluate(child, point, real) for child in tree[1:]]
    value = _operation(kind, values, real)
    if cmath.isnan(value):
        raise ValueError("not a number")
    return value


def _call(name: str, z: complex, real: bool) -> complex:
    value = _FUNCTIONS[name](z)
    if real and abs(value.imag) > 1e-12 * abs(value):
        raise OutsideTheReals(name)
    return value


def _operation(kind: str, values: list[complex], real: bool) -> complex:
    a, b = values[0], values[-1]
    if kind == "+":
        return a + b
    if kind == "*":
        return a * b
    if kind == "/":
        return a / b
    if kind == "neg":
        return 0 - a  # not -a, whose -0j is on the other side of a root's branch cut
    if kind == "abs":
        return complex(abs(a))
    if kind == "log":
        value = cmath.log(b) / cmath.log(a)
    elif kind == "root":
        if a.imag == 0 and b.imag == 0 and b.real < 0 and a.real % 2 == 1:
            return complex(-((-b.real) ** (1 / a.real)))
        value = b ** (1 / a)
    elif kind == "^":
        value = a**b
        if abs(value) == math.inf:
            raise OverflowError("power")
    elif kind == "!":
        if a.imag or a.real < 0 or a.real % 1:
            raise ValueError("factorial of what")
        return complex(math.gamma(a.real + 1))
    else:
        n, k = a.real, b.real
        if a.imag or b.imag or n % 1 or k % 1 or not 0 <= k <= n <= 1e4:
            raise ValueError("binomial of what")
        return complex(math.comb(int(n), int(k)))
    if real and abs(value.imag) > 1e-9 * abs(value):
        raise OutsideTheReals(kind)
    return value


_DIGITS = 40


def equal_to_many_digits(one: Node, other: Node) -> bool:
    r"""Whether two constants that floats cannot tell apart agree to 40 digits, as e^{i\pi} and -1 do.

    >>> from grpo_rewards.answers.expression import parse
    >>> equal_to_many_digits(parse("e^{\\pi\\sqrt{163}}"), parse("262537412640768744"))
    False
    >>> equal_to_many_digits(parse("\\log_2 8"), parse("3"))
    True
    """
    import mpmath

    with mpmath.workdps(_DIGITS + 15):
        try:
            first, second = _many_digits(one, mpmath), _many_digits(other, mpmath)
        except (ArithmeticError, ValueError, TypeError):
            return False
        return bool(abs(first - second) <= mpmath.mpf(10) ** -_DIGITS * max(abs(first), abs(second)))


def _many_digits(tree: Node, mp):
    """The value of a constant that floats can hold, so that no power here is large."""
    kind = tree[0]
    if kind == "num":
        return mp.mpf(tree[1].numerator) / tree[1].denominator
    if kind == "const":
        return {"pi": mp.pi(), "e": mp.e(), "i": mp.mpc(0, 1)}[tree[1]]
    if kind == "call":
        name = {"arcsin": "asin", "arccos": "acos", "arctan": "atan"}.get(tree[1], tree[1])
        return getattr(mp, name)(_many_digits(tree[2], mp))
    a, *rest = (_many_digits(child, mp) for child in tree[1:])
    b = rest[0] if rest else a
    if kind == "root":
        return -mp.root(-b, int(a)) if mp.im(b) == 0 and b < 0 and a % 2 == 1 else b ** (1 / a)
    operations = {
        "+": lambda: a + b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "neg": lambda: -a,
        "abs": lambda: abs(a),
        "^": lambda: a**b,
        "log": lambda: mp.log(b) / mp.log(a),
        "!": lambda: mp.gamma(a + 1),
        "binom": lambda: mp.binomial(a, b),
    }
    return operations[kind]()
