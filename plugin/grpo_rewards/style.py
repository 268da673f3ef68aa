"""Rewards for the style of a completion: steps, repetition, language."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from grpo_rewards.contract import register_reward
from grpo_rewards.format import written_by_the_policy

# Patterns are strings, which `re` compiles at their first use and keeps: compiling would be most of the import time.

# [ \t]*, because \s* would scan all following blank lines from each blank line
_STEP = r"(?m)Step \d+:|^[ \t]*(?:\d+[.)]|[-*])\s|\b(?:First|Second|Third|Next|Finally),"


@register_reward("reasoning_steps")
def reasoning_steps(completion: str) -> float:
    r"""A third for each marker of a step ("Step 1:", "1.", bullets, "First,", "Next,"), at most 1 (open-r1).

    Counts at most as many steps as there are different words besides the markers, so markers alone earn nothing.

    >>> round(reasoning_steps("First, a.\nNext, b."), 2), reasoning_steps("1. a\n2. b\n3. c\n4. d")
    (0.67, 1.0)
    >>> reasoning_steps("First, Next, Finally,"), reasoning_steps("1.\n1.\n1.\n")
    (0.0, 0.0)
    """
    markers = sum(1 for _ in itertools.islice(re.finditer(_STEP, completion), 3))
    words: set[str] = set()
    for word in re.finditer(r"\w+", re.sub(_STEP, " ", completion)):
        words.add(word[0])
        if len(words) >= markers:
            break
    return min(markers, len(words)) / 3


def _sizes(n_grams: int, max_penalty: float) -> None:
    if n_grams < 1:
        raise ValueError(f"--repetition_n_grams is {n_grams}; it must be 1 or more")
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

    Demystifying Long CoT (arXiv 2502.03373). Takes ms-swift's `--repetition_*` flags. Words are split at blanks. Each
    character of a script without blanks (Chinese, Thai, ...) is a word, and so is each turn of a loop without blanks.

    >>> ngram_repetition("a b c a b c"), ngram_repetition("one two three four"), ngram_repetition("我想我想我想")
    (-0.25, 0.0, -0.5)
    >>> round(ngram_repetition(100 * "ha"), 2), round(ngram_repetition(300 * "1+"), 2)
    (-0.99, -1.0)
    """
    words = list(_words_of(completion.lower()))
    grams = len(words) - n_grams + 1
    if grams < 1:
        return 0.0
    distinct = len(set(zip(*(words[i:] for i in range(n_grams)), strict=False)))
    return max_penalty * (1 - distinct / grams) or 0.0


# Thai and Lao, Burmese, Khmer, kana, Chinese characters: written without blanks
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_WORD = rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+"
_LOOP = r"(.{1,64}?)\1{2,}"
_SHORTEST_LOOP = 20  # characters of a piece that counts as words
_LONGEST_RULE = 200  # characters of a repeated sign, digit or syllable in ordinary text: --------, 0.333333, hahaha


def _words_of(text: str) -> Iterator[str]:
    """The words of a text. Each repeat of a piece of up to 64 characters without blanks is a word."""
    for word in re.findall(_WORD, text):
        at = 0
        for loop in re.finditer(_LOOP, word) if len(word) >= _SHORTEST_LOOP else ():
            piece, size = loop[1], len(loop[0])
            is_words = len(piece) > 3 and any(map(str.isalpha, piece))
            if size >= (_SHORTEST_LOOP if is_words else _LONGEST_RULE):
                if loop.start() > at:
                    yield word[at : loop.start()]
                yield from itertools.repeat(piece, size // len(piece))
                at = loop.end()
        if word[at:]:
            yield word[at:]


_SCRIPTS = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt"), r"\p{Latin}"), **dict.fromkeys(("ru", "uk"), r"\p{Cyrillic}"),
    "zh": r"\p{Han}", "ja": r"[\p{Han}\p{Hiragana}\p{Katakana}]", "ko": r"[\p{Hangul}\p{Han}]", "el": r"\p{Greek}",
    "ar": r"\p{Arabic}", "he": r"\p{Hebrew}", "hi": r"\p{Devanagari}", "th": r"\p{Thai}",
}  # fmt: skip


def _known_language(language: str) -> None:
    if language not in _SCRIPTS:
        raise ValueError(f"there is no script for the language {language!r}; known are {', '.join(_SCRIPTS)}")


@register_reward("language_consistency", check=_known_language)
def language_consistency(completion: str, *, language: str = "en") -> float | None:
    r"""Share of the thought's words in the script of the target language; None without words.

    DeepSeek-R1 (arXiv 2501.12948), section 2.3.2. It compares scripts, so it detects Chinese in an English thought, but
    not French. Mathematics does not count: commands, tags, single letters. A Chinese or Japanese character counts as
    one word. Without a thought, or after an empty one, the whole text counts.

    >>> language_consistency("<think>We add 答案 two</think>1"), language_consistency("<think>x = 1</think>1")
    (0.6, None)
    """
    text = written_by_the_policy(completion)
    thought = text.rpartition("</think>")[0] or text
    words = Counter(_words().findall(re.sub(_MARKUP, " ", thought)))
    if not words:
        return None
    return sum(count for word, count in words.items() if _in_script(language).match(word)) / words.total()


_MARKUP = r"<[^<>\s]{1,20}>|\\[A-Za-z]+"


@functools.cache
def _words() -> Any:
    import regex

    unspaced = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"
    return regex.compile(rf"{unspaced}|[\p{{L}}--{unspaced}][\p{{L}}\p{{M}}--{unspaced}]+", regex.V1)


@functools.cache
def _in_script(language: str) -> Any:
    import regex

    return regex.compile(_SCRIPTS[language])
