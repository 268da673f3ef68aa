"""Rewards for how a completion is written: steps, repetition, language."""

import functools
import itertools
import re
from collections import Counter
from typing import Any

from grpo_rewards.contract import register_reward

# [ \t]*, for \s* would run over all blank lines that follow, from each of them
_STEP = re.compile(r"Step \d+:|^[ \t]*(?:\d+[.)]|[-*])\s|\b(?:First|Second|Third|Next|Finally),", re.MULTILINE)


@register_reward("reasoning_steps")
def reasoning_steps(completion: str) -> float:
    r"""Markers of steps ("Step 1:", "1.", bullets, "First,", "Next,"), a third each, at most 1 (open-r1).

    >>> round(reasoning_steps("First, a.\nNext, b."), 2), reasoning_steps("1. a\n2. b\n3. c\n4. d")
    (0.67, 1.0)
    """
    return sum(1 for _ in itertools.islice(_STEP.finditer(completion), 3)) / 3


def _sizes(n_grams: int, max_penalty: float) -> None:
    if n_grams < 1:
        raise ValueError(f"--repetition_n_grams is {n_grams}; it is 1 or more")
    if max_penalty > 0:
        raise ValueError(f"--repetition_max_penalty is {max_penalty}; a penalty is 0 or below")


@register_reward(
    "ngram_repetition",
    range=(-float("inf"), 0.0),
    flags={"n_grams": ("repetition_n_grams",), "max_penalty": ("repetition_max_penalty",)},
    check=_sizes,
)
def ngram_repetition(completion: str, *, n_grams: int = 3, max_penalty: float = -1.0) -> float:
    """`max_penalty` times the share of n-grams that are repeats: 1 - distinct / all.

    Demystifying Long CoT (arXiv 2502.03373). Takes ms-swift's `--repetition_*` flags. Words are split at blanks, and each
    character of a script that is written without blanks (Chinese, Japanese, Thai, ...) is a word.

    >>> ngram_repetition("a b c a b c"), ngram_repetition("one two three four"), ngram_repetition("我想我想我想")
    (-0.25, 0.0, -0.5)
    """
    words = _WORD.findall(completion.lower())
    grams = len(words) - n_grams + 1
    if grams < 1:
        return 0.0
    distinct = len(set(zip(*(words[i:] for i in range(n_grams)), strict=False)))
    return max_penalty * (1 - distinct / grams) or 0.0


# Thai and Lao, Burmese, Khmer, kana, Chinese characters: written without blanks
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")

_SCRIPTS = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt"), r"\p{Latin}"),
    **dict.fromkeys(("ru", "uk"), r"\p{Cyrillic}"),
    "zh": r"\p{Han}",
    "ja": r"[\p{Han}\p{Hiragana}\p{Katakana}]",
    "ko": r"[\p{Hangul}\p{Han}]",
    "el": r"\p{Greek}",
    "ar": r"\p{Arabic}",
    "he": r"\p{Hebrew}",
    "hi": r"\p{Devanagari}",
    "th": r"\p{Thai}",
}


def _known_language(language: str) -> None:
    if language not in _SCRIPTS:
        raise ValueError(f"there is no script for the language {language!r}; there are {', '.join(_SCRIPTS)}")


@register_reward("language_consistency", check=_known_language)
def language_consistency(completion: str, *, language: str = "en") -> float | None:
    r"""Share of the thought's words that are written in the target language's script; None without words.

    DeepSeek-R1 (arXiv 2501.12948), section 2.3.2. Told by script, so that it sees Chinese in an English thought and not
    French. Mathematics does not count: commands, tags, single letters. A Chinese or Japanese character counts as one word.

    >>> language_consistency("<think>We add 答案 two</think>1"), language_consistency("<think>x = 1</think>1")
    (0.6, None)
    """
    thought = completion.rpartition("</think>")[0] or completion
    words = Counter(_words().findall(_MARKUP.sub(" ", thought)))
    if not words:
        return None
    return sum(count for word, count in words.items() if _in_script(language).match(word)) / words.total()


_MARKUP = re.compile(r"<[^<>\s]{1,20}>|\\[A-Za-z]+")


@functools.cache
def _words() -> Any:
    import regex

    unspaced = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"
    return regex.compile(rf"{unspaced}|[\p{{L}}--{unspaced}][\p{{L}}\p{{M}}--{unspaced}]+", regex.V1)


@functools.cache
def _in_script(language: str) -> Any:
    import regex

    return regex.compile(_SCRIPTS[language])
