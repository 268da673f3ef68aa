"""A draw of random changes in the code of a folder: by mutmut's operators, without those for strings, and three more.

mutmut and libcst are in no set of requirements/, because a recorded draw does not need them:
`pip install --target DIR --no-deps mutmut==3.8.1 libcst==1.9.0`, then PYTHONPATH=DIR.
"""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import libcst as cst
from mutmut.mutation.mutators import mutation_operators, operator_string

# an operator takes a node and yields what may stand in its place
SPACE = cst.SimpleWhitespace(" ")


def deleted(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    match node.body:
        case [cst.Raise()] | [cst.Expr(value=cst.Call())]:
            yield node.with_changes(body=[cst.Pass()])
        case [cst.Expr(value=cst.Yield())]:  # what is left is a generator still
            yield node.with_changes(body=[cst.Expr(cst.parse_expression("(yield from ())"))])


def returned_none(node: cst.Return) -> Iterator[cst.CSTNode]:
    if node.value and not node.value.deep_equals(cst.Name("None")):
        yield node.with_changes(value=cst.Name("None"), whitespace_after_return=SPACE)


def negated(node: cst.If) -> Iterator[cst.CSTNode]:
    condition = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), condition), whitespace_before_test=SPACE)


OPERATORS = [(kind, operator) for kind, operator in mutation_operators if operator is not operator_string]
OPERATORS += [(cst.SimpleStatementLine, deleted), (cst.Return, returned_none), (cst.If, negated)]


class Places(cst.CSTVisitor):
    """Collects where the code can be changed: the operator's name, and functions that make a changed source."""

    def __init__(self, source: str) -> None:
        self.tree = cst.parse_module(source)
        self.found: list[tuple[str, list[Callable[[], str]]]] = []
        self.tree.visit(self)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator):
            return False
        if isinstance(node, cst.If) and re.search("TYPE_CHECKING|__main__", self.tree.code_for_node(node.test)):
            return False
        for kind, operator in OPERATORS:
            if isinstance(node, kind) and (others := list(operator(node))):
                makers = [lambda new=new: self.tree.deep_replace(node, new).code for new in others]
                self.found.append((operator.__name__.removeprefix("operator_"), makers))
        return True


def changed_lines(before: list[str], after: list[str]) -> tuple[int, str, str]:
    """The first line that differs (from 1), and the lines that differ, before and after."""
    shorter = min(len(before), len(after))
    start = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    end = next((n for n in range(shorter - start) if before[-1 - n] != after[-1 - n]), shorter - start)
    return start + 1, "".join(before[start : len(before) - end]), "".join(after[start : len(after) - end])


def mutants(root: Path, folder: str, count: int, seed: str) -> Iterator[dict]:
    """`count` changes of the code below `root/folder`, each place as likely as any other."""
    sources = {path: path.read_text() for path in sorted((root / folder).rglob("*.py"))}
    places = [(path, *place) for path, source in sources.items() for place in Places(source).found]
    chance = random.Random(seed)
    chance.shuffle(places)
    for path, operator, makers in places:
        changed = chance.choice(makers)()
        try:
            compile(changed, str(path), "exec")
        except SyntaxError:
            continue
        line, old, new = changed_lines(sources[path].splitlines(keepends=True), changed.splitlines(keepends=True))
        yield {"file": str(path.relative_to(root)), "line": line, "operator": operator, "old": old, "new": new}
        count -= 1
        if count == 0:
            return
