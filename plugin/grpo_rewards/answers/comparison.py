r"""Decides whether two answers are equal where that is certain; None sends the pair to a worker process.

docs/grader.md has the conventions for cases where sources disagree.
"""

import functools
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import assert_never

from grpo_rewards import options
from grpo_rewards.answers import relation_signs, units
from grpo_rewards.answers.balls import equal_at_points, sign
from grpo_rewards.answers.bracket_matching import balanced
from grpo_rewards.answers.exact import equal_functions, exact
from grpo_rewards.answers.expression import (
    Constant,
    Infinity,
    Name,
    Node,
    has_constant,
    is_hard,
    operation,
    rational,
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
    Interval,
    Items,
    Matrix,
    Named,
    Quantity,
    Region,
    Relation,
    Unknown,
    Words,
    as_region,
    assignments,
)
from grpo_rewards.answers.tree_equality import equal_trees, is_minus_infinity
from grpo_rewards.answers.word_answers import number_in_words

Assignment = dict[str, Answer]

_LONGEST_LIST = 50
_MOST_INTERVALS = 10
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}")


def equal_answers(answer: Answer, gold: Answer) -> bool | None:
    r"""Whether two answers are equal; None where it is not certain.

    >>> from grpo_rewards.answers.reading import read
    >>> equal_answers(read("x=\\frac12"), read("0.5")), equal_answers(read("10 cm"), read("10 m"))
    (True, False)
    >>> print(equal_answers(read("\\int_0^1 x dx"), read("1/2")))
    None
    """
    if answer == gold:
        return True
    match answer, gold:
        case Quantity(), Quantity():  # most pairs
            return _quantities(answer, gold)
        case (Contradiction(), _) | (_, Contradiction()):
            return False
        case Approximate(), _:
            return _any(equal_answers(side, gold) for side in (answer.exact, answer.decimal))
        case _, Approximate():
            return _any(equal_answers(answer, side) for side in (gold.exact, gold.decimal))
        case Unknown(), Unknown():
            return _squeezed(answer) == _squeezed(gold) or (None if _may_be_read(answer, gold) else False)
        case (Unknown() as unknown, other) | (other, Unknown() as unknown):
            never = isinstance(other, Choice | Words | Clock | Based | Relation | Named | Equation)
            return None if _may_be_read(unknown) and not never else False
        case _, Named() | Items() if (named := assignments(gold)) and (
            mine := _assigned_like(named, answer)
        ) is not None:
            return _same_assignment(mine, named)
        case Named() | Items(), Items("tuple") if named := assignments(answer):
            return _tuple_of(named, gold)
        case Named(), Named():
            return _same_named(answer, gold)
        case (Named() | Equation(), Named() | Equation()):
            return _proportional(_zero_form(answer), _zero_form(gold))
        case Named(), _:
            return equal_answers(answer.value, gold)
        case _, Named():
            return equal_answers(answer, gold.value)
        case Equation(asked=Quantity() as asked), Quantity():  # `m + n = 113` answers 113
            return not variables(asked.tree) and not variables(gold.tree) and equal_answers(asked, gold)
        case (Equation(), _) | (_, Equation()):
            return False
        case Relation(), Relation():
            return _relations(answer, gold)
        case (Relation(), _) | (_, Relation()):
            return False
        case (Region(), _) | (_, Region()):
            return _regions(as_region(answer), as_region(gold))
        case Items(), Items():
            return _items(answer, gold)
        case Matrix(), Matrix():
            return _matrices(answer, gold)
        case Matrix(), Items("tuple"):
            return _matrices(answer, rows) if (rows := _rows(gold)) else _is_line(answer, gold)
        case Items("tuple"), Matrix():
            return _matrices(rows, gold) if (rows := _rows(answer)) else _is_line(gold, answer)
        case (Matrix(), _) | (_, Matrix()):
            return False
        case Clock(), Clock():
            same = (answer.hour, answer.minute) == (gold.hour, gold.minute) and "" in (answer.half, gold.half)
            return same or (max(answer.hour, gold.hour) > 12 and answer.of_day == gold.of_day)
        case (Based(), _) | (_, Based()):
            return (value := _based_value(answer)) is not None and value == _based_value(gold)
        case (Items(), _) | (_, Items()) if letters := _letters(answer):
            return letters == _letters(gold)
        case Quantity(), Items("tuple"):
            return _components(answer.tree, gold.items)
        case Items("list", (Choice() as letter, other)), _ if not isinstance(other, Choice | Words):
            return letter == gold if isinstance(gold, Choice) else equal_answers(other, gold)  # "B, 12 cm"
        case (Items() as many, one) | (one, Items() as many):
            return _each_is(many, one)
        case Words(), Quantity():
            return (named_number := number_in_words(answer.text)) is not None and exact(gold.tree) == named_number
        case Quantity(), Words():  # a gold of several words may be a number that is not known here
            named_number = number_in_words(gold.text) if " " not in gold.text else None
            return named_number is not None and exact(answer.tree) == named_number
        case (Quantity() | Choice() | Words() | Clock(), _):
            return False  # a letter, words and a number are three different things
        case _:
            assert_never(answer)


def _may_be_read(*sides: Unknown) -> bool:
    """Whether math-verify's grammar may read what this one does not."""
    return all(is_mathematics(side.text) for side in sides)


def _squeezed(answer: Unknown) -> str:
    return "".join(answer.text.split())


def is_mathematics(text: str) -> bool:
    r"""Whether a text may be LaTeX that math-verify reads: not a statement, not words, not half an expression.

    >>> is_mathematics("\\oint_C z dz"), is_mathematics("3 of them"), is_mathematics("p \\land q")
    (True, False, False)
    """
    if not balanced(text) or is_statement(text) or "$" in text:
        return False
    return "\\" in text and not _WORD.search(text)


def is_statement(text: str) -> bool:
    """Whether a text equals only itself, because nothing can compute with it: logic, vectors by name, "and so on"."""
    return relation_signs.has_sign(text) or "\\ldots" in text or "\\vec" in text


def _assigned_like(named: Assignment, answer: Answer) -> Assignment | None:
    """The values of an answer by the names of `named`: in alphabetical order for a tuple, as written for a bare list.
    Empty for a set, which has no order, and for another number of values."""
    found = assignments(answer)
    if found is not None or not isinstance(answer, Items):
        return found
    if answer.kind == "set" or len(answer.items) != len(named):
        return {}
    bare = not any(isinstance(item, Named | Equation) for item in answer.items)
    names = sorted(named) if answer.kind == "tuple" else list(named)
    return dict(zip(names, answer.items, strict=True)) if bare else {}


def _same_assignment(answer: Assignment, gold: Assignment) -> bool | None:
    return answer.keys() == gold.keys() and _all(equal_answers(answer[name], gold[name]) for name in gold)


def _tuple_of(named: Assignment, gold: Items) -> bool | None:
    """`y = 2, x = 1` is (1, 2): points and solutions are written in alphabetical order of their names."""
    if len(named) != len(gold.items):
        return False
    return _all(equal_answers(named[name], item) for name, item in zip(sorted(named), gold.items, strict=True))


def _components(vector: Node, gold: tuple[Answer, ...]) -> bool:
    r"""Whether `4\mathbf{i} - \mathbf{j}` is (4, -1)."""
    trees = [item.tree for item in gold if isinstance(item, Quantity)]
    if "j" not in variables(vector) or len(gold) not in (2, 3) or len(trees) != len(gold):
        return False
    axes: tuple[Node, ...] = (Constant("i"), Name("j"), Name("k"))
    parts = [operation("*", tree, axis) for tree, axis in zip(trees, axes, strict=False)]
    return equal_trees(vector, functools.reduce(lambda a, b: operation("+", a, b), parts)) is True


def _letters(side: Answer) -> list[str]:
    """The letters of a choice of several: "A, C" and "AC"."""
    match side:
        case Items("list", items):
            letters = [item.letter for item in items if isinstance(item, Choice)]
            return sorted(letters) if len(letters) == len(items) else []
        case Words(text) if re.fullmatch("[A-J]{2,}", text):
            return list(text)
        case _:
            return []


def _each_is(many: Items, one: Answer) -> bool | None:
    """Whether a list, or a set of one, holds only this value: "5, 5" is 5, {5} is 5."""
    if not many.items or many.kind == "tuple" or (many.kind == "set" and len(many.items) > 1):
        return False
    return _all(equal_answers(item, one) for item in many.items)


def _based_value(side: Answer) -> Fraction | None:
    match side:
        case Quantity():
            return exact(side.tree)
        case Based(digits, base) if all(int(digit, 36) < base for digit in digits):
            return Fraction(int(digits, base))
        case _:
            return None


def _relations(answer: Relation, gold: Relation) -> bool | None:
    if answer.sign != gold.sign or len(answer.sides) != len(gold.sides):
        return False
    if len(gold.sides) == 3:
        return _congruences(answer.sides, gold.sides)
    orders = (answer.sides, answer.sides[::-1]) if gold.sign in relation_signs.SYMMETRIC else (answer.sides,)
    verdicts = (_all(equal_answers(a, g) for a, g in zip(sides, gold.sides, strict=True)) for sides in orders)
    return _any(verdicts) is True  # an uncertain item does not go to a worker


def _congruences(answer: tuple[Answer, ...], gold: tuple[Answer, ...]) -> bool | None:
    r"""`x \equiv 10 \pmod 7` is `x \equiv 3 \pmod 7`."""
    modulus = exact(gold[2].tree) if isinstance(gold[2], Quantity) else None
    anything = Words("") in (answer[0], gold[0])
    if equal_answers(answer[2], gold[2]) is not True or not (anything or equal_answers(answer[0], gold[0])):
        return False
    mine, theirs = (exact(side[1].tree) if isinstance(side[1], Quantity) else None for side in (answer, gold))
    if modulus and mine is not None and theirs is not None:
        return (mine - theirs) % modulus == 0
    return equal_answers(answer[1], gold[1]) is True


def _quantities(answer: Quantity, gold: Quantity) -> bool | None:
    if (answer.percent and gold.unit) or (gold.percent and answer.unit):
        return False
    if answer.unit and not gold.unit and answer.unit[0][0] == "kelvin":
        return False  # 5 K may be five thousand
    mine, theirs = answer.tree, gold.tree
    if _both_angles(answer, gold):
        mine, theirs = _radians(answer), _radians(gold)
    elif answer.unit and gold.unit and answer.unit != gold.unit:
        factor = units.ratio(answer.unit, gold.unit)
        if factor is None:
            return False
        mine = operation("*", rational(factor), mine)
    if answer.percent == gold.percent:
        return equal_trees(mine, theirs, answer.places, gold.places)
    shares, golds = _meanings(mine, answer.percent), _meanings(theirs, gold.percent)
    return _any(equal_trees(share, whole, 0, None) for share in shares for whole in golds)


def _meanings(tree: Node, percent: bool) -> list[Node]:
    """The values that a number with or without a percent sign may have, by the option `percent`."""
    if not percent:
        return [tree]
    hundredth = operation("*", rational(Fraction(1, 100)), tree)
    meanings: dict[str, list[Node]] = {"either": [tree, hundredth], "hundredth": [hundredth], "number": [tree]}
    return meanings[options.current().percent]


def _both_angles(answer: Quantity, gold: Quantity) -> bool:
    """Whether one is in degrees and the other in radians, by its unit or by a pi."""
    kinds = {
        units.angle(side.unit) if side.unit else ("radian" if has_constant(side.tree, "pi") else None)
        for side in (answer, gold)
    }
    return kinds == {"degree", "radian"}


def _radians(side: Quantity) -> Node:
    if side.unit and units.angle(side.unit) == "degree":
        return operation("/", operation("*", side.tree, Constant("pi")), rational(180))
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


def _same_members(answers: tuple[Answer, ...], golds: tuple[Answer, ...]) -> bool | None:
    """Matches one to one. Equality is transitive, so the first match is as good as any."""
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


def _each_has_its_match(answers: tuple[Answer, ...], golds: tuple[Answer, ...]) -> bool | None:
    """Compares both ways, because repeated members of a set do not matter."""
    table = [[equal_answers(a, g) for g in golds] for a in answers]
    rows = _all(_any(row) for row in table)
    columns = _all(_any(column) for column in zip(*table, strict=True)) if table else not golds
    return _all((rows, columns))


def _regions(answer: Region | None, gold: Region | None) -> bool | None:
    if answer is None or gold is None:
        return False
    if len(answer.parts) != len(gold.parts) or len(gold.parts) > _MOST_INTERVALS:
        return False
    mine, theirs = (sorted(side.parts, key=functools.cmp_to_key(_by_low_end)) for side in (answer, gold))
    return _all(_same_interval(a, g) for a, g in zip(mine, theirs, strict=True))


def _by_low_end(one: Interval, other: Interval) -> int:
    mine, theirs = one.low.value.tree, other.low.value.tree
    if (infinite := _infinite_sign(mine)) or _infinite_sign(theirs):
        return infinite - _infinite_sign(theirs)
    return sign(operation("+", mine, operation("neg", theirs)))


def _infinite_sign(tree: Node) -> int:
    return 1 if isinstance(tree, Infinity) else -1 if is_minus_infinity(tree) else 0


def _same_interval(answer: Interval, gold: Interval) -> bool | None:
    """Compares intervals; a closed bracket at infinity is accepted."""
    return _all(
        _quantities(mine.value, theirs.value)
        if mine.included == theirs.included or _infinite_sign(theirs.value.tree)
        else False
        for mine, theirs in zip(answer, gold, strict=True)
    )


def _matrices(answer: Matrix, gold: Matrix) -> bool | None:
    """Compares matrices cell by cell."""
    if [len(row) for row in answer.rows] != [len(row) for row in gold.rows]:
        return False
    rows = zip(answer.rows, gold.rows, strict=True)
    return _all(equal_answers(a, g) for mine, theirs in rows for a, g in zip(mine, theirs, strict=True))


def _rows(matrix: Items) -> Matrix | None:
    """[[1,2],[3,4]] as a matrix."""
    rows = [row.items for row in matrix.items if isinstance(row, Items) and row.brackets == "[]"]
    return Matrix(tuple(rows)) if len(rows) == len(matrix.items) else None


def _is_line(matrix: Matrix, line: Items) -> bool | None:
    """Whether a matrix of one column or one row has the cells of the tuple."""
    cells = [cell for row in matrix.rows for cell in row]
    if (len(matrix.rows) != 1 and any(len(row) != 1 for row in matrix.rows)) or len(cells) != len(line.items):
        return False
    return _all(equal_answers(a, b) for a, b in zip(cells, line.items, strict=True))


def _same_named(answer: Named, gold: Named) -> bool | None:
    if answer.parameters and len(answer.parameters) == len(gold.parameters):
        return answer.name == gold.name and _same_functions(answer, gold)
    verdict = equal_answers(answer.value, gold.value)
    if answer.name == gold.name or bool(answer.parameters) != bool(gold.parameters):
        return verdict
    return False if verdict is not False else _proportional(_zero_form(answer), _zero_form(gold))


def _same_functions(answer: Named, gold: Named) -> bool | None:
    """`f(t) = t^2` is `f(x) = x^2`."""
    mine, theirs = answer.value, gold.value
    if answer.parameters == gold.parameters or not isinstance(mine, Quantity) or not isinstance(theirs, Quantity):
        return equal_answers(mine, theirs)
    fresh = [f"argument {k}" for k in range(len(gold.parameters))]
    names, others = (dict(zip(side.parameters, fresh, strict=True)) for side in (answer, gold))
    return equal_trees(rename(mine.tree, names), rename(theirs.tree, others))


def _zero_form(equation: Named | Equation) -> Node | None:
    if isinstance(equation, Equation):
        return equation.difference
    if len(equation.name) == 1 and isinstance(equation.value, Quantity) and not equation.parameters:
        return operation("+", Name(equation.name), operation("neg", equation.value.tree))
    return None


def _proportional(one: Node | None, other: Node | None) -> bool:
    """Whether two equations, each an expression that equals zero, differ only by a constant factor."""
    if one is None or other is None or is_hard(one) or is_hard(other):
        return False
    names = variables(one)
    if names != variables(other) or not names:
        return False
    moved = {name: f"{name} moved" for name in names}
    mine, theirs = operation("*", one, rename(other, moved)), operation("*", other, rename(one, moved))
    verdict = equal_functions(mine, theirs)
    return equal_at_points(mine, theirs) is True if verdict is None else verdict


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    unsure = False
    for verdict in verdicts:
        if verdict is False:
            return False
        unsure |= verdict is None
    return None if unsure else True


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    unsure = False
    for verdict in verdicts:
        if verdict is True:
            return True
        unsure |= verdict is None
    return None if unsure else False
