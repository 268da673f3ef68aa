"""The rows labelled blind: each earns its verdict, and two answers are equal in both directions or in none."""

from grpo_rewards.grading import grade_batch

from benchmarks.grader.blind.rows import CASES, Case, has_no_mark

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
    assert keys(wrong(CASES)) == set()


def test_gold_and_answer_swapped():
    """What is paid one way is paid the other; not where the answer is a decimal: as a gold it accepts what rounds to it."""
    swapped = [
        Case(case.answer, case.gold, case.verdict, case.category, False)
        for case in CASES
        if not case.one_way and case.answer and has_no_mark(case.gold) and (case.verdict or "." not in case.answer)
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
