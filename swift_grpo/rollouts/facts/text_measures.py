"""Measures of one text: loops, foreign words, surprise, order. Pure functions of strings; texts are hostile."""

import functools
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable

import numpy as np

LONGEST = 6000  # characters of a text that are read: its beginning and its end
_WORD = re.compile(r"(?<!\\)(?<![^\W\d_])[^\W\d_]+")  # not a LaTeX command
_MARK = re.compile(r"\d+[.,]?\d+|(?<![^\W\d_])[^\W\d_]{5,}")
_DIGITS = re.compile(r"\d+")
_WINDOW, _STRIDE = 400, 200  # characters
_SHINGLE = 8  # words

# The commonest words of languages in Latin letters; words that are also English do not count.
FUNCTION_WORDS = {
    "en": "the of and to is we that it this with for are as be have which so then not by from you can each if there how what",
    "de": "der und ist das den nicht wir ein eine mit zu auf sich auch dass dann aber wenn wird sind von dem als wie jetzt",
    "fr": "le les et est une des du que nous pour dans qui sur pas donc avec il elle ce cette sont mais alors par aux ensuite",
    "es": "el los las y es una del que por para con se lo como pero su entonces ahora cada son esta este hay tenemos ya",
    "it": "il gli e di che una per con della del sono ma come questo ogni si anche poi quindi abbiamo adesso nel alla dei dunque",
    "pt": "o os e um uma que para com da do dos das mas como se cada agora temos isso ele ela por mais logo portanto",
    "nl": "het een en van dat niet wij we met op zijn maar dan als dus elke nu wordt ook naar voor deze hebben worden",
    "sv": "och det att som en av den inte vi med till men om nu varje detta har blir sedan eller",
    "pl": "jest nie na to się z że do jak ale dla teraz każdy mamy oraz więc przez który tego",
    "tr": "bir ve bu için ile da de ne gibi daha çok şimdi her sonra olarak ama biz olan",
    "id": "yang dan di itu dengan untuk dari ini adalah kita tidak akan pada jadi maka setiap sekarang kami juga",
    "vi": "là và của có không cho với được các một này chúng ta trong thì đó mỗi bây giờ",
    "la": "et non est sed cum ergo nunc quod ad sunt autem vel ex ut si enim",
}
_SAME_SCRIPT = {"FULLWIDTH": "LATIN", "HIRAGANA": "CJK", "KATAKANA": "CJK"}
_MARKS = frozenset("*#_~`|")
_REFUSAL = re.compile(
    r"\bI(?:'m| am) (?:sorry|unable|not able)\b"
    r"|\bI (?:cannot|can't|can not|won't) (?:help|assist|answer|solve|provide|comply|do that)"
    r"|\bas an ai\b|抱歉|无法(?:回答|提供|协助)|对不起", re.IGNORECASE,
)  # fmt: skip
_NEXT_TURN = re.compile(r"<\|im_start\|>|<\|start_header_id\|>|\n(?:User|Human|Question|Problem): ")
_AFTER = 60  # characters after an answer that are more than a closing phrase
_KINDS = 3  # different function words that identify a language
_OF_WORD: dict[str, set[str]] = {}
for _language, _listed in FUNCTION_WORDS.items():
    for _one in (one for one in _listed.split() if len(one) > 1):  # single letters are variables
        _OF_WORD.setdefault(_one, set()).add(_language)


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST // 2] + "\n" + text[-LONGEST // 2 :]


def words(text: str) -> list[str]:
    return _WORD.findall(cut(text).lower())


def marks(text: str) -> set[str]:
    """Marks that identify a text: its numbers of two digits or more, and its words of five letters or more.

    >>> sorted(marks("Anna buys 12 melons for 3.50"))
    ['12', '3.50', 'melons']
    """
    return set(_MARK.findall(cut(text).lower()))


def shingles(listed: list[str]) -> set[int]:
    """Hashes of all runs of 8 words."""
    return set(map(hash, _runs(listed)))


def first_run(listed: list[str], hashes: set[int]) -> tuple[str, ...]:
    """The first run of 8 words whose hash is among these; the text must have one."""
    return next(run for run in _runs(listed) if hash(run) in hashes)


def _runs(listed: list[str]) -> Iterable[tuple[str, ...]]:
    return zip(*(listed[k:] for k in range(_SHINGLE)), strict=False)


def monotony(text: str) -> float:
    """The highest redundancy of a stretch of 400 characters, 1 - compressed / plain size by zlib. Ignores numbers, so
    that a counter is monotonous too. 0 for a text below 200 characters.

    >>> round(monotony("wait, let me check that again. " * 30), 2) > 0.8, monotony("short")
    (True, 0.0)
    """
    plain = _DIGITS.sub("0", cut(text)).encode("utf-8", "replace")
    if len(plain) < _STRIDE:
        return 0.0
    starts = range(0, max(1, len(plain) - _WINDOW + 1), _STRIDE)
    windows = [plain[k : k + _WINDOW] for k in starts] + [plain[-_WINDOW:]]
    return max(1 - len(zlib.compress(window, 6)) / len(window) for window in windows)


def scripts(text: str) -> Counter:
    """Number of letters by script. Greek counts as mathematics.

    >>> sorted(scripts("ab это").items())
    [('CYRILLIC', 3), ('LATIN', 2)]
    """
    counts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        if script := _script(character):
            counts[script] += count
    return counts


@functools.lru_cache(4096)
def _script(character: str) -> str:
    """The script of a letter; "" for anything else."""
    script = unicodedata.name(character, "?").split(" ")[0] if character.isalpha() else ""
    return _SAME_SCRIPT.get(script, script)


def foreign_letters(letters: Counter, known: Counter) -> float:
    """Share of letters (by `scripts`) in scripts that the prompt does not use."""
    usual = known.keys() | {"GREEK", "MATHEMATICAL", "DOUBLE-STRUCK", "SCRIPT"}
    total = sum(letters.values())
    return sum(count for script, count in letters.items() if script not in usual) / total if total else 0.0


def languages(listed: list[str]) -> Counter:
    """Counts of function words by language, of words that belong to one language only. A language needs three different
    ones, because one may be a name in a program."""
    counts = Counter(word for word in listed if len(_OF_WORD.get(word, ())) == 1)
    kinds = Counter(next(iter(_OF_WORD[word])) for word in counts)
    result: Counter[str] = Counter()
    for word, count in counts.items():
        language = next(iter(_OF_WORD[word]))
        if kinds[language] >= _KINDS:
            result[language] += count
    return result


def foreign_words(listed: list[str], known: set[str]) -> float:
    """Share of the function words that belong to none of the known languages; 0 below 4 of them."""
    counts = languages(listed)
    total = sum(counts.values())
    foreign = sum(count for language, count in counts.items() if language not in known)
    return foreign / total if foreign >= 4 else 0.0


def symbols(text: str) -> float:
    """Share of characters that are pictures, arrows and the like, or Markdown and HTML marks; NaN for a short text.

    >>> round(symbols("So the sum is ** 12 ** \U0001f600\U0001f600 and that is all."), 2), symbols("short")
    (0.14, nan)
    """
    text = cut(text)
    if len(text) < 20:
        return float("nan")
    counts = Counter(text)
    return sum(
        count for one, count in counts.items() if one in _MARKS or (one > "\x7f" and unicodedata.category(one) == "So")
    ) / len(text)


def refuses(text: str) -> bool:
    """Whether a text refuses to answer, at its beginning or at its end.

    >>> refuses("I'm sorry, but I can't help with that."), refuses("Sorry, that was wrong: it is 12.")
    (True, False)
    """
    return bool(_REFUSAL.search(text[:400]) or _REFUSAL.search(text[-400:]))


def runs_on(text: str) -> bool:
    """Whether a text continues long after its answer, or writes the next turn; a turn's mark at its start is fine.

    >>> runs_on("<answer>4</answer>" + " and now" * 20), runs_on("4<|im_end|>\\n<|im_start|>user"), runs_on("<answer>4</answer>")
    (True, True, False)
    """
    if text.startswith("<|im_start|>"):
        return False
    after = text.partition("</answer>")[2]
    return len(after.partition("<answer>")[0].strip()) > _AFTER or bool(_NEXT_TURN.search(text))


def _points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


class Bigrams:
    """How improbable the sequence of a text's characters is, compared with a corpus.

    Idea: gibberish has pairs of characters that ordinary texts do not have. Formula: mean over neighbours a, b of -log2
    p(b after a), where p = (1 + count of ab) / (n + count of a) over the n characters of the corpus. A sign or control
    character that the corpus lacks counts as the rarest pair. Letters that it lacks are left to `foreign_letters`.
    Example: in a corpus of "abab…" an "ab" costs about 0 bits, an "aa" many.

    >>> model = Bigrams(["ab" * 500])
    >>> round(model.bits("abababab"), 2), round(model.bits("aaaabbbb"), 2)
    (0.0, 7.69)
    """

    def __init__(self, texts: list[str]) -> None:
        joined = "\n".join(cut(text) for text in texts)
        self._known = np.unique(_points(joined))
        self._letters = set(joined)
        n = len(self._known)
        counts = np.ones((n, n), dtype=np.float32)
        codes = self._codes(joined)
        np.add.at(counts, (codes[:-1], codes[1:]), 1)
        self._bits = -np.log2(counts / counts.sum(axis=1, keepdims=True))
        self._most = float(self._bits.max()) if n else 0.0

    def _codes(self, text: str) -> np.ndarray:
        points = _points(text)
        places = np.searchsorted(self._known, points).clip(max=len(self._known) - 1)
        return places[self._known[places] == points]

    def bits(self, text: str) -> float:
        """Mean surprise in bits a character; 0 for a text of at most one character, or if half of them are unknown."""
        text = cut(text)
        codes = self._codes(text)
        if len(codes) < max(2, len(text) / 2):
            return 0.0
        strange = sum(text.count(c) for c in set(text) - self._letters if unicodedata.category(c)[0] in "CS")
        return float((self._bits[codes[:-1], codes[1:]].sum() + strange * self._most) / (len(codes) - 1 + strange))


class Order:
    """How much the order of words in a text matters.

    Idea: in a sentence a word predicts something about the next one; in the same words shuffled it does not. Formula:
    mean over neighbours u, v of log2((1 + count of uv) / (1 + expected count of uv for independent words)), less the
    same for the text shuffled. The texts are split into two halves, and each is judged by the counts of the other, so
    that no text supports itself. The 300 commonest words count; all rarer ones, the topic of a text, are one word.
    Example: texts of a run on word problems gain 3.7 bits a pair; with a tenth of them shuffled, those gain 0.1.
    """

    COMMON, LEAST = 300, 20  # words of the vocabulary; fewest words of a text

    def __init__(self, corpus: list[list[str]]) -> None:
        counts: Counter[str] = Counter()
        for listed in corpus:
            counts.update(listed)
        self._place = {word: k + 1 for k, (word, _) in enumerate(counts.most_common(self.COMMON))}
        self._tables = [self._table(corpus[half::2]) for half in (1, 0)]

    def _codes(self, listed: list[str]) -> np.ndarray:
        return np.array([self._place.get(word, 0) for word in listed], dtype=np.int64)

    def _table(self, corpus: list[list[str]]) -> np.ndarray:
        n = len(self._place) + 1
        pairs = np.zeros((n, n))
        for listed in corpus:
            codes = self._codes(listed)
            np.add.at(pairs, (codes[:-1], codes[1:]), 1)
        expected = pairs.sum(1, keepdims=True) * pairs.sum(0, keepdims=True) / max(1.0, pairs.sum())
        return np.log2((pairs + 1) / (expected + 1))

    def gain(self, listed: list[str], number: int) -> float:
        """The gain of the `number`th text of the corpus in bits a pair; NaN for a short text."""
        if len(listed) < self.LEAST:
            return float("nan")
        codes, table = self._codes(listed), self._tables[number % 2]
        mixed = np.random.default_rng(number).permutation(codes)
        return float(table[codes[:-1], codes[1:]].mean() - table[mixed[:-1], mixed[1:]].mean())
