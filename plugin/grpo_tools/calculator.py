"""The tool `calculator`: exact where the grader's arithmetic is, else fourteen digits. Bounded in time and memory."""

import math
import re
from decimal import Context
from fractions import Fraction

from grpo_tools.registry import register_tool

_LONGEST = 500  # characters of an expression
_DIGITS = 14
_ZERO = 1e-30  # below: what rounding leaves of a zero, as in sin(pi)
_SPELLED = str.maketrans({"\u00d7": "*", "\u00b7": "*", "\u00f7": "/", "\u2212": "-", "\u2009": "", "_": ""})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%(?!\s*[\d(])")


@register_tool
def calculator(expression: str) -> str:
    """Computes an arithmetic expression exactly: + - * / ^ ( ) ! sqrt log sin pi, and percent such as 15%.

    Args:
        expression: for example 17 * 24 + 3
    """
    return computed(expression)


def computed(expression: str) -> str:
    """The value of an expression as a decimal number, or as a fraction with its decimal where that does not end.

    Raises ValueError with what is wrong.

    >>> computed("17 * 24"), computed("0.1 + 0.2"), computed("1/3"), computed("1,200 * 15%"), computed("sqrt(2)")
    ('408', '0.3', '1/3 = 0.33333333333333', '180', '1.4142135623731')
    """
    from grpo_rewards.answers.balls import value
    from grpo_rewards.answers.exact import exact
    from grpo_rewards.answers.expression import is_hard, variables
    from grpo_rewards.answers.parsing import Unreadable, parse

    if len(expression) > _LONGEST:
        raise ValueError(f"the expression is longer than {_LONGEST} characters")
    text = expression.strip().removesuffix("=").strip()
    text = text.translate(_SPELLED).replace("**", "^")
    text = _PERCENT.sub(r"(\1/100)", _THOUSANDS.sub("", text))
    try:
        tree = parse(text)
    except (Unreadable, RecursionError):
        raise ValueError("this is not an arithmetic expression") from None
    if variables(tree):
        raise ValueError(f"{sorted(variables(tree))[0]} has no value")
    if (fraction := exact(tree)) is not None:
        return _written(fraction)
    try:
        if is_hard(tree):
            raise ArithmeticError
        ball = value(tree, {}, 128, real=True).real
        number = float(ball)
        if not ball.is_finite() or math.isinf(number):
            raise ArithmeticError
    except (ArithmeticError, ValueError, KeyError):
        raise ValueError("the value is not a number, or too large") from None
    return _trimmed(f"{number if abs(number) > _ZERO else 0:.{_DIGITS}g}")


def _written(number: Fraction) -> str:
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if number.denominator == 1:
        return str(number.numerator)
    decimal = _decimal(number)
    if rest == 1 and len(decimal) <= _DIGITS + 3:
        return decimal
    return f"{number} = {_trimmed(f'{float(number):.{_DIGITS}g}')}"


def _decimal(number: Fraction) -> str:
    """The digits of a fraction whose decimal ends."""
    context = Context(prec=1000)
    return format(context.divide(context.create_decimal(number.numerator), number.denominator), "f")


def _trimmed(decimal: str) -> str:
    return decimal.rstrip("0").rstrip(".") if "." in decimal and "e" not in decimal else decimal
