r"""Values of integrals, limits and infinite sums, by mpmath's quadrature and summation, to about fifteen digits.

Runs in a worker process only, because nothing here limits its time.
"""

from typing import Any, assert_never

from grpo_rewards.answers.expression import Applied, Bound, Constant, Infinity, Name, Node, Number, Operation

_DIGITS = 30
_SURE = 12  # digits to which two computations of a value, and two equal values, agree


def sure_value(tree: Node) -> Any:
    r"""The value as an mpmath number where two precisions agree, else None.

    >>> from grpo_rewards.answers.parsing import parse
    >>> float(sure_value(parse("\\int_0^1 x^2 dx"))), float(sure_value(parse("\\sum_{n=1}^{\\infty} 2^{-n}")))
    (0.3333333333333333, 1.0)
    """
    import mpmath

    values = []
    for digits in (_DIGITS, _DIGITS + 12):
        with mpmath.workdps(digits):
            try:
                values.append(_value(tree, {}, mpmath))
            except (ArithmeticError, ValueError, TypeError, NotImplementedError, mpmath.libmp.NoConvergence):
                return None
    sure = mpmath.isfinite(values[0]) and mpmath.isfinite(values[1]) and agree(*values)
    return values[1] if sure else None


def agree(one: Any, other: Any, places: int | None = None) -> bool:
    """Whether two values agree to `_SURE` digits; with `places`, two or more, whether the first rounds to `other`."""
    if places is not None and places >= 2 and abs(one - other) * 2 * 10**places <= 1:
        return True
    return bool(abs(one - other) <= 10**-_SURE * (abs(one) + abs(other)) + 10 ** -(2 * _SURE))


def _value(tree: Node, known: dict[str, Any], mp: Any) -> Any:
    match tree:
        case Number(number):
            return mp.mpf(number.numerator) / number.denominator
        case Name(name) if name in known:
            return known[name]
        case Constant(name):
            return {"pi": +mp.pi, "e": +mp.e, "i": mp.mpc(0, 1)}[name]
        case Infinity():
            return mp.inf
        case Bound():
            return _bound(tree, known, mp)
        case Operation(name, parts):
            a, *rest = (_value(part, known, mp) for part in parts)
            return _operate(name, a, rest[-1] if rest else a, mp)
        case Applied() | Name():
            raise ValueError("no value")
        case _:
            assert_never(tree)


def _bound(tree: Bound, known: dict[str, Any], mp: Any) -> Any:
    body, *ends = tree.parts
    places = [_value(end, known, mp) for end in ends]

    def at(x: Any) -> Any:
        return _value(body, {**known, tree.name: x}, mp)

    if tree.kind == "lim":
        return mp.limit(at, places[0])
    if tree.kind == "sum":
        return mp.nsum(at, places)
    if tree.kind == "prod":
        return mp.nprod(at, places)
    value, error = mp.quad(at, _pieces(places[0], places[1], mp), error=True)
    if error > mp.mpf(10) ** -(_SURE + 3) * (1 + abs(value)):
        raise ValueError("not sure")
    return value


def _pieces(low: Any, high: Any, mp: Any) -> list[Any]:
    """Where to cut an interval: a finite one at whole numbers, where floor and |x| bend; an infinite one once."""
    if mp.isinf(low) or mp.isinf(high):
        return [low, 0, high] if low < 0 < high else [low, low + 1, high] if mp.isinf(high) else [low, high - 1, high]
    inside = range(int(mp.floor(low)) + 1, int(mp.ceil(high))) if high - low <= 50 else []
    return [low, *inside, high]


def _operate(name: str, a: Any, b: Any, mp: Any) -> Any:
    if name == "root":
        return -mp.root(-b, int(a)) if mp.im(b) == 0 and b < 0 and a % 2 == 1 else b ** (1 / a)
    if name in _OPERATIONS:
        return _OPERATIONS[name](a, b, mp)
    return getattr(mp, _NAMES.get(name, name))(a)


_NAMES = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
          "Gamma": "gamma", "sgn": "sign"}  # fmt: skip
_OPERATIONS = {
    "+": lambda a, b, mp: a + b,
    "*": lambda a, b, mp: a * b,
    "/": lambda a, b, mp: a / b,
    "neg": lambda a, b, mp: -a,
    "abs": lambda a, b, mp: abs(a),
    "^": lambda a, b, mp: a**b,
    "log": lambda a, b, mp: mp.log(b) / mp.log(a),
    "!": lambda a, b, mp: mp.gamma(a + 1),
    "binom": lambda a, b, mp: mp.binomial(a, b),
    "max": lambda a, b, mp: max(a, b),
    "min": lambda a, b, mp: min(a, b),
    "mod": lambda a, b, mp: a % b,
}
