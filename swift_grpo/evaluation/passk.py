"""What n samples of a question say: pass@k and maj@n."""

from collections.abc import Sequence
from fractions import Fraction


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that of `k` samples, drawn from the `n` without replacement, at least one is right; unbiased for pass@k.

    1 - C(n - correct, k) / C(n, k): Chen et al., arXiv 2107.03374, section 2.1; 1 - (1 - correct/n)^k would be too low.
    Raises ValueError unless 0 <= correct <= n and 1 <= k <= n.

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(4, 0, 4), pass_at_k(64, 1, 64)
    (0.25, 0.5, 0.0, 1.0)
    """
    from math import comb

    if not (0 <= correct <= n and 1 <= k <= n):
        raise ValueError(f"pass@{k} of {correct} right in {n} samples: needs 0 <= right <= n and 1 <= k <= n")
    return float(1 - Fraction(comb(n - correct, k), comb(n, k)))


def ks(n: int) -> list[int]:
    """The k that are reported for n samples: powers of two, and n.

    >>> ks(1), ks(8), ks(10)
    ([1], [1, 2, 4, 8], [1, 2, 4, 8, 10])
    """
    return sorted({2**i for i in range(n.bit_length())} | {n}) if n else []


def majority(classes: Sequence[int | None], right: Sequence[bool]) -> float:
    """maj@n of one question: 1 if the answer most samples gave is right; of answers that tie, the share that is right.

    `classes` names each sample's answer by a number that equal answers share, None for no answer, which has no vote (Wang
    et al., arXiv 2203.11171). `right`: each sample's verdict; that of a class is its first sample's.

    >>> majority([0, 1, 1], [False, True, True]), majority([0, 1, None], [False, True, False]), majority([None], [False])
    (1.0, 0.5, 0.0)
    """
    votes = [one for one in classes if one is not None]
    if not votes:
        return 0.0
    most = max(map(votes.count, set(votes)))
    winners = [one for one in set(votes) if votes.count(one) == most]
    return sum(right[classes.index(one)] for one in winners) / len(winners)


def same_answers(questions: Sequence[Sequence[str | None]]) -> list[list[int | None]]:
    """For each question the class of each answer, by the grader's equality: 1/2 and 0.5 vote together.

    An answer is compared with the first of each class until one is equal, the answers of all questions at once.

    >>> same_answers([["1/2", None, "0.5", "2"], []])
    [[0, None, 0, 1], []]
    """
    from grpo_rewards.answers.verdict import Verdict
    from grpo_rewards.grading import judge_texts

    found: list[dict[str, int]] = [{} for _ in questions]
    left = [list(dict.fromkeys(a for a in answers if a is not None)) for answers in questions]
    for number in range(max(map(len, left), default=0)):
        pairs = [(q, answer) for q, answers in enumerate(left) for answer in answers]
        if not pairs:
            break
        verdicts = judge_texts([answer for _, answer in pairs], [(left[q][0],) for q, _ in pairs])
        for (q, answer), (verdict,) in zip(pairs, verdicts, strict=True):
            if verdict is Verdict.RIGHT or answer == left[q][0]:
                found[q][answer] = number
        left = [[a for a in answers if a not in known] for answers, known in zip(left, found, strict=True)]
    return [
        [known.get(a) if a is not None else None for a in answers]
        for answers, known in zip(questions, found, strict=True)
    ]
