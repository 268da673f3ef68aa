"""Batches as GRPO makes them, with known truth: 250 golds, 8 completions of 200 to 2,000 tokens each, half of them right.

The answer is boxed at the end of the text or, with `tags`, boxed in `<answer>…</answer>`, which spares ms-swift the reading of
all the rest.
"""

import random
from typing import NamedTuple

GROUPS, GROUP_SIZE = 250, 8
CHARACTERS_PER_TOKEN = 4
_WORDS = "we have that the sum of so then and hence let x = 3 be since $\\frac{1}{2}$ of it is 12 + 7 = 19 which gives".split()


class Batch(NamedTuple):
    completions: list[str]
    golds: list[str]
    right: list[bool]


def integers(seed: int = 0, tags: bool = False) -> Batch:
    """GSM8K-like: integer golds; wrong answers are other integers."""
    rng = random.Random(seed)
    entries = [(str(n), [str(n), f"{n:,}", f"{n}.0"], [str(n + d) for d in (-10, -1, 1, 7)]) for n in _numbers(rng)]
    return _batch(rng, entries, tags)


def mixed(seed: int = 0, tags: bool = False) -> Batch:
    """Every kind of gold in turn."""
    rng = random.Random(seed)
    kinds = [
        _integer,
        _decimal,
        _fraction,
        _root,
        _polynomial,
        _interval,
        _set,
        _tuple,
        _matrix,
        _equation,
        _unit,
        _percent,
        _choice,
    ]
    return _batch(rng, [kinds[i % len(kinds)](rng) for i in range(GROUPS)], tags)


def hostile(batch: Batch, share: float = 0.01, seed: int = 0) -> tuple[Batch, list[int]]:
    """The batch with some completions replaced by hostile ones, all of them wrong, and the indices of those."""
    rng = random.Random(seed)
    chosen = sorted(rng.sample(range(len(batch.completions)), round(share * len(batch.completions))))
    completions, right = list(batch.completions), list(batch.right)
    for n, i in enumerate(chosen):
        completions[i], right[i] = HOSTILE[n % len(HOSTILE)], False
    return Batch(completions, batch.golds, right), chosen


HOSTILE = [
    r"\boxed{9^{9^{9^{9^{9}}}}}",
    r"\boxed{(10^8)!}",
    r"\boxed{" + "{" * 10**5 + "1" + "}" * 10**5 + "}",
    "x" * 10**6 + r"\boxed{-1}",
    r"\boxed{\frac{1}{2",
    "\\boxed{\x00\x1b[31m\x07}",
    r"\boxed{\sum_{k=1}^{100000000} k!}",
    r"\boxed{\binom{10^9}{10^8}}",
    r"\boxed{\int_0^{9^{9^{9^{9}}}} x^x dx}",
    r"\boxed{((((10!)!)!)!)!}",
    "<answer>" * 10**5,
    r"\boxed{0." + "3" * 50_000 + "}",
    r"\boxed{" + r"\sqrt{" * 200 + "2" + "}" * 200 + "}",
]


def _numbers(rng: random.Random) -> list[int]:
    return [rng.randint(1, 100_000) for _ in range(GROUPS)]


def _batch(rng: random.Random, entries: list[tuple[str, list[str], list[str]]], tags: bool) -> Batch:
    completions, golds, right = [], [], []
    for gold, rights, wrongs in entries:
        for member in range(GROUP_SIZE):
            is_right = member % 2 == 0
            answer = rng.choice(rights if is_right else wrongs)
            completions.append(_completion(rng, answer, tags))
            golds.append(f"${gold}$")
            right.append(is_right)
    return Batch(completions, golds, right)


def _completion(rng: random.Random, answer: str, tags: bool) -> str:
    characters = CHARACTERS_PER_TOKEN * rng.randint(200, 2000)
    thought = " ".join(rng.choice(_WORDS) for _ in range(characters // 4))[:characters]
    if tags:
        return f"<think>{thought}</think>\n<answer>$\\boxed{{{answer}}}$</answer>"
    return f"<think>{thought}</think>\nSo the answer is $\\boxed{{{answer}}}$."


def _integer(rng: random.Random):
    n = rng.randint(2, 5000)
    return str(n), [str(n), f"{n}.0"], [str(n + 1), str(-n), str(10 * n)]


def _decimal(rng: random.Random):
    n = rng.randint(101, 9999)
    return f"{n / 1000:.3f}", [f"{n / 1000:.3f}", rf"\frac{{{n}}}{{1000}}"], [f"{(n + 1) / 1000:.3f}", f"{n / 100:.2f}"]


def _fraction(rng: random.Random):
    a, b = rng.randint(1, 40), rng.choice([7, 9, 11, 13])
    rights = [rf"\frac{{{a}}}{{{b}}}", rf"\dfrac{{{2 * a}}}{{{2 * b}}}", f"{a}/{b}"]
    return rights[0], rights, [rf"\frac{{{b}}}{{{a + b}}}", rf"\frac{{{a + 1}}}{{{b}}}"]


def _root(rng: random.Random):
    a, b = rng.randint(2, 9), rng.choice([2, 3, 5, 7])
    rights = [rf"{a}\sqrt{{{b}}}", rf"\sqrt{{{a * a * b}}}", rf"\frac{{{a * b}}}{{\sqrt{{{b}}}}}"]
    return rights[0], rights, [rf"{a}\sqrt{{{b + 6}}}", rf"{a + 1}\sqrt{{{b}}}", str(a * b)]


def _polynomial(rng: random.Random):
    a, b = rng.randint(1, 9), rng.randint(1, 9)
    expanded = f"x^2+{a + b}x+{a * b}"
    return (
        expanded,
        [expanded, f"(x+{a})(x+{b})", f"{a * b}+{a + b}x+x^2"],
        [f"x^2+{a + b + 1}x+{a * b}", f"(x+{a})(x-{b})"],
    )


def _interval(rng: random.Random):
    a, b = sorted(rng.sample(range(-20, 20), 2))
    return f"[{a},{b})", [f"[{a},{b})", rf"\left[{a}, {b}\right)"], [f"({a},{b})", f"[{a},{b + 1})", f"[{a},{b}]"]


def _set(rng: random.Random):
    a, b, c = rng.sample(range(100), 3)
    return (
        rf"\{{{a},{b},{c}\}}",
        [rf"\{{{c},{a},{b}\}}", rf"\{{{a}, {b}, {c}\}}"],
        [rf"\{{{a},{b}\}}", rf"\{{{a},{b},{c + 1}\}}"],
    )


def _tuple(rng: random.Random):
    a, b = rng.sample(range(100), 2)
    return f"({a},{b})", [f"({a}, {b})", rf"\left({a},{b}\right)"], [f"({b},{a})", f"({a},{b + 1})"]


def _matrix(rng: random.Random):
    a, b, c, d = rng.sample(range(50), 4)
    gold = rf"\begin{{pmatrix}}{a}&{b}\\{c}&{d}\end{{pmatrix}}"
    other = rf"\begin{{pmatrix}}{a}&{c}\\{b}&{d}\end{{pmatrix}}"
    return gold, [gold, rf"\begin{{bmatrix}} {a} & {b} \\ {c} & {d} \end{{bmatrix}}"], [other]


def _equation(rng: random.Random):
    a, b = rng.randint(2, 9), rng.randint(1, 9)
    if b < 4:
        return f"x^2+y^2={a}", [f"y^2+x^2={a}", f"x^2 + y^2 - {a} = 0"], [f"x^2+y^2={a + 1}", f"x^2-y^2={a}"]
    return f"y={a}x+{b}", [f"y={a}x+{b}", f"y = {b} + {a}x"], [f"y={a}x-{b}", f"y={b}x+{a + 10}"]


def _unit(rng: random.Random):
    n = rng.randint(2, 500)
    return rf"{n}\text{{ cm}}", [rf"{n}\text{{ cm}}", str(n)], [rf"{n}\text{{ m}}", rf"{n + 1}\text{{ cm}}"]


def _percent(rng: random.Random):
    n = rng.randint(2, 99)
    return rf"{n}\%", [rf"{n}\%", f"{n}"], [rf"{n + 1}\%", f"{n}0"]


def _choice(rng: random.Random):
    a, b = rng.sample("ABCDE", 2)
    return a, [a, f"({a})", rf"\text{{{a}}}"], [b, f"({b})"]
