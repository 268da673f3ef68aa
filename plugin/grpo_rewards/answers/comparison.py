r"""Decides whether two answers are equal where that is certain; None sends the pair on to a worker process.

The conventions, where sources disagree: a missing unit is forgiven, a different one is wrong; `5\%` equals 5 and 0.05;
a decimal gold equals an exact answer that rounds to it (two places or more), a decimal answer never equals an exact gold
that it only approximates; a tuple is neither a set nor a bare list, which has no order but counts its members; case matters in
single letters; `x>2` and `(2,\infty)` are one answer; a base is part of the value, so `40_9` is 36 and not 40.
"""

import functools
import re
from fractions import Fraction

from grpo_rewards import options
from grpo_rewards.answers import signs, units
from grpo_rewards.answers.balls import equal_at_points, sign
from grpo_rewards.answers.brackets import balanced
from grpo_rewards.answers.exact import equal_functions, exact
from grpo_rewards.answers.expression import (
    Constant,
    Infinity,
    Name,
    Node,
    has_constant,
    is_hard,
    number,
    operation,
    rename,
    variables,
)
from grpo_rewards.answers.kinds import (
    Answer,
    Approximate,
    Based,
    Choice,
    Clock,
    Contradiction,
    Equation,
    Items,
    Matrix,
    Quantity,
    Region,
    Relation,
    Unknown,
    Words,
    as_region,
    assignments,
)
from grpo_rewards.answers.trees import equal_trees, is_minus_infinity
from grpo_rewards.answers.words import number_in_words

_LONGEST_LIST = 50
_MOST_INTERVALS = 10
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}")


def equal_answers(answer: Answer, gold: Answer) -> bool | None:
    r"""True or False where it is certain, else None.

    >>> from grpo_rewards.answers.reading import read
    >>> equal_answers(read("x=\\frac12"), read("0.5")), equal_answers(read("10 cm"), read("10 m"))
    (True, False)
    >>> print(equal_answers(read("\\int_0^1 x dx"), read("1/2")))
    None
    """
    if answer == gold:
        return True
    if isinstance(answer, Contradiction) or isinstance(gold, Contradiction):
        return False
    if isinstance(answer, Approximate):
        return _any(equal_answers(side, gold) for side in (answer.exact, answer.decimal))
    if isinstance(gold, Approximate):
        return _any(equal_answers(answer, side) for side in (gold.exact, gold.decimal))
    if isinstance(answer, Unknown) or isinstance(gold, Unknown):
        return _one_of_many(answer, gold) if isinstance(gold, Choice) else _unknown(answer, gold)
    if (named := assignments(gold)) and (theirs := _assigned_like(named, answer)) is not None:
        return _same_assignment(theirs, named)
    if (named := assignments(answer)) and isinstance(gold, Items) and gold.kind == "tuple":
        return _tuple_of(named, gold)
    if isinstance(answer, Equation) or isinstance(gold, Equation):
        return _equations(answer, gold)
    if isinstance(answer, Relation) or isinstance(gold, Relation):
        return _relations(answer, gold)
    if isinstance(answer, Region) or isinstance(gold, Region):
        return _regions(as_region(answer), as_region(gold))
    if isinstance(answer, Quantity) and isinstance(gold, Quantity):
        return _quantities(answer, gold)
    if isinstance(answer, Items) and isinstance(gold, Items):
        return _items(answer, gold)
    if isinstance(answer, Matrix) or isinstance(gold, Matrix):
        return _matrices(answer, gold)
    if isinstance(answer, Clock) and isinstance(gold, Clock):
        same = (answer.hour, answer.minute) == (gold.hour, gold.minute) and "" in (answer.half, gold.half)
        return same or (max(answer.hour, gold.hour) > 12 and answer.of_day == gold.of_day)
    if isinstance(answer, Based) or isinstance(gold, Based):
        return _based(answer, gold)
    if (letters := _letters(answer)) and isinstance(answer, Items) is not isinstance(gold, Items):
        return letters == _letters(gold)
    if isinstance(gold, Items) and gold.kind == "tuple" and isinstance(answer, Quantity):
        return _components(answer.tree, gold.items)
    if isinstance(answer, Items) or isinstance(gold, Items):
        return _one_of_many(answer, gold)
    if isinstance(answer, Words) is not isinstance(gold, Words):
        return _number_named(answer, gold)
    return False  # a letter, words and a number are three different things


def _number_named(answer: Answer, gold: Answer) -> bool:
    """Whether one is a whole number and the other its name; a gold of several words is none that is known."""
    words, other = (answer, gold) if isinstance(answer, Words) else (gold, answer)
    readable = isinstance(words, Words) and isinstance(other, Quantity) and (words is answer or " " not in words.text)
    named = number_in_words(words.text) if readable else None
    return named is not None and exact(other.tree) == named


def _unknown(answer: Answer, gold: Answer) -> bool | None:
    if isinstance(answer, Unknown) and isinstance(gold, Unknown) and _squeezed(answer) == _squeezed(gold):
        return True
    if any(isinstance(side, Unknown) and not is_mathematics(side.text) for side in (answer, gold)):
        return False
    other = gold if isinstance(answer, Unknown) else answer
    return False if isinstance(other, Choice | Words | Clock | Based | Relation | Equation) else None


def _squeezed(answer: Unknown) -> str:
    return "".join(answer.text.split())


def is_mathematics(text: str) -> bool:
    r"""Whether a text may be LaTeX that another grammar reads: no statement, no words, no half of an expression.

    >>> is_mathematics("\\oint_C z dz"), is_mathematics("3 of them"), is_mathematics("p \\land q")
    (True, False, False)
    """
    if not balanced(text) or is_statement(text) or "$" in text:
        return False
    return "\\" in text and not _WORD.search(text)


def is_statement(text: str) -> bool:
    """Whether a text can be understood but not computed with: logic, vectors by name, "and so on". It equals only itself."""
    return signs.has_sign(text) or "\\ldots" in text or "\\vec" in text


def _assigned_like(named: dict, answer: Answer) -> dict | None:
    """The assignment of an answer with as many names; a tuple takes them in alphabetical order, a bare list as they are written.
    A set has no order, so it assigns nothing."""
    found = assignments(answer)
    if found is not None or not isinstance(answer, Items):
        return found
    if answer.kind == "set" or len(answer.items) != len(named):
        return {}
    bare = not any(isinstance(item, Equation) for item in answer.items)
    names = sorted(named) if answer.kind == "tuple" else named
    return dict(zip(names, answer.items, strict=True)) if bare else {}


def _same_assignment(answer: dict, gold: dict) -> bool | None:
    return answer.keys() == gold.keys() and _all(equal_answers(answer[name], gold[name]) for name in gold)


def _tuple_of(named: dict, gold: Items) -> bool | None:
    """`y = 2, x = 1` is (1, 2): in alphabetical order, as points and solutions are written."""
    if len(named) != len(gold.items):
        return False
    return _all(equal_answers(named[name], item) for name, item in zip(sorted(named), gold.items, strict=True))


def _components(vector: Node, gold: tuple) -> bool:
    r"""Whether `4\mathbf{i} - \mathbf{j}` is (4, -1)."""
    if "j" not in variables(vector) or len(gold) not in (2, 3) or not all(isinstance(item, Quantity) for item in gold):
        return False
    parts = [
        operation("*", item.tree, axis) for item, axis in zip(gold, (Constant("i"), Name("j"), Name("k")), strict=False)
    ]
    return equal_trees(vector, functools.reduce(lambda a, b: operation("+", a, b), parts)) is True


def _letters(side: Answer) -> list[str] | None:
    """The letters of a choice of several: "A, C" and "AC"."""
    if isinstance(side, Items) and side.kind == "list" and all(isinstance(item, Choice) for item in side.items):
        return sorted(item.letter for item in side.items)
    return list(side.text) if isinstance(side, Words) and re.fullmatch("[A-J]{2,}", side.text) else None


def _one_of_many(answer: Answer, gold: Answer) -> bool | None:
    if isinstance(answer, Items) and answer.kind == "list" and len(answer.items) == 2:
        letter, other = answer.items
        if isinstance(letter, Choice) and not isinstance(
            other, Choice | Words
        ):  # "B, 12 cm": a choice and what it says
            return letter == gold if isinstance(gold, Choice) else equal_answers(other, gold)
    if isinstance(answer, Unknown) or isinstance(gold, Unknown):
        return False
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


def _relations(answer: Answer, gold: Answer) -> bool | None:
    if not (isinstance(answer, Relation) and isinstance(gold, Relation)):
        return False
    if answer.sign != gold.sign or len(answer.sides) != len(gold.sides):
        return False
    if len(gold.sides) == 3:
        return _congruences(answer.sides, gold.sides)
    orders = (answer.sides, answer.sides[::-1]) if gold.sign in signs.SYMMETRIC else (answer.sides,)
    verdicts = (_all(equal_answers(a, g) for a, g in zip(sides, gold.sides, strict=True)) for sides in orders)
    return _any(verdicts) is True  # what is left open is not asked of anybody else


def _congruences(answer: tuple, gold: tuple) -> bool | None:
    r"""`x \equiv 10 \pmod 7` is `x \equiv 3 \pmod 7`."""
    modulus = exact(gold[2].tree) if isinstance(gold[2], Quantity) else None
    anything = Words("") in (answer[0], gold[0])
    if equal_answers(answer[2], gold[2]) is not True or not (anything or equal_answers(answer[0], gold[0])):
        return False
    residues = [exact(side[1].tree) if isinstance(side[1], Quantity) else None for side in (answer, gold)]
    if modulus and None not in residues:
        return (residues[0] - residues[1]) % modulus == 0
    return equal_answers(answer[1], gold[1]) is True


def _quantities(answer: Quantity, gold: Quantity) -> bool | None:
    if (answer.percent and gold.unit) or (gold.percent and answer.unit):
        return False
    if answer.unit and not gold.unit and answer.unit[0][0] == "kelvin":
        return False  # 5 K may be five thousand
    mine, theirs = answer.tree, gold.tree
    if answer.unit and gold.unit and answer.unit != gold.unit and not _both_angles(answer, gold):
        factor = units.ratio(answer.unit, gold.unit)
        if factor is None:
            return False
        mine = operation("*", number(factor), mine)
    elif _both_angles(answer, gold):
        mine, theirs = _radians(answer), _radians(gold)
    if answer.percent == gold.percent:
        return equal_trees(mine, theirs, answer.places, gold.places)
    shares, golds = _meanings(mine, answer.percent), _meanings(theirs, gold.percent)
    return _any(equal_trees(share, whole, 0, None) for share in shares for whole in golds)


def _meanings(tree: Node, percent: bool) -> list[Node]:
    """What a number with or without a percent sign may be worth, by the option `percent`."""
    hundredth = operation("*", number(Fraction(1, 100)), tree)
    return (
        {"either": [tree, hundredth], "hundredth": [hundredth], "number": [tree]}[options.current().percent]
        if percent
        else [tree]
    )


def _both_angles(answer: Quantity, gold: Quantity) -> bool:
    """Whether one is in degrees and the other in radians, said or seen by a pi."""
    kinds = {
        units.angle(side.unit) if side.unit else ("radian" if has_constant(side.tree, "pi") else None)
        for side in (answer, gold)
    }
    return kinds == {"degree", "radian"}


def _radians(side: Quantity) -> Node:
    if side.unit and units.angle(side.unit) == "degree":
        return operation("/", operation("*", side.tree, Constant("pi")), number(180))
    return side.tree


def _items(answer: Items, gold: Items) -> bool | None:
    if len(answer.items) > _LONGEST_LIST or len(gold.items) > _LONGEST_LIST:
        return False
    kinds = {answer.kind, gold.kind}
    if "tuple" in kinds:
        if kinds != {"tuple"} or answer.brackets != gold.brackets or len(answer.items) != len(gold.items):
            return False
        return _all(equal_answers(a, g) for a, g in zip(answer.items, gold.items, strict=True))
    if kinds == {"list"}:
        return _same_members(answer.items, gold.items)
    return _each_has_its_match(answer.items, gold.items)


def _same_members(answers: tuple, golds: tuple) -> bool | None:
    """One to one; equality being transitive, the first match is as good as any."""
    if len(answers) != len(golds):
        return False
    left, unsure = list(golds), False
    for answer in answers:
        verdicts = [equal_answers(answer, gold) for gold in left]
        if True in verdicts:
            left.pop(verdicts.index(True))
        elif None in verdicts:
            unsure = True
        else:
            return False
    return None if unsure else True


def _each_has_its_match(answers: tuple, golds: tuple) -> bool | None:
    """Both ways: in a set repeated members do not matter."""
    table = [[equal_answers(a, g) for g in golds] for a in answers]
    rows = _all(_any(row) for row in table)
    columns = _all(_any(column) for column in zip(*table, strict=True)) if table else not golds
    return _all((rows, columns))


def _regions(answer: Region | None, gold: Region | None) -> bool | None:
    if answer is None or gold is None:
        return False
    if len(answer.parts) != len(gold.parts) or len(gold.parts) > _MOST_INTERVALS:
        return False
    ordered = [sorted(side.parts, key=functools.cmp_to_key(_by_low_end)) for side in (answer, gold)]
    return _all(_same_interval(a, g) for a, g in zip(*ordered, strict=True))


def _by_low_end(one: tuple, other: tuple) -> int:
    infinite = [_infinite_sign(interval[0].tree) for interval in (one, other)]
    if any(infinite):
        return infinite[0] - infinite[1]
    return sign(operation("+", one[0].tree, operation("neg", other[0].tree))) or 0


def _infinite_sign(tree: Node) -> int:
    return 1 if isinstance(tree, Infinity) else -1 if is_minus_infinity(tree) else 0


def _same_interval(answer: tuple, gold: tuple) -> bool | None:
    verdicts = []
    for at in (0, 2):
        ends = _quantities(answer[at], gold[at])
        infinite = _infinite_sign(gold[at].tree) != 0
        verdicts.append(ends if infinite else _all((ends, answer[at + 1] == gold[at + 1])))
    return _all(verdicts)


def _matrices(answer: Answer, gold: Answer) -> bool | None:
    """Cell by cell; a column or a row is also a tuple."""
    if isinstance(answer, Matrix) and isinstance(gold, Matrix):
        if [len(row) for row in answer.rows] != [len(row) for row in gold.rows]:
            return False
        rows = zip(answer.rows, gold.rows, strict=True)
        return _all(equal_answers(a, g) for mine, theirs in rows for a, g in zip(mine, theirs, strict=True))
    matrix, other = (answer, gold) if isinstance(answer, Matrix) else (gold, answer)
    if not isinstance(other, Items) or other.kind != "tuple":
        return False
    if all(isinstance(row, Items) and row.brackets == "[]" for row in other.items):  # [[1,2],[3,4]]
        rows = Matrix(tuple(row.items for row in other.items))
        return _matrices(rows, gold) if answer is other else _matrices(answer, rows)
    flat = [cell for row in matrix.rows for cell in row]
    if (len(matrix.rows) != 1 and any(len(row) != 1 for row in matrix.rows)) or len(flat) != len(other.items):
        return False
    return _all(equal_answers(a, b) for a, b in zip(flat, other.items, strict=True))


def _equations(answer: Answer, gold: Answer) -> bool | None:
    if isinstance(answer, Equation) and isinstance(gold, Equation):
        if answer.parameters and len(answer.parameters) == len(gold.parameters):
            return answer.name == gold.name and _same_functions(answer, gold)
        if answer.name and gold.name:
            same = answer.name == gold.name or bool(answer.parameters) != bool(gold.parameters)
            verdict = equal_answers(answer.right, gold.right)
            if same:
                return verdict
            return False if verdict is not False else _proportional(_zero_form(answer), _zero_form(gold))
        return _proportional(_zero_form(answer), _zero_form(gold))
    equation, other = (answer, gold) if isinstance(answer, Equation) else (gold, answer)
    if equation.name is None:  # `m + n = 113` answers 113
        sums_up = equation is answer and isinstance(other, Quantity) and isinstance(equation.right, Quantity)
        if not sums_up or variables(equation.right.tree) or variables(other.tree):
            return False
    return equal_answers(equation.right, other) if equation is answer else equal_answers(other, equation.right)


def _same_functions(answer: Equation, gold: Equation) -> bool | None:
    """`f(t) = t^2` is `f(x) = x^2`."""
    if answer.parameters == gold.parameters or not (
        isinstance(answer.right, Quantity) and isinstance(gold.right, Quantity)
    ):
        return equal_answers(answer.right, gold.right)
    fresh = [f"argument {k}" for k in range(len(gold.parameters))]
    sides = (rename(side.right.tree, dict(zip(side.parameters, fresh, strict=True))) for side in (answer, gold))
    return equal_trees(*sides)


def _zero_form(equation: Equation) -> Node | None:
    if equation.name is None:
        return equation.left
    if len(equation.name) == 1 and isinstance(equation.right, Quantity) and not equation.parameters:
        return operation("+", Name(equation.name), operation("neg", equation.right.tree))
    return None


def _proportional(one: Node | None, other: Node | None) -> bool | None:
    """Whether two equations, each as an expression that is zero, differ by a constant factor only."""
    if one is None or other is None or any(is_hard(tree) for tree in (one, other)):
        return False
    names = variables(one)
    if names != variables(other) or not names:
        return False
    moved = {name: f"{name} moved" for name in names}
    crossed = [operation("*", first, rename(second, moved)) for first, second in ((one, other), (other, one))]
    verdict = equal_functions(*crossed)
    return equal_at_points(*crossed) is True if verdict is None else verdict


def _all(verdicts) -> bool | None:
    unsure = False
    for verdict in verdicts:
        if verdict is False:
            return False
        unsure |= verdict is None
    return None if unsure else True


def _any(verdicts) -> bool | None:
    unsure = False
    for verdict in verdicts:
        if verdict is True:
            return True
        unsure |= verdict is None
    return None if unsure else False
