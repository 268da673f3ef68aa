r"""Seeded GRPO batches with known truth: golds, and for each of them completions of which half are right.

A completion is 200 to 2,000 tokens of reasoning, at 4 characters a token, and then an answer that is the gold in one of
its usual forms, or a near miss.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

GOLDS, COMPLETIONS = 250, 8  # a batch, as a step of GRPO has it
CHARACTERS = 4  # a token


@dataclass(frozen=True)
class Batch:
    """Completions with their golds; `truth` is None for a hostile item, whose verdict may be 0 or None."""

    completions: list[str]
    golds: list[str]
    truth: list[bool | None]

    def __len__(self) -> int:
        return len(self.golds)

    def first(self, count: int) -> "Batch":
        return Batch(self.completions[:count], self.golds[:count], self.truth[:count])


Problem = tuple[str, list[str], list[str]]  # gold, right answers, wrong answers


def integer(rng: random.Random) -> Problem:
    n = rng.choice([rng.randint(2, 99), rng.randint(100, 999), rng.randint(1000, 99_999)])
    right = [f"{n}", f"{n}", f"{n}", f"{n}.0", f"\\${n}", f"{n}\\text{{ apples}}"]
    if n >= 1000:
        right += [f"{n:,}", f"{n:,}".replace(",", "{,}")]
    return f"{n}", right, [f"{n + 1}", f"{n - 1}", f"{2 * n}", f"{n}0", f"-{n}", f"{n + rng.randint(2, 30)}"]


def decimal(rng: random.Random) -> Problem:
    cents = rng.randint(101, 9999)
    cents += cents % 10 == 0
    whole, rest = divmod(cents, 100)
    gold = f"{whole}.{rest:02d}"
    value = Fraction(cents, 100)
    right = [gold, f"{gold}0", f"\\frac{{{value.numerator}}}{{{value.denominator}}}", f"\\${gold}"]
    return gold, right, [f"{whole}.{(rest + 1) % 100:02d}", f"{whole + 1}.{rest:02d}", f"{whole}", f"{cents}"]


def fraction(rng: random.Random) -> Problem:
    value = Fraction(rng.randint(1, 40), rng.choice([3, 6, 7, 9, 11, 12, 13, 15, 17, 21]))
    top, bottom = value.numerator, value.denominator
    if bottom == 1:
        return fraction(rng)
    right = [f"\\frac{{{top}}}{{{bottom}}}", f"\\dfrac{{{top}}}{{{bottom}}}", f"{top}/{bottom}"]
    right += [f"\\frac{{{2 * top}}}{{{2 * bottom}}}", f"\\frac{top}{bottom}"] if top < 10 > bottom else []
    wrong = [
        f"\\frac{{{bottom}}}{{{top + bottom}}}",
        f"\\frac{{{top + 1}}}{{{bottom}}}",
        f"-\\frac{{{top}}}{{{bottom}}}",
    ]
    rounded = f"{float(value):.3f}"
    return right[0], right, wrong if Fraction(rounded) == value else [*wrong, rounded]


def expression(rng: random.Random) -> Problem:
    a, b, c = rng.randint(2, 9), rng.randint(2, 9), rng.choice([2, 3, 5, 6, 7, 10, 11])
    return rng.choice(
        [
            (
                f"{a}\\sqrt{{{c}}}",
                [f"{a}\\sqrt{{{c}}}", f"{a} \\sqrt {c}" if c < 10 else f"{a}\\sqrt{{{c}}}", f"\\sqrt{{{a * a * c}}}"],
                [f"{a + 1}\\sqrt{{{c}}}", f"{a}\\sqrt{{{c + 1}}}", f"{a * c}", f"{c}\\sqrt{{{a * a * a + 1}}}"],
            ),
            (
                f"\\frac{{{a}\\pi}}{{{a + 1}}}",
                [f"\\frac{{{a}\\pi}}{{{a + 1}}}", f"\\dfrac{{{a}}}{{{a + 1}}}\\pi", f"{a}\\pi/{a + 1}"],
                [f"\\frac{{{a + 1}\\pi}}{{{a}}}", f"\\frac{{{a}}}{{{a + 1}}}", f"\\frac{{{a + 1}\\pi}}{{{a + 2}}}"],
            ),
            (
                f"{a}x^2 + {b}x - {c}",
                [f"{a}x^2+{b}x-{c}", f"{b}x - {c} + {a}x^{{2}}", f"x({a}x + {b}) - {c}", f"{a}x^2 + {b}x - {c}"],
                [f"{a}x^2 - {b}x - {c}", f"{a}x^2 + {b}x + {c}", f"{a + 1}x^2 + {b}x - {c}", f"{a}x^3 + {b}x - {c}"],
            ),
            (
                f"(x+{a})(x-{b})",
                [f"(x+{a})(x-{b})", f"(x-{b})(x+{a})", f"x^2 + ({a - b})x - {a * b}"],
                [f"(x-{a})(x-{b})", f"(x+{a})(x-{b + 1})", f"x^2 - {a * b}"],
            ),
            (
                f"{a}^{{{b}}} + {c}",
                [f"{a}^{{{b}}} + {c}", f"{c}+{a}^{b}", f"{a**b + c}"],
                [f"{a}^{{{b}}} - {c}", f"{a + 1}^{{{b}}} + {c}", f"{a**b + c + 1}"],
            ),
            (
                f"{a} + {b}i",
                [f"{a}+{b}i", f"{b}i + {a}", f"{a} + {b}i"],
                [f"{a} - {b}i", f"{b + 1} + {a}i", f"{a + b}", f"-{a} + {b}i"],
            ),
            (
                f"{a}\\ln {c}",
                [f"{a}\\ln {c}", f"{a} \\ln({c})", f"\\ln {c**a}"],
                [f"{a}\\ln {c + 1}", f"{a + 1}\\ln {c}", f"\\ln {c}"],
            ),
            (
                f"\\frac{{x+{a}}}{{x-{b}}}",
                [f"\\frac{{x+{a}}}{{x-{b}}}", f"\\frac{{{a}+x}}{{x-{b}}}", f"1 + \\frac{{{a + b}}}{{x-{b}}}"],
                [f"\\frac{{x-{a}}}{{x-{b}}}", f"\\frac{{x+{a}}}{{x+{b}}}", f"\\frac{{x-{b}}}{{x+{a}}}"],
            ),
        ]
    )


def interval(rng: random.Random) -> Problem:
    a = rng.randint(-9, 8)
    b = a + rng.randint(1, 9)
    return rng.choice(
        [
            (
                f"[{a}, {b})",
                [f"[{a},{b})", f"{a} \\le x < {b}", f"x \\in [{a}, {b})", f"\\left[{a}, {b}\\right)"],
                [f"({a},{b})", f"[{a},{b}]", f"[{a},{b + 1})", f"({a},{b}]"],
            ),
            (
                f"({a}, \\infty)",
                [f"({a},\\infty)", f"x > {a}", f"({a}, +\\infty)", f"{a} < x"],
                [f"[{a},\\infty)", f"x < {a}", f"({a + 1},\\infty)", f"(-\\infty, {a})"],
            ),
            (
                f"(-\\infty, {a}) \\cup ({b}, \\infty)",
                [f"(-\\infty,{a})\\cup({b},\\infty)", f"({b},\\infty)\\cup(-\\infty,{a})"],
                [f"({a},{b})", f"(-\\infty,{a}]\\cup[{b},\\infty)", f"(-\\infty,{a})\\cup({b + 1},\\infty)"],
            ),
        ]
    )


def collection(rng: random.Random) -> Problem:
    a, b, c = rng.sample(range(-9, 20), 3)
    return rng.choice(
        [
            (
                f"\\{{{a}, {b}, {c}\\}}",
                [f"\\{{{c},{a},{b}\\}}", f"\\{{{a}, {b}, {c}\\}}", f"\\left\\{{{b},{a},{c}\\right\\}}"],
                [f"\\{{{a}, {b}\\}}", f"\\{{{a},{b},{c + 1}\\}}", f"({a},{b},{c})"],
            ),
            (
                f"{a}, {b}",
                [f"{b}, {a}", f"{a},{b}", f"{a} \\text{{ and }} {b}", f"x = {a}, x = {b}"],
                [f"{a}", f"{a}, {b + 1}", f"{a},{b},{c}"],
            ),
        ]
    )


def ordered(rng: random.Random) -> Problem:
    a, b = rng.sample(range(-9, 20), 2)
    d = rng.randint(2, 9)
    return rng.choice(
        [
            (
                f"({a}, {b})",
                [f"({a},{b})", f"\\left({a}, {b}\\right)", f"(x,y) = ({a},{b})"],
                [f"({b},{a})", f"({a},{b + 1})", f"\\{{{a},{b}\\}}", f"({-a - 1},{b})"],
            ),
            (
                f"\\left( {a}, \\frac{{\\pi}}{{{d}}} \\right)",
                [f"({a}, \\pi/{d})", f"\\left({a},\\frac{{\\pi}}{{{d}}}\\right)"],
                [f"({a}, \\frac{{\\pi}}{{{d + 1}}})", f"(\\frac{{\\pi}}{{{d}}}, {a})", f"({a}, {d})"],
            ),
        ]
    )


def matrix(rng: random.Random) -> Problem:
    a, b, c, d = (rng.randint(-9, 9) for _ in range(4))
    column = f"\\begin{{pmatrix}} {a} \\\\ {b} \\\\ {c + 10} \\end{{pmatrix}}"
    square = f"\\begin{{pmatrix}} {a} & {b + 10} \\\\ {c} & {d} \\end{{pmatrix}}"
    return rng.choice(
        [
            (
                column,
                [column, column.replace("pmatrix", "bmatrix"), f"({a},{b},{c + 10})", column.replace(" ", "")],
                [column.replace(f" {c + 10} ", f" {c + 11} "), f"({c + 10},{b + 11},{a})", f"({a},{b})"],
            ),
            (
                square,
                [square, square.replace("pmatrix", "bmatrix"), square.replace(" & ", "&")],
                [
                    f"\\begin{{pmatrix}} {a} & {b + 10} \\\\ {c} & {d + 1} \\end{{pmatrix}}",
                    f"\\begin{{pmatrix}} {a} & {c - 1} \\\\ {b + 10} & {d} \\end{{pmatrix}}",
                ],
            ),
        ]
    )


def equation(rng: random.Random) -> Problem:
    a, b = rng.randint(2, 9), rng.randint(1, 9)
    return rng.choice(
        [
            (
                f"y = {a}x + {b}",
                [f"y={a}x+{b}", f"y = {b} + {a}x", f"{a}x + {b}", f"y - {a}x = {b}"],
                [f"y = {a}x - {b}", f"y = {a + 1}x + {b}", f"y = {b + 10}x + {a}"],
            ),
            (f"x = {a}", [f"x={a}", f"{a}", f"x = {a}.0"], [f"x = {a + 1}", f"{a + 1}", f"x = -{a}"]),
            (
                f"x^2 + y^2 = {a * a}",
                [f"y^2+x^2={a * a}", f"x^2+y^2-{a * a}=0", f"x^2 + y^2 = {a}^2"],
                [f"x^2+y^2={a}", f"x^2-y^2={a * a}", f"x^2+y^2={a * a + 1}"],
            ),
        ]
    )


def measured(rng: random.Random) -> Problem:
    n = rng.randint(2, 90)
    return rng.choice(
        [
            (
                f"{n} \\text{{ cm}}",
                [f"{n}", f"{n} cm", f"{n}\\,\\mathrm{{cm}}", f"{n}0 \\text{{ mm}}"],
                [f"{n} m", f"{n}0 cm"],
            ),
            (
                f"{n} \\text{{ cm}}^2",
                [f"{n}", f"{n}\\text{{ cm}}^2", f"{n} cm^2"],
                [f"{n}\\text{{ cm}}", f"{n + 1}\\text{{ cm}}^2"],
            ),
            (f"{n}^\\circ", [f"{n}", f"{n}^{{\\circ}}", f"{n} \\text{{ degrees}}"], [f"{n + 1}^\\circ", f"{n + 2}"]),
            (f"\\${n}", [f"{n}", f"\\${n}.00", f"{n} \\text{{ dollars}}"], [f"\\${n + 1}", f"{n}0"]),
            (
                f"{n} \\text{{ weeks}}",
                [f"{n}", f"{n} weeks", f"{7 * n} \\text{{ days}}"],
                [f"{n} days", f"{n + 1} weeks"],
            ),
        ]
    )


def percent(rng: random.Random) -> Problem:
    n = rng.randint(2, 99)
    right = [f"{n}\\%", f"{n}%", f"{n}", f"{n / 100:.2f}", f"{n} \\text{{ percent}}"]
    return f"{n}\\%", right, [f"{n + 1}\\%", f"{n}0\\%", f"{n - 1}", f"{n / 10:.1f}"]


def choice(rng: random.Random) -> Problem:
    letter, other = rng.sample("ABCDE", 2)
    gold = rng.choice([letter, f"\\text{{({letter})}}"])
    right = [letter, f"({letter})", f"\\text{{{letter}}}", f"{letter}. the one", f"\\textbf{{({letter})}}"]
    return gold, right, [other, f"({other})", f"\\text{{{other}}}", f"{letter}, {other}"]


MIXED: list[Callable[[random.Random], Problem]] = [
    integer, decimal, fraction, expression, expression, interval, collection, ordered, matrix, equation, measured,
    percent, choice,
]  # fmt: skip
SETS = {"A": [integer], "B": MIXED}

_SENTENCES = [
    "Let me start from what is given: there are {a} of one kind and {b} of the other. ",
    "So $x = {a}$ and $y = {b}$, and then ${a} + {b} = {c}$. ",
    "We multiply: ${a} \\times {b} = {d}$. ",
    "Wait, that is not what the question asks for. ",
    "The fraction is $\\frac{{{a}}}{{{b}}}$, which is less than {c}. ",
    "Now substitute back: $2x^2 + {a}x - {b} = 0$, so $x = \\frac{{-{a} + \\sqrt{{{d}}}}}{{4}}$. ",
    "Let me check this once more.\n\n",
    "If we divide {d} by {a}, we get {b}. ",
    "Therefore the other side has a length of $\\sqrt{{{a}^2 + {b}^2}}$. ",
    "Hmm, I should be careful with the sign here. ",
]


def reasoning(rng: random.Random, characters: int) -> str:
    parts, length = [], 0
    while length < characters:
        a, b = rng.randint(2, 99), rng.randint(2, 99)
        parts.append(rng.choice(_SENTENCES).format(a=a, b=b, c=a + b, d=a * b))
        length += len(parts[-1])
    return "".join(parts)[:characters]


def completion(rng: random.Random, answer: str, form: str) -> str:
    """`boxed`: the reasoning in the open and a box at its end; `tags`: a thought, then `<answer>`."""
    thought = reasoning(rng, CHARACTERS * rng.randint(200, 2000))
    if form == "tags":
        return f"<think>{thought}</think>\n<answer>$\\boxed{{{answer}}}$</answer>"
    return f"{thought}\n\nTherefore, the final answer is $\\boxed{{{answer}}}$."


def make(kinds: str, form: str = "boxed", seed: int = 0, golds: int = GOLDS) -> Batch:
    """A batch in the order of a GRPO step: the completions of a gold stand together."""
    rng = random.Random(f"{kinds} {seed}")
    rows = []
    for number in range(golds):
        gold, right, wrong = SETS[kinds][number % len(SETS[kinds])](rng)
        members = [(rng.choice(right), True) for _ in range(COMPLETIONS // 2)]
        members += [(rng.choice(wrong), False) for _ in range(COMPLETIONS // 2)]
        rng.shuffle(members)
        rows += [(completion(rng, answer, form), gold, truth) for answer, truth in members]
    return Batch(*map(list, zip(*rows, strict=True)))


HOSTILE = [
    "9^{9^{9^{9}}}",
    "(10^8)!",
    "((9!)!)!",
    "10^{10^{10}}",
    "\\binom{10^9}{5 \\cdot 10^8}",
    "{" * 10**5 + "1" + "}" * 10**5,
    "(" * 10**5 + "1" + ")" * 10**5,
    "\\frac{1}{" * 10**4 + "1" + "}" * 10**4,
    "9" * 10**6,
    "x + " * (10**6 // 4) + "1",
    "1." + "3" * 50_000,
    "\\frac{1}{\\left(2",
    "\\begin{pmatrix} 1 & \\\\ \\end{cases}",
    "\x00\x01\x1b[2J\x7f\u202e1",
    "\\sin(" * 50 + "x" + ")" * 50,
    "(x+y+z)^{999} - (x+y)^{998}",
    "\\int_0^{\\infty} x^{x^{x}} dx",
    "\\sum_{k=1}^{10^9} \\frac{1}{k!}",
    "e^{e^{e^{e^{e}}}}",
    "\\sqrt{" * 300 + "2" + "}" * 300,
]


def with_hostile(batch: Batch, seed: int = 0) -> Batch:
    """The batch with hostile completions at random places, one to a hundred clean ones; their golds are the batch's own."""
    rng = random.Random(f"hostile {seed}")
    rows = list(zip(batch.completions, batch.golds, batch.truth, strict=True))
    for number in range(max(1, len(batch) // 100)):
        answer = HOSTILE[number % len(HOSTILE)]
        rows.insert(rng.randint(0, len(rows)), (f"So it is \\boxed{{{answer}}}", rng.choice(batch.golds), None))
    return Batch(*map(list, zip(*rows, strict=True)))
