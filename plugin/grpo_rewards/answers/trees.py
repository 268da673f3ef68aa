"""Whether two expressions are equal: exactly where both are rational, by proof of a difference, or to many digits."""

from fractions import Fraction

from grpo_rewards.answers.balls import decimal_near, equal_at_points, equal_constants
from grpo_rewards.answers.exact import equal_functions, exact
from grpo_rewards.answers.expression import Infinity, Node, Operation, has_constant, is_hard, rename, variables, walk

_INTEGER_NAMES = frozenset("knm")


def equal_trees(
    answer: Node, gold: Node, answer_places: int | None = None, gold_places: int | None = None
) -> bool | None:
    """Equality of two expressions: exact where both are rational, proved different by balls, equal to many digits."""
    if answer == gold:
        return True
    if is_hard(answer) or is_hard(gold):
        return None if bool(variables(answer)) == bool(variables(gold)) else False
    if any(isinstance(node, Infinity) for tree in (answer, gold) for node in walk(tree)):
        return False  # equal to nothing but itself
    exact_answer, exact_gold = exact(answer), exact(gold)
    if exact_answer is not None and exact_gold is not None:
        return exact_answer == exact_gold or (
            answer_places is None and _rounds_to(exact_answer, exact_gold, gold_places)
        )
    answer = _same_integer_name(answer, gold)
    if variables(answer) | variables(gold):
        verdict = equal_functions(answer, gold)
        return equal_at_points(answer, gold) if verdict is None else verdict
    verdict = equal_constants(answer, gold)
    if verdict is False and exact_gold is not None and answer_places is None and (gold_places or 0) >= 2:
        return decimal_near(answer, exact_gold, gold_places)
    return verdict


def is_minus_infinity(tree: Node) -> bool:
    return isinstance(tree, Operation) and tree.name == "neg" and isinstance(tree.parts[0], Infinity)


def _rounds_to(value: Fraction, gold: Fraction, places: int | None) -> bool:
    return places is not None and places >= 2 and abs(value - gold) * 2 * 10**places <= 1


def _same_integer_name(answer: Node, gold: Node) -> Node:
    r"""`k\pi` and `n\pi` are one answer: the name of an integer constant is free, where there is a \pi."""
    mine, theirs = variables(answer) - variables(gold), variables(gold) - variables(answer)
    periodic = has_constant(answer, "pi") and has_constant(gold, "pi")
    if periodic and len(mine) == len(theirs) == 1 and mine <= _INTEGER_NAMES and theirs <= _INTEGER_NAMES:
        return rename(answer, dict(zip(mine, theirs, strict=True)))
    return answer
