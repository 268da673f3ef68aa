r"""Reads an expression as a tree.

Reads answers in LaTeX and plain text (`\frac12`, `\sqrt3`, `pi/2`, `2\ln x`, `\sum_{k=1}^n k`) in tens of microseconds;
math-verify's ANTLR grammar takes milliseconds. Raises `Unreadable` for what it does not know.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from grpo_rewards.answers.bracket_matching import closing_brace
from grpo_rewards.answers.expression import (
    Applied,
    Bound,
    Constant,
    Infinity,
    Name,
    Node,
    Number,
    operation,
    rational,
)

_MAX_DEPTH = 60


class Unreadable(ValueError):
    """Not an expression that this module reads."""


_NUMBER = re.compile(r"(\d+(?:\.\d*)?|\.\d+|\.(?=\\overline))(\\overline\s*\{(\d+)\})?(?:[eE]([+-]?\d{1,4})(?![\w.]))?")
_NAME = re.compile(r"\\([A-Za-z]+)|([A-Za-z]+)")
_GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau upsilon phi "
    "varphi chi psi omega Delta Theta Lambda Xi Sigma Phi Psi Omega ell".split()
)
_FUNCTIONS = frozenset(
    "sin cos tan sinh cosh tanh arcsin arccos arctan arsinh arcosh artanh cot sec csc coth sech csch "
    "ln log lg exp sqrt Gamma zeta sgn".split()
)  # of one argument
_OTHER_NAMES = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh",
    "arcsinh": "arsinh", "arccosh": "arcosh", "arctanh": "artanh", "tg": "tan", "ctg": "cot", "cosec": "csc",
}  # fmt: skip
_OF_SEVERAL = frozenset("max min gcd lcm".split())
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "sinh": "arsinh", "cosh": "arcosh", "tanh": "artanh"}
_PLAIN_NAMES = sorted(
    [*_FUNCTIONS, *_OTHER_NAMES, *_OF_SEVERAL, "pi", "infinity", "infty", "inf", "oo"], key=len, reverse=True
)
_BINDERS = frozenset("sum prod int lim".split())
_NO_FACTOR = frozenset("cdot times div cup cap in pm mp circ to bmod pmod mod rfloor rceil right".split())
_MIXED = re.compile(r"\s*\\frac\s*(?:\{(\d+)\}|(\d))\s*(?:\{(\d+)\}|(\d))")
_DIFFERENTIAL = re.compile(r"\s*d\s*(\\?[A-Za-z]+)")
_VECTOR = re.compile(r"\\(?:vec|overrightarrow)(?![A-Za-z])")
_INDEX_I = re.compile(r"(?<![A-Za-z\\])i(?![A-Za-z])")  # of a sum, not the imaginary unit
_POINTS = re.compile(r"\s*\{\s*([A-Z]{2})\s*\}")
_IN_NUMERATOR = re.compile(r"\\frac\s*\{([^{}]*?)\s*d\s*(\\?[A-Za-z]+)\s*\}\s*\{")
_UNKNOWN_FUNCTION = frozenset("fghFGP")


def parse(text: str) -> Node:
    r"""The tree of an expression in the spelling of `normalization.normalize`. Raises Unreadable.

    >>> parse("\\frac12+x")
    Operation(name='+', parts=(Operation(name='/', parts=(Number(value=Fraction(1, 1)), Number(value=Fraction(2, 1)))), Name(name='x')))
    """  # noqa: E501
    if len(text) > 500:
        raise Unreadable("too long")
    if "\\times" in text and _VECTOR.search(text):
        raise Unreadable("a cross product has an order")
    parser = _Parser(_INDEX_I.sub("j", text) if "_{i=" in text and "j" not in text else text)
    tree = parser.sum(0)
    if parser.peek():
        raise Unreadable(f"unexpected {parser.peek()!r}")
    return tree


@dataclass
class _Parser:
    text: str
    at: int = 0
    bars: int = field(default=0)  # open |…|: inside one, a bar closes it
    integrals: int = field(default=0)  # how many wait for their dx

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def take(self, token: str) -> bool:
        self.peek()
        if not self.text.startswith(token, self.at):
            return False
        after = self.text[self.at + len(token) : self.at + len(token) + 1]
        if token[0] == "\\" and token[-1].isalpha() and after.isalpha():
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
                tree = operation("+", tree, self.product(depth + 1))
            elif self.take("-"):
                tree = operation("+", tree, operation("neg", self.product(depth + 1)))
            elif self.take("\\bmod"):
                tree = operation("mod", tree, self.product(depth + 1))
            else:
                return tree

    def product(self, depth: int) -> Node:
        if self.take("-"):
            return operation("neg", self.product(depth + 1) if depth < _MAX_DEPTH else self.fail("nested too deep"))
        self.take("+")
        tree = self.power(depth + 1)
        while True:
            if self.take("\\cdot") or self.take("\\times") or self.take("*"):
                tree = operation("*", tree, self.signed(depth))
            elif self.take("/") or self.take("\\div"):
                tree = operation("/", tree, self.signed(depth))
            elif self.begins_factor():
                before = self.text[: self.at].rstrip()[-1:]
                if self.peek().isdigit() and (before.isdigit() or before == "."):
                    raise Unreadable("two numbers side by side")
                tree = operation("*", tree, self.power(depth + 1))
            else:
                return tree

    def signed(self, depth: int) -> Node:
        if self.take("-"):
            return operation("neg", self.power(depth + 1))
        self.take("+")
        return self.power(depth + 1)

    def begins_factor(self) -> bool:
        char = self.peek()
        if char == "|":
            return not self.bars
        if char == "\\":
            name = _NAME.match(self.text, self.at)
            return name is not None and name[1] not in _NO_FACTOR
        if char == "d" and self.integrals and _DIFFERENTIAL.match(self.text, self.at):
            return False
        return char.isalnum() or char in ("(", "[", "{", ".")

    def power(self, depth: int) -> Node:
        base = self.atom(depth)
        while True:
            if self.take("^\\circ"):
                base = operation("/", operation("*", base, Constant("pi")), rational(180))
            elif self.take("^"):
                base = operation("^", base, self.argument(depth + 1, signed=True))
                if self.peek() == "^":
                    raise Unreadable("double exponent")
            elif self.take("!!"):
                raise Unreadable("a double factorial")
            elif self.take("!"):
                base = operation("!", base)
            else:
                return base

    def argument(self, depth: int, signed: bool = False) -> Node:
        r"""What follows `\frac`, `\sqrt` or `^`: a group in braces, one digit, one letter or one command."""
        if self.take("{"):
            tree = self.sum(depth + 1)
            self.need("}")
            return tree
        char = self.peek()
        if signed and char in ("-", "+"):
            self.at += 1
            return operation("neg", self.argument(depth)) if char == "-" else self.argument(depth)
        if char.isdigit():
            if signed:  # 2^10 in plain text means ten; LaTeX reads one digit
                return self.numeral()
            self.at += 1
            return rational(int(char))
        return self.atom(depth + 1, one_letter=True)

    def numeral(self) -> Number:
        match = _NUMBER.match(self.text, self.at)
        if not match:
            raise Unreadable("no number")
        self.at = match.end()
        digits, _, repeating, exponent = match.groups()
        return Number(decimal(digits, repeating, exponent))

    def atom(self, depth: int, one_letter: bool = False) -> Node:
        if depth > _MAX_DEPTH:
            raise Unreadable("nested too deep")
        char = self.peek()
        if (char.isdigit() and char.isascii()) or char == ".":
            return self.mixed(self.numeral())
        for start, end in (("(", ")"), ("{", "}"), ("[", "]")):
            if self.take(start):
                return self.inside(end, depth)
        if char == "|":
            self.at += 1
            self.bars += 1
            tree = self.sum(depth + 1)
            self.bars -= 1
            self.need("|")
            return operation("abs", tree)
        name = _NAME.match(self.text, self.at)
        if not name:
            raise Unreadable(f"unexpected {char!r}")
        command, letters = name.groups()
        if command:
            self.at = name.end()
            return self.command(command, depth)
        return self.letters(letters, depth, one_letter)

    def inside(self, end: str, depth: int) -> Node:
        """The text up to a closing bracket, outside of any |…|."""
        bars, self.bars = self.bars, 0
        tree = self.sum(depth + 1)
        self.bars = bars
        self.need(end)
        return tree

    def mixed(self, whole: Number) -> Node:
        r"""`3\frac{1}{2}` is three and a half; `3\frac{x}{2}` is a product."""
        match = _MIXED.match(self.text, self.at)
        if not match or whole.value.denominator != 1:
            return whole
        top, bottom = int(match[1] or match[2]), int(match[3] or match[4])
        if not 0 < top < bottom:
            return whole
        self.at = match.end()
        return Number(whole.value + Fraction(top, bottom))

    def letters(self, letters: str, depth: int, one_letter: bool) -> Node:
        for plain in () if one_letter else _PLAIN_NAMES:
            is_function = plain in _FUNCTIONS or plain in _OTHER_NAMES or plain in _OF_SEVERAL
            if letters.startswith(plain) and (len(letters) == len(plain) or (is_function and len(plain) > 2)):
                self.at += len(plain)
                return self.command(plain, depth)
        if len(letters) > 3:
            raise Unreadable("a word")
        if self.integrals and (cut := letters.find("d", 1)) > 0 and not one_letter:
            letters = letters[:cut]
        self.at += 1
        return self.variable(letters[0])

    def variable(self, name: str) -> Node:
        if name in ("e", "i") and self.peek() != "_":
            return Constant(name)
        if self.take("_"):
            if self.take("{"):
                end = self.text.find("}", self.at)
                if end < 0:
                    raise Unreadable("open subscript")
                name, self.at = f"{name}_{''.join(self.text[self.at : end].split())}", end + 1
            else:
                match = re.compile(r"\\?\w").match(self.text, self.at) or self.fail("empty subscript")
                name, self.at = f"{name}_{match.group()}", match.end()
        while self.take("'"):
            name += "'"
        if name in _UNKNOWN_FUNCTION and self.text[self.at : self.at + 1] == "(":
            self.at += 1
            return Applied(name, self.arguments(")"))
        return Name(name)

    def arguments(self, end: str) -> tuple[Node, ...]:
        bars, self.bars = self.bars, 0
        parts = [self.sum(1)]
        while self.take(","):
            parts.append(self.sum(1))
        self.bars = bars
        self.need(end)
        return tuple(parts)

    def command(self, name: str, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise Unreadable("nested too deep")
        name = _OTHER_NAMES.get(name, name)
        if name in ("frac", "binom"):
            return operation("/" if name == "frac" else name, self.argument(depth + 1), self.argument(depth + 1))
        if name == "sqrt":
            return self.root(depth)
        if name == "pi":
            return Constant("pi")
        if name in ("infty", "infinity", "inf", "oo"):
            return Infinity()
        if name in ("lfloor", "lceil"):
            tree = self.inside("\\rfloor" if name == "lfloor" else "\\rceil", depth)
            return operation("floor" if name == "lfloor" else "ceil", tree)
        if name in _OF_SEVERAL:
            end = ")" if self.take("(") else "\\}" if self.take("\\{") else self.fail("of what")
            return operation(name, *self.arguments(end))
        if name in _BINDERS:
            return self.bound(name, depth)
        if name in _FUNCTIONS and not (name == "zeta" and self.peek() not in ("(", "{")):
            return self.function(name, depth)
        if name in ("vec", "overrightarrow"):
            if points := _POINTS.match(self.text, self.at):  # from A to B
                self.at = points.end()
                return Name(f"vector {points[1]}")
            vector = self.argument(depth + 1)
            return vector if isinstance(vector, Name) else self.fail("of what")
        if name in _GREEK:
            return self.variable("\\" + name)
        raise Unreadable(f"unknown command {name}")

    def root(self, depth: int) -> Node:
        degree: Node = rational(2)
        if self.take("["):
            degree = self.sum(depth + 1)
            self.need("]")
        if self.peek().isdigit():  # LaTeX would take one digit of \sqrt21
            return operation("root", degree, self.numeral())
        return operation("root", degree, self.argument(depth + 1) if self.peek() != "(" else self.atom(depth + 1))

    def function(self, name: str, depth: int) -> Node:
        base = exponent = None
        if name == "log" and self.take("_"):
            base = self.argument(depth + 1)
        if name == "lg":
            name, base = "log", rational(10)
        if self.take("^"):
            exponent = self.argument(depth + 1, signed=True)
            if exponent == operation("neg", rational(1)):
                name, exponent = _INVERSE.get(name) or self.fail("inverse of what"), None
        if self.peek() in ("(", "{", "["):
            argument = self.atom(depth + 1)
            if self.peek() == "^":
                raise Unreadable("a power after a function: ambiguous between value and argument")
        else:
            argument = self.bare_argument(depth)
        tree = operation("log", base, argument) if base else operation("ln" if name == "log" else name, argument)
        return operation("^", tree, exponent) if exponent else tree

    def bare_argument(self, depth: int) -> Node:
        r"""The argument of `\ln x^2`, `\sin 2x`: a product without functions in it."""
        argument = self.power(depth + 1)
        while self.begins_factor() and not self.at_function():
            argument = operation("*", argument, self.power(depth + 1))
        return argument

    def at_function(self) -> bool:
        name = _NAME.match(self.text, self.at)
        return (name is not None and (name[1] or name[2]) in _FUNCTIONS) or self.peek() in ("(", "[", "{")

    def bound(self, kind: str, depth: int) -> Node:
        r"""`\sum_{k=1}^{n} …`, `\int_0^1 … dx`, `\lim_{x\to 0} …`, with both ends."""
        self.need("_")
        if kind == "int":
            low = self.argument(depth + 1, signed=True)
            self.need("^")
            return self.integral(low, self.argument(depth + 1, signed=True), depth)
        self.need("{")
        name = self.atom(depth + 1, one_letter=True)
        self.need("\\to" if kind == "lim" else "=")
        low = self.sum(depth + 1)
        side = self.take("^") and (self.take("+") or self.take("-") or self.fail("which side"))
        self.need("}")
        if not isinstance(name, Name) or side:
            raise Unreadable("over what")
        if kind == "lim":
            return Bound(kind, name.name, (self.product(depth + 1), low))
        self.need("^")
        high = self.argument(depth + 1, signed=True)
        return Bound(kind, name.name, (self.product(depth + 1), low, high))

    def integral(self, low: Node, high: Node, depth: int) -> Node:
        self.differential_last()
        self.integrals += 1
        inner = rational(1) if _DIFFERENTIAL.match(self.text, self.at) else self.sum(depth + 1)
        differential = _DIFFERENTIAL.match(self.text, self.at) or self.fail("no differential")
        self.integrals -= 1
        self.at = differential.end()
        return Bound("int", differential[1], (inner, low, high))

    def differential_last(self) -> None:
        r"""`\frac{x dx}{B}` becomes `\frac{x}{B} dx`."""
        self.peek()
        top = _IN_NUMERATOR.match(self.text, self.at)
        if top and (end := closing_brace(self.text, top.end())) >= 0:
            fraction = f"\\frac{{{top[1].strip() or 1}}}{{{self.text[top.end() : end]}}} d{top[2]}"
            self.text = self.text[: self.at] + fraction + self.text[end + 1 :]

    @staticmethod
    def fail(why: str) -> NoReturn:
        raise Unreadable(why)


def decimal(digits: str, repeating: str | None = None, exponent: str | None = None) -> Fraction:
    r"""`0.1\overline{6}` and `2.5e3` as exact fractions. Raises Unreadable beyond 500 digits or 400 powers of ten.

    >>> decimal("0.1", "6"), decimal("2.5", None, "3")
    (Fraction(1, 6), Fraction(2500, 1))
    """
    if len(digits) + len(repeating or "") > 500 or abs(int(exponent or 0)) > 400:
        raise Unreadable("too many digits")
    if digits.isdigit() and not repeating and not exponent:  # most are whole, and Fraction is slow on text
        return Fraction(int(digits))
    value = Fraction("0" + digits.rstrip("."))
    if repeating:
        if "." not in digits:
            raise Unreadable("a bar over a whole number")
        places = len(digits.partition(".")[2])
        value += Fraction(int(repeating), (10 ** len(repeating) - 1) * 10**places)
    return value * Fraction(10) ** int(exponent or 0)
