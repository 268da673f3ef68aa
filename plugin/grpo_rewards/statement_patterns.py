# ruff: noqa: RUF001  punctuation of other scripts is the subject
r"""The words and forms of statements; `sentence_answers` combines them.

Patterns are strings, so that a trainer starts faster: `re` compiles each at its first use and keeps it.
"""

import re


def _any(words: str) -> str:
    r"""A pattern from words separated by blanks: `*` for any ending, `_` for a blank, `x(s)` with or without an s.

    >>> _any("try check* no_one")
    'try|check\\w*|no\\s+one'
    """
    return "|".join(
        re.sub(r"\((\w+)\)", r"(?:\1)?", w).replace("*", r"\w*").replace("_", r"\s+") for w in words.split()
    )


def _words(*texts: str) -> str:
    return rf"(?i)\b(?:{_any(' '.join(texts))})\b"


# the beginning of a statement
LEAD = (
    "(?i)(?:(?:"
    + _any(
        r"""
so thus hence therefore then finally now and consequently clearly overall altogether well ok okay yes that it_is i.e.
because_of_this in_total in_all in_conclusion in_summary in_short in_the_end in_other_words as_a_result to_conclude
it_follows_that it_turns_out_that we_see_that i_see_that por_lo_tanto donc also lösung_gefunden
"""
    )
    + r"|no(?=[,:.])|(?:one|you)\s+(?:can\s+)?(?:finds?|sees?|gets?)\s+that"
    r"|(?:i\s+am|we\s+are)\s+(?:confident|sure|certain)\s+that"
    r"|(?:we|i)\s+(?:conclude|find|know|get|have|think|believe)(?:\s+that)?|this\s+(?:gives|leads)(?:\s+us)?(?:\s+to)?"
    r"|(?:this|these|that)\s+(?:means|shows|gives|implies|yields)(?:\s+that)?|the\s+\w+\s+shows?\s+that)[\s,:*]*)*"
)
# "the answer is" in several languages
SAID = (
    rf"(?i)(?:the|my|our|your)?\s*(?:(?:{_any('final correct right only best required exact numerical overall full')})\s+)*"
    r"(?:answer|result|solution)(?:\s+(?:to|for|of)\s+(?:the|this|that|our|your)\s+(?:\w+\s+)?"
    rf"(?:{_any('problem total question exercise equation task riddle puzzle part sum computation calculation expression')})s?"
    r"(?:\s+(?:above|\d|\(?[a-z]\)|[\"“][^\"”]{1,60}[\"”]))?|\s+(?:to|for|of)\s+part\s+\(?\w\)?|\s+(?:here|then|now))?(?:\s+set|(?P<aside>,[^,.]{3,40},)|\s+(?:that\s+)?(?:we|you)\s+(?:seek|want|need|look\s+for))?"
    r"[\s*]*(?:(?:is|are|=|:|to\s+be|(?:must|should|would|will)\s+(?:then\s+)?be|equals|comes\s+to|"
    r"(?:turns\s+out|has)\s+to\s+be)\s*)+(?:,?\s*(?:therefore|thus|still|indeed|clearly|obviously),?\s)?"
    r"|(?:the\s+)?(?:(?:correct|final|right|best)\s+)?(?:option|choice|answer)(?:\s+(?:choice|option))?(?:\s+is)?[\s:*–-]+"
    r"(?=\**\(?\\?[a-z]*\{?[A-J]\b(?!\s+(?!is\s+(?:correct|right|true))[a-z]))"
    r"|(?P<other>(?<!不是)(?:答案|結果|结果|結論|结论)\s*(?:应该|應該|应|就)?\s*(?:是|为|為|：|:|=)+\s*"
    r"|(?<!不)(?<!排除)(?:故|应|因此|所以|正确)?选(?:择|项)?\s*(?:是|为|[:：])?\s*(?=[(（]?[A-J])"
    r"|答[:：]\s*|(?:答え|正解)\s*(?:は|[:：])\s*|(?:정답|답)\s*(?:은|[:：])\s*|ответ\s*:?\s*|(?:la\s+)?réponse(?:\s+\w+)?\s+est\s*:?\s*"
    r"|(?:la\s+)?respuesta(?:\s+(?!no\b)\w+)?\s+es\s*:?\s*|antwort(?:\s+\w+)?\s*(?:ist|lautet|:)\s*:?\s*"
    r"|(?:la\s+)?risposta(?:\s+\w+)?\s+(?:è|e')\s*:?\s*|resposta(?:\s+\w+)?\s+é\s*:?\s*)"
)
# verbs that state a value; a colon after a word does too
VERB = (
    _words(
        r"""
is are was were equal(s) must_be should_be will_be would_be would_take would_need would_cost would_have has have had get(s)
got need(s) take(s) took cost(s) earn(s) earned make(s) made sold sells spent spends paid pay(s) bought ate eats won read
walk(s) walked saves saved receives received collect(s) collected give(s) gave left measure(s) comes_to amounts_to totals
becomes contain(s) hold(s) weigh(s) scored work(s) worked remain bakes baked plant(s) planted travel(s) traveled travelled
drove drives ran runs pick(s) picked uses used produces produced grew grows own(s) owned drank fill(s) filled invites invited
wrote count(s) counted it_follows_that we_conclude_that hence thus therefore so we_obtain we_find we_get i_get i_find you_get
we_obtain_that we_find_that we_get_that one_gets_that i_pick i_choose i_select i_chose i_go_with we_pick we_choose we_select
i'd_pick i'd_choose i'd_go_with i_would_pick i_would_choose i_would_go_with i_will_go_with
"""
    )
    + r"[\s,:*]*|(?<=\w):[\s*]+"
)
ONLY_IN_TAGS = rf"(?i)(?:.*:|{_any('need(s) take(s) took would had pay(s) left read work')})"
# words between verb and value
ADVERB = (
    rf"(?i)(?:(?:{_any('exactly only just simply therefore thus then hence now equal_to given_by indeed option choice')}"
    r"|there\s+(?:are|is)"
    r"|(?:a\s+)?(?:grand\s+)?total(?:\s+of)?|answer(?=\s*\(?[A-J]\b)|=|:|that|(?:an?|the)\s+(?:"
    + _any("total perimeter area volume length width height radius diameter circumference sum measure value distance")
    + "|"
    + _any("speed mass weight age price cost probability slope degree size")
    + r")\s+of)[\s,:*]+|=\s*)*"
)
# with one of these a text is not the subject of a statement
DOUBT = (
    _words(
        r"""
if unless suppos* assum* let let's whether try tries trying tried check* not never no none nobody cannot neither nor wrong
incorrect* false bad impossible unlikely maybe perhaps possibly probably might may could would can guess* doubt* estimate* example
instance hint given bound(s) told hardly barely except* but exclud* excess without almost nearly roughly about around
approximately candidate* answer(s) result(s) solution(s) said say(s) claim* ask* contradict* mistake distractor trap some
another one_of though although question problem times at_least at_most at_best using use wait hmm still then negative opposite
reciprocal instead than other otherwise  a_possible an_possible one_possible another_possible any_possible previous goal
target need_to needs_to(?!_pay) want(s)_to like(s)_to hope(s)_to wish*_to aim(s)_to plan(s)_to order_to tr*_to
"""
    )
    + r"|n't\b|[?;]"
)
# in free text these mark a step of the work, in a tag an answer
STEP = (
    _words("step far initial* original* old intermediate twice half double triple discriminant")
    + r"|(?:\bfirst|second|next|case)\s+(?:try|step|attempt|guess|case|number|value|line|part|\d)"
)
_PARTS = "square(s) cube(s) root inverse digit(s) multiple power logarithm half double twice triple"
OF_ANOTHER = (
    rf"(?i)\b(?:{_any(_PARTS)})\s+(?:of\s+)?(?:(?:the|this|our|its)\s+(?:\w+\s+)?"
    r"(?:number|value|total|unknown|length|side|it)|it|this|that|x|n)\b"
)
# one of these after a value changes it or takes it back
ANOTHER = (
    r"(?i)(?<!^)\bmore\b|"
    + _words(
        r"""
less fewer times squared cubed factorial or and plus minus over under choose mod modulo of off than at_most at_least at_best
is isn't was not may at_first initially might could can would should if unless when before until while but point dozen hundred
thousand million billion half percent wrong incorrect never maybe perhaps possibly out short away too as except work(s)
divided multiplied to_the older younger fail(s) does candidate
"""
    ).removeprefix("(?i)")
    + r"|n't\b|[\d?$\\^*/+<>=]"
)
RECANTED = (
    _words(
        r"""
wrong incorrect impossible contradict* too_\w+ fail(s) but however unless if or cannot maybe perhaps possibly not_the
not_right not_correct not_possible not_valid
"""
    )
    + r"|\?"
)
DENIED = rf"(?i)\W*(?:which|that)\s+(?:\w+\s+){{0,2}}(?:{_any('not wrong incorrect impossible contradict* too false absurd')})\b"
HYPOTHETICAL = _words("if unless suppose assum* whether were when let had without instead wrong incorrect otherwise")
# "12 is the answer"
CONFIRMED = (
    r"(?i)[\w ]{0,20}?\s*\bis\s+(?:the\s+|our\s+|my\s+)?(?:(?:only|final|correct|right|best)\s+)*"
    rf"(?:{_any('answer result solution value choice option correct right true one')})[\s.]*"
)
# a noun, with its adjectives, after a value
_NO_NOUN = (
    "left remain* in_\\w+ on at for to that who which are is were was will from after each every altogether total here there "
    "with by now because since during of done and not more as so rather instead"
)
NOUN = rf"\s*((?:(?!(?:{_any(_NO_NOUN)})\b)[A-Za-z¢€£Ωμ]+\.?(?:\^\{{?-?\d\}}?|²|³)?(?:\s*/\s*|\s+|(?=\W|$))){{1,4}})"
REMAINS = r"(?i)\s*(?:\w+\s+)?(?:such|remain\w*|total|each|is\s+(?:the|correct|right))\b"
REASON = (
    r"(?i)(?:[,;.]?\s*(?:because|since|obtained|by\s|where\b|which\b|so\b|as\s+(?:claimed|required|desired|expected)|i\.e\.)|"
    r",\s*(?:as\b|for\b|and\s+not\b|not\b)|,?\s*(?:and\s+)?(?:not|rather|instead)\s|\s*as\s+(?=[\d$])|\s*[—–]|\s*--?\s|:\s)"
)
ROUNDED = r"^,?\s*(?:or\s+|which\s+is\s+)?(?:approximately|about|roughly|\\approx|≈)\s*\$?[\d.,]*\d\$?"
PART_OF = r"^ of\s+(?:the|these|those|his|her|their|all|our)\s+(?:\d+\s+)?(?=[a-z]{3,})"  # "4 of the 16 cakes"
HARMLESS = (
    r"(?i)\b(?:in|on|at)\s+(?:the|each)\s+\w+|\b(?-i:in [A-Z]\w+ and [A-Z]\w+)|(?<=[a-z])/(?=[a-z])|"
    r"\b(?:are|is|were)\s+left\b"
)
TWO_CLAIMS = r"(?i)\b(?:is|are|was|were|equals?|has|have|had)\b.*\b(?:and|or)\b"
PAIR = r"\bin [A-Z]\w+ and [A-Z]\w+|\d+(?:, \d+)*,? and \d+|\bof \w+ and \w+|\bof \d+,? and \d+"
# statements without a number
WORDS_STATED = (
    r"(?:it|the(?: \w+){1,4}|this|that) (?:is|was) (?:an? )?((?:the )?[A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}|"
    r"true|false|odd|even|yes|no)|it is (impossible|possible|undefined|infinite|prime|composite|"
    r"[a-z]*rational|[a-z]*creasing|[a-z]*vergent)|"
    r"it (cannot be determined)"
)
NO_SOLUTION = r"(?:the |this )?(?:\w+ ){0,3}ha(?:s|ve) (no (?:real |integer )?solutions?)"
REASONED = r"(?is)(yes|no|true|false)\s*(?:[,.;:—–]|\s-|because\b|since\b)\s*(.*)"
EXPLAINED = (
    rf"(?i)\s*(?:{_any('explanation reason(ing) because since this_is check proof steps justification note')})\b"
)
SO = r"(?i)(?:[,;:.]\s*|\s)(?:(?:so|thus|hence|therefore|that\s+is|namely|which\s+(?:means|gives)|giving)\b|i\.e\.)[\s,:]*"
BEFORE_A_COMMA = r"(?i)(?:after|in|by|at|with|on|from|for|of)\s"
# after a choice: another one
OTHER_CHOICE = r"^\W*(?:or|and|[A-J])\b|\b(?:nor|neither|maybe|perhaps|possibly|if|unless)\b|\bor\s+\(?[A-J]\b"
