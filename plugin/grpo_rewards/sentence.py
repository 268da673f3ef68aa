# ruff: noqa: RUF001  punctuation of other scripts and minus signs are what this is about
r"""What a sentence states as its answer: a lone piece of mathematics, a choice, or a number that stands for itself.

A number that touches a letter, a power or a factorial is part of something else; one after "not", "twice" or "at most" is said of
something else. A sentence with several numbers states none of them.
"""

import re

# strings, not patterns: re compiles each at its first use and keeps it, and a trainer starts sooner
_SAID = (
    r"(?i)(?:(?:final|correct|right|only)\s+)?(?:answer|result|solution)\s*(?:is|are|=|:|to\s+be)\s*(?:therefore|then|thus)?[:*\s]*"
    r"|(?:correct\s+)?(?:option|choice|answer)(?:\s+is)?[\s:*]+(?=\**\(?\\?[a-z]*\{?[A-J]\b(?!\s+[a-z]))"
    r"|(?:答案|結果|结果|結論|结论)\s*(?:应该|應該|应|就)?\s*(?:是|为|為|：|:|=)+\s*|(?:故|应|因此|所以|正确)?选(?:择|项)?\s*(?:是|为|[:：])?\s*(?=[(（]?[A-J])"
    r"|答えは\s*|정답은\s*|ответ\s*:?\s*|(?:la\s+)?réponse(?:\s+\w+)?\s+est\s*:?\s*|(?:la\s+)?respuesta(?:\s+(?!no\b)\w+)?\s+es\s*:?\s*"
    r"|antwort(?:\s+\w+)?\s*(?:ist|lautet|:)\s*:?\s*|(?:la\s+)?risposta(?:\s+\w+)?\s+(?:è|e')\s*:?\s*|resposta(?:\s+\w+)?\s+é\s*:?\s*"
)
_END = re.compile(r"\.(?=\s|$|\*)|\n|;|[。；！]|, (?:which|because|since|so|as)\b|\s+because\b")
_WORD = re.compile(r"(?<![\\{A-Za-z])[A-Za-z]{2,}|[\u4e00-\u9fff]")
_MATH = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER_WORDS = (
    r"(?:\s+(?:hundred|thousand|million|billion|trillion|dozen|score|tenths?|hundredths?|percent|degrees?))*"
)
_NUMBER = r"(?<![\w\\^.,!{}$/])(?:[-−–+]\s?)?(?:\\?\$|€|£)?\d[\d,]*(?:\.\d+)?(?:/\d+)?(?:\s?\\?%)?" + _NUMBER_WORDS
_TOUCHED = re.compile(r"[\w\\^!{}$/*(]|[.,]\d|-\w|\s*(?:[-+*/^=<>]|\\)")
_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")
_CHOICE = r"(?<![\w\\])\(([A-J])\)|(?<![\w\\'])\*\*([A-J])\*\*|(?<![\w\\'])([A-J])(?=[.):]?\s*$|[.):]\s|\*)"
_SAID_OF_ANOTHER = (
    r"(?i)(?:\b(?:not|never|neither|nor|no|nicht|kein|pas|ne|non|não|than|cannot|isn't|wasn't|minus|negative|most|least|between|"
    r"about|approximately|around|under|over|above|below|twice|thrice|double|triple|as|times|nearly|almost|roughly|(?:half|third|quarter|multiple|power|factor|root|square|cube|"
    r"inverse|reciprocal|opposite)\s+of)|n't\s+be)\W*$"
)
_MADE_ANOTHER = (
    r"(?i)\W*(?:times|more|less|squared|cubed|factorial|or|plus|minus|over|to\s+the\s+power|choose|mod|"
    r"is\s+(?:wrong|not|incorrect))\b"
)
_TAIL = 2000  # characters in which "the answer is" is looked for


def said(text: str) -> str | None:
    r"""What follows the last "the answer is" that is followed by an answer, in a few languages.

    >>> said("The answer is 42. The result is consistent with the estimate."), said("答案是 $\\frac12$。"), said("It is 3.")
    ('42', '$\\frac12$', None)
    """
    tail = text[-_TAIL:]
    for match in reversed(list(re.finditer(_SAID, tail))):
        rest = tail[match.end() :].lstrip(" *:\n")
        end = _END.search(rest)
        phrase = (rest[: end.start()] if end else rest).strip(" *:")
        if phrase and len(_WORD.findall(phrase)) == 0:
            return phrase
        if found := _short(phrase) or stated(phrase):
            return found
        if _DIGITS.search(phrase) or "$" in phrase:
            return None
    return None


def _short(phrase: str) -> str | None:
    """A phrase of a few words that may be an answer as it stands: "no solution", "15 cm"."""
    return phrase if 0 < len(_WORD.findall(phrase)) <= 3 and phrase[:1] not in "(" and "$" not in phrase else None


def stated(sentence: str) -> str | None:
    r"""The one value that a sentence states, None if it states none or several.

    >>> stated("The side has a length of $2\\sqrt{3}$"), stated("twice as large as 42"), stated("the coefficient is 5x here")
    ('2\\sqrt{3}', None, None)
    >>> stated("so it must be −5"), stated("I pick (B)"), stated("either 3 or 4")
    ('-5', 'B', None)
    """  # noqa: RUF002
    math = list(_MATH.finditer(sentence))
    if len({_content(match) for match in math}) == 1:
        outside = _MATH.sub(" ", sentence)
        alone = not re.search(_NUMBER, outside) and _stands_for_itself(sentence, math[-1].start(), math[-1].end())
        return _content(math[-1]) if alone else None
    if math:
        return None
    choices = {next(filter(None, match.groups())) for match in re.finditer(_CHOICE, sentence)}
    if choices and not _DIGITS.search(sentence):
        return _the_choice(sentence, choices)
    return only_number(sentence)


def _content(match: re.Match) -> str:
    return next(filter(None, match.groups())).strip()


def _the_choice(sentence: str, choices: set[str]) -> str | None:
    negated = re.search(
        r"\b(?:not|neither|nor|or|wrong|incorrect|false|never|maybe|possibly|perhaps)\b", sentence, re.IGNORECASE
    )
    return choices.pop() if len(choices) == 1 and not negated else None


def only_number(sentence: str) -> str | None:
    """The number in a sentence that has one and in which it stands for itself.

    >>> only_number("she has 18 eggs"), only_number("8 of 18"), only_number("42!"), only_number("It is never 6")
    ('18', None, None, None)
    """
    if len({run.replace(",", "") for run in _DIGITS.findall(sentence)}) > 1:
        return None
    numbers = [match for match in re.finditer(_NUMBER, sentence) if not _TOUCHED.match(sentence, match.end())]
    if len(numbers) != len(_DIGITS.findall(sentence)) or not numbers:
        return None
    last = numbers[-1]
    if not all(_stands_for_itself(sentence, n.start(), n.end()) for n in numbers):
        return None
    return last[0].strip().rstrip(",").replace("−", "-").replace("–", "-")


def _stands_for_itself(sentence: str, start: int, end: int) -> bool:
    return not (
        re.search(_SAID_OF_ANOTHER, sentence[max(0, start - 40) : start])
        or re.match(_MADE_ANOTHER, sentence[end : end + 40])
    )


def words_in(text: str) -> int:
    """How many words of prose a text has; commands, variables and `\\text{…}` are none."""
    return len(_WORD.findall(text))
