"""Rewards for right answers. All use the same grader, which decides each pair of answer and gold once."""

import re
from collections.abc import Sequence
from typing import Any

from grpo_rewards.contract import register_reward
from grpo_rewards.extract import after_thought, final_answer
from grpo_rewards.grading import accepted_answers, grade_batch


@register_reward("math_accuracy", column="AnswerAccuracy")
def math_accuracy(completions: Sequence[str], solution: Sequence[Any]) -> list[float | None]:
    r"""1 if the final answer equals the gold in value, else 0; None if the gold cannot be read.

    DeepSeek-R1 (arXiv 2501.12948), section 2.2.2. ms-swift's `accuracy` pays 0 for a gold it cannot read, and takes the
    first `<answer>`, even inside the thought.

    >>> math_accuracy(["<think>3?</think>\\boxed{\\frac12}", "\\boxed{3}", "4"], ["0.5", "2", None])
    [1.0, 0.0, None]
    """
    return grade_batch(completions, solution)


@register_reward("math_accuracy_prefilled", column="AnswerAccuracyPrefilled")
def math_accuracy_prefilled(completions: Sequence[str], solution: Sequence[Any]) -> list[float | None]:
    r"""`math_accuracy` for chat templates that put `<think>` into the prompt: a thought that never ends earns 0.

    >>> math_accuracy_prefilled(["I think \\boxed{3}", "three</think>\\boxed{3}"], ["3", "3"])
    [0.0, 1.0]
    """
    return grade_batch(completions, solution, think_opened=True)


@register_reward("reasoning_accuracy")
def reasoning_accuracy(completions: Sequence[str], solution: Sequence[Any]) -> list[float | None]:
    r"""`math_accuracy` on the text after `</think>`; 0 without one (TRL's `reasoning_accuracy_reward`).

    >>> reasoning_accuracy(["\\boxed{3}", "<think>a</think>\\boxed{3}"], ["3", "3"])
    [0.0, 1.0]
    """
    return grade_batch([c if "</think>" in c else "" for c in completions], solution)


@register_reward("xml_correctness", range=(0.0, 2.0))
def xml_correctness(completions: Sequence[str], solution: Sequence[Any]) -> list[float | None]:
    r"""2 if the `<answer>` of the `<reasoning>`/`<answer>` prompt equals the gold, else 0 (the GSM8K GRPO demo).

    >>> xml_correctness(["<reasoning>\n1+1\n</reasoning>\n<answer>\n2\n</answer>\n"], ["2"])
    [2.0]
    """
    verdicts = grade_batch([_answered(completion) for completion in completions], solution)
    return [None if verdict is None else 2 * verdict for verdict in verdicts]


def _answered(completion: str) -> str:
    """The text after the reasoning, if it is an `<answer>`; one inside the reasoning does not count, closed or not."""
    text = completion.rpartition("</reasoning>")[2]
    return text if "<answer>" in text and "<reasoning>" not in text else ""


@register_reward("integer_modulo")
def integer_modulo(completion: str, solution: Any, *, modulus: int = 1000) -> float | None:
    r"""1 if the final answer is an integer equal to the gold modulo `modulus`, else 0 (AIMO).

    None if the gold is not an integer. The answer may be named (`n = 24`). A list of golds accepts each integer in it.

    >>> integer_modulo("\\boxed{2024}", "24"), integer_modulo("\\boxed{2.5}", "24"), integer_modulo("1", "x")
    (1.0, 0.0, None)
    >>> integer_modulo("\\boxed{n = 24}", ["x", "24"])
    1.0
    """
    texts = [final_answer(text) or text for text in accepted_answers(solution)]
    golds = [gold for text in texts if (gold := _integer(text)) is not None]
    if not golds:
        return None
    answer = _integer(final_answer(completion) or "")
    return float(answer is not None and any((answer - gold) % modulus == 0 for gold in golds))


def _integer(text: str) -> int | None:
    """The integer that a text is, with or without a name or thousands separators; None for a list such as 2,4."""
    bare = text.strip(" $").rpartition("=")[2].strip().replace("{,}", ",")[:_LONGEST]
    return int(bare.replace(",", "").partition(".")[0]) if re.fullmatch(_INTEGER, bare) else None


_LONGEST = 100  # characters of an integer
_INTEGER = r"(?a)[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.0*)?"


@register_reward("levenshtein")
def levenshtein(completion: str, solution: Any) -> float | None:
    r"""Similarity of the text after `</think>` to the reference solution: 1 - edit distance / the longer length.

    The Kaggle notebook's reward. 0 without `</think>`, None without a solution. Compares the first 10,000 characters.

    >>> levenshtein("<think>a</think>x = 2", "x = 3"), levenshtein("x = 3", "x = 3")
    (0.8, 0.0)
    """
    from rapidfuzz.distance import Levenshtein

    reference = "" if solution is None else str(solution).strip()[:10_000]
    if not reference:
        return None
    if "</think>" not in completion:
        return 0.0
    return Levenshtein.normalized_similarity(after_thought(completion).strip()[:10_000], reference)
