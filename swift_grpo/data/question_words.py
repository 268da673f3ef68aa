r"""The words of a question, normalized for comparison: no case or punctuation, one LaTeX spelling, numbers separate."""

import re
import unicodedata

_DRAWING = re.compile(r"\[asy\].*?\[/asy\]", re.DOTALL)
_WRAPPER = re.compile(
    r"\\(?:left|right|big+[lr]?|displaystyle|limits|quad|qquad|mathrm|mathbf|text|textbf|textit|operatorname|overline|boxed)"
    r"(?![A-Za-z])|\\[,;:! ]"
)
_SAME = {"leq": "le", "geq": "ge", "neq": "ne", "dots": "ldots", "cdots": "ldots"}
_WORD = re.compile(
    r"\d+(?:\.\d+)?|[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]+"
)
_THOUSANDS = re.compile(r"(?<=\d),(?:\\!)?(?=\d{3}(?!\d))")
_APOSTROPHES = dict.fromkeys(map(ord, "'\u2019`"))
_FRACTION = re.compile(r"(?<=\\)[dt]frac(?![A-Za-z])")
_STRICT = re.compile(r"[^\w+\-=<>/!^*()\[\]|%]|_")


def words(text: str) -> list[str]:
    r"""The words and numbers of a text. In Chinese and Japanese each character is a word.

    >>> words("Simplify: $\\dfrac{1,\\!000}{2.5}$, the teacher's\\text{ cm}^{2}!")
    ['simplify', 'frac', '1000', '2.5', 'the', 'teachers', 'cm', '2']
    """
    return [_SAME.get(word, word) for word in _WORD.findall(_plain(text))]


def strict(text: str) -> str:
    r"""A normalized short text to compare as a whole: unlike `words` it keeps operators, order and brackets.

    >>> strict("Compute $5! + 1$.") == strict("compute \\(5!+1\\)"), strict("Compute $5!$") == strict("Compute $5$")
    (True, False)
    """
    return _STRICT.sub("", re.sub(r"\\[()\[\]]", "", _plain(text)))


def _plain(text: str) -> str:
    """Each step is skipped if the text cannot need it: half of a comparison's time is spent here."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "," in text:
        text = _THOUSANDS.sub("", text)
    if "[asy]" in text:
        text = _DRAWING.sub(" ", text)
    if "\\" in text:
        text = _WRAPPER.sub("", _FRACTION.sub("frac", text))
    return text.translate(_APOSTROPHES).lower()


def masked(found: list[str]) -> list[str]:
    """The words with every number as `0`, so that questions that differ only in numbers are equal.

    >>> masked(["eggs", "16", "2.5"])
    ['eggs', '0', '0']
    """
    return ["0" if word < ":" else word for word in found]  # digits come before, letters after


def grams(found: list[str], n: int) -> set[str]:
    """The distinct runs of n words.

    >>> sorted(grams(["a", "b", "c"], 2)), grams(["a"], 2)
    (['a b', 'b c'], set())
    """
    return {" ".join(found[i : i + n]) for i in range(len(found) - n + 1)}
