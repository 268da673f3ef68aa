# ruff: noqa: E501 (tables of prose in several scripts)
"""Tasks of several kinds. An item has a question, a gold answer (None where a program or a judge decides) and a derivation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd
from random import Random

from benchmarks.diagnosis.first import problems, prose

STEPS = (
    "{what}: {expression} = {value}.",
    "{expression} = {value}, so that is {what}.",
    "Work out {what} as {expression}, giving {value}.",
    "I need {what}; {expression} makes {value}.",
    "With {expression} I get {what}, namely {value}.",
    "{what} should be {value} ({expression}).",
    "Adding it up, {what} becomes {expression} = {value}.",
    "* {what} -> {expression} = {value}",
    "{value} is {what}, from {expression}.",
    "Let me write {what} = {expression} = {value}.",
)


@dataclass(slots=True)
class Item:
    """One row of a data set; `derive(rng, right)` gives the core sentences and the final answer."""

    question: str
    answer: str | None
    difficulty: float
    derive: Callable = field(repr=False, default=None)
    task: str = ""
    language: str = "en"
    gold: str | None = None  # what the checker compares with, where the column shows it otherwise


def tex(value) -> str:
    """A value as LaTeX writes it: `\\frac{3}{4}`, `-2`."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def arithmetic(r: Random, difficulty: float, language: str = "en") -> Item:
    question, steps = r.choice(problems.TEMPLATES[language])(r)
    problem = problems.Problem(question, steps, "", difficulty)
    problem.answer = problem.solve(r, True)[1]

    def derive(rng, right):
        lines, answer = problem.solve(rng, right)
        bank = STEPS if language == "en" else prose.BANKS[language].steps
        return [rng.choice(bank).format(what=what, expression=text, value=value) for what, text, value in lines], answer

    return Item(question, problem.answer, difficulty, derive, "arithmetic", language)


def _quadratic(r):
    p, q = r.sample(range(-9, 13), 2)
    return (
        f"Find the larger root of $x^2 {-(p + q):+d}x {p * q:+d} = 0$.",
        max(p, q),
        (
            f"The roots have sum ${p + q}$ and product ${p * q}$.",
            f"Factoring gives $(x{-p:+d})(x{-q:+d}) = 0$.",
            "The larger one is $x = {ans}$.",
        ),
    )


def _derivative(r):
    a, b, c = r.randint(2, 9), r.randint(-9, 9), r.randint(-4, 5)
    return (
        f"Let $f(x) = {a}x^3 {b:+d}x$. Compute $f'({c})$.",
        3 * a * c * c + b,
        (f"We have $f'(x) = {3 * a}x^2 {b:+d}$.", f"At $x = {c}$ the square is ${c * c}$.", "So $f' = {ans}$ there."),
    )


def _integral(r):
    a, b, c = r.randint(1, 8), r.randint(1, 6), r.randint(-7, 9)
    return (
        f"Evaluate $\\int_0^{{{b}}} ({2 * a}x {c:+d})\\,dx$.",
        a * b * b + c * b,
        (
            f"An antiderivative is $F(x) = {a}x^2 {c:+d}x$.",
            f"$F(0) = 0$, so only $F({b})$ counts.",
            "$F$ at the upper bound is ${ans}$.",
        ),
    )


def _fractions(r):
    a, b, c, d = r.randint(1, 9), r.randint(2, 12), r.randint(1, 9), r.randint(2, 12)
    return (
        f"Simplify $\\frac{{{a}}}{{{b}}} + \\frac{{{c}}}{{{d}}}$ to lowest terms.",
        Fraction(a, b) + Fraction(c, d),
        (
            f"A common denominator is ${b * d}$.",
            f"The numerators are ${a * d}$ and ${c * b}$.",
            f"Dividing by $\\gcd = {gcd(a * d + c * b, b * d)}$ leaves ${{ans}}$.",
        ),
    )


def _power(r):
    a, n, m = r.randint(2, 12), r.randint(6, 60), r.choice((7, 9, 11, 13, 17))
    return (
        f"What is the remainder when ${a}^{{{n}}}$ is divided by ${m}$?",
        pow(a, n, m),
        (
            f"Look at the powers of ${a}$ modulo ${m}$.",
            f"${a}^2 \\equiv {a * a % m}$ and ${a}^3 \\equiv {a**3 % m} \\pmod{{{m}}}$.",
            "Going along the cycle, we land on ${ans}$.",
        ),
    )


def _determinant(r):
    a, b, c, d = (r.randint(-7, 9) for _ in range(4))
    return (
        f"Find the determinant of $\\begin{{pmatrix}} {a} & {b} \\\\ {c} & {d} \\end{{pmatrix}}$.",
        a * d - b * c,
        (
            "For a $2 \\times 2$ matrix the determinant is $ad - bc$.",
            f"Here $ad = {a * d}$ and $bc = {b * c}$.",
            "The difference is ${ans}$.",
        ),
    )


def _urn(r):
    a, b = r.randint(2, 9), r.randint(2, 9)
    return (
        f"An urn holds ${a}$ red and ${b}$ blue balls. Two are drawn without replacement. What is the probability that both are red?",
        Fraction(a * (a - 1), (a + b) * (a + b - 1)),
        (
            f"The first is red with probability $\\frac{{{a}}}{{{a + b}}}$.",
            f"Then ${a - 1}$ of ${a + b - 1}$ are red.",
            "The product reduces to ${ans}$.",
        ),
    )


LATEX = (_quadratic, _derivative, _integral, _fractions, _power, _determinant, _urn)


def latex(r: Random, difficulty: float) -> Item:
    question, value, lines = r.choice(LATEX)(r)

    def derive(rng, right):
        off = rng.choice((-3, -2, -1, 1, 2, 4)) if Fraction(value).denominator == 1 else Fraction(rng.choice((1, 2)), 7)
        answer = tex(value if right else Fraction(value) + off)
        return [line.replace("{ans}", answer) for line in lines], answer

    return Item(question, tex(value), difficulty, derive, "latex")


CAPITALS = dict(
    pair.split(":")
    for pair in "France:Paris Japan:Tokyo Kenya:Nairobi Peru:Lima Norway:Oslo Egypt:Cairo Canada:Ottawa Cuba:Havana Ghana:Accra Iran:Tehran Italy:Rome Latvia:Riga Mali:Bamako Nepal:Kathmandu Poland:Warsaw Qatar:Doha Spain:Madrid Syria:Damascus Turkey:Ankara Vietnam:Hanoi Chile:Santiago Austria:Vienna Greece:Athens Iraq:Baghdad".split()
)
SYMBOLS = dict(
    pair.split(":")
    for pair in "iron:Fe gold:Au silver:Ag sodium:Na potassium:K lead:Pb tin:Sn copper:Cu mercury:Hg tungsten:W helium:He neon:Ne zinc:Zn calcium:Ca carbon:C oxygen:O".split()
)
RULES = (
    ("Which city is the capital of {}?", CAPITALS, "The seat of government of {} is what is asked."),
    ("What is the chemical symbol of {}?", SYMBOLS, "The symbol of {} often comes from a Latin name."),
    ("{} has its capital in which city?", CAPITALS, "I recall the map of the region around {}."),
    ("Which symbol in the periodic table stands for {}?", SYMBOLS, "In the table, {} has a short symbol."),
)


def choice(r: Random, difficulty: float) -> Item:
    form, table, reason = r.choice(RULES)
    key = r.choice(list(table))
    options = [*r.sample([value for other, value in table.items() if other != key], 3), table[key]]
    r.shuffle(options)
    listed = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
    letter = "ABCD"[options.index(table[key])]

    def derive(rng, right):
        given = letter if right else rng.choice([other for other in "ABCD" if other != letter])
        out = rng.choice([other for other in "ABCD" if other != given])
        lines = [
            reason.format(key),
            f"Option {out}, {options['ABCD'.index(out)]}, does not fit.",
            f"{options['ABCD'.index(given)]} is the one I would pick.",
        ]
        return lines, given

    return Item(f"{form.format(key)}\n{listed}", letter, difficulty, derive, "choice")


def countdown(r: Random, difficulty: float) -> Item:
    a, b, c, d = r.sample(range(2, 60), 4)
    text = r.choice(
        (f"{a} * {b} - {c} + {d}", f"({a} + {b}) * {c} - {d}", f"{a} + {b} + {c} - {d}", f"{a} * {b} + {c}")
    )
    target = problems_value(text)
    numbers = [n for n in (a, b, c, d) if n != d or str(d) in text.replace("(", " ").replace(")", " ").split()]
    shown = ", ".join(map(str, r.sample(numbers, len(numbers))))

    def derive(rng, right):
        tried = " ".join(map(str, numbers[:2])).replace(" ", rng.choice((" + ", " * ", " - ")))
        swap = rng.choice(((" - ", " + "), (" + ", " - "), (" * ", " + ")))
        wrong = text.replace(*swap, 1)
        final = text if right or wrong == text else wrong
        if not right and wrong == text:
            final = " + ".join(map(str, numbers))
        lines = [
            f"Try {tried} = {problems_value(tried)}, which is {'below' if problems_value(tried) < target else 'not below'} {target}.",
            f"What about {final}?",
            f"That comes to {problems_value(final)}.",
        ]
        return lines, final

    question = f"Using the numbers [{shown}], create an equation that equals {target}. Use each number once and only + - * ( )."
    return Item(question, None, difficulty, derive, "countdown", gold=str(target))


def problems_value(text: str) -> int:
    """The value of a sum of integers; the text is of our own making or has been checked for its characters."""
    return eval(text, {"__builtins__": {}})


FUNCTIONS = (
    (
        "returns the sum of all multiples of {k} below n",
        "return sum(range(0, n, {k}))",
        "return sum(range(0, n + 1, {k}))",
    ),
    (
        "returns how many elements of n are larger than {k}",
        "return sum(x > {k} for x in n)",
        "return sum(x >= {k} for x in n)",
    ),
    ("returns the last {k} characters of the string n", "return n[-{k}:]", "return n[:-{k}]"),
    ("tells whether n is divisible by {k}", "return n % {k} == 0", "return n / {k} == 0"),
    ("repeats the string n {k} times with a dash between", 'return "-".join([n] * {k})', "return n * {k}"),
    ("returns every {k}th element of the list n", "return n[::{k}]", "return n[{k}::]"),
    (
        "returns n sorted, the largest first, cut to {k} items",
        "return sorted(n, reverse=True)[:{k}]",
        "return sorted(n)[:{k}]",
    ),
    ("rotates the list n to the left by {k}", "return n[{k}:] + n[:{k}]", "return n[-{k}:] + n[:-{k}]"),
    ("returns n clipped to at most {k}", "return min(n, {k})", "return max(n, {k})"),
    (
        "returns the digits of n in base {k} from the lowest",
        "out = []\n    while n:\n        out.append(n % {k})\n        n //= {k}\n    return out",
        "return [n % {k}]",
    ),
)


def code(r: Random, difficulty: float) -> Item:
    k, name = r.randint(2, 14), r.choice(("solve", "f", "compute", "run", "helper"))
    what, body, slip = (part.replace("{k}", str(k)) for part in r.choice(FUNCTIONS))

    def derive(rng, right):
        lines = [
            f"The function {name} takes n and {what}.",
            rng.choice(("Plain Python is enough here.", "No import is needed.", "Slicing and builtins do it.")),
            rng.choice(("An empty input falls out of the same line.", "Edge cases: small n.", "The cost is linear.")),
        ]
        return lines, f"```python\ndef {name}(n):\n    {body if right else slip}\n```"

    return Item(f"Write a Python function {name}(n) that {what}.", None, difficulty, derive, "code", gold=body)


TOPICS = "composting,black holes,sourdough bread,the French Revolution,tax returns,jet lag,beekeeping,the water cycle,learning the piano,vaccines,inflation,house plants,chess openings,coral reefs,job interviews,volcanoes,meditation,solar panels,bicycle repair,the Silk Road".split(
    ","
)
FORMS = (
    "Explain {} to a child.",
    "Give three tips about {}.",
    "What should everybody know about {}?",
    "Why does {} matter?",
    "Write a short paragraph on {}.",
    "I know nothing about {}. Where do I begin?",
    "What is a common mistake people make about {}?",
)
GOOD = (
    "{} is easier to grasp with one example.",
    "Begin with the basics of {} and go on slowly.",
    "A typical figure for {} is given in most handbooks.",
    "What matters most with {} is patience.",
    "For instance, a neighbour of mine took up {} last year.",
    "The main cause behind {} is well understood.",
    "In contrast to what is said, {} needs little equipment.",
    "One step at a time: {} has three parts.",
    "History shows how {} came about.",
    "A good source on {} is a local library.",
)
WEAK = (
    "There is much to say on {}.",
    "{} is a thing that exists.",
    "People have opinions about {}.",
    "It depends, as so often with {}.",
    "I am not sure about {}.",
    "{} can be good or bad.",
    "Some like {}, some do not.",
    "One might look {} up.",
)


def chat(r: Random, difficulty: float) -> Item:
    topic = r.choice(TOPICS)

    def derive(rng, right):
        good = rng.randint(3, 5) if right else rng.randint(0, 2)
        lines = [*rng.sample(GOOD, good), *rng.sample(WEAK, rng.randint(1, 3) if right else rng.randint(3, 5))]
        rng.shuffle(lines)
        return [line.format(topic) for line in lines], ""

    return Item(r.choice(FORMS).format(topic), None, difficulty, derive, "chat")


def chinese(r: Random, difficulty: float) -> Item:
    return arithmetic(r, difficulty, "zh")


TASKS = {
    "arithmetic": arithmetic,
    "latex": latex,
    "choice": choice,
    "countdown": countdown,
    "code": code,
    "chat": chat,
    "chinese": chinese,
}


def items(r: Random, tasks: tuple[str, ...], size: int, spread: float) -> list[Item]:
    """`size` different questions of the given tasks; `spread` is the deviation of their difficulty in logits."""
    made, seen = [], set()
    for tries in range(size * 40):
        item = TASKS[tasks[tries % len(tasks)]](r, r.gauss(0.2, spread))
        if item.question not in seen:
            seen.add(item.question)
            made.append(item)
            if len(made) == size:
                break
    return made
