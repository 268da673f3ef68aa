"""What holds of any answer: a verdict is 1, 0 or None, numbers are compared both ways alike, spelling changes nothing."""

import math
from fractions import Fraction

from grpo_rewards import grade
from grpo_rewards.grading import grade_batch
from hypothesis import example, given, settings
from hypothesis import strategies as st

VERDICTS = {1.0, 0.0, None}
_FRAGMENTS = r"""\frac \sqrt \boxed{ { } ( ) [ ] , ; = < > ^ _ 0 1 2 72 -1 0.5 1e9 x y \pi i e \cdot \pm \infty \in \cup \text{ cm
\% \$ $ ^\circ \begin{pmatrix} \end{pmatrix} \\ & ! | \left( \right) \{ \} \le \ldots \overline{3} or and A (B) : / * + -
<answer> </answer> <think> </think> #### \sum \int \lim \log \sin \binom{5}{2} 9^9 mod""".split()

any_text = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=12).map("".join),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=12).map(" ".join),
)
fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=500)


def spelled(value: Fraction) -> st.SearchStrategy[str]:
    """The ways to write one rational number."""
    sign, top, bottom = "-" if value < 0 else "", abs(value.numerator), value.denominator
    ways = [
        f"{sign}\\frac{{{top}}}{{{bottom}}}",
        f"\\dfrac{{{value.numerator}}}{{{bottom}}}",
        f"{sign}{top}/{bottom}",
        f"$ {sign}\\tfrac {{{3 * top}}} {{{3 * bottom}}} $",
        f"\\left( {sign}\\frac{{{top}}}{{{bottom}}} \\right)",
    ]
    if bottom == 1:
        ways += [f"{value}", f"{value}.0", f"{value}.00", f"{value}\\text{{ apples}}"]
    elif top > bottom:
        ways.append(f"{sign}{top // bottom}\\frac{{{top % bottom}}}{{{bottom}}}")
    if 10**6 * value == math.floor(10**6 * value):
        ways.append(f"{sign}{int(10**6 * abs(value)) // 10**6}.{int(10**6 * abs(value)) % 10**6:06d}")
    return st.sampled_from(ways)


_numbers = st.integers(1, 12).map(str)
_atoms = st.one_of(_numbers, st.sampled_from(["x", "y", "\\pi"]))
expressions = st.recursive(
    _atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"\\frac{{{p[0]}}}{{{p[1]}}}"),
        st.tuples(inner, inner).map(lambda p: f"\\left({p[0]} + {p[1]}\\right)"),
        st.tuples(inner, inner).map(lambda p: f"{p[0]} \\cdot {p[1]}"),
        inner.map(lambda a: f"\\sqrt{{{a}}}"),
        inner.map(lambda a: f"\\left({a}\\right)^{{2}}"),
    ),
    max_leaves=5,
)
RESPELLINGS = [
    lambda text: text.replace("\\frac", "\\dfrac"),
    lambda text: text.replace("\\frac", "\\tfrac"),
    lambda text: text.replace("\\left(", "(").replace("\\right)", ")"),
    lambda text: text.replace("\\left(", "\\big(").replace("\\right)", "\\big)"),
    lambda text: f"${text}$",
    lambda text: f"\\({text}\\)",
    lambda text: text.replace(" ", "\\,"),
    lambda text: text.replace("+", " + ").replace("{", "{ "),
    lambda text: text.replace("\\cdot", "\\times"),
    lambda text: f"\\displaystyle {text}.",
    lambda text: text.replace("\\pi", "π"),
]


def equal(answer: str, gold: str) -> float | None:
    return grade(f"\\boxed{{{answer}}}", gold)


@settings(max_examples=120, deadline=None)
@given(any_text, any_text, st.booleans())
@example("9^{9^{9^{9}}}", "1", False)
@example("(10^8)!", "1", False)
@example("\\boxed{" * 1000, "1", True)
@example("\ud800", "1", False)
def test_any_text_is_graded(completion, gold, opened):
    assert grade(completion, gold, think_opened=opened) in VERDICTS


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(any_text, any_text), max_size=5))
def test_a_batch_is_graded_as_its_members(pairs):
    completions, golds = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert grade_batch(completions, golds) == [grade(*pair) for pair in pairs]


@settings(max_examples=120, deadline=None)
@given(st.data(), fractions, fractions)
def test_numbers_are_equal_both_ways_and_only_in_value(data, one, other):
    first, second = data.draw(spelled(one)), data.draw(spelled(other))
    assert equal(first, second) == equal(second, first) == float(one == other)


@settings(max_examples=120, deadline=None)
@given(st.data(), fractions)
def test_a_number_equals_itself_however_it_is_written(data, value):
    assert equal(data.draw(spelled(value)), data.draw(spelled(value))) == 1.0


@settings(max_examples=120, deadline=None)
@given(expressions, st.lists(st.sampled_from(RESPELLINGS), min_size=1, max_size=3, unique=True))
def test_an_expression_equals_itself_however_it_is_spelled(expression, respellings):
    other = expression
    for respell in respellings:
        other = respell(other)
    assert equal(other, expression) == equal(expression, other) == 1.0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=2, max_size=5, unique=True), st.randoms())
def test_the_order_counts_in_a_tuple_and_not_in_a_set(items, random):
    mixed = random.sample(items, len(items))
    row, other = (", ".join(map(str, numbers)) for numbers in (items, mixed))
    assert equal(f"\\{{{other}\\}}", f"\\{{{row}\\}}") == 1.0
    assert equal(f"({other})", f"({row})") == float(items == mixed)
