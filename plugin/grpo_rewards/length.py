"""Rewards for length, in tokens: they shape how long a policy thinks, beside a reward for being right."""

import math
from collections.abc import Sequence
from typing import Any

from grpo_rewards.contract import register_reward
from grpo_rewards.grading import grade_batch

_COSINE_FLAGS = {
    name: f"cosine_{name}"
    for name in (
        "min_len_value_wrong",
        "max_len_value_wrong",
        "min_len_value_correct",
        "max_len_value_correct",
        "max_len",
    )
}


def _positive(max_len: int, **_: float) -> None:
    if max_len < 1:
        raise ValueError(f"max_len is {max_len}; it counts tokens and is 1 or more")


@register_reward("math_cosine", range=(-math.inf, math.inf), flags=_COSINE_FLAGS, check=_positive)
def math_cosine(
    completions: Sequence[str],
    solution: Sequence[Any],
    tokens: Sequence[int],
    *,
    min_len_value_wrong: float = -0.5,
    max_len_value_wrong: float = 0.0,
    min_len_value_correct: float = 1.0,
    max_len_value_correct: float = 0.5,
    max_len: int = 1024,
) -> list[float | None]:
    r"""Along a cosine from the value at length 0 to the value at `max_len` tokens, where it stays; None with an unreadable gold.

    Demystifying Long CoT (arXiv 2502.03373): short and right is best, short and wrong is worst. Takes ms-swift's
    `--cosine_*` flags. ms-swift's own `cosine` is not clamped: right at twice `max_len` pays 1 again.

    >>> math_cosine(["\\boxed{1}", "\\boxed{2}"], ["1", "1"], [0, 5000], max_len=100)
    [1.0, 0.0]
    """
    paid: list[float | None] = []
    for verdict, length in zip(grade_batch(completions, solution), tokens, strict=True):
        start, end = (
            (min_len_value_correct, max_len_value_correct) if verdict else (min_len_value_wrong, max_len_value_wrong)
        )
        progress = min(length / max_len, 1.0)
        paid.append(None if verdict is None else end + 0.5 * (start - end) * (1 + math.cos(math.pi * progress)))
    return paid


def _cache_fits(max_length: int, cache_length: int) -> None:
    if not 0 < cache_length < max_length:
        raise ValueError(f"--soft_cache_length {cache_length} must be above 0 and below --soft_max_length {max_length}")


@register_reward(
    "dapo_overlong",
    range=(-1.0, 0.0),
    flags={"max_length": "soft_max_length", "cache_length": "soft_cache_length"},
    check=_cache_fits,
)
def dapo_overlong(completion: str, tokens: int, *, max_length: int = 1024, cache_length: int = 256) -> float:
    """0 up to `max_length - cache_length` tokens, then falling in a line to -1 at `max_length`, and never below.

    DAPO (arXiv 2503.14476), equation 13. Takes ms-swift's `--soft_max_length` and `--soft_cache_length`; its own
    `soft_overlong` falls below -1.

    >>> [dapo_overlong("", n, max_length=100, cache_length=20) for n in (80, 90, 100, 500)]
    [0.0, -0.5, -1.0, -1.0]
    """
    return max(-1.0, min(0.0, (max_length - cache_length - tokens) / cache_length))


@register_reward("kimi_length", range=(-0.5, 0.5))
def kimi_length(
    completions: Sequence[str], solution: Sequence[Any], tokens: Sequence[int], prompt: Sequence[str]
) -> list[float | None]:
    r"""0.5 - (length - shortest) / (longest - shortest) in the prompt's group; a wrong answer gets at most 0.

    Kimi k1.5 (arXiv 2501.12599), section 2.3.3. The group is every completion with the same prompt, on whatever rank:
    while training on several ranks the lengths are gathered, so every rank must call this reward, as ms-swift does.
    open-r1 takes shortest and longest over the whole batch. Groups of one length pay 0. None with an unreadable gold.

    >>> kimi_length(["\\boxed{1}"] * 2 + ["\\boxed{2}"] * 2, ["1"] * 4, [10, 30, 10, 20], ["a"] * 4)
    [0.5, -0.5, 0.0, 0.0]
    """
    ends: dict[str, tuple[int, int]] = {}
    for group, length in _gathered(list(zip(prompt, tokens, strict=True))):
        shortest, longest = ends.get(group, (length, length))
        ends[group] = min(shortest, length), max(longest, length)
    paid: list[float | None] = []
    for verdict, group, length in zip(grade_batch(completions, solution), prompt, tokens, strict=True):
        shortest, longest = ends[group]
        share = 0.5 - (length - shortest) / (longest - shortest) if longest > shortest else 0.0
        paid.append(None if verdict is None else share if verdict else min(0.0, share))
    return paid


def _gathered(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The pairs of all ranks; torch is not imported for it."""
    import sys

    distributed = getattr(sys.modules.get("torch"), "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return pairs
    ranks: list[list[tuple[str, int]]] = [[]] * distributed.get_world_size()
    distributed.all_gather_object(ranks, pairs)
    return [pair for rank in ranks for pair in rank]


@register_reward("target_length", range=(-math.inf, 0.0))
def target_length(completion: str, tokens: int, *, ideal: int = 20) -> float:
    """Minus the distance to `ideal` tokens (HF LLM course, `reward_len`).

    >>> target_length("", 25)
    -5.0
    """
    return -abs(float(ideal) - tokens)


@register_reward("minimum_length")
def minimum_length(completion: str, *, characters: int = 1024) -> float:
    """1 if longer than so many characters, else 0 (the dummy reward of ms-swift's guide).

    >>> minimum_length("abc", characters=2)
    1.0
    """
    return float(len(completion) > characters)
