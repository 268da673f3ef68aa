"""Rewards for length, in tokens. They control how long a policy thinks, next to a reward for right answers."""

import math
from collections.abc import Sequence
from typing import Any

from grpo_rewards.contract import register_reward
from grpo_rewards.grading import grade_batch

_COSINE_FLAGS = {
    name: (f"cosine_{name}",)
    for name in ("min_len_value_wrong", "max_len_value_wrong", "min_len_value_correct", "max_len_value_correct")
} | {"max_len": ("cosine_max_len", "max_completion_length")}


def _positive(max_len: int, **_: float) -> None:
    if max_len < 1:
        raise ValueError(f"max_len is {max_len}; it must be 1 token or more")


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
    max_len: int,
) -> list[float | None]:
    r"""Depends on length along a cosine, from `min_len_value_*` at 0 tokens to `max_len_value_*` at `max_len`; separate
    values for right and wrong; constant beyond; None with an unreadable gold.

    Demystifying Long CoT (arXiv 2502.03373): short and right is best, short and wrong is worst. Takes ms-swift's
    `--cosine_*` flags; `max_len` defaults to `--max_completion_length`. ms-swift's own `cosine` is not clamped: a right
    answer of twice `max_len` earns 1 again.

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
    flags={"max_length": ("soft_max_length", "max_completion_length"), "cache_length": ("soft_cache_length",)},
    check=_cache_fits,
)
def dapo_overlong(completion: str, tokens: int, *, max_length: int, cache_length: int) -> float:
    """0 up to `max_length - cache_length` tokens, then linear down to -1 at `max_length` and beyond.

    DAPO (arXiv 2503.14476), equation 13, with 20,480 and 4,096. Takes ms-swift's `--soft_max_length` (default:
    `--max_completion_length`) and `--soft_cache_length`. ms-swift's own `soft_overlong` falls below -1.

    >>> [dapo_overlong("", n, max_length=100, cache_length=20) for n in (80, 90, 100, 500)]
    [0.0, -0.5, -1.0, -1.0]
    """
    return max(-1.0, min(0.0, (max_length - cache_length - tokens) / cache_length))


@register_reward("kimi_length", range=(-0.5, 0.5))
def kimi_length(
    completions: Sequence[str], solution: Sequence[Any], tokens: Sequence[int], group_tokens: Sequence[Sequence[int]]
) -> list[float | None]:
    r"""0.5 - (length - shortest) / (longest - shortest) in the prompt's group; at most 0 for a wrong answer.

    Kimi k1.5 (arXiv 2501.12599), section 2.3.3. The group is every completion of the same prompt, on all ranks: the
    contract gathers their lengths before this function runs, so a failure in it on one rank leaves no other rank
    waiting. open-r1 uses the whole batch instead. Pays 0 in a group of one length. None with an unreadable gold.

    >>> kimi_length(["\\boxed{1}"] * 2 + ["\\boxed{2}"] * 2, ["1"] * 4, [10, 30, 10, 20], [[10, 10, 20, 30]] * 4)
    [0.5, -0.5, 0.0, 0.0]
    """
    paid: list[float | None] = []
    for verdict, length, group in zip(grade_batch(completions, solution), tokens, group_tokens, strict=True):
        shortest, longest = group[0], group[-1]
        share = 0.5 - (length - shortest) / (longest - shortest) if longest > shortest else 0.0
        paid.append(None if verdict is None else share if verdict else min(0.0, share))
    return paid


@register_reward("target_length", range=(-math.inf, 0.0))
def target_length(completion: str, tokens: int, *, ideal: int = 20) -> float:
    """Minus the distance to `ideal` tokens (HF LLM course, `reward_len`).

    >>> target_length("", 25)
    -5.0
    """
    return -abs(float(ideal) - tokens)


@register_reward("minimum_length")
def minimum_length(completion: str, *, characters: int = 1024) -> float:
    """1 if longer than `characters`, else 0 (the dummy reward of ms-swift's guide).

    >>> minimum_length("abc", characters=2)
    1.0
    """
    return float(len(completion) > characters)
