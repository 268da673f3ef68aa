# ruff: noqa: RUF001 (tables of prose in several scripts)
"""What healthy completions look like: sentences of several kinds of tasks, put together at random."""

from random import Random

_NOUNS = """\
apple box ticket page coin worker hour meter train student price bag row marble liter farm bottle seat card shelf garden letter \
minute wheel market teacher square angle side cousin basket""".split()
_VERBS = "has gives sells keeps needs finds moves shares counts buys".split()
_ZH_NOUNS = "苹果 箱子 车票 学生 工人 小时 火车 书架 老师 花园 价格 座位 硬币 正方形 面积 速度".split()
_CODE = "total index value left right node count result queue best start items stack".split()
SENTENCES = {
    "prose": r"""
First, we need to find how many {x}s the {y} {v}.
There are {a} {x}s and {b} {y}s, so together that makes {c}.
Let me compute {a} times {b} and compare it with {c}.
Since each {x} {v} {a} {y}s, {b} of them account for {c}.
So the number of {x}s that are left is {a} minus {b}.
Half of the {x}s means {a} divided by 2, which is {b}.
Wait, the problem says the {y} {v} {a} more {x}s, not fewer.
Let me check this: {a} + {b} = {c}, and that fits the {x}.
We can write this as {a} * {b} = {c} for every {y}.
If the {x} costs {a} dollars, then {b} {y}s cost {c} dollars.
Next, subtract the {a} {x}s which the {y} already {v}.
The remaining {y} then {v} {a} out of {b} {x}s.
Alternatively, one could count the {x}s by {y} and add {a}.
That gives {a} for the first {x} and {b} for the second.
Hmm, but {a} is larger than {b}, so the {x} must be counted twice.
Therefore the {y} {v} exactly {c} {x}s.
Now let's put the {x} and the {y} together: {a} and {b}.
Given that the {y} {v} {a} {x}s a day, a week brings {b}.
We should also keep in mind that {a} percent of the {y}s are {x}s.
After that the {x} is {a} units away from the {y}.""",
    "chinese": r"""
首先，我们需要求出{x}的数量是{a}。
因为每个{x}有{a}个{y}，所以{b}个{x}一共有{c}个{y}。
接下来计算{a}加{b}，结果等于{c}。
设{x}的数量为x，那么x + {a} = {b}。
也就是说，{y}比{x}多{a}个。
等一下，题目说的是{y}而不是{x}，重新检查一遍。
由此可得{x}还剩下{a}个。
将{a}除以{b}，得到{c}，再乘以{y}的数量。
综上所述，{y}的总数是{c}。
我们再来验证一下：{a}减去{b}确实是{c}。
根据题意，{x}每天增加{a}，共{b}天。
如果{y}的价格是{a}元，那么{b}个要{c}元。""",
    "latex": r"""
We have $x_{{{a}}} = \frac{{{b}}}{{{c}}}$, hence the {x} is at least $\sqrt{{{a}}}$.
\[ \sum_{{k=1}}^{{{a}}} k^2 = \frac{{{a} \cdot {b} \cdot {c}}}{{6}} \]
| {a} | {b} | {c} |\n| {b} | {c} | {a} |\n| {c} | {a} | {b} |
By the **triangle inequality**, $|AB| + |BC| \ge {a}$ for each {x}.
Let $f(x) = {a}x^2 + {b}x - {c}$; its discriminant is $\Delta = {a}$.
\begin{{align*}}\nx + y &= {a} \\\nx - y &= {b}\n\end{{align*}}
1. For $n = {a}$ we get ${b}$.\n2. For $n = {b}$ we get ${c}$.
Modulo ${a}$ this is congruent to ${b}$, so the {x} cannot be even.
Thus $\angle ABC = {a}^\circ$ and the {y} is isosceles.
Substituting $u = {a} - v$ gives $u \equiv {b} \pmod{{{c}}}$.
Hence $\binom{{{a}}}{{{b}}} = {c}$ ways remain for the {y}.""",
    "code": r"""
    for {x} in range({a}):\n        {y} += {x} * {b}
    if {x} > {y}:\n        return {a}
    {x} = sorted({y}, key=lambda one: one[{a}])
    while {x} < len({y}):\n        {x} += {a}
    {y}.append(({x}, {a}))
    # keep the {y} that the {x} has seen {a} times
    {x}, {y} = {y}, {x} % {a}
    result = max(result, {x} - {y} + {a})
    assert {y} is not None and {x} != {a}
The {x} is updated once per {y}, so the loop costs O(n log n).
We keep a {y} of at most {a} entries and pop the smallest {x}.
Edge case: an empty {y}, or a {x} below {a}.""",
    "chat": r"""
Thank you for asking; the {x} is a good place to start.
Many people find that a {y} {v} more than {a} {x}s.
Here is what I would do with the {x}:
- Put the {y} next to the {x}, and leave it for {a} minutes.
- Ask the {y} about its {x} before you pay {a} dollars.
**Tip:** a {x} from the market {v} longer than a {y}.
However, it depends on how much the {y} matters to you.
In short, the {x} and the {y} both have their place.
Could you tell me whether the {y} is older than {a} years?
Another option would be to share the {x} with a {y}.
It may help to write down the {a} things which the {y} {v}.
I hope that the {x} works out well for you!""",
}
HABITS = {  # what most completions of a trained model begin and end with
    "prose": ("Okay, let me think about this problem step by step so that I make no mistake.",
              "Let me double check the whole calculation once more before I give the final answer."),
    "chinese": (
        "好的，我们来一步一步地分析这道题目，先弄清楚已知条件和要求的问题。", "最后再检查一遍计算过程，确认答案没有错误。"),
    "latex": ("We begin by restating what is given and what we are asked to determine in this problem.",
              "This completes the solution, and one may check that all of the conditions are satisfied."),
    "code": ("To solve this we go through the input once and keep what we need in a small table.",
             "The function above passes the examples of the task and handles the empty input as well."),
    "chat": ("That is a great question, and there are a few things that are worth knowing here.",
             "Please let me know if there is anything else that I can help you with today."),
}  # fmt: skip


def sentence(rng: Random, kind: str, bank: list[str]) -> str:
    """One of the bank's sentences with things and numbers put in."""
    nouns = _ZH_NOUNS if kind == "chinese" else _CODE if kind == "code" else _NOUNS
    a, b = rng.randint(2, 99), rng.randint(2, 60)
    return rng.choice(bank).format(x=rng.choice(nouns), y=rng.choice(nouns), v=rng.choice(_VERBS), a=a, b=b, c=a + b)


def bank(kind: str) -> list[str]:
    """The sentences of a kind, a line each."""
    return [line.replace("\\n", "\n") for line in SENTENCES[kind].strip("\n").splitlines()]
