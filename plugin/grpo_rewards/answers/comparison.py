r"""Decides whether two answers are equal where that is certain and cheap; None sends the pair on to math-verify.

The conventions, where sources disagree: a missing unit is forgiven, a different one is wrong; `5\%` equals 5 and 0.05;
a decimal gold equals an exact answer that rounds to it (two places or more), a decimal answer never equals an exact gold
that it only approximates; a tuple is neither a set nor a bare list, which has no order; case matters in single letters;
`x>2` and `(2,\infty)` are one answer; a base is part of the value, so `40_9` is 36 and not 40.
"""

import cmath
import math
from fractions import Fraction

from grpo_rewards.answers import units
from grpo_rewards.answers.evaluation import OutsideTheReals, equal_to_many_digits, evaluate, exact
from grpo_rewards.answers.expression import Node, has_constant, is_polynomial, variables
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
from grpo_rewards.answers.reading import as_region

Verdict = bool | None
_EQUAL, _DIFFERENT = 1e-10, 1e-6  # relative difference of two floats: below the one, above the other
_POINTS = 8
_FEWEST_POINTS = 3
_LONGEST_LIST = 50
_INTEGER_NAMES = frozenset("knm")


def equal_answers(answer: Answer, gold: Answer) -> Verdict:
    r"""True or False where it is certain, else None.

    >>> from grpo_rewards.answers.reading import read
    >>> equal_answers(read("x=\\frac12"), read("0.5")), equal_answers(read("10 cm"), read("10 m"))
    (True, False)
    >>> print(equal_answers(read("\\int_0^1 x dx"), read("1/2")))
    None
    """
    if isinstance(answer, Contradiction) or isinstance(gold, Contradiction):
        return False
    if answer == gold:
        return True
    if isinstance(answer, Unknown) or isinstance(gold, Unknown):
        return _unknown(answer, gold)
    if isinstance(answer, Equation) or isinstance(gold, Equation):
        return _equations(answer, gold)
    if isinstance(answer, Region) or isinstance(gold, Region):
        return _regions(as_region(answer), as_region(gold))
    if isinstance(answer, Quantity) and isinstance(gold, Quantity):
        return _quantities(answer, gold)
    if isinstance(answer, Items) and isinstance(gold, Items):
        return _items(answer, gold)
    if isinstance(answer, Matrix) or isinstance(gold, Matrix):
        return _matrices(answer, gold)
    if isinstance(answer, Clock) and isinstance(gold, Clock):
        return (answer.hour, answer.minute) == (gold.hour, gold.minute) and "" in (answer.half, gold.half)
    if isinstance(answer, Based) or isinstance(gold, Based):
        return _based(answer, gold)
    if isinstance(answer, Items) or isinstance(gold, Items):
        return _one_of_many(answer, gold)
    return False  # a letter, words and a number are three different things


def _unknown(answer: Answer, gold: Answer) -> Verdict:
    if (
        isinstance(answer, Unknown)
        and isinstance(gold, Unknown)
        and "".join(answer.text.split()) == "".join(gold.text.split())
    ):
        return True
    unknown, other = (answer, gold) if isinstance(answer, Unknown) else (gold, answer)
    if not balanced(unknown.text) or "\\ldots" in unknown.text or "\\vec" in unknown.text:
        return False  # half of an expression, "and so on" and vectors by name equal only their own text
    return False if isinstance(other, Choice | Words | Clock | Based) else None


def balanced(text: str) -> bool:
    """Whether every brace has its partner."""
    depth = 0
    for at, char in enumerate(text):
        if char in "{}" and text[at - 1 : at] != "\\":
            depth += 1 if char == "{" else -1
            if depth < 0:
                return False
    return depth == 0


def _one_of_many(answer: Answer, gold: Answer) -> Verdict:
    many, one = (answer, gold) if isinstance(answer, Items) else (gold, answer)
    if many.items and (many.kind == "list" or (many.kind == "set" and len(many.items) == 1)):  # "5, 5" is 5, {5} is 5
        return _all(equal_answers(item, one) for item in many.items)
    return False


def _based(answer: Answer, gold: Answer) -> bool:
    values = [_based_value(side) for side in (answer, gold)]
    return None not in values and values[0] == values[1]


def _based_value(side: Answer) -> Fraction | None:
    if isinstance(side, Quantity):
        return exact(side.tree)
    if not isinstance(side, Based):
        return None
    try:
        return Fraction(int(side.digits, side.base))
    except ValueError:
        return None


def _quantities(answer: Quantity, gold: Quantity) -> Verdict:
    factor = Fraction(1)
    if (answer.percent and gold.unit) or (gold.percent and answer.unit):
        return False
    if answer.unit and gold.unit:
        factor = units.ratio(answer.unit, gold.unit)
        if factor is None:
            return False
    tree = answer.tree if factor == 1 else ("*", ("num", factor), answer.tree)
    if answer.percent == gold.percent:
        return equal_trees(tree, gold.tree, answer.places, gold.places)
    hundredth = ("num", Fraction(1, 100))
    shares = [tree, ("*", hundredth, tree)] if answer.percent else [tree]
    golds = [gold.tree, ("*", hundredth, gold.tree)] if gold.percent else [gold.tree]
    return _any(equal_trees(share, whole, 0, None) for share in shares for whole in golds)


def equal_trees(answer: Node, gold: Node, answer_places: int | None = None, gold_places: int | None = None) -> Verdict:
    """Equality of two expressions: exact where both are rational, else at sampled points."""
    if answer == gold:
        return True
    exact_answer, exact_gold = exact(answer), exact(gold)
    if exact_answer is not None and exact_gold is not None:
        if exact_answer == exact_gold:
            return True
        return answer_places is None and _rounds_to(exact_answer, exact_gold, gold_places)
    verdict = _equal_at_points(answer, gold)
    if verdict is False and exact_gold is not None and answer_places is None and gold_places:
        value = _constant(answer)
        return value is not None and not value.imag and _rounds_to(Fraction(value.real), exact_gold, gold_places)
    if verdict is None and answer_places is not None and exact_gold is None:
        return False  # 1.41421356 is near \sqrt{2}
    return verdict


def _rounds_to(value: Fraction, gold: Fraction, places: int | None) -> bool:
    return places is not None and places >= 2 and abs(value - gold) * 2 * 10**places <= 1


def _constant(tree: Node) -> complex | None:
    if variables(tree):
        return None
    try:
        value = evaluate(tree, {}, real=False)
    except (ArithmeticError, ValueError):
        return None
    return None if cmath.isinf(value) or cmath.isnan(value) else value


def _equal_at_points(answer: Node, gold: Node) -> Verdict:
    """Different at one point is different; equal at three or more is equal; too few points, or too close to tell, is None."""
    names = variables(answer) | variables(gold)
    answer, names = _same_integer_name(answer, gold, names)
    real = bool(names) and not (has_constant(answer, "i") or has_constant(gold, "i"))
    agreed = 0
    for point in _sample(names):
        one, other = _value(answer, point, real), _value(gold, point, real)
        if one is None or other is None:
            continue
        verdict = _close(one, other)
        if verdict is not True:
            return verdict
        agreed += 1
        if not names:
            return True if (exact(answer) is None) == (exact(gold) is None) else equal_to_many_digits(answer, gold)
    if agreed >= _FEWEST_POINTS:
        return True
    return _too_big_to_equal(answer, gold, _sample(names)[0])


def _value(tree: Node, point: dict[str, float], real: bool) -> complex | None:
    try:
        value = evaluate(tree, point, real)
    except (OutsideTheReals, ArithmeticError, ValueError):
        return None
    return value if value == value else None


def _close(one: complex, other: complex) -> Verdict:
    if cmath.isinf(one) or cmath.isinf(other):
        return one == other
    size = max(abs(one), abs(other))
    if size < 1e-280:
        return None  # underflow looks like zero
    difference = abs(one - other)
    if difference <= _EQUAL * size:
        return True
    if min(abs(one), abs(other)) < 1e-9 and size < 1e-9:
        return None  # what is left of a cancellation, perhaps
    return False if difference > _DIFFERENT * size else None


def _too_big_to_equal(answer: Node, gold: Node, point: dict[str, float]) -> Verdict:
    """What is beyond the floats, 10^{10^9} say, equals nothing of ordinary size."""
    sizes, overflow = [], 0
    for tree in (answer, gold):
        try:
            sizes.append(abs(evaluate(tree, point, real=False)))
        except OverflowError:
            overflow += 1
        except (ArithmeticError, ValueError):
            return None
    return False if overflow == 1 and sizes and sizes[0] < 1e200 else None


def _sample(names: frozenset[str]) -> list[dict[str, float]]:
    """Fixed points, positive and negative, another value for each name."""
    ordered = sorted(names)
    if not ordered:
        return [{}]
    points = []
    for k in range(_POINTS):
        sign = (1, -1)[k % 2]
        values = ((math.sqrt(2 + 3 * j + 7 * k) * (1 + 0.1 * k)) % 2.7 + 0.31 for j in range(1, len(ordered) + 1))
        points.append({name: sign * value for name, value in zip(ordered, values, strict=True)})
    return points


def _same_integer_name(answer: Node, gold: Node, names: frozenset[str]) -> tuple[Node, frozenset[str]]:
    r"""`k\pi` and `n\pi` are one answer: the name of an integer constant is free, where there is a \pi."""
    mine, theirs = variables(answer) - variables(gold), variables(gold) - variables(answer)
    periodic = has_constant(answer, "pi") and has_constant(gold, "pi")
    if periodic and len(mine) == len(theirs) == 1 and mine <= _INTEGER_NAMES and theirs <= _INTEGER_NAMES:
        (old,), (new,) = mine, theirs
        return _rename(answer, old, new), names - {old}
    return answer, names


def _rename(tree: Node, old: str, new: str) -> Node:
    if tree == ("var", old):
        return ("var", new)
    return tuple(_rename(child, old, new) if isinstance(child, tuple) else child for child in tree)


def _items(answer: Items, gold: Items) -> Verdict:
    if len(answer.items) > _LONGEST_LIST or len(gold.items) > _LONGEST_LIST:
        return False
    kinds = {answer.kind, gold.kind}
    if "tuple" in kinds:
        named = any(side.kind == "list" and all(isinstance(i, Equation) for i in side.items) for side in (answer, gold))
        alike = answer.brackets == gold.brackets if kinds == {"tuple"} else named  # "x = 1, y = 2" is (1, 2)
        if not alike or len(answer.items) != len(gold.items):
            return False
        return _all(equal_answers(a, g) for a, g in zip(answer.items, gold.items, strict=True))
    return _each_has_its_match(answer.items, gold.items)


def _each_has_its_match(answers: tuple, golds: tuple) -> Verdict:
    """Both ways, so that repeated members do not matter."""
    table = [[equal_answers(a, g) for g in golds] for a in answers]
    rows = _all(_any(row) for row in table)
    columns = _all(_any(column) for column in zip(*table, strict=True))
    return _all((rows, columns))


def _regions(answer: Region | None, gold: Region | None) -> Verdict:
    if answer is None or gold is None:
        return False
    if len(answer.parts) != len(gold.parts) or len(gold.parts) > 10:
        return False
    ordered = [sorted(side.parts, key=lambda part: _end(part[0])) for side in (answer, gold)]
    return _all(_same_interval(a, g) for a, g in zip(*ordered, strict=True))


def _same_interval(answer: tuple, gold: tuple) -> Verdict:
    verdicts = []
    for at in (0, 2):
        ends = _quantities(answer[at], gold[at])
        infinite = abs(_end(gold[at])) == math.inf
        verdicts.append(ends if infinite else _all((ends, answer[at + 1] == gold[at + 1])))
    return _all(verdicts)


def _end(end: Quantity) -> float:
    if end.tree == ("inf",):
        return math.inf
    if end.tree == ("neg", ("inf",)):
        return -math.inf
    value = _constant(end.tree)
    return value.real if value is not None else 0.0


def _matrices(answer: Answer, gold: Answer) -> Verdict:
    """Cell by cell; a column or a row is also a tuple."""
    if isinstance(answer, Matrix) and isinstance(gold, Matrix):
        if [len(row) for row in answer.rows] != [len(row) for row in gold.rows]:
            return False
        return _all(
            equal_answers(a, g)
            for mine, theirs in zip(answer.rows, gold.rows, strict=True)
            for a, g in zip(mine, theirs, strict=True)
        )
    matrix, other = (answer, gold) if isinstance(answer, Matrix) else (gold, answer)
    if not isinstance(other, Items) or other.kind != "tuple":
        return False
    flat = [cell for row in matrix.rows for cell in row]
    if (len(matrix.rows) != 1 and any(len(row) != 1 for row in matrix.rows)) or len(flat) != len(other.items):
        return False
    return _all(equal_answers(a, b) for a, b in zip(flat, other.items, strict=True))


def _equations(answer: Answer, gold: Answer) -> Verdict:
    if isinstance(answer, Equation) and isinstance(gold, Equation):
        if answer.name and gold.name:
            same = answer.name == gold.name or _function_of(answer.name) != _function_of(gold.name)
            verdict = equal_answers(answer.right, gold.right)
            return (
                verdict if same else False if verdict is True else _proportional(_zero_form(answer), _zero_form(gold))
            )
        return _proportional(_zero_form(answer), _zero_form(gold))
    equation, other = (answer, gold) if isinstance(answer, Equation) else (gold, answer)
    if equation.name is None:  # `m + n = 113` answers 113
        sums_up = equation is answer and isinstance(other, Quantity) and isinstance(equation.right, Quantity)
        if not sums_up or variables(equation.right.tree) or variables(other.tree):
            return False
    return equal_answers(equation.right, other) if equation is answer else equal_answers(other, equation.right)


def _function_of(name: str) -> bool:
    return "(" in name


def _zero_form(equation: Equation) -> Node | None:
    if equation.name is None:
        return equation.left
    if len(equation.name) == 1 and isinstance(equation.right, Quantity):
        return ("+", ("var", equation.name), ("neg", equation.right.tree))
    return None


def _proportional(one: Node | None, other: Node | None) -> Verdict:
    """Whether two equations, each as an expression that is zero, differ by a constant factor only."""
    if one is None or other is None:
        return None
    names = variables(one) | variables(other)
    factors = []
    for point in _sample(names):
        first, second = _value(one, point, True), _value(other, point, True)
        if first is not None and second:
            factors.append(first / second)
    if len(factors) < _FEWEST_POINTS or not all(math.isfinite(abs(f)) and f for f in factors):
        return None
    if all(_close(factor, factors[0]) is True for factor in factors):
        return True
    return False if variables(one) != variables(other) or (is_polynomial(one) and is_polynomial(other)) else None


def _all(verdicts) -> Verdict:
    unsure = False
    for verdict in verdicts:
        if verdict is False:
            return False
        unsure |= verdict is None
    return None if unsure else True


def _any(verdicts) -> Verdict:
    unsure = False
    for verdict in verdicts:
        if verdict is True:
            return True
        unsure |= verdict is None
    return None if unsure else False
