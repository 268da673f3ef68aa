"""Seeded changes of a right program: most make it wrong, some leave it right, and some only change how it prints.

A changed program has no label. Whether it is right is what ours and the reference harness both say.
"""

import ast
import random
from collections.abc import Callable, Iterator


def mutants(source: str, rng: random.Random, kinds: list[str]) -> Iterator[tuple[str, str]]:
    """(kind, changed source) for each kind that applies to `source`; places are drawn from `rng`."""
    for kind in kinds:
        tree = ast.parse(source)
        if KINDS[kind](tree, rng):
            yield kind, ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _nodes(tree: ast.AST, wanted: type | tuple) -> list:
    return [node for node in ast.walk(tree) if isinstance(node, wanted)]


def _functions(tree: ast.AST) -> list[ast.FunctionDef]:
    return _nodes(tree, ast.FunctionDef)


def _body(tree: ast.AST, rng: random.Random) -> list[ast.stmt]:
    """The statements of a function, or of the program if it has none."""
    functions = _functions(tree)
    if not functions:
        return tree.body
    return rng.choice(functions).body


def off_by_one(tree: ast.AST, rng: random.Random) -> bool:
    numbers = [n for n in _nodes(tree, ast.Constant) if type(n.value) is int]
    if not numbers:
        return False
    rng.choice(numbers).value += rng.choice((-1, 1))
    return True


def swapped_comparison(tree: ast.AST, rng: random.Random) -> bool:
    swap = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
    found = [n for n in _nodes(tree, ast.Compare) if type(n.ops[0]) in swap]
    if not found:
        return False
    node = rng.choice(found)
    node.ops[0] = swap[type(node.ops[0])]()
    return True


def swapped_arithmetic(tree: ast.AST, rng: random.Random) -> bool:
    swap = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv}
    found = [n for n in _nodes(tree, (ast.BinOp, ast.AugAssign)) if type(n.op) in swap]
    if not found:
        return False
    node = rng.choice(found)
    node.op = swap[type(node.op)]()
    return True


def wrong_return(tree: ast.AST, rng: random.Random) -> bool:
    found = [n for n in _nodes(tree, ast.Return) if n.value is not None]
    if not found:
        return False
    wrong = ("None", "0", "[]", "''", "True", "object()", "float('nan')", "lambda: 1")
    rng.choice(found).value = ast.parse(rng.choice(wrong), mode="eval").body
    return True


def other_type(tree: ast.AST, rng: random.Random) -> bool:
    """Returns the same value in a neighbouring type: a tuple, a string, a float, or a list of one."""
    found = [n for n in _nodes(tree, ast.Return) if n.value is not None]
    if not found:
        return False
    node = rng.choice(found)
    text = rng.choice(("tuple({})", "str({})", "float({})", "[{}]", "({},)"))
    node.value = ast.parse(text.format(ast.unparse(node.value)), mode="eval").body
    return True


def raises(tree: ast.AST, rng: random.Random) -> bool:
    lines = (
        "raise ValueError('planted')",
        "raise SystemExit(0)",
        "raise SystemExit(3)",
        "raise KeyboardInterrupt",
        "1 / 0",
        "assert False",
        "undefined_name",
        "import no_such_module",
    )
    _body(tree, rng).insert(0, ast.parse(rng.choice(lines)).body[0])
    return True


def endless(tree: ast.AST, rng: random.Random) -> bool:
    _body(tree, rng).insert(0, ast.parse("while True:\n    pass").body[0])
    return True


def deep(tree: ast.AST, rng: random.Random) -> bool:
    """Endless recursion."""
    lines = "def sink(n):\n    return sink(n + 1)\nsink(0)"
    _body(tree, rng)[:0] = ast.parse(lines).body
    return True


def missing_statement(tree: ast.AST, rng: random.Random) -> bool:
    body = _body(tree, rng)
    if len(body) < 2:
        return False
    del body[rng.randrange(len(body))]
    return True


def without_imports(tree: ast.AST, rng: random.Random) -> bool:
    kept = [one for one in tree.body if not isinstance(one, ast.Import | ast.ImportFrom)]
    if len(kept) == len(tree.body):
        return False
    tree.body[:] = kept
    return True


def prints(tree: ast.AST, rng: random.Random) -> bool:
    """A line of debugging output: harmless for a returned value, wrong for a printed one."""
    _body(tree, rng).insert(0, ast.parse("print('debug', 1)").body[0])
    return True


def to_stderr(tree: ast.AST, rng: random.Random) -> bool:
    _body(tree, rng)[:0] = ast.parse("import sys\nprint('debug', file=sys.stderr)").body
    return True


def same(tree: ast.AST, rng: random.Random) -> bool:
    """Still right: a block for `__main__` at the end, as models write it."""
    tree.body.append(ast.parse("if __name__ == '__main__':\n    unused = 1").body[0])
    return True


def _printing(change: str) -> Callable[[ast.AST, random.Random], bool]:
    """All calls of print become `shown`, which `change` defines with the text that would be printed in `text`."""

    def changed(tree: ast.AST, rng: random.Random) -> bool:
        calls = [n for n in _nodes(tree, ast.Call) if isinstance(n.func, ast.Name) and n.func.id == "print"]
        if not calls:
            return False
        for call in calls:
            call.func.id = "shown"
        lines = (
            "def shown(*words, sep=' ', end='\\n', file=None, flush=False):\n"
            f"    text = sep.join(str(word) for word in words) + end\n    {change}\n"
            "    import sys\n    sys.stdout.write(text)"
        )
        tree.body[:0] = ast.parse(lines).body
        return True

    return changed


KINDS: dict[str, Callable[[ast.AST, random.Random], bool]] = {
    "off by one": off_by_one,
    "swapped comparison": swapped_comparison,
    "swapped arithmetic": swapped_arithmetic,
    "wrong return": wrong_return,
    "other type": other_type,
    "raises": raises,
    "endless": endless,
    "deep": deep,
    "missing statement": missing_statement,
    "without imports": without_imports,
    "prints": prints,
    "to stderr": to_stderr,
    "same": same,
    "trailing spaces": _printing("text = text.replace('\\n', '  \\n')"),
    "leading spaces": _printing("text = ' ' + text"),
    "no newlines": _printing("text = text.rstrip('\\n')"),
    "blank lines": _printing("text = text.replace('\\n', '\\n\\n')"),
    "windows lines": _printing("text = text.replace('\\n', '\\r\\n')"),
    "upper case": _printing("text = text.upper()"),
    "lower case": _printing("text = text.lower()"),
    "wide gaps": _printing("text = text.replace(' ', '   ')"),
    "tabs": _printing("text = text.replace(' ', '\\t')"),
    "more digits": _printing("text = ' '.join(w + '00' if '.' in w else w for w in text.split()) + end"),
    "as floats": _printing("text = ' '.join(w + '.0' if w.lstrip('-').isdigit() else w for w in text.split()) + end"),
    "a hair off": _printing("text = ' '.join(str(float(w) + 1e-9) if '.' in w else w for w in text.split()) + end"),
    "far off": _printing("text = ' '.join(str(float(w) + 1e-3) if '.' in w else w for w in text.split()) + end"),
    "a line more": _printing("text = text + 'end\\n'"),
    "all in one line": _printing("text = text.replace('\\n', ' ')"),
}
PRINTING = list(KINDS)[list(KINDS).index("trailing spaces") :]
CODE = [kind for kind in KINDS if kind not in PRINTING]
