"""Finds the test question that a text repeats, by the share of the question's runs of 8 and 13 words in the text.

The measure is a share and not a count, since a common phrase ("find the number of ordered pairs of") is a small part of
any question. Runs that many questions of a set contain (a prompt's last line) do not count. Questions below 8 words are
compared as a whole. A few runs prove little: 4 must be covered word by word, or all runs of a short question. If
numbers may differ, 6 must be covered, each with 5 different words ("sin 0 cos 0 sin 0" does not count).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from swift_grpo.data.question_words import grams, masked, strict, words

SHORT, LONG = 8, 13  # words in a run: open-r1's and GPT-3's (arXiv 2005.14165, appendix C)
THRESHOLD = 0.5
_COMMON = 0.01  # a run in a larger share of a set's questions does not count
_COMMON_AT_LEAST = 3
_LEAST = 4
_LEAST_MASKED = 6
_DIFFERENT = 5


@dataclass(frozen=True)
class Hit:
    """A test question that a row repeats.

    `share_8`, `share_13`: share of its runs covered word by word, None if it has none. `template`: share of its runs of
    8 with all numbers counted as equal. `kind`: words, numbers (only they differ) or whole.
    """

    kind: str
    set: str
    row: int
    question: str
    share_8: float | None
    share_13: float | None
    template: float | None

    @property
    def score(self) -> float:
        return max(self.share_8 or 0, self.template or 0, float(self.kind == "whole"))


@dataclass(frozen=True)
class _Question:
    set: str
    row: int
    text: str
    runs: frozenset[str]  # masked, without common ones


class Index:
    """The runs of all questions of all test sets, in memory: about 10 KB per question."""

    def __init__(self, sets: dict[str, Iterable[str]], threshold: float = THRESHOLD) -> None:
        """`sets`: the questions of each set by its name. Raises ValueError for a threshold outside 0 to 1."""
        if not 0 < threshold <= 1:
            raise ValueError(f"--threshold {threshold}: give a share above 0, up to 1")
        self.threshold = threshold
        self.sizes: dict[str, int] = {}
        self._questions: list[_Question] = []
        self._by_run: dict[str, list[int]] = defaultdict(list)
        self._whole: dict[str, list[int]] = defaultdict(list)
        self._longest_whole = 0  # words of a question that is compared as a whole, plus a margin: "2cm" may be "2 cm"
        for name, questions in sets.items():
            self._add(name, list(questions))

    def _add(self, name: str, texts: Sequence[str]) -> None:
        self.sizes[name] = len(texts)
        found = [grams(masked(words(text)), SHORT) for text in texts]
        common_from = max(_COMMON_AT_LEAST, _COMMON * len(texts))
        common = {run for run, count in Counter(run for runs in found for run in runs).items() if count > common_from}
        for row, (text, runs) in enumerate(zip(texts, found, strict=True), start=1):
            number = len(self._questions)
            own = frozenset(runs - common)
            self._questions.append(_Question(name, row, text, own))
            for run in own:
                self._by_run[run].append(number)
            if not own:
                self._whole[strict(text)].append(number)
                self._longest_whole = max(self._longest_whole, len(words(text)) + SHORT)

    def hits(self, text: str) -> list[Hit]:
        """The questions that a text repeats, the most certain first."""
        said = words(text)
        plain = masked(said)
        by_run = self._by_run
        runs = [run for i in range(len(plain) - SHORT + 1) if (run := " ".join(plain[i : i + SHORT])) in by_run]
        found = []
        if len(said) <= self._longest_whole:
            found += [self._hit("whole", number, None, None, None) for number in self._whole.get(strict(text), ())]
        if runs:
            covered = Counter(number for run in set(runs) for number in by_run[run])
            found += [hit for number, count in covered.items() if (hit := self._compare(number, count, said))]
        return sorted(found, key=lambda hit: (-hit.score, hit.set, hit.row))

    def _compare(self, number: int, count: int, said: list[str]) -> Hit | None:
        question = self._questions[number]
        if count < min(_LEAST, len(question.runs)):
            return None
        own = words(question.text)
        (short, covered), (long, _) = (_covered(own, said, n, question.runs) for n in (SHORT, LONG))
        template, telling = _share({run for run in question.runs if _tells(run)}, grams(masked(said), SHORT))
        by_words = (short or 0) >= self.threshold and covered >= min(_LEAST, len(question.runs))
        if not by_words and ((template or 0) < self.threshold or telling < _LEAST_MASKED):
            return None
        return self._hit("words" if by_words else "numbers", number, short, long, template)

    def _hit(self, kind: str, number: int, short: float | None, long: float | None, template: float | None) -> Hit:
        question = self._questions[number]
        return Hit(kind, question.set, question.row, question.text, short, long, template)


def _covered(own: list[str], said: list[str], n: int, counted: frozenset[str]) -> tuple[float | None, int]:
    """The share of the question's runs of n words that the text has. A run with common first 8 words does not count."""
    plain = masked(own)
    starts = range(len(own) - n + 1)
    return _share(
        {" ".join(own[i : i + n]) for i in starts if " ".join(plain[i : i + SHORT]) in counted}, grams(said, n)
    )


def _share(runs: set[str], said: set[str]) -> tuple[float | None, int]:
    covered = len(runs & said)
    return (covered / len(runs) if runs else None), covered


def _tells(run: str) -> bool:
    return len(set(run.split()) - {"0"}) >= _DIFFERENT
