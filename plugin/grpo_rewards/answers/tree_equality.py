"""Whether two expressions are equal: exactly where both are rational, else in ball arithmetic to many digits."""

import itertools
import re
from collections.abc import Iterator
from fractions import Fraction

from grpo_rewards import options
from grpo_rewards.answers.balls import equal_at_points, equal_constants, near
from grpo_rewards.answers.exact import equal_functions, exact
from grpo_rewards.answers.expression import (
    Infinity,
    Node,
    Operation,
    has_constant,
    is_hard,
    rename,
    variables,
    walk,
)

_DIGITS_OF_DOUBLE = range(15, 19)
_DOUBLE = Fraction(4, 2**52)
_CONSTANT = re.compile(r"C|[cC]_\w+")
_FREE = re.compile(r"[ABCDKck]|[ACKck]_\w+")
_MOST_CONSTANTS = 3
_INTEGER_NAMES = frozenset("knm")


def equal_trees(
    answer: Node, gold: Node, answer_places: int | None = None, gold_places: int | None = None
) -> bool | None:
    """Whether two expressions are equal: exact where both are rational, else in ball arithmetic to many digits."""
    if answer == gold:
        return True
    if is_hard(answer) or is_hard(gold):
        return None if bool(variables(answer)) == bool(variables(gold)) else False
    if any(isinstance(node, Infinity) for tree in (answer, gold) for node in walk(tree)):
        return False  # equals only itself
    exact_answer, exact_gold = exact(answer), exact(gold)
    if exact_answer is not None and exact_gold is not None:
        return exact_answer == exact_gold or _is_near(exact_answer, exact_gold, answer_places, gold_places)
    answer = _same_integer_name(answer, gold)
    if variables(answer) | variables(gold):
        verdicts = []
        for named in (answer, *_with_constants_of(gold, answer)):
            verdict = equal_functions(named, gold)
            verdicts.append(equal_at_points(named, gold) if verdict is None else verdict)
        return True if True in verdicts else verdicts[0]
    verdict = equal_constants(answer, gold)
    if verdict is not False:
        return verdict
    share = options.current().tolerance
    if exact_gold is not None and answer_places is None and gold_places is not None and gold_places >= 2:
        if near(answer, gold, Fraction(1, 2 * 10**gold_places)):
            return True
        share = max(share, float(_float_error(exact_gold, gold_places)))
    return share > 0 and near(answer, gold, Fraction(share), relative=True)


def _with_constants_of(gold: Node, answer: Node) -> Iterator[Node]:
    """The answer with the gold's names of free constants: `+ c` for `+ C`, `Ae^x + B` for `C_1e^x + C_2`."""
    constants = sorted(name for name in variables(gold) if _CONSTANT.fullmatch(name))
    others = variables(gold) - set(constants)
    mine = sorted(variables(answer) - others)
    if len(mine) == 1 and mine[0] in ("B", "D"):
        return
    if not others or not 0 < len(mine) == len(constants) <= _MOST_CONSTANTS or not all(map(_FREE.fullmatch, mine)):
        return
    for order in itertools.permutations(constants):
        yield rename(answer, dict(zip(mine, order, strict=True)))


def is_minus_infinity(tree: Node) -> bool:
    return isinstance(tree, Operation) and tree.name == "neg" and isinstance(tree.parts[0], Infinity)


def _is_near(answer: Fraction, gold: Fraction, answer_places: int | None, gold_places: int | None) -> bool:
    apart = abs(answer - gold)
    if answer_places is None and gold_places is not None and gold_places >= 2 and apart * 2 * 10**gold_places <= 1:
        return True
    return apart <= max(Fraction(options.current().tolerance), _float_error(gold, gold_places)) * abs(gold)


def _float_error(gold: Fraction, places: int | None) -> Fraction:
    """The relative error of a gold of 15 to 18 digits, a float that Python printed after a few operations; else 0."""
    digits = len(str(abs(gold.numerator) * 10**places // gold.denominator)) if places and gold else 0
    return _DOUBLE if digits in _DIGITS_OF_DOUBLE else Fraction(0)


def _same_integer_name(answer: Node, gold: Node) -> Node:
    r"""`k\pi` and `n\pi` are one answer: next to a \pi, the name of an integer constant is free."""
    mine, theirs = variables(answer) - variables(gold), variables(gold) - variables(answer)
    periodic = has_constant(answer, "pi") and has_constant(gold, "pi")
    if periodic and len(mine) == len(theirs) == 1 and mine <= _INTEGER_NAMES and theirs <= _INTEGER_NAMES:
        return rename(answer, dict(zip(mine, theirs, strict=True)))
    return answer
