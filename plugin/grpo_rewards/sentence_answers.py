# ruff: noqa: RUF001  punctuation of other scripts and minus signs are the subject
r"""Finds the answer that a sentence states.

A sentence counts only if it has the form of a statement: a subject without doubt, condition or denial, a verb, the
value, and an end, all from `statement_patterns`. A sentence that merely contains a number does not count.
"""

import re

from grpo_rewards import statement_patterns as forms
from grpo_rewards.answers import other_scripts
from grpo_rewards.answers.other_scripts import SCRIPT, without_copula

_END = re.compile(r",? i\.e\.|\.(?=\s|$|\*)|\n|;|[。；！]|, (?:which|because|since|so|as)\b|\s+because\b")
_SENTENCE = re.compile(r"(?<=[.!。！])(?<!i\.e\.)[\s*]+|\n+|(?<=[。！])")
_WORD = re.compile(r"(?<![\\{A-Za-z])[A-Za-z]{2,}|[\u4e00-\u9fff]")
_MATH = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_DISPLAYED = re.compile(r"(?:\$\$(.+?)\$\$|\\\[(.+?)\\\])[\s.*]*(?:\n|$)", re.DOTALL)
_NUMBER = re.compile(
    r"(?:[-−–+]\s?)?(?:\\?\$|€|£|¥|￥)?\d+(?:,\d+)*(?:\.\d+)?(?:/\d+)?(?:\s?\\?%)?(?:\s?(?:\^\\circ|°)(?:\s?[CF]\b)?)?"
    r"(?:\s+(?:hundred|thousand|million|billion|trillion|dozen|tenths?|hundredths?|percent|degrees?)\b)*"
)
_TOUCHED = re.compile(r"[\w\\^!{}$/*(]|[.,:]\d|-\w|\s*(?:[-+*/^=<>]\s*(?:\d|[(\\]|[A-Za-z]\b)|\\)")
_CHOICE = re.compile(r"\(([A-J])\)|([A-J])(?![\w'])\)?")
_DIGITS = re.compile(r"\d")
_CLAUSE = re.compile(r"[,:]\s+")
_WIDE = {code: code - 0xFEE0 for code in (0xFF08, 0xFF09, *range(0xFF21, 0xFF3B))}  # full-width "(A)"
_TAIL = 2000  # characters in which "the answer is" is looked for
_WORDS_OF_SUBJECT = 14


def announced(text: str) -> str | None:
    r"""The answer after the last "the answer is" that has one, in a few languages.

    >>> announced("The answer is 42. The result is consistent with the estimate.")
    '42'
    >>> announced("答案是 $\\frac12$。"), announced("It is 3.")
    ('$\\frac12$', None)
    >>> announced("If the answer is 12, it fails."), announced("The wrong answer is 12."), announced("The answer is 12, not 13.")
    (None, None, '12')
    """
    tail = re.sub(r"\s{4,}", "\n\n\n", text[-_TAIL:])  # a pattern takes quadratic time on long runs of blanks
    tail = tail if tail.isascii() else tail.translate(_WIDE)
    for match in reversed(list(re.finditer(forms.SAID, tail))):
        if not _is_claimed(match):
            continue
        rest = tail[match.end() :].lstrip(" *:\n`_")
        if math := _DISPLAYED.match(rest):
            return (math[1] or math[2]).strip()
        end = _END.search(rest)
        phrase = (rest[: end.start()] if end else rest).strip(" *:`")
        if phrase.endswith(")") and "(" not in phrase:  # (The answer is 12.)
            phrase = phrase.rstrip(").")
        if re.match(forms.DENIED, rest[len(phrase) :]):
            return None
        if phrase and len(_WORD.findall(phrase)) == 0 and not re.match(r"[A-J]\s*\(", phrase):
            return phrase
        sentence = re.split(r"\n|(?<=[.。！])\s|(?<=[。！])", rest, maxsplit=1)[0]
        if found := _value(sentence) or stated_in_script(sentence) or _short(phrase):
            return found
        if _DIGITS.search(phrase) or "$" in phrase:
            return None
    return None


def _is_claimed(match: re.Match) -> bool:
    """Whether the text before "the answer is" leaves it a claim: nothing, "so", "since 3 + 4 = 7,"."""
    before = match.string[: match.start()]
    if match["other"]:
        return not other_scripts.DOUBT.search(re.split(r"[。，,；;!?\s]", before)[-1])
    if match["aside"] and re.search(forms.DOUBT, match["aside"]):
        return False
    head = re.split(r"\n|[.!?;。](?:\s|\*|$)|[*#]{2,}", before)[-1]
    if re.fullmatch(forms.LEAD, re.sub(r"^[\W_]+", "", head)):
        return True
    head = re.sub(r"\bbut\s*$", "", head)
    clause = re.split(forms.SO, head + " ")[0]
    ended = clause != head + " " or re.search(r"[,:]\s*$", head)
    return bool(ended) and not re.search(forms.HYPOTHETICAL, clause)


def _short(phrase: str) -> str | None:
    """A phrase of a few words that may be an answer by itself: "no solution", "15 cm"."""
    if phrase[:1].isdigit() and " and " not in phrase:
        return None
    return phrase if 0 < len(_WORD.findall(phrase)) <= 3 and phrase[:1] not in "(" and "$" not in phrase else None


def stated(sentence: str, loosely: bool = False) -> str | None:
    r"""The value that a sentence states, or None. With `loosely`, as in a tag, a label or the value may come first.

    >>> stated("The side has a length of $2\\sqrt{3}$"), stated("Thus $x = 4$."), stated("The area is twice $4$.")
    ('2\\sqrt{3}', 'x = 4', None)
    >>> stated("The area is $4$ cm."), stated("It is not $4$."), stated("12 apples are left", loosely=True)
    ('4 cm', None, '12 apples')
    """
    sentence = sentence.replace("**", "").strip(" *`_>\n")
    clauses = [sentence]
    parts = re.split(forms.SO, " " + sentence)
    if len(parts) > 1 and not re.search(r"(?i)\b(?:if|unless|suppose|assum\w+|whether)\b", "".join(parts[:-1])):
        clauses.append(parts[-1])
    elif (comma := _CLAUSE.search(sentence)) and not (
        re.search(forms.DOUBT, sentence[: comma.start()]) or re.search(forms.STEP, sentence[: comma.start()])
    ):
        clauses.append(sentence[comma.end() :])  # "After reducing, the sum equals 4"
    for at, clause in enumerate(clauses):
        lead = re.match(forms.LEAD, clause)
        rest = clause[lead.end() :] if lead else clause
        after = re.match(forms.BEFORE_A_COMMA, sentence)
        comes_first = rest != clause or (loosely and (at == 0 or after)) or (len(parts) > 1 and at == 1)
        if comes_first and (found := _value(rest, first=True)):
            return found
        for verb in re.finditer(forms.VERB, rest):
            stands = loosely or not re.match(forms.ONLY_IN_TAGS, verb[0])
            if stands and _is_subject(rest[: verb.start()], loosely) and (found := _value(rest[verb.end() :])):
                return found
    return None


def stated_in_block(block: str) -> str | None:
    r"""The value that the text of an `<answer>` states, in its last sentence or in the first if the rest explains it.

    >>> [stated_in_block(text) for text in ("12\n\nExplanation: 3*4 = 12.", "Yes, because 7 is prime.", "She has 12 apples.")]
    ['12', 'Yes', '12 apples']
    """
    if found := announced(block) or stated_in_script(block):
        return found
    if (reasoned := re.fullmatch(forms.REASONED, block.replace("**", "").strip())) and not re.search(
        forms.RECANTED, reasoned[2]
    ):
        return reasoned[1]
    sentences = [sentence for sentence in _SENTENCE.split(block.strip()) if sentence.strip(" *")]
    if len(sentences) > 1 and re.match(forms.EXPLAINED, " ".join(sentences[1:])):
        first = sentences[0].strip(" *.")
        return stated(first, loosely=True) or (first if words_in(first) <= 3 else None)
    last = sentences[-1].strip(" *.") if sentences else ""
    if words := re.fullmatch(forms.WORDS_STATED, last[:1].lower() + last[1:]) or re.fullmatch(
        forms.NO_SOLUTION, last.lower()
    ):
        return next(filter(None, words.groups()))
    return stated(last, loosely=True) if last else None


def _is_subject(text: str, loosely: bool) -> bool:
    """Whether a text may be the subject of a statement: a few words, no doubt, no denial, no condition, not a step."""
    outside = re.sub(forms.PAIR, "both", _MATH.sub(" x ", text))
    return (
        0 <= len(outside.split()) <= _WORDS_OF_SUBJECT
        and not re.search(forms.DOUBT, outside)
        and not re.search(forms.OF_ANOTHER, outside)
        and not re.search(forms.TWO_CLAIMS, outside)
        and (loosely or not re.search(forms.STEP, outside))
        and not re.search(r"[,:]\s", outside)
        and all("=" not in match[0] for match in _MATH.finditer(text))
    )


def _value(text: str, first: bool = False) -> str | None:
    """The value at the start of a text that ends as a statement does, with a known unit. `first`: no verb before it."""
    adverb = re.match(forms.ADVERB, text)
    text = text[adverb.end() if adverb else 0 :].lstrip(" *:")
    if math := _MATH.match(text):
        content, rest = next(filter(None, math.groups())).strip(), text[math.end() :]
        return _measured(content, rest, first) if not re.match(r"\s*[-+*/^!=<>\\\w]*\d", rest) else None
    if choice := _CHOICE.match(text):
        rest = text[choice.end() :]
        letter = choice[1] or choice[2]
        stands = choice[1] or not rest.strip(" .*") or rest[0] in ".:,;)" or re.match(rf"{forms.REASON}|\s*\(", rest)
        if re.fullmatch(forms.CONFIRMED, rest):
            return letter
        return letter if stands and not _other_choice(rest) else None
    if sum_of := re.match(r"[\d.,\s+*/×·÷()−-]+=\s*(?=\$?\d)", text):
        found = _value(text[sum_of.end() :])
        return found and sum_of[0] + found
    if (number := _NUMBER.match(text)) and number[0].strip(" +-−–"):
        rest = text[number.end() :]
        if not _TOUCHED.match(rest):
            return _measured(number[0].strip().rstrip(",").replace("−", "-").replace("–", "-"), rest, first)
    bare = text.rstrip(" .")
    return bare if bare and not words_in(bare) and "$" not in bare and "?" not in bare else None


def _other_choice(rest: str) -> bool:
    if re.search(r"\b(?:wrong|incorrect|false)\b", rest) and not re.match(forms.REASON, rest):
        return True
    return re.search(forms.OTHER_CHOICE, rest) is not None


def _measured(value: str, rest: str, first: bool) -> str | None:
    """A value with the noun that follows it, if the sentence ends as a statement does."""
    if not _ends(rest if value.endswith(("%", "percent")) else re.sub(forms.PART_OF, "", rest)):
        return None
    from grpo_rewards.answers.units import MULTIPLES, read_unit

    noun = re.match(forms.NOUN, rest)
    words = noun[1].split() if noun else []
    known = next((n for n in range(len(words), 0, -1) if read_unit(" ".join(words[:n]).rstrip("."))), 0)
    if first and words and not known and not re.match(forms.REMAINS, rest):
        return None
    plural = words and not known and re.fullmatch(r"[a-z]{4,}s\.?", words[-1])
    if plural and (not MULTIPLES.match(words[-1]) or words[-2:-1] in (["such"], ["ordered"])):
        return value  # any noun may be counted
    return " ".join((value, *words[: known or len(words)])).rstrip(".")


def _ends(rest: str) -> bool:
    """Whether the text after a value keeps the statement: nothing, a noun, "in all", a reason, "not 13", a note."""
    closed = rest.rstrip(" *`").endswith((".", "!"))  # a reason that was cut off may go on to something else
    rest = rest.strip(" *`.")
    note = re.match(r"\s*\([^()?]*\)", rest)
    rest = re.sub(forms.ROUNDED, "", rest)
    rest = rest[note.end() :] if note and not re.search(forms.RECANTED, note[0].replace(" not ", " or ")) else rest
    if not rest.strip(" .!*`") or re.fullmatch(forms.CONFIRMED, rest):
        return True
    if reason := re.match(forms.REASON, rest):
        finished = closed or reason[0].strip(" ,.;:").lower() not in ("so", "which", "where")
        alternative = re.search(r"not|rather|instead", reason[0], re.I)
        return finished and not re.search(r"(?i)\bbut\b" if alternative else forms.RECANTED, rest[reason.end() :])
    words, *tail = re.split(forms.REASON, rest, maxsplit=1)
    if len(words.split()) > 10 or not re.match(r",?\s*[A-Za-z]", words):
        return False
    words = re.sub(r"^\s*((?!times)[a-z]+ ){1,2}of (?=[a-z])", "", words)  # litres of milk
    if re.search(forms.ANOTHER, re.sub(forms.HARMLESS, "", words)):
        return False
    return not tail or (closed and not re.search(forms.RECANTED, " ".join(filter(None, tail))))


def words_in(text: str) -> int:
    """The number of prose words in a text; commands, variables and `\\text{…}` do not count."""
    return len(_WORD.findall(text))


_ASIAN_STATEMENT = re.compile(
    rf"(?P<subject>[{SCRIPT}\s，,、：:A-Za-z'$\\()（）=]{{0,80}}?)(?P<number>\$[^$]+\$|[-−]?(?:\\?\$|¥|￥|€)?\d+(?:,\d+)*(?:\.\d+)?(?:/\d+)?%?)\s*"
    rf"(?P<counter>[{SCRIPT}]{{0,12}})(?:\s(?P<verb>[{SCRIPT}]{{1,8}}))?\s*[。.！!]?"
)


def stated_in_script(text: str) -> str | None:
    r"""The value that a Chinese, Japanese or Korean sentence states, with its counter.

    >>> [stated_in_script(text) for text in ("小明有12个苹果。", "答えは24です。", "不是12个", "a 12")]
    ['12个苹果', '24', None, None]
    """
    if text.isascii() or not re.search(f"[{SCRIPT}]", text[:200]):
        return None
    statement = _ASIAN_STATEMENT.fullmatch(re.split(r"[。！]\s*", text.strip(" *。！"))[-1][-200:])
    if not statement or any(
        other_scripts.DOUBT.search(statement[part] or "") for part in ("subject", "counter", "verb")
    ):
        return None
    if re.search(r"[A-Za-z]{2}", _MATH.sub("", statement["subject"])):
        return None
    return statement["number"] + without_copula(statement["counter"])
