"""The tree of an expression: small frozen nodes, and functions on them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction


class _Leaf:
    """A node without parts."""

    parts: tuple["Node", ...] = ()


@dataclass(frozen=True)
class Number(_Leaf):
    value: Fraction


@dataclass(frozen=True)
class Name(_Leaf):
    """A free variable."""

    name: str


@dataclass(frozen=True)
class Constant(_Leaf):
    """`pi`, `e` or `i`."""

    name: str


@dataclass(frozen=True)
class Infinity(_Leaf):
    pass


@dataclass(frozen=True)
class Operation:
    """`+ * / ^ neg ! abs root binom log` (root: degree, radicand; log: base, argument) or the name of a function."""

    name: str
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Applied:
    """A function that only has a name: `f(x + y)`."""

    name: str
    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Bound:
    """`sum prod int lim` over `name`: (body, low, high); for a limit (body, the point approached)."""

    kind: str
    name: str
    parts: tuple["Node", ...]


Node = Number | Name | Constant | Infinity | Operation | Applied | Bound  # each has `parts`, its children


def rational(value: int | Fraction) -> Number:
    return Number(Fraction(value))


def operation(name: str, *parts: Node) -> Operation:
    return Operation(name, parts)


def walk(tree: Node) -> Iterator[Node]:
    """The node and all nodes below it."""
    yield tree
    for part in tree.parts:
        yield from walk(part)


def variables(tree: Node) -> frozenset[str]:
    r"""The names of the free variables.

    >>> from grpo_rewards.answers.parsing import parse
    >>> sorted(variables(parse("ax^2+\\theta"))), sorted(variables(parse("\\sum_{k=1}^n k")))
    (['\\theta', 'a', 'x'], ['n'])
    """
    if isinstance(tree, Name):
        return frozenset((tree.name,))
    inner = frozenset().union(*(variables(part) for part in tree.parts))
    if isinstance(tree, Bound):
        return (inner - {tree.name}).union(*(variables(part) for part in tree.parts[1:]))
    return inner


def has_constant(tree: Node, name: str) -> bool:
    """Whether `pi`, `e` or `i` occurs."""
    return any(node == Constant(name) for node in walk(tree))


def is_hard(tree: Node) -> bool:
    """Whether its value takes more than arithmetic: an integral, a limit, an infinite sum, a sum of sums."""
    bounds = [node for node in walk(tree) if isinstance(node, Bound)]
    return any(
        node.kind in ("int", "lim")
        or any(isinstance(end, Infinity) for part in node.parts[1:] for end in walk(part))
        or any(isinstance(inner, Bound) for inner in walk(node.parts[0]))
        for node in bounds
    )


def rename(tree: Node, names: dict[str, str]) -> Node:
    """The tree with free variables renamed.

    >>> rename(operation("+", Name("x"), rational(1)), {"x": "t"}).parts[0]
    Name(name='t')
    """
    if isinstance(tree, Name):
        return Name(names.get(tree.name, tree.name))
    if isinstance(tree, Number | Constant | Infinity):
        return tree
    return replace(tree, parts=tuple(rename(part, names) for part in tree.parts))
