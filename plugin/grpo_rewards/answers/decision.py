"""Decides a pair of texts where this process can, and gives the reason."""

import functools
import re

from grpo_rewards import options
from grpo_rewards.answers.balls import has_value
from grpo_rewards.answers.comparison import equal_answers, is_mathematics, is_statement
from grpo_rewards.answers.kinds import Answer, Quantity, Unknown, Words
from grpo_rewards.answers.normalization import normalize
from grpo_rewards.answers.reading import read
from grpo_rewards.answers.verdict import Verdict
from grpo_rewards.answers.word_answers import is_answer_in_words
from grpo_rewards.sentence_answers import words_in

_LONGEST = 500  # characters of an answer; a longer text is not one
_MOST_WORDS = 6  # of an answer in words; a longer one is a sentence
_INTEGER = re.compile(r"\$?(-?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4}))(?:\.0+)?\$?")  # 72, 1,234, $72$, $72, 72.00


@functools.lru_cache(maxsize=65536)
def gold_fault(gold: str) -> Verdict | None:
    """Why the text of a gold cannot be compared with other texts; None where it can.

    >>> gold_fault("The proof is left to the reader of this book."), gold_fault("72")
    (<Verdict.GOLD_UNREADABLE: 'gold unreadable'>, None)
    """
    if len(gold) > _LONGEST:
        return Verdict.GOLD_OVER_BUDGET
    if words_in(gold) > _MOST_WORDS and not any(char.isdigit() or char in "\\$" for char in gold):
        return Verdict.GOLD_UNREADABLE
    meant = read(gold)
    if isinstance(meant, Unknown) and not is_mathematics(meant.text) and not is_statement(meant.text):
        return Verdict.GOLD_UNREADABLE
    return Verdict.GOLD_OVER_BUDGET if _over_budget(meant) else None


def _over_budget(answer: Answer) -> bool:
    return isinstance(answer, Quantity) and not has_value(answer.tree)


def decide(answer: str, gold: str) -> Verdict | None:
    """The verdict on a pair; None where a worker has to decide."""
    whole, wanted = _INTEGER.fullmatch(answer), _INTEGER.fullmatch(gold)  # most answers, ten times faster
    if whole and wanted:
        a, b = (int(match[1].replace(",", "")) for match in (whole, wanted))
        return Verdict.RIGHT if a == b or abs(a - b) <= options.current().tolerance * abs(b) else Verdict.WRONG
    if answer == gold:
        return Verdict.RIGHT
    if fault := gold_fault(gold):
        return Verdict.RIGHT if normalize(answer) == normalize(gold) else fault
    if len(answer) > _LONGEST:
        return Verdict.TOO_LONG
    mine, theirs = read(answer), read(gold)
    equal = equal_answers(mine, theirs)
    if equal is True:
        return Verdict.RIGHT
    if isinstance(theirs, Words) and not isinstance(mine, Words) and not is_answer_in_words(theirs):
        return Verdict.GOLD_UNREADABLE  # "forty two" cannot be compared with 42
    if equal is False:
        return Verdict.WRONG
    return Verdict.ANSWER_OVER_BUDGET if _over_budget(mine) else None
