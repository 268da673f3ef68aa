# ruff: noqa: RUF001  punctuation of other scripts and minus signs are what this is about
r"""What a sentence states as its answer.

A sentence counts only if it has one of the forms in which a value is stated: a subject without doubt, condition or denial, a
verb of `_VERB`, the value, and an end of `_end_of_statement`. A sentence that merely holds a number states none.
"""

import re

from grpo_rewards.answers.languages import DOUBT, SCRIPT, without_copula

_COMMON = r"final|correct|right|only|best|required|desired|exact|numerical|overall|total|simplified|full|complete"
_LEAD = (
    r"(?:(?:so|thus|hence|therefore|then|finally|now|and|consequently|clearly|overall|altogether|well|ok|okay|yes|no(?=[,:.])|that|it\s+is|"
    r"because\s+of\s+this|in\s+(?:total|all|conclusion|summary|short|the\s+end|other\s+words)|as\s+a\s+result|to\s+conclude|"
    r"it\s+(?:follows|turns\s+out)\s+that|(?:one|you)\s+(?:can\s+)?(?:finds?|sees?|gets?)\s+that|"
    r"(?:i\s+am|we\s+are)\s+(?:confident|sure|certain)\s+that|this\s+(?:gives|leads)(?:\s+us)?(?:\s+to)?|(?:we|i)\s+see\s+that|(?:we|i)\s+(?:conclude|find|know|get|have|think|believe)(?:\s+that)?|"
    r"th(?:is|ese|at)\s+(?:means|shows|gives|implies|yields)(?:\s+that)?|i\.e\.|por\s+lo\s+tanto|donc|also|lösung\s+gefunden)"
    r"[\s,:*]*)*"
)
# strings, not patterns: re compiles each at its first use and keeps it, and a trainer starts sooner
_SAID = (
    rf"(?i)(?:the|my|our|your)?\s*(?:(?:{_COMMON})\s+)*(?:answer|result|solution)(?:\s+(?:to|for|of)\s+(?:the|this|that|our|your)\s+"
    r"(?:\w+\s+)?(?:problem|total|question|exercise|equation|task|riddle|puzzle|part|sum|product|computation|calculation|expression|integral)s?(?:\s+(?:above|\d))?)?"
    r"(?:\s+set|(?P<aside>,[^,.]{3,40},)|\s+(?:that\s+)?(?:we|you)\s+(?:seek|want|need|look\s+for))?"
    r"(?P<verb>[\s*]*(?:(?:is|are|=|:|to\s+be|(?:must|should|would|will)\s+be|equals|comes\s+to)\s*)+(?:,?\s*(?:therefore|thus|still|indeed),?\s)?)"
    r"|(?:the\s+)?(?:correct\s+)?(?:option|choice|answer)(?:\s+is)?[\s:*–-]+(?=\**\(?\\?[a-z]*\{?[A-J]\b(?!\s+(?!is\s+(?:correct|right|true))[a-z]))"
    r"|(?P<other>(?:(?<!不是)(?:答案|結果|结果|結論|结论)\s*(?:应该|應該|应|就)?\s*(?:是|为|為|：|:|=)+\s*|(?<!不)(?<!排除)(?:故|应|因此|所以|正确)?选(?:择|项)?\s*(?:是|为|[:：])?\s*(?=[(（]?[A-J])"
    r"|答[:：]\s*|(?:答え|正解)\s*(?:は|[:：])\s*|(?:정답|답)\s*(?:은|[:：])\s*|ответ\s*:?\s*|(?:la\s+)?réponse(?:\s+\w+)?\s+est\s*:?\s*|(?:la\s+)?respuesta(?:\s+(?!no\b)\w+)?\s+es\s*:?\s*"
    r"|antwort(?:\s+\w+)?\s*(?:ist|lautet|:)\s*:?\s*|(?:la\s+)?risposta(?:\s+\w+)?\s+(?:è|e')\s*:?\s*|resposta(?:\s+\w+)?\s+é\s*:?\s*))"
)
_VERB = (
    r"(?i)\b(?:is|are|was|were|equals?|(?:must|should|will)\s+be|would\s+(?:be|take|need|cost|have)|has|have|had|gets?|got|needs?|takes?|took|costs?|earn(?:s|ed)|"
    r"makes?|made|sold|sells|spent|spends|paid|pays|bought|ate|eats|won|read|walk(?:s|ed)|sav(?:es|ed)|receiv(?:es|ed)|collect(?:s|ed)|"
    r"gives?|gave|left|measures?|comes\s+to|amounts\s+to|totals|becomes|contains?|holds?|weighs?|scored|work(?:s|ed)|remain|"
    r"(?:we|i|you|one)\s+(?:obtain|find|get|conclude)(?:\s+that)?|(?:i|we)(?:'d|\s+would|\s+will)?\s+(?:pick|choose|select|chose|go\s+with)|pays?|bake[ds]|plant(?:s|ed)|travel(?:s|l?ed)|drove|drives|ran|"
    r"runs|pick(?:s|ed)|uses|used|produc(?:es|ed)|grew|grows|own(?:s|ed)|drank|fill(?:s|ed)|invit(?:es|ed)|wrote|count(?:s|ed)|"
    r"(?:it\s+follows|we\s+conclude)\s+that|hence|thus|therefore|so)\b[\s,:*]*|(?<=\w):[\s*]+"
)
_ADVERB = (
    r"(?i)(?:(?:exactly|only|just|simply|therefore|thus|then|hence|now|equal\s+to|given\s+by|(?:a\s+)?(?:grand\s+)?total(?:\s+of)?|"
    r"there\s+(?:are|is)|indeed|(?:an?|the)\s+(?:total|perimeter|area|volume|length|width|height|radius|diameter|circumference|sum|measure|value|distance|speed|mass|weight|"
    r"age|price|cost|probability|slope|degree|size)\s+of|option|choice|answer(?=\s*\(?[A-J]\b)|=|:|that)[\s,:*]+|=\s*)*"
)
_DOUBT = re.compile(
    r"\b(?:if|unless|suppos\w*|assum\w*|let|let's|whether|try|tries|trying|tried|check\w*|not|never|no|none|nobody|cannot|neither|nor|"
    r"wrong|incorrect\w*|false|bad|impossible|unlikely|maybe|perhaps|possibly|probably|might|may|could|would|can|guess\w*|doubt\w*|"
    r"example|instance|hint|given|bounds?|told|hardly|barely|except\w*|but|exclud\w*|excess|without|almost|nearly|roughly|about|around|"
    r"approximately|candidate\w*|answers?|results?|solutions?|said|says?|claim\w*|ask\w*|contradict\w*|mistake|distractor|trap|some|another|one\s+of|though|although|question|problem|"
    r"times|at\s+(?:least|most|best)|using|use|wait|hmm|still|then|negative|opposite|reciprocal|instead|than|other|otherwise|"
    r"and|or|(?:needs?|wants?|likes?|hopes?|wish\w*|aims?|plans?|order|tr\w+)\s+to(?!\s+pay)|(?:an?|one|another|any)\s+possible|previous|goal|target)\b"
    r"|n't\b|[?;]",
    re.IGNORECASE,
)
# in free text these stand in a step of the work, in a tag in an answer
_STEP = re.compile(
    r"\b(?:step|far|first|second|initial\w*|original\w*|next|case|old|intermediate|twice|half|double|triple|between|discriminant)\b",
    re.IGNORECASE,
)
_ANOTHER = re.compile(
    r"\b(?:(?<!^)more|less|fewer|times|squared|cubed|factorial|or|and|plus|minus|over|under|choose|mod|modulo|of|off|than|at\s+(?:most|least|best)|is|isn't|was|not|may|"
    r"at\s+first|initially|might|could|can|would|should|if|unless|when|before|until|while|but|point|dozen|hundred|thousand|million|billion|half|percent|wrong|incorrect|never|"
    r"maybe|perhaps|possibly|out|short|away|too|as|except|works?|divided|multiplied|to\s+the|older|younger|fails?|does|candidate)\b"
    r"|n't\b|[\d?$\\^*/+<>=]",
    re.IGNORECASE,
)
_RECANTED = re.compile(
    r"\b(?:wrong|incorrect|impossible|contradict\w*|too\s+\w+|fails?|but|however|unless|if|or|cannot|maybe|perhaps|possibly|not\s+(?:the|"
    r"right|correct|possible|valid))\b|\?",
    re.IGNORECASE,
)
_NOUN = re.compile(
    r"\s*((?:(?!(?:left|remain\w*|in\s+\w+|on|at|for|to|that|who|which|are|is|were|was|will|from|after|each|every|altogether|total|"
    r"here|there|with|by|now|because|since|during|of|done|and|not|more|as|so)\b)[A-Za-z¢€£Ωμ]+\.?(?:\^\{?-?\d\}?|²|³)?(?:\s*/\s*|\s+|(?=\W|$)))"
    r"{1,4})"
)
_REASON = re.compile(
    r"(?:[,;.]?\s*(?:because|since|obtained|by\s|where\b|which\b|so\b|as\s+(?:claimed|required|desired|expected)|i\.e\.)|"
    r",\s*(?:as\b|for\b|and\s+not\b|not\b|rather\b)|\s+(?:and\s+)?not\s|\s*[—–]|\s+--?\s|:\s)",
    re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"[\w ]{0,20}?\s*\bis\s+(?:the\s+|our\s+|my\s+)?(?:(?:only|final|correct|right|best)\s+)*(?:answer|result|solution|value|"
    r"choice|option|correct|right|true|one)[\s.]*",
    re.I,
)
_WORDS_STATED = re.compile(
    r"(?:it|the(?: \w+){1,4}|this|that) (?:is|was) (?:an? )?((?:the )?[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}|true|false|odd|even|"
    r"yes|no)|it is (impossible|possible|undefined|infinite|prime|composite|"
    r"[a-z]*rational|[a-z]*creasing|[a-z]*vergent)|it (cannot be determined)"
)
_NO_SOLUTION = re.compile(r"(?:the |this )?(?:\w+ ){0,3}ha(?:s|ve) (no (?:real |integer )?solutions?)")
_REMAINS = re.compile(r"\s*(?:\w+\s+)?(?:such|remain\w*|total|each|is\s+(?:the|correct|right))\b", re.IGNORECASE)
_ONLY_IN_TAGS = re.compile(r"(?:.*:|needs?|takes?|took|would|had|pays?|left|read|work)", re.IGNORECASE)
_PAIR = re.compile(r"\bin [A-Z]\w+ and [A-Z]\w+|\d+(?:, \d+)*,? and \d+|\bof \w+ and \w+|\bof \d+,? and \d+")
_ROUNDED = re.compile(r"^,?\s*(?:or\s+|which\s+is\s+)?(?:approximately|about|roughly|\\approx|≈)\s*\$?[\d.,]*\d\$?")
_PART_OF = re.compile(r"^ of\s+(?:the|these|those|his|her|their|all|our)\s+(?:\d+\s+)?(?=[a-z]{3,})")
_DENIED = re.compile(
    r"\W*(?:which|that)\s+(?:\w+\s+){0,2}(?:not|wrong|incorrect|impossible|contradict\w*|too|false|absurd)\b", re.I
)
_OF_ANOTHER = re.compile(
    r"\b(?:squares?|cubes?|root|inverse|digits?|multiple|power|logarithm|half|double|twice|triple)\s+(?:of\s+)?(?:(?:the|this|our|its)\s+(?:\w+\s+)?(?:number|value|total|"
    r"unknown|length|side|it)|it|this|that|x|n)\b",
    re.I,
)
_END = re.compile(r"\.(?=\s|$|\*)|\n|;|[。；！]|, (?:which|because|since|so|as)\b|\s+because\b")
_SENTENCE = re.compile(r"(?<=[.!。！])(?<!i\.e\.)[\s*]+|\n+|(?<=[。！])")
_WORD = re.compile(r"(?<![\\{A-Za-z])[A-Za-z]{2,}|[\u4e00-\u9fff]")
_MATH = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_NUMBER = re.compile(
    r"(?:[-−–+]\s?)?(?:\\?\$|€|£|¥|￥)?\d+(?:,\d+)*(?:\.\d+)?(?:/\d+)?(?:\s?\\?%)?(?:\s?(?:\^\\circ|°)(?:\s?[CF]\b)?)?"
    r"(?:\s+(?:hundred|thousand|million|billion|trillion|dozen|tenths?|hundredths?|percent|degrees?)\b)*"
)
_TOUCHED = re.compile(r"[\w\\^!{}$/*(]|[.,:]\d|-\w|\s*(?:[-+*/^=<>]\s*[\w(\\]|\\)")
_CHOICE = re.compile(r"\(([A-J])\)|([A-J])(?![\w'])\)?")
_DIGITS = re.compile(r"\d")
_REASONED = re.compile(r"(yes|no|true|false)\s*(?:[,.;:—–]|\s-|because\b|since\b)\s*(.*)", re.IGNORECASE | re.DOTALL)
_EXPLAINED = re.compile(
    r"\s*(?:explanation|reason(?:ing)?|because|since|this\s+is|check|proof|steps|justification|note)\b", re.I
)
_SO = re.compile(
    r"(?:[,;:.]\s*|\s)(?:(?:so|thus|hence|therefore|that\s+is|namely|which\s+(?:means|gives)|giving|yielding)\b|i\.e\.)[\s,:]*",
    re.I,
)
_CLAUSE = re.compile(r"[,:]\s+")
_WIDE = {code: code - 0xFEE0 for code in (0xFF08, 0xFF09, *range(0xFF21, 0xFF3B))}  # full-width "(A)"
_TAIL = 2000  # characters in which "the answer is" is looked for
_WORDS_OF_SUBJECT = 14


def said(text: str) -> str | None:
    r"""What follows the last "the answer is" that is followed by an answer, in a few languages.

    >>> said("The answer is 42. The result is consistent with the estimate."), said("答案是 $\\frac12$。"), said("It is 3.")
    ('42', '$\\frac12$', None)
    >>> said("If the answer is 12, it fails."), said("The wrong answer is 12."), said("The answer is 12, not 13.")
    (None, None, '12')
    """
    tail = text[-_TAIL:]
    tail = tail if tail.isascii() else tail.translate(_WIDE)
    for match in reversed(list(re.finditer(_SAID, tail))):
        before = tail[: match.start()]
        if match["aside"] and _DOUBT.search(match["aside"]):
            continue
        if DOUBT.search(re.split(r"[。，,；;!?\s]", before)[-1]) if match["other"] else not _is_claimed(before):
            continue
        rest = tail[match.end() :].lstrip(" *:\n`_")
        if (
            rest[:2] in ("$$", "\\[")
            and (math := _MATH.match(rest))
            and re.match(r"[\s.*]*(?:\n|$)", rest[math.end() :])
        ):
            return next(filter(None, math.groups())).strip()
        end = _END.search(rest)
        phrase = (rest[: end.start()] if end else rest).strip(" *:`")
        if phrase.endswith(")") and "(" not in phrase:  # (The answer is 12.)
            phrase = phrase.rstrip(").")
        if _DENIED.match(rest[len(phrase) :]):
            return None
        if phrase and len(_WORD.findall(phrase)) == 0 and not re.match(r"[A-J]\s*\(", phrase):
            return phrase
        sentence = re.split(r"\n|(?<=[.。！])\s|(?<=[。！])", rest, maxsplit=1)[0]
        if found := _value(sentence) or asian(sentence) or _short(phrase):
            return found
        if _DIGITS.search(phrase) or "$" in phrase:
            return None
    return None


def _is_claimed(before: str) -> bool:
    """Whether what stands before "the answer is" in its sentence leaves it a claim: nothing, "so", "since 3 + 4 = 7,"."""
    head = re.split(r"\n|[.!?;。](?:\s|\*|$)|[*#]{2,}", before)[-1]
    if re.fullmatch(rf"(?i)[\W_]*{_LEAD}[\W_]*", head):
        return True
    head = re.sub(r"\bbut\s*$", "", head)
    clause = _SO.split(head + " ")[0] if _SO.search(head + " ") else head if re.search(r"[,:]\s*$", head) else None
    return clause is not None and not re.search(
        r"(?i)\b(?:if|unless|suppose|assum\w+|whether|were|when|let|had|without|instead|wrong|incorrect|otherwise)\b",
        clause,
    )


def _short(phrase: str) -> str | None:
    """A phrase of a few words that may be an answer as it stands: "no solution", "15 cm"."""
    return phrase if 0 < len(_WORD.findall(phrase)) <= 3 and phrase[:1] not in "(" and "$" not in phrase else None


def stated(sentence: str, loosely: bool = False) -> str | None:
    r"""The value that a sentence states, None if it states none. `loosely`, as in a tag, a label or the value may come first.

    >>> stated("The side has a length of $2\\sqrt{3}$"), stated("Thus $x = 4$."), stated("The area is twice $4$.")
    ('2\\sqrt{3}', 'x = 4', None)
    >>> stated("The area is $4$ cm."), stated("It is not $4$."), stated("12 apples are left", loosely=True)
    ('4 cm', None, '12 apples')
    """
    sentence = sentence.replace("**", "").strip(" *`_>\n")
    clauses = [sentence]
    parts = _SO.split(" " + sentence)
    if len(parts) > 1 and not re.search(r"(?i)\b(?:if|unless|suppose|assum\w+|whether)\b", "".join(parts[:-1])):
        clauses.append(parts[-1])
    elif (comma := _CLAUSE.search(sentence)) and not (
        _DOUBT.search(sentence[: comma.start()]) or _STEP.search(sentence[: comma.start()])
    ):
        clauses.append(sentence[comma.end() :])  # "After reducing, the sum equals 4"
    for at, clause in enumerate(clauses):
        lead = re.match(rf"(?i){_LEAD}", clause)
        rest = clause[lead.end() :] if lead else clause
        after = re.match(r"(?i)(?:after|in|by|at|with|on|from|for|of)\s", sentence)
        comes_first = rest != clause or (loosely and (at == 0 or after)) or (len(parts) > 1 and at == 1)
        if comes_first and (found := _value(rest, first=True)):
            return found
        for verb in re.finditer(_VERB, rest):
            stands = loosely or not _ONLY_IN_TAGS.match(verb[0])
            if stands and _is_subject(rest[: verb.start()], loosely) and (found := _value(rest[verb.end() :])):
                return found
    return None


def stated_in(block: str) -> str | None:
    r"""The value that the text of an `<answer>` states: its last sentence, or the first if the rest explains it.

    >>> stated_in("12\n\nExplanation: 3*4 = 12."), stated_in("Yes, because 7 is prime."), stated_in("She has 12 apples.")
    ('12', 'Yes', '12 apples')
    """
    if found := said(block) or asian(block):
        return found
    if (reasoned := _REASONED.fullmatch(block.replace("**", "").strip())) and not _RECANTED.search(reasoned[2]):
        return reasoned[1]
    sentences = [sentence for sentence in _SENTENCE.split(block.strip()) if sentence.strip(" *")]
    if len(sentences) > 1 and _EXPLAINED.match(" ".join(sentences[1:])):
        first = sentences[0].strip(" *.")
        return stated(first, loosely=True) or (first if words_in(first) <= 3 else None)
    last = sentences[-1].strip(" *.") if sentences else ""
    if words := _WORDS_STATED.fullmatch(last[:1].lower() + last[1:]) or _NO_SOLUTION.fullmatch(last.lower()):
        return next(filter(None, words.groups()))
    return stated(last, loosely=True) if last else None


def _is_subject(text: str, loosely: bool) -> bool:
    """Whether a text may be what a value is stated of: a few words without doubt, denial or a condition, not a step."""
    outside = _PAIR.sub("both", _MATH.sub(" x ", text))
    return (
        0 <= len(outside.split()) <= _WORDS_OF_SUBJECT
        and not _DOUBT.search(outside)
        and not _OF_ANOTHER.search(outside)
        and (loosely or not _STEP.search(outside))
        and not re.search(r"[,:]\s", outside)
        and all("=" not in match[0] for match in _MATH.finditer(text))
    )


def _value(text: str, first: bool = False) -> str | None:
    """The value at the start of a text that ends as a statement does; with its unit where that is known. `first`: no verb
    stands before it."""
    adverb = re.match(_ADVERB, text)
    text = text[adverb.end() if adverb else 0 :].lstrip(" *:")
    if math := _MATH.match(text):
        content, rest = next(filter(None, math.groups())).strip(), text[math.end() :]
        return _measured(content, rest, first) if not re.match(r"\s*[-+*/^!=<>\\\w]*\d", rest) else None
    if choice := _CHOICE.match(text):
        rest = text[choice.end() :]
        letter = choice[1] or choice[2]
        stands = (
            choice[1] or not rest.strip(" .*") or rest[0] in ".:,;)" or _REASON.match(rest) or re.match(r"\s*\(", rest)
        )
        if _CONFIRMED.fullmatch(rest):
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
    return bool(
        re.search(r"^\W*(?:or|and)\b|\b(?:nor|neither|maybe|perhaps|possibly|if|unless)\b|\bor\s+\(?[A-J]\b", rest)
    ) or (bool(re.search(r"\b(?:wrong|incorrect|false)\b", rest)) and not _REASON.match(rest))


def _measured(value: str, rest: str, first: bool) -> str | None:
    """A value with the noun that follows it, if the sentence ends as a statement does."""
    if not _ends(rest if value.endswith(("%", "percent")) else _PART_OF.sub("", rest)):
        return None
    from grpo_rewards.answers.units import read_unit

    noun = _NOUN.match(rest)
    words = noun[1].split() if noun else []
    known = next((n for n in range(len(words), 0, -1) if read_unit(" ".join(words[:n]).rstrip("."))), 0)
    if first and words and not known and not _REMAINS.match(rest):
        return None
    return " ".join((value, *words[: known or len(words)])).rstrip(".")


def _ends(rest: str) -> bool:
    """Whether what follows a value leaves it stated: nothing, what is counted, "in all", a reason, "not 13", a note."""
    closed = rest.rstrip(" *`").endswith((".", "!"))  # a reason that was cut off may go on to something else
    rest = rest.strip(" *`").removesuffix(".")
    note = re.match(r"\s*\([^()?]*\)", rest)
    rest = _ROUNDED.sub("", rest)
    rest = rest[note.end() :] if note and not _RECANTED.search(note[0].replace(" not ", " or ")) else rest
    if _CONFIRMED.fullmatch(rest):
        return True
    if not rest.strip(" .!*`"):
        return True
    if reason := _REASON.match(rest):
        finished = closed or reason[0].strip(" ,.;:").lower() not in ("so", "which", "where")
        return finished and not _RECANTED.search(rest[reason.end() :])
    words, *tail = _REASON.split(rest, maxsplit=1)
    if len(words.split()) > 10 or not re.match(r",?\s*[A-Za-z]", words):
        return False
    words = re.sub(r"^\s*((?!times)[a-z]+ ){1,2}of (?=[a-z])", "", words)  # litres of milk
    if _ANOTHER.search(
        re.sub(
            r"(?i)\b(?:in|on|at)\s+(?:the|each)\s+\w+|\bin [A-Z]\w+ and [A-Z]\w+|(?<=[a-z])/(?=[a-z])|\b(?:are|is|were)\s+left\b",
            "",
            words,
        )
    ):
        return False
    return not tail or (closed and not _RECANTED.search(" ".join(filter(None, tail))))


def words_in(text: str) -> int:
    """How many words of prose a text has; commands, variables and `\\text{…}` are none."""
    return len(_WORD.findall(text))


_ASIAN_STATEMENT = re.compile(
    rf"(?P<subject>[{SCRIPT}\s，,、：:A-Za-z'$\\()（）=]{{0,80}}?)(?P<number>\$[^$]+\$|[-−]?(?:\\?\$|¥|￥|€)?\d+(?:,\d+)*(?:\.\d+)?(?:/\d+)?%?)\s*"
    rf"(?P<counter>[{SCRIPT}]{{0,12}})(?:\s(?P<verb>[{SCRIPT}]{{1,8}}))?\s*[。.！!]?"
)


def asian(text: str) -> str | None:
    r"""The value that a Chinese, Japanese or Korean sentence states, with its counter.

    >>> asian("小明有12个苹果。"), asian("答えは24です。"), asian("不是12个"), asian("a 12")
    ('12个苹果', '24', None, None)
    """
    if text.isascii() or not re.search(f"[{SCRIPT}]", text[:200]):
        return None
    statement = _ASIAN_STATEMENT.fullmatch(re.split(r"[。！]\s*", text.strip(" *。！"))[-1][-200:])
    if not statement or any(DOUBT.search(statement[part] or "") for part in ("subject", "counter", "verb")):
        return None
    if re.search(r"[A-Za-z]{2}", _MATH.sub("", statement["subject"])):
        return None
    return statement["number"] + without_copula(statement["counter"])
