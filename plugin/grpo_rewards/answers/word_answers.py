"""Answers that are not mathematics: a choice, words and their synonyms, letters that name something, a time of day."""

import re

from grpo_rewards.answers.kinds import Choice, Clock, Words

_MEANINGS = {
    "does not exist": "dne|doesn't exist|not exist|undefined|no limit|limit does not exist|the limit does not exist|not defined",
    "no solution": "no solutions|none|no real solution|no real solutions|there is no solution|there are no solutions|empty set|"
    "the empty set|\\emptyset|\\{\\}|\\{ \\}",
    "diverges": "divergent|the series diverges", "converges": "convergent|the series converges", "impossible": "not possible",
    **{shape: f"{shape} triangle" for shape in ("isosceles", "equilateral", "right", "scalene")},
    "infinitely many": "infinitely many solutions|infinite solutions|infinite number of solutions|"
    "an infinite number of solutions",
}  # fmt: skip
_SAME_WORDS = {text: meaning for meaning, texts in _MEANINGS.items() for text in texts.split("|")}
_PLAIN = frozenset(
    "yes no true false odd even none all always never sometimes both neither positive negative zero".split()
)
_ANSWERS = _PLAIN | set(_SAME_WORDS) | set(_SAME_WORDS.values())
_CHOICE = re.compile(
    r"\(\s*([A-Z])\s*\)(?:[.:,]?\s+(.*))?|([A-J])(?:[.):]|(?=\s+\(.*\)$))(?:\s+(.*))?|([A-Z])", re.DOTALL
)
_REASON = re.compile(r"[,.;]?\s+(?:because|since|as|for)\b.*", re.DOTALL)
_NO_CHOICE = re.compile(
    r"\(\s*[A-Z]\s*\)|\b[A-J][.):]|\b(?:or|not|nor|neither|either|wrong|incorrect|false|excluded|except|maybe|perhaps|possibly|"
    r"unless|but|and\s+\(?[A-J]\b)|^\W*(?:isn't|is\s+(?:not|wrong|false|incorrect))",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*([ap]?)(?:\.?\s*m\.?)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})()\s*([ap])\.?\s*m\.?", re.IGNORECASE)
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_DATE = re.compile(
    rf"(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_MONTH}(?:,?\s+(?P<year>\d{{4}}))?|"
    rf"{_MONTH.replace('month', 'month2')}\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year2>\d{{4}}))?|"
    r"(?P<year3>\d{4})-(?P<month3>\d\d)-(?P<day3>\d\d)"
)
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_REASONED = re.compile(
    r"(yes|no|true|false)[,;] (?!.*\b(?:but|or|if|maybe|yes|no|true|false|not\s+always|sometimes|only)\b).*", re.DOTALL
)
_ORDINAL = re.compile(r"\d{1,6}(?:st|nd|rd|th)")
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_HIGHER = {"hundred": 100, "thousand": 1000, "million": 10**6}
_LETTERS = re.compile(r"[A-Z]{2,8}")
_TEXT = re.compile(r"[^\W\d_][\w '.-]*")


def read_word(text: str) -> Choice | Clock | Words | None:
    """A choice with or without its text, a known phrase, capital letters, a time; None for everything else.

    >>> read_word("(B) 12 m"), read_word("(A) or (B)"), read_word("IV"), read_word("DNE")
    (Choice(letter='B'), None, Words(text='IV'), Words(text='does not exist'))
    """
    if choice := _CHOICE.fullmatch(text):
        rest = _REASON.sub("", f" {choice[2] or choice[4] or ''}")
        named = re.match(r"\s*(?:both|neither|all|none)\b", rest)  # "(E) both A and B" is the text of the choice
        return None if _NO_CHOICE.search(rest) and not named else Choice(choice[1] or choice[3] or choice[5])
    if (phrase := text.lower().strip(" .")) in _ANSWERS:
        return Words(_SAME_WORDS.get(phrase, phrase))
    if reasoned := _REASONED.fullmatch(phrase):
        return Words(reasoned[1])
    if clock := _CLOCK.fullmatch(text) or _HOUR.fullmatch(text):
        hour, minute, half = clock.groups()
        return Clock(int(hour), int(minute or 0), half.lower() and half.lower() + "m")
    if phrase in _ORDINALS or _ORDINAL.fullmatch(phrase):
        return Words(f"{_ORDINALS.index(phrase) + 1 if phrase in _ORDINALS else int(phrase[:-2])}th")
    if phrase[:1].isalnum() and (date := read_date(phrase)):
        return date
    return Words(text) if _LETTERS.fullmatch(text) else None


def number_in_words(text: str) -> int | None:
    """The whole number that words name.

    >>> number_in_words("twelve"), number_in_words("six hundred and five"), number_in_words("ten two")
    (12, 605, None)
    """
    total, group, last = 0, 0, 10**9
    words = text.lower().replace("-", " ").replace(" and ", " ").split()
    for word in words:
        if word in _HIGHER and group:
            group *= _HIGHER[word]
            if word != "hundred":
                total, group = total + group, 0
            last = 100
            continue
        value = _ONES.index(word) if word in _ONES else 10 * (_TENS.index(word) + 2) if word in _TENS else -1
        if value < 0 or last < 20 or (last < 100 and value > 9):
            return None
        group, last = group + value, value
    return total + group if words else None


def read_date(text: str) -> Words | None:
    """A date as one word, from lower case.

    >>> read_date("14 march 1931"), read_date("1931-03-14"), read_date("3rd of may"), read_date("5 marbles")
    (Words(text='1931-3-14'), Words(text='1931-3-14'), Words(text='-5-3'), None)
    """
    date = _DATE.fullmatch(text)
    if not date:
        return None
    day, month, year = (date[name] or date[f"{name}2"] or date[f"{name}3"] for name in ("day", "month", "year"))
    full = [at for at, name in enumerate(_MONTHS, 1) if name.startswith(month)] if not month.isdigit() else [int(month)]
    return (
        Words(f"{year or ''}-{full[0]}-{int(day)}") if len(full) == 1 and (month.isdigit() or len(month) >= 3) else None
    )


def is_answer_in_words(words: Words) -> bool:
    """Whether the words are an answer ("no solution", "odd", letters), so that a number is surely a different one."""
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
