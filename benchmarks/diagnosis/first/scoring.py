"""Reward functions over the written text, and the figures that ms-swift 4.6.0 logs of them.

The arithmetic is that of `swift/rl_core/advantage.py` (`compute_advantages`, `compute_reward_metrics`) with
`scale_rewards: group`, in float32 as there.
"""

import re

import numpy as np

from benchmarks.diagnosis.first.sample import Sample

R1 = re.compile(r"^\s*(?:<think>)?.*?</think>\s*<answer>.*?</answer>\s*$", re.S)
LATIN = re.compile(r"[A-Za-z]")
ANSWERS = (
    re.compile(r"<answer>(.*?)(?:</answer>|$)", re.S),
    re.compile(r"\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}"),
    re.compile(r"####\s*(\S+)"),
)
FRACTION = re.compile(r"\\d?frac\{(-?\d+)\}\{(\d+)\}")


def tokens(text: str) -> int:
    """About how many tokens a Qwen tokenizer makes of a text, the end mark included."""
    wide = sum(ord(c) > 0x2E80 for c in text) if not text.isascii() else 0
    return 1 + int(1.3 * (text.count(" ") + 1) + 0.7 * wide + 0.35 * sum(map(text.count, ".,=<>\\{}")))


def given(text: str) -> str | None:
    """The last answer that a completion gives, normalised; None without one."""
    for pattern in ANSWERS:
        found = pattern.findall(text)
        if found:
            answer = found[-1]
            boxed = ANSWERS[1].search(answer)
            return normal(boxed[1] if boxed else answer)
    return None


def normal(answer: str) -> str:
    """`$\\frac{3}{4}$ dollars` and `3/4` are the same; so are `1,200` and `1200`."""
    answer = FRACTION.sub(r"\1/\2", answer).replace(",", "").replace("$", "").strip()
    return answer.split(" ")[0].rstrip(".")


def accuracy(sample: Sample) -> float:
    return float(given(sample.text) == sample.problem.answer)


def r1_format(sample: Sample) -> float:
    return float(bool(R1.match(sample.text)))


def boxed_format(sample: Sample) -> float:
    return float("\\boxed{" in sample.text or "####" in sample.text)


def cosine(sample: Sample) -> float:
    """Correct: 1 when short to 0.5 at the limit; wrong: -0.5 when short to 0 at the limit."""
    way = (1 + np.cos(np.pi * min(1.0, sample.tokens / sample.limit))) / 2
    return float(0.5 + 0.5 * way) if accuracy(sample) else float(-0.5 * way)


def repetition(sample: Sample) -> float:
    """-1 to 0: the share of repeated three-word sequences, as ms-swift's `repetition`."""
    words = sample.text.lower().split()
    if len(words) < 3:
        return 0.0
    grams = list(zip(words, words[1:], words[2:], strict=False))
    return -(1 - len(set(grams)) / len(grams))


def overlong(sample: Sample) -> float:
    """0 below three quarters of the limit, then down to -1."""
    soft = 0.75 * sample.limit
    return float(min(0.0, max(-1.0, (soft - sample.tokens) / (sample.limit - soft))))


def tags(sample: Sample) -> float:
    """A quarter for each of the four tags that stands exactly once."""
    return sum(0.25 for tag in ("<think>", "</think>", "<answer>", "</answer>") if sample.text.count(tag) == 1)


def steps(sample: Sample) -> float:
    """Up to 1 with the words that mark a step of reasoning."""
    return min(1.0, len(re.findall(r"\b(?:[Ff]irst|[Tt]hen|[Nn]ext|[Ss]o|[Tt]herefore|[Nn]ow)\b", sample.text)) / 3)


def numeric(sample: Sample) -> float:
    """Whether an answer that is a number is given at all."""
    answer = given(sample.text)
    return float(bool(answer) and bool(re.fullmatch(r"-?\d+(?:/\d+)?", answer)))


def length(sample: Sample) -> float:
    """The length in words over a hundred."""
    return len(sample.text.split()) / 100


def concise(sample: Sample) -> float:
    """1 for nothing written down to 0 at half of the limit."""
    return max(0.0, 1 - 2 * sample.tokens / sample.limit)


def latin(sample: Sample) -> float:
    """The share of Latin letters among all letters."""
    letters = sum(c.isalpha() for c in sample.text)
    return len(LATIN.findall(sample.text)) / letters if letters else 0.0


# Class name in the log -> (name in `reward_funcs`, the function).
REWARDS = {
    "MathAccuracy": ("accuracy", accuracy),
    "AnswerAccuracy": ("math_accuracy", accuracy),
    "Format": ("format", r1_format),
    "R1Format": ("r1_format", r1_format),
    "BoxedFormat": ("boxed_format", boxed_format),
    "CosineReward": ("cosine", cosine),
    "RepetitionPenalty": ("repetition", repetition),
    "SoftOverlong": ("soft_overlong", overlong),
    "TagCount": ("tag_count", tags),
    "ReasoningSteps": ("reasoning_steps", steps),
    "NumericAnswer": ("numeric_answer", numeric),
    "LengthReward": ("length_reward", length),
    "Conciseness": ("conciseness", concise),
    "LanguageConsistency": ("language_consistency", latin),
}


def advantages(table: np.ndarray, weights: np.ndarray, generations: int) -> tuple[np.ndarray, np.ndarray]:
    """`(advantages, rewards)`, float32 of shape (N,), from `table` of shape (N, functions); NaN is left out of the sum."""
    rewards = np.nansum(table * weights, axis=1, dtype=np.float32)
    groups = rewards.reshape(-1, generations)
    mean = groups.mean(1, keepdims=True)
    std = groups.std(1, ddof=1, keepdims=True)
    return ((groups - mean) / (std + np.float32(1e-4))).reshape(-1), rewards


def reward_figures(table: np.ndarray, rewards: np.ndarray, names: list[str], generations: int) -> dict[str, float]:
    """The reward keys of one batch in the order of the log. A column without one value has no keys."""
    groups = rewards.reshape(-1, generations)
    spread = groups.std(1, ddof=1)
    row = {
        "reward": float(groups.mean(1).mean()),
        "reward_std": float(spread.mean()),
        "frac_reward_zero_std": float(np.isclose(spread, 0, atol=1e-8).mean()),
    }
    for column, name in enumerate(names):
        seen = table[:, column][~np.isnan(table[:, column])]
        if seen.size:
            row[f"rewards/{name}/mean"] = float(seen.mean())
            row[f"rewards/{name}/std"] = float(seen.std(ddof=1)) if seen.size > 1 else 0.0
    return row
