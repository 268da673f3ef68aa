r"""The 25 kinds of instructions of IFEval (arXiv 2311.07911), each with a program that checks it.

Own code, in time linear in the text: the published copies take quadratic time for some patterns, fetch data when they
run, and draw a limit at random where a row has none. docs/evidence/rewards.md compares the verdicts.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import Any

_AFTER_SENTENCE = re.compile(r"(?<=[.!?])[\"'”)\]*_]*\s+")
_NO_SENTENCE = re.compile(
    r"(?:^|[\s(\"'])(?:(?i:mrs?|ms|dr|prof|[sj]r|st|vs|inc|ltd|co)|[A-Z]|(?:[A-Za-z]\.)+[A-Za-z])\.$|^\W*\d+\.$"
)
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


def _is(count: int, wanted: float, relation: str = "at least") -> bool:
    return {"less than": count < wanted, "at least": count >= wanted}[relation]


def _count(pattern: str, text: str) -> int:
    return len(re.findall(pattern, text))


def _word(word: str, longest: int = 200) -> str:
    """What to look for, in lower case. The bound on its length bounds the time of a search."""
    if not 0 < len(word := word.strip().lower()) <= longest:
        raise ValueError(f"what to look for is empty or longer than {longest} characters")
    return word


def _words(words: Any) -> list[str]:
    return [_word(word) for word in ([words] if isinstance(words, str) else words)] or [_word("")]


@functools.cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # half a second

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def _is_in(text: str, language: str) -> bool:
    """Whether a text is in a language, by its code of ISO 639-1. Capitals mislead the identifier, so there are none."""
    if language not in _identifier().labels:
        raise ValueError(f"there is no language {language}")
    return any(map(str.isalpha, text)) and _identifier().classify(text.lower())[0] == language


def sentences(text: str) -> int:
    """The number of sentences. An abbreviation, an initial or the number of a list ends none.

    >>> sentences("Dr. J. Doe paid $3.50, i.e. all. Did he? 'He did.' So be it"), sentences("1. Buy.\\n2. Sell."), sentences("")
    (4, 2, 0)
    """
    *others, last = _AFTER_SENTENCE.split(text)
    return sum(not _NO_SENTENCE.search(piece[-30:]) for piece in others) + bool(last)


def _parts(text: str, mark: str) -> list[str]:
    """The parts between marks; none where one in the middle is empty."""
    parts = [part.strip() for part in text.split(mark)]
    return [part for part in parts if part] if all(parts[1:-1]) else []


def _first_word(text: str, of: int, nth: int, wanted: str) -> bool:
    parts = [part.split() for part in text.split("\n\n") if part.strip()]
    found = [re.split("[.,?!'\"]", words[0].lstrip("'\""))[0].lower() for words in parts]
    at = range(of)[nth - 1]
    return len(found) == of and found[at] == wanted


def _json(text: str) -> bool:
    try:
        json.loads(re.sub("^```(?:json|Json|JSON)?|```$", "", text), parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def _title(text: str) -> bool:
    lines = [line for line in text.split("\n") if "<<" in line]
    return any(line[line.find("<<") : line.rfind(">>")].strip("<>").strip() for line in lines if ">>" in line)


def _highlights(text: str) -> int:
    marked = re.findall(r"\*[^\n*]*\*", text) + re.findall(r"\*\*[^\n*]*\*\*", text)
    return sum(bool(part.strip("*").strip()) for part in marked)


def _postscript(text: str, marker: str) -> bool:
    pattern = {"p.p.s": r"p\.\s?p\.\s?s", "p.s.": r"p\.\s?s\."}.get(marker, re.escape(marker))
    return re.search(pattern, text.lower()) is not None


def _two_answers(answers: list[str]) -> bool:
    return len(answers) == 2 and answers[0] != answers[1]


# Each gets the text, which is stripped and not empty, and a row's arguments; raises on arguments that it cannot use.
CHECKS: dict[str, Callable[..., bool]] = {
    "keywords:existence": lambda t, a: all(word in t.lower() for word in _words(a["keywords"])),
    "keywords:frequency": lambda t, a: _is(t.lower().count(_word(a["keyword"])), a["frequency"], a["relation"]),
    "keywords:forbidden_words": lambda t, a: (
        not any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", t.lower()) for word in _words(a["forbidden_words"]))
    ),
    "keywords:letter_frequency": lambda t, a: _is(
        t.lower().count(_word(a["letter"])), a["let_frequency"], a["let_relation"]
    ),
    "language:response_language": lambda t, a: _is_in(t, a["language"]),
    "length_constraints:number_sentences": lambda t, a: _is(sentences(t), a["num_sentences"], a["relation"]),
    "length_constraints:number_paragraphs": lambda t, a: len(_parts(t, "***")) - a["num_paragraphs"] == 0,
    "length_constraints:number_words": lambda t, a: _is(_count(r"\w+", t), a["num_words"], a["relation"]),
    "length_constraints:nth_paragraph_first_word": lambda t, a: _first_word(
        t, a["num_paragraphs"], a["nth_paragraph"], _word(a["first_word"])
    ),
    "detectable_content:number_placeholders": lambda t, a: _is(_count(r"\[[^\[\]\n]*\]", t), a["num_placeholders"]),
    "detectable_content:postscript": lambda t, a: _postscript(t, _word(a["postscript_marker"])),
    "detectable_format:number_bullet_lists": lambda t, a: (
        _count(r"(?m)^[^\S\n]*(?:\*[^*\n]|-)", t) - a["num_bullets"] == 0
    ),
    "detectable_format:constrained_response": lambda t, a: any(option in t for option in _OPTIONS),
    "detectable_format:number_highlighted_sections": lambda t, a: _is(_highlights(t), a["num_highlights"]),
    "detectable_format:multiple_sections": lambda t, a: _is(
        _count(rf"{re.escape(a['section_spliter'].strip())}\s?\d", t), a["num_sections"]
    ),
    "detectable_format:json_format": lambda t, a: _json(t),
    "detectable_format:title": lambda t, a: _title(t),
    "combination:two_responses": lambda t, a: _two_answers(_parts(t, "******")),
    "combination:repeat_prompt": lambda t, a: t.lower().startswith(_word(a["prompt_to_repeat"], 10_000)),
    "startend:end_checker": lambda t, a: t.strip('"').lower().endswith(_word(a["end_phrase"], 10_000)),
    "startend:quotation": lambda t, a: len(t) > 1 and t[0] == t[-1] == '"',
    "change_case:capital_word_frequency": lambda t, a: _is(
        sum(map(str.isupper, re.findall(r"[^\W_]+(?:['&./-][^\W_]+)*", t))),
        a["capital_frequency"],
        a["capital_relation"],
    ),
    "change_case:english_capital": lambda t, a: t.isupper() and _is_in(t, "en"),
    "change_case:english_lowercase": lambda t, a: t.islower() and _is_in(t, "en"),
    "punctuation:no_comma": lambda t, a: "," not in t,
}
