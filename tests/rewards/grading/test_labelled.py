"""Every labelled answer earns its verdict, and two answers are equal in both directions or in none."""

from grpo_rewards.grading import grade_batch

from tests.rewards.grading.cases import Case, labelled

LEFT_WRONG: set[tuple[str, str]] = set()
"""(gold, answer) that the grader gets wrong, each with its reason in docs."""


def wrong(cases: list[Case]) -> list[Case]:
    verdicts = grade_batch([case.completion for case in cases], [case.gold for case in cases])
    return [
        case
        for case, verdict in zip(cases, verdicts, strict=True)
        if verdict != case.verdict and (case.gold, case.answer) not in LEFT_WRONG
    ]


def test_there_are_enough_of_each_kind():
    cases = labelled()
    assert len(cases) >= 1500
    assert min(sum(case.verdict == verdict for case in cases) for verdict in (1.0, 0.0)) >= 700
    assert len({(repr(case.gold), case.answer) for case in cases}) == len(cases)


def test_every_answer_earns_its_verdict():
    assert wrong(labelled()) == []


def test_gold_and_answer_swapped():
    """Not where the answer is a decimal: as a gold it would accept what rounds to it."""
    swapped = [
        Case(case.answer, case.gold, case.verdict, case.category, False)
        for case in labelled()
        if not case.one_way and case.answer and can_be_boxed(case.gold) and (case.verdict or "." not in case.answer)
    ]
    assert len(swapped) > 1000
    assert wrong(swapped) == []


def can_be_boxed(gold) -> bool:
    return isinstance(gold, str) and "boxed" not in gold and "####" not in gold and "</think>" not in gold
