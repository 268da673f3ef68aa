# ruff: noqa: E501, RUF001 (tables of prose in several scripts)
"""Word problems with a chain of arithmetic behind each, so that a right and a wrong derivation can both be written out.

A problem is a question and a list of steps `(what, left, operator, right)`; a `str` operand such as `"#0"` is the value of
an earlier step. Solving with a slip changes one value and carries the mistake through to the answer, as models do.
"""

from dataclasses import dataclass
from fractions import Fraction
from random import Random

NAMES = "Maya Tom Aisha Ben Lena Omar Priya Jack Sofia Wei Carlos Nina Ethan Ruth Ivan Grace".split()
GOODS = "pens notebooks apples tickets mugs stickers sandwiches marbles bricks lanterns plants postcards".split()
PLACES = [
    "a bakery",
    "the school fair",
    "a bookshop",
    "the harbour",
    "a farm",
    "a small factory",
    "the library",
    "a garage",
]

OPERATIONS = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: Fraction(a) / b,
}


def shown(value) -> str:
    """A value as it is written in an answer: `12`, `-3`, `7/4`."""
    value = Fraction(value)
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


@dataclass(slots=True)
class Problem:
    """One row of the data set. `difficulty` is in logits: 0 is solved half the time by a policy of skill 0."""

    question: str
    steps: list
    answer: str
    difficulty: float

    def solve(self, rng: Random, right: bool) -> tuple[list[tuple[str, str, str]], str]:
        """The derivation as `(what, expression, value)` per step, and the final answer; never the right one with `right` false."""
        slip = -1 if right else rng.randrange(len(self.steps))
        values, lines = [], []
        for index, (what, left, operator, other) in enumerate(self.steps):
            a = values[int(left[1:])] if isinstance(left, str) else left
            b = values[int(other[1:])] if isinstance(other, str) else other
            value = OPERATIONS[operator](a, b) if operator != "/" or b else Fraction(a)
            if index == slip:
                value += rng.choice((-10, -2, -1, 1, 1, 2, 3, 10)) if rng.random() < 0.7 else value + 1
            values.append(value)
            lines.append((what, f"{shown(a)} {operator} {shown(b)}", shown(value)))
        answer = lines[-1][2]
        if not right and answer == self.answer:
            answer = shown(Fraction(self.answer) + rng.choice((-1, 1, 2)))
            lines[-1] = (*lines[-1][:2], answer)
        return lines, answer


def _shop(r):
    n, g = r.choice(NAMES), r.choice(GOODS)
    a, p, paid = r.randint(3, 24), r.randint(2, 15), r.randint(1, 9) * 100
    return (
        f"{n} buys {a} {g} at {p} dollars each and pays with {paid} dollars. How many dollars of change does {n} get?",
        [("the cost", a, "*", p), ("the change", paid, "-", "#0")],
    )


def _share(r):
    n, g, k = r.choice(NAMES), r.choice(GOODS), r.randint(3, 9)
    each, more = r.randint(4, 30), r.randint(5, 40)
    return (
        f"{n} has {each * k - more} {g} and finds {more} more. All of them are shared equally among {k} friends. How many does each friend get?",
        [("the number of all items", each * k - more, "+", more), ("the share of one friend", "#0", "/", k)],
    )


def _rate(r):
    p, h, v, m = r.choice(PLACES), r.randint(3, 12), r.randint(8, 60), r.randint(2, 7)
    return (
        f"A machine at {p} makes {v} parts an hour and runs {h} hours a day. {m} of the parts of a day are faulty. How many good parts are made in 5 days?",
        [
            ("the parts of a day", v, "*", h),
            ("the good parts of a day", "#0", "-", m),
            ("the good parts of five days", "#1", "*", 5),
        ],
    )


def _ages(r):
    a, b = r.sample(NAMES, 2)
    y, d, z = r.randint(6, 30), r.randint(2, 15), r.randint(3, 20)
    return (
        f"{a} is {y} years old and {b} is {d} years older. What will the sum of their ages be in {z} years?",
        [
            ("the other age", y, "+", d),
            ("the sum of the ages now", "#0", "+", y),
            ("the years added to both", 2, "*", z),
            ("the later sum", "#1", "+", "#2"),
        ],
    )


def _fence(r):
    w, long, c = r.randint(4, 40), r.randint(5, 60), r.randint(2, 14)
    return (
        f"A rectangular garden is {long} metres long and {w} metres wide. A metre of fence costs {c} dollars. What does the fence around the garden cost?",
        [
            ("half of the perimeter", long, "+", w),
            ("the perimeter", 2, "*", "#0"),
            ("the cost of the fence", "#1", "*", c),
        ],
    )


def _pages(r):
    n, t, d, p = r.choice(NAMES), r.randint(150, 700), r.randint(3, 9), r.randint(10, 16)
    return (
        f"{n} reads a book of {t} pages, {p} pages a day for {d} days. How many pages are left?",
        [("the pages already read", p, "*", d), ("the pages left", t, "-", "#0")],
    )


def _linear(r):
    a, x, b = r.randint(2, 12), r.randint(-9, 25), r.randint(-30, 40)
    return (
        f"Solve for x: {a}x {'+' if b >= 0 else '-'} {abs(b)} = {a * x + b}.",
        [("the right side without the constant", a * x + b, "-", b), ("the value of x", "#0", "/", a)],
    )


def _mean(r):
    xs = [r.randint(2, 60) for _ in range(3)]
    return (
        f"What is the mean of the numbers {xs[0]}, {xs[1]} and {xs[2]}?",
        [
            ("the sum of the first two", xs[0], "+", xs[1]),
            ("the sum of all three", "#0", "+", xs[2]),
            ("the mean", "#1", "/", 3),
        ],
    )


def _train(r):
    v, t, u = r.randint(40, 140), r.randint(2, 9), r.randint(30, 90)
    return (
        f"A train travels {t} hours at {v} km per hour and then 3 hours at {u} km per hour. How far does it travel in all, in km?",
        [
            ("the first distance", v, "*", t),
            ("the second distance", 3, "*", u),
            ("the whole distance", "#0", "+", "#1"),
        ],
    )


def _fraction(r):
    a, b, c = r.randint(1, 9), r.choice((3, 4, 5, 7, 8, 9)), r.choice((2, 3, 4, 5, 6))
    return (
        f"Compute {a}/{b} divided by {c}, and give the result as a fraction in lowest terms.",
        [("the first fraction", a, "/", b), ("the quotient", "#0", "/", c)],
    )


def _recipe(r):
    n, f, m, c = r.choice(NAMES), r.randint(2, 9), r.randint(3, 12), r.randint(2, 6)
    return (
        f"{n} bakes {m} trays of cookies. Each tray needs {f} cups of flour and {c} cups of sugar, and 4 cups of flour are spilled. How many cups of flour and sugar are used up together?",
        [
            ("the flour in the trays", m, "*", f),
            ("the flour with the spilled part", "#0", "+", 4),
            ("the sugar", m, "*", c),
            ("both together", "#1", "+", "#2"),
        ],
    )


def _sequence(r):
    a, d, n = r.randint(-8, 30), r.randint(2, 13), r.randint(8, 60)
    return (
        f"The first term of an arithmetic sequence is {a} and its common difference is {d}. What is term number {n}?",
        [("the number of differences", n, "-", 1), ("the growth over them", "#0", "*", d), ("the term", a, "+", "#1")],
    )


def _es_shop(r):
    a, p, b = r.randint(3, 24), r.randint(2, 15), r.randint(5, 90)
    return (
        f"En una tienda se compran {a} cuadernos a {p} euros cada uno y una mochila de {b} euros. ¿Cuánto se paga en total?",
        [("el precio de los cuadernos", a, "*", p), ("el total", "#0", "+", b)],
    )


def _es_bus(r):
    a, b, c = r.randint(20, 60), r.randint(2, 15), r.randint(2, 20)
    return (
        f"Un autobús sale con {a} viajeros. En la primera parada bajan {b} y en la segunda suben {c}. ¿Cuántos viajeros quedan?",
        [("los que siguen tras la primera parada", a, "-", b), ("los viajeros al final", "#0", "+", c)],
    )


def _es_field(r):
    a, b, c = r.randint(5, 50), r.randint(4, 40), r.randint(2, 9)
    return (
        f"Un campo mide {a} metros de largo y {b} de ancho. Cada metro cuadrado da {c} kilos de trigo. ¿Cuántos kilos se recogen?",
        [("la superficie", a, "*", b), ("la cosecha", "#0", "*", c)],
    )


def _zh_shop(r):
    a, p, b = r.randint(3, 24), r.randint(2, 15), r.randint(5, 90)
    return (
        f"小明买了{a}支笔，每支{p}元，又买了一本{b}元的书。他一共花了多少元？",
        [("笔的价钱", a, "*", p), ("总价", "#0", "+", b)],
    )


def _zh_road(r):
    v, t, b = r.randint(30, 110), r.randint(2, 9), r.randint(5, 90)
    return (
        f"一辆汽车以每小时{v}千米的速度行驶{t}小时，然后又行驶了{b}千米。它一共行驶了多少千米？",
        [("前一段路程", v, "*", t), ("全部路程", "#0", "+", b)],
    )


def _zh_class(r):
    a, b, c = r.randint(3, 12), r.randint(20, 50), r.randint(2, 19)
    return (
        f"学校有{a}个班，每班{b}人，今天有{c}人请假。今天到校的有多少人？",
        [("全校人数", a, "*", b), ("到校人数", "#0", "-", c)],
    )


def _ru_shop(r):
    a, p, b = r.randint(3, 24), r.randint(2, 15), r.randint(5, 90)
    return (
        f"Маша купила {a} тетрадей по {p} рублей и книгу за {b} рублей. Сколько рублей она заплатила всего?",
        [("цена тетрадей", a, "*", p), ("вся сумма", "#0", "+", b)],
    )


def _ru_road(r):
    v, t, b = r.randint(30, 110), r.randint(2, 9), r.randint(5, 90)
    return (
        f"Поезд шёл {t} часов со скоростью {v} км в час, а потом прошёл ещё {b} км. Какой путь он прошёл?",
        [("первая часть пути", v, "*", t), ("весь путь", "#0", "+", b)],
    )


TEMPLATES = {
    "en": (_shop, _share, _rate, _ages, _fence, _pages, _linear, _mean, _train, _fraction, _recipe, _sequence),
    "es": (_es_shop, _es_bus, _es_field),
    "zh": (_zh_shop, _zh_road, _zh_class),
    "ru": (_ru_shop, _ru_road),
}


def pool(rng: Random, size: int, language: str = "en", spread: float = 1.3) -> list[Problem]:
    """`size` problems with different questions; `spread` is the standard deviation of their difficulty in logits."""
    problems, seen = [], set()
    while len(problems) < size:
        question, steps = rng.choice(TEMPLATES[language])(rng)
        if question in seen:
            continue
        seen.add(question)
        problem = Problem(question, steps, "", rng.gauss(0.25 * (len(steps) - 2), spread))
        problem.answer = Problem.solve(problem, rng, right=True)[1]
        problems.append(problem)
    return problems
