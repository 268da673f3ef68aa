"""Answers that are no mathematics: a choice, words and their synonyms, letters that name something, a time of day."""

import re

from grpo_rewards.answers.kinds import Choice, Clock, Words

_SAME_WORDS = {
    "dne": "does not exist", "doesn't exist": "does not exist", "not exist": "does not exist", "undefined": "does not exist",
    "no limit": "does not exist", "limit does not exist": "does not exist", "the limit does not exist": "does not exist",
    "no solutions": "no solution", "none": "no solution", "no real solution": "no solution", "no real solutions": "no solution",
    "there is no solution": "no solution", "there are no solutions": "no solution", "empty set": "no solution",
    "the empty set": "no solution", "\\emptyset": "no solution", "\\{\\}": "no solution", "\\{ \\}": "no solution",
}  # fmt: skip
_PLAIN = frozenset(
    "yes no true false odd even none all always never sometimes both neither positive negative zero".split()
)
_ANSWERS = _PLAIN | set(_SAME_WORDS) | set(_SAME_WORDS.values())
_CHOICE = re.compile(r"\(\s*([A-Z])\s*\)(?:[.:,]?\s+(.*))?|([A-J])[.):](?:\s+(.*))?|([A-Z])", re.DOTALL)
_REASON = re.compile(r"[,.;]?\s+(?:because|since|as|for)\b.*", re.DOTALL)
_NO_CHOICE = re.compile(
    r"\(\s*[A-Z]\s*\)|\b[A-J][.):]|\b(?:or|not|nor|neither|either|wrong|incorrect|false|excluded|except|maybe|perhaps|possibly|"
    r"unless|but|and\s+\(?[A-J]\b)|^\W*(?:isn't|is\s+(?:not|wrong|false|incorrect))",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*([ap]?)(?:\.?\s*m\.?)?", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Z]{2,8}")
_TEXT = re.compile(r"[^\W\d_][\w '.-]*")


def read_word(text: str) -> Choice | Clock | Words | None:
    """A choice with or without its text, a known phrase, letters in capitals, a time; None for everything else.

    >>> read_word("(B) 12 m"), read_word("(A) or (B)"), read_word("IV"), read_word("DNE")
    (Choice(letter='B'), None, Words(text='IV'), Words(text='does not exist'))
    """
    if choice := _CHOICE.fullmatch(text):
        rest = _REASON.sub("", f" {choice[2] or choice[4] or ''}")
        named = re.match(r"\s*(?:both|neither|all|none)\b", rest)  # "(E) both A and B" is the text of the choice
        return None if _NO_CHOICE.search(rest) and not named else Choice(choice[1] or choice[3] or choice[5])
    if (phrase := text.lower().strip(" .")) in _ANSWERS:
        return Words(_SAME_WORDS.get(phrase, phrase))
    if clock := _CLOCK.fullmatch(text):
        return Clock(int(clock[1]), int(clock[2]), clock[3].lower() and clock[3].lower() + "m")
    return Words(text) if _LETTERS.fullmatch(text) else None


def is_answer_in_words(words: Words) -> bool:
    """Whether the words are an answer as such ("no solution", "odd", letters): a number is then certainly another one."""
    return words.text in _ANSWERS or _LETTERS.fullmatch(words.text) is not None or " " not in words.text


def read_text(text: str) -> Words | None:
    """Any other words, in lower case and without an article.

    >>> read_text("The Great Wall."), read_text("x+1")
    (Words(text='great wall'), None)
    """
    if not _TEXT.fullmatch(text):
        return None
    words = re.sub(r"^(?:the|a|an) ", "", text.lower().strip(" ."))
    return Words(_SAME_WORDS.get(words, words))
