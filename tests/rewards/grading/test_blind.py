"""The rows labelled blind: each earns its verdict, and two answers are equal in both directions or in none."""

from grpo_rewards.grading import grade_batch

from tests.rewards.grading.blind import CASES, Case, has_no_mark, parse

LEFT_WRONG = parse(r"""
\pi  !=  3.14159265358979
262537412640768744  !=  e^{\pi\sqrt{163}}
\frac{1}{3}  ==  .\overline{3}  ==  0.\dot{3}
\frac{\sqrt{3}}{3}  ==  \tan 30^\circ
\frac{1}{2}  ==  \sin 30^\circ
1  ==  \tan 45^\circ  ==  \sin 90^\circ
k\pi  ==  k\pi, k \in \mathbb{Z}
2i  ==  \sqrt{-4}
5\%  !=  \$5
\$36  !=  36\%
10\text{ mph}  ==  10 \text{ miles per hour}
5\pi\text{ cm}  ==  5\pi
30^\circ  !=  30\%
5{:}40\text{ p.m.}  ==  5:40 PM  ==  5:40\text{ p.m.}  ==  5:40  !=  5:40 AM  !=  5:04 PM  !=  6:40 p.m.
x \in [-2,7]  ==  x \ge -2 \text{ and } x \le 7
(-\infty,2)\cup(2,\infty)  ==  x \neq 2  ==  x \ne 2
|x| < 3  ==  (-3,3)  ==  -3 < x < 3  !=  x < 3
\{5\}  ==  5
1 \pm \sqrt{19}  ==  1±√19
\begin{pmatrix} -7 \\ 16 \\ 5 \end{pmatrix}  ==  \langle -7, 16, 5 \rangle
5  ==  |AB| = 5
\begin{cases} x=1 \\ y=2 \end{cases}  ==  x=1, y=2  ==  y=2,x=1
\vec{a} \times \vec{b}  !=  \vec{b} \times \vec{a}  !=  \vec{a} \cdot \vec{b}
5  ==  \underline{5}  ==  \color{red}{5}  ==  {\color{blue}5}  ==  \textcolor{red}{5}  ==  \large 5  ==  \bf{5}
\frac{1}{2}  ==  \left\{\frac12\right\}
13  ==  13 \text{ years old}
113  ==  m+n=113
385  ==  r + s = 385
\begin{pmatrix} 16/49 \\ 48/49 \\ 24/49 \end{pmatrix}  ==  \frac{1}{49}\begin{pmatrix} 16 \\ 48 \\ 24 \end{pmatrix}
1,450,000  ==  x = 1,450,000  ==  \frac{1,450,000}{1}
""")
"""What the grader still gets wrong, with the right verdict; a row that it learns must leave this list."""

FORMS = ["{}", "{}.0", "{}.00", "\\${}", "{}\\text{{ units}}", "${}$", "x = {}", "\\frac{{{}}}{{1}}", "{}.", "+{}"]


def wrong(cases: list[Case]) -> list[Case]:
    verdicts = grade_batch([case.completion for case in cases], [case.gold for case in cases])
    return [case for case, verdict in zip(cases, verdicts, strict=True) if verdict != case.verdict]


def keys(cases: list[Case]) -> set[tuple[str, str]]:
    return {(repr(case.gold), case.answer) for case in cases}


def test_there_are_enough_of_each_kind():
    assert len(CASES) >= 1500
    assert min(sum(case.verdict == verdict for case in CASES) for verdict in (1.0, 0.0)) >= 700
    assert len(keys(CASES)) == len(CASES)


def test_every_answer_earns_its_verdict():
    assert keys(wrong(CASES)) == keys(LEFT_WRONG)


def test_gold_and_answer_swapped():
    """What is paid one way is paid the other; not where the answer is a decimal: as a gold it accepts what rounds to it."""
    known = keys(LEFT_WRONG)
    swapped = [
        Case(case.answer, case.gold, case.verdict, case.category, False)
        for case in CASES
        if not case.one_way
        and case.answer
        and has_no_mark(case.gold)
        and (case.verdict or "." not in case.answer)
        and (repr(case.gold), case.answer) not in known
    ]
    assert len(swapped) > 1000
    assert [
        case for case in wrong(swapped) if case.verdict or grade_batch([case.completion], [case.gold]) == [1.0]
    ] == []


def test_integers_equal_themselves_in_their_usual_forms():
    pairs = [(form.format(number), str(number)) for number in (*range(100), 540, 70000, 1080) for form in FORMS]
    pairs += [(f"{number:,}", str(number)) for number in (1080, 70000, 1450000)]
    pairs += [(answer, gold) for gold, answer in pairs if "." not in gold]
    verdicts = grade_batch([f"\\boxed{{{answer}}}" for answer, _ in pairs], [gold for _, gold in pairs])
    assert [pair for pair, verdict in zip(pairs, verdicts, strict=True) if verdict != 1.0] == []
