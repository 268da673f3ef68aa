r"""Reads an expression as a tree.

Reads the LaTeX and the plain text that answers are written in (`\frac12`, `\sqrt3`, `pi/2`, `exp(16)`, `2\ln x`) in tens
of microseconds, where math-verify's ANTLR grammar takes milliseconds. What it does not know, it refuses (`Unreadable`) and
leaves to math-verify: integrals, sums, limits, matrices.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction

_MAX_DEPTH = 60

Node = tuple  # ("num", Fraction) ("var", name) ("const", name) ("inf",) and (operator, *children)


class Unreadable(ValueError):
    """Not an expression this module reads."""


_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+|\.(?=\\overline))(\\overline\s*\{(\d+)\})?(?:[eE]([+-]?\d{1,4})(?![\w.]))?")
_NAME = re.compile(r"\\([A-Za-z]+)|([A-Za-z]+)")
_GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon phi "
    "varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Phi Psi Omega ell".split()
)
_FUNCTIONS = frozenset(
    "sin cos tan sinh cosh tanh arcsin arccos arctan asin acos atan cot sec csc ln log exp sqrt".split()
)
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}
_PLAIN_NAMES = sorted([*_FUNCTIONS, "pi", "infinity", "infty", "inf", "oo"], key=len, reverse=True)


def parse(text: str) -> Node:
    r"""The tree of an expression in the spelling of `spelling.respell`. Raises Unreadable.

    >>> parse("\\frac12+x")
    ('+', ('/', ('num', Fraction(1, 1)), ('num', Fraction(2, 1))), ('var', 'x'))
    """
    if len(text) > 500:
        raise Unreadable("too long")
    parser = _Parser(text)
    tree = parser.sum(0)
    if parser.peek():
        raise Unreadable(f"unexpected {parser.peek()!r}")
    return tree


@dataclass
class _Parser:
    text: str
    at: int = 0
    bars: int = field(default=0)  # how many |…| are open: inside one, a bar closes it

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def take(self, token: str) -> bool:
        self.peek()
        if not self.text.startswith(token, self.at):
            return False
        if (
            token[0] == "\\"
            and token[-1].isalpha()
            and self.text[self.at + len(token) : self.at + len(token) + 1].isalpha()
        ):
            return False
        self.at += len(token)
        return True

    def need(self, token: str) -> None:
        if not self.take(token):
            raise Unreadable(f"expected {token!r}")

    def sum(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise Unreadable("nested too deep")
        tree = self.product(depth + 1)
        while True:
            if self.take("+"):
                tree = ("+", tree, self.product(depth + 1))
            elif self.take("-"):
                tree = ("+", tree, ("neg", self.product(depth + 1)))
            else:
                return tree

    def product(self, depth: int) -> Node:
        if self.take("-"):
            return ("neg", self.product(depth + 1) if depth < _MAX_DEPTH else self.fail("nested too deep"))
        self.take("+")
        tree = self.power(depth + 1)
        while True:
            if self.take("\\cdot") or self.take("\\times") or self.take("*"):
                tree = ("*", tree, self.signed(depth))
            elif self.take("/") or self.take("\\div"):
                tree = ("/", tree, self.signed(depth))
            elif self.begins_factor():
                before = self.text[: self.at].rstrip()[-1:]
                if self.peek().isdigit() and (before.isdigit() or before == "."):
                    raise Unreadable("two numbers side by side")
                tree = ("*", tree, self.power(depth + 1))
            else:
                return tree

    def signed(self, depth: int) -> Node:
        if self.take("-"):
            return ("neg", self.power(depth + 1))
        self.take("+")
        return self.power(depth + 1)

    def begins_factor(self) -> bool:
        char = self.peek()
        if char == "|":
            return not self.bars
        if char == "\\":
            name = _NAME.match(self.text, self.at)
            return bool(name) and name.group(1) not in ("cdot", "times", "div", "cup", "cap", "in", "pm", "mp", "circ")
        return char.isalnum() or (char in ("(", "[", "{", ".") and char != "")

    def power(self, depth: int) -> Node:
        base = self.atom(depth)
        while True:
            if self.take("^\\circ"):
                base = ("/", ("*", base, ("const", "pi")), ("num", Fraction(180)))
            elif self.take("^"):
                exponent = self.argument(depth + 1, signed=True)
                base = ("^", base, exponent)
                if self.peek() == "^":
                    raise Unreadable("double exponent")
            elif self.take("!"):
                base = ("!", base)
            else:
                return base

    def argument(self, depth: int, signed: bool = False) -> Node:
        r"""What follows `\frac`, `\sqrt` or `^`: a group in braces, one digit, one letter or one command."""
        if self.take("{"):
            tree = self.sum(depth + 1)
            self.need("}")
            return tree
        char = self.peek()
        if signed and char == "-":
            self.at += 1
            return ("neg", self.argument(depth))
        if char.isdigit():
            if signed:  # 2^10 in plain text means ten; LaTeX reads one digit, and nobody means that
                return self.number()
            self.at += 1
            return ("num", Fraction(int(char)))
        return self.atom(depth + 1, one_letter=True)

    def number(self) -> Node:
        match = _NUMBER.match(self.text, self.at)
        if not match:
            raise Unreadable("no number")
        self.at = match.end()
        digits, _, repeating, exponent = match.groups()
        return ("num", decimal(digits, repeating, exponent))

    def atom(self, depth: int, one_letter: bool = False) -> Node:
        if depth > _MAX_DEPTH:
            raise Unreadable("nested too deep")
        char = self.peek()
        if (char.isdigit() and char.isascii()) or char == ".":
            number = self.number()
            return self.mixed(number)
        for start, end in (("(", ")"), ("{", "}"), ("[", "]")):
            if self.take(start):
                bars, self.bars = self.bars, 0
                tree = self.sum(depth + 1)
                self.bars = bars
                self.need(end)
                return tree
        if char == "|":
            self.at += 1
            self.bars += 1
            tree = self.sum(depth + 1)
            self.bars -= 1
            self.need("|")
            return ("abs", tree)
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Unreadable(f"unexpected {char!r}")
        command, letters = name.groups()
        if command:
            self.at = name.end()
            return self.command(command, depth)
        return self.letters(letters, depth, one_letter)

    def mixed(self, whole: Node) -> Node:
        r"""`3\frac{1}{2}` is three and a half; `3\frac{x}{2}` is a product."""
        match = re.compile(r"\s*\\frac\s*(?:\{(\d+)\}|(\d))\s*(?:\{(\d+)\}|(\d))").match(self.text, self.at)
        if not match or whole[1].denominator != 1:
            return whole
        top, bottom = int(match[1] or match[2]), int(match[3] or match[4])
        if not 0 < top < bottom:
            return whole
        self.at = match.end()
        return ("num", whole[1] + Fraction(top, bottom))

    def letters(self, letters: str, depth: int, one_letter: bool) -> Node:
        for plain in () if one_letter else _PLAIN_NAMES:
            if letters.startswith(plain) and (len(letters) == len(plain) or (plain in _FUNCTIONS and len(plain) > 2)):
                self.at += len(plain)
                return self.command(plain, depth)
        if len(letters) > 3:
            raise Unreadable("a word")
        self.at += 1
        return self.variable(letters[0])

    def variable(self, name: str) -> Node:
        if name in ("e", "i") and self.peek() != "_":
            return ("const", name)
        if self.take("_"):
            if self.take("{"):
                end = self.text.find("}", self.at)
                if end < 0:
                    raise Unreadable("open subscript")
                name, self.at = f"{name}_{self.text[self.at : end].strip()}", end + 1
            else:
                match = re.compile(r"\\?\w").match(self.text, self.at) or self.fail("empty subscript")
                name, self.at = f"{name}_{match.group()}", match.end()
        while self.take("'"):
            name += "'"
        if re.match(r"[A-Za-z]_\d+$", name) and name[0].isdigit():
            self.fail("a number base")
        return ("var", name)

    def command(self, name: str, depth: int) -> Node:
        if name == "frac":
            return ("/", self.argument(depth), self.argument(depth))
        if name == "binom":
            return ("binom", self.argument(depth), self.argument(depth))
        if name == "sqrt":
            return self.root(depth)
        if name == "pi":
            return ("const", "pi")
        if name in ("infty", "infinity", "inf", "oo"):
            return ("inf",)
        if name in _FUNCTIONS:
            return self.function(name, depth)
        if name in _GREEK:
            return self.variable("\\" + name)
        raise Unreadable(f"unknown command {name}")

    def root(self, depth: int) -> Node:
        degree = ("num", Fraction(2))
        if self.take("["):
            degree = self.sum(depth + 1)
            self.need("]")
        return ("root", degree, self.argument(depth) if self.peek() != "(" else self.atom(depth))

    def function(self, name: str, depth: int) -> Node:
        base = exponent = None
        if name == "log" and self.take("_"):
            base = self.argument(depth)
        if self.take("^"):
            exponent = self.argument(depth, signed=True)
            if exponent == ("neg", ("num", Fraction(1))):
                name, exponent = _INVERSE.get(name) or self.fail("inverse of what"), None
        if self.peek() in ("(", "{", "["):
            argument = self.atom(depth + 1)
            if self.peek() == "^":
                raise Unreadable("a power after a function: of the value or of the argument?")
        else:
            argument = self.bare_argument(depth)
        tree = ("log", base, argument) if base else ("call", name, argument)
        return ("^", tree, exponent) if exponent else tree

    def bare_argument(self, depth: int) -> Node:
        r"""`\ln x^2`, `\sin 2x`: a product without functions in it."""
        argument = self.power(depth + 1)
        while self.begins_factor() and not self.at_function():
            argument = ("*", argument, self.power(depth + 1))
        return argument

    def at_function(self) -> bool:
        name = _NAME.match(self.text, self.at)
        return (bool(name) and (name.group(1) or name.group(2)) in _FUNCTIONS) or self.peek() in ("(", "[", "{")

    @staticmethod
    def fail(why: str):
        raise Unreadable(why)


def decimal(digits: str, repeating: str | None = None, exponent: str | None = None) -> Fraction:
    r"""`0.1\overline{6}` and `2.5e3` as exact fractions.

    >>> decimal("0.1", "6"), decimal("2.5", None, "3")
    (Fraction(1, 6), Fraction(2500, 1))
    """
    if len(digits) + len(repeating or "") > 400:
        raise Unreadable("too many digits")
    value = Fraction("0" + digits.rstrip("."))
    if repeating:
        if "." not in digits:
            raise Unreadable("a bar over a whole number")
        places = len(digits.partition(".")[2])
        value += Fraction(int(repeating), (10 ** len(repeating) - 1) * 10**places)
    return (
        value * Fraction(10) ** int(exponent)
        if exponent and abs(int(exponent)) <= 400
        else value
        if not exponent
        else _too_big()
    )


def _too_big() -> Fraction:
    raise Unreadable("too big")


def variables(tree: Node) -> frozenset[str]:
    """The names of the free variables.

    >>> sorted(variables(parse("ax^2+\\\\theta")))
    ['\\\\theta', 'a', 'x']
    """
    if tree[0] == "var":
        return frozenset((tree[1],))
    return frozenset().union(*(variables(child) for child in tree[1:] if isinstance(child, tuple)))


def has_constant(tree: Node, name: str) -> bool:
    """Whether `pi`, `e` or `i` occurs."""
    return tree == ("const", name) or any(has_constant(child, name) for child in tree[1:] if isinstance(child, tuple))


def is_polynomial(tree: Node) -> bool:
    """Whether only numbers, names, sums, products and whole powers occur.

    >>> is_polynomial(parse("x^2+y/3")), is_polynomial(parse("1/x"))
    (True, False)
    """
    kind = tree[0]
    if kind in ("num", "var", "const"):
        return True
    if kind == "^":
        return tree[2][0] == "num" and tree[2][1].denominator == 1 and tree[2][1] >= 0 and is_polynomial(tree[1])
    if kind == "/":
        return not variables(tree[2]) and is_polynomial(tree[1])
    return kind in ("+", "*", "neg") and all(is_polynomial(child) for child in tree[1:])
