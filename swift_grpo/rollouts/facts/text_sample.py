"""Series of text measures on a bounded sample of completions: a line of the log takes 1 ms, a text some more."""

import itertools
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from swift_grpo.rollouts.facts import text_measures as measure
from swift_grpo.rollouts.facts.accuracy import grades
from swift_grpo.rollouts.facts.step_table import LONG
from swift_grpo.rollouts.facts.trajectories import leaked, ran, said_by_tool
from swift_grpo.rollouts.facts.turns import task
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

STEPS, GROUPS, MEMBERS = 48, 3, 4  # sampled: steps, groups of a step, completions of a group
_GRADING_SECONDS = 6  # an answer in odd LaTeX may take seconds to compare
_MONOTONOUS = 0.75  # above every window of 12,500 solutions of GSM8K and MATH
_FOREIGN_LETTERS, _FOREIGN_WORDS = 0.05, 0.1
_TAG = re.compile(r"</?\w+>")
# linear in hostile text, since no tag is passed; a possessive group would match too little before Python 3.11.5 (gh-106052)
_TOOL = re.compile(r"<tool_(call|response)>(?:(?!</?tool_).)*</tool_\1>", re.DOTALL)
_PROMPTS = 5  # of a fifth of the run, whose completions share a phrase
_GOLDEN = 0.6180339887
_BATCH = 24  # prompts of a step, among which to find a completion's own
_RARE = 0.15  # most of a batch's prompts with a number or word that identifies a prompt
_MEETS, _LACKS = 0.6, 0.34  # share of these in a completion of that prompt, and in one of another
_FAR = 4.0  # median deviations, about 99% of a healthy start

SERIES = {
    "text/loops": "share of completions that repeat themselves or count somewhere",
    "text/foreign": "share of completions with letters or function words of a language that the prompt does not use",
    "text/gibberish": "share of completions with characters improbable by the run's start, or of three scripts and more",
    "text/salad": "share of completions whose words are in no order",
    "text/strange": "share of words that occur neither in another completion of the sample nor in the prompt",
    "text/echo": "share of completions that answer with the prompt's words, or consist of them",
    "text/phrase": "share of completions with the phrase that spread most over different prompts",
    "text/symbols": "share of characters that are pictures, arrows and marks of markup",
    "text/refusal": "share of completions that refuse to answer",
    "text/runs_on": "share of completions that continue after their answer or write the next turn",
    "text/other_prompt": "share of completions on another prompt of their step and not on their own, beyond chance",
    "text/same_answer": "share of completions with the wrong answer that spread most over different prompts",
    "text/similar": "similarity of completions of one group: shared word triples of all, mean over pairs",
}


@dataclass
class Reading:
    """The sampled texts of a run, in order of steps. Arrays have an entry per text."""

    texts: list[RolloutText]
    early: np.ndarray  # of the first fifth of the sampled steps
    batches: dict[int, list[str]]  # step -> prompts of it, up to 24
    right: set[int]  # the rollouts that the log's accuracy counts as right

    @cached_property
    def said(self) -> list[str]:
        """The completions without tool calls and their results, whose form is the same each time."""
        return [_TOOL.sub(" ", text.completion) for text in self.texts]

    @cached_property
    def grades(self) -> list[float | None]:
        """Our grader's verdicts; None where it has none."""
        return grades(self.texts, _GRADING_SECONDS)

    @cached_property
    def words(self) -> list[list[str]]:
        return [measure.words(_TAG.sub(" ", said)) for said in self.said]

    def groups(self, first: int, last: int) -> int:
        """The number of groups sampled from these steps; completions of one group are similar."""
        return len({text.group_id for text in self.texts if first <= text.step <= last})

    @cached_property
    def flags(self) -> dict[str, np.ndarray]:
        """For each text a share, 0 or 1, or NaN, by the names of SERIES."""
        return {
            "text/loops": self._each(lambda said: measure.monotony(said) > _MONOTONOUS),
            "text/foreign": self._foreign(),
            "text/gibberish": self._gibberish(),
            "text/salad": self._salad(),
            "text/strange": self._strange(),
            "text/echo": self._echo(),
            "text/phrase": self.phrase[1],
            "text/symbols": self._each(measure.symbols),
            "text/refusal": self._each(measure.refuses),
            "text/runs_on": self._each(measure.runs_on),
            "text/other_prompt": self._other_prompt(),
            "text/same_answer": self.same_answer[1],
            "text/similar": self._similar(),
            "text/tool_leak": self._of_tools(leaked),
            "text/tool_answer": self._of_tools(lambda text: said_by_tool(text) if text.id in self.right else np.nan),
        }

    def _each(self, of: Callable[[str], float]) -> np.ndarray:
        return np.array(list(map(of, self.said)), dtype=float)

    def _of_tools(self, of: Callable[[RolloutText], float]) -> np.ndarray:
        """NaN for texts in which no tool answered."""
        return np.array(
            [of(text) if text.trajectory and any(map(ran, text.trajectory.calls)) else np.nan for text in self.texts]
        )

    def series(self, at: np.ndarray) -> dict[str, np.ndarray]:
        """Means by step, over the steps `at`."""
        places = np.searchsorted(at, [text.step for text in self.texts])
        series = {}
        for name, flags in self.flags.items() if self.texts else ():
            known = np.isfinite(flags)
            if known.any():
                totals = np.bincount(places[known], flags[known], len(at))
                counts = np.bincount(places[known], minlength=len(at))
                series[name] = np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
        return series

    def ids(self, name: str, first: int, last: int) -> list[int]:
        """Up to three sampled rollouts with the highest values in these steps."""
        flags = self.flags[name]
        fit = [k for k, text in enumerate(self.texts) if first <= text.step <= last and flags[k] > 0]
        return [self.texts[k].id for k in sorted(fit, key=lambda k: -flags[k])[-3:]]

    def favoured(self, flags: np.ndarray) -> tuple[float, float]:
        """The mean advantage of texts with a flag minus that of texts without it, and its standard error; (0, 1) with
        too few of either."""
        paid = np.array([np.nan if text.advantage is None else text.advantage for text in self.texts], dtype=float)
        known = np.isfinite(paid) & np.isfinite(flags)
        has, lacks = paid[known & (flags > 0)], paid[known & (flags == 0)]
        if min(len(has), len(lacks)) < 8:
            return 0.0, 1.0
        return float(has.mean() - lacks.mean()), float(np.sqrt(has.var() / len(has) + lacks.var() / len(lacks))) or 1.0

    @cached_property
    def _prompt_shingles(self) -> dict[str, set[int]]:
        return {prompt: measure.shingles(measure.words(prompt)) for prompt in {text.prompt for text in self.texts}}

    def _echo(self) -> np.ndarray:
        flags = []
        for text, listed in zip(self.texts, self.words, strict=True):
            own = measure.shingles(listed)
            copied = len(own) >= 4 and len(own & self._prompt_shingles[text.prompt]) > 0.5 * len(own)
            flags.append(copied or _echoes(text))
        return np.array(flags, dtype=float)

    def _other_prompt(self) -> np.ndarray:
        """1 where a text is on another prompt of the step and not on its own, less the same for as many prompts of
        other steps; NaN where its own prompt has fewer than two numbers or words that identify it."""
        marks = {step: (_marks(batch), _marks(self._elsewhere(step))) for step, batch in self.batches.items()}
        flags = np.full(len(self.texts), np.nan)
        for k, text in enumerate(self.texts):
            beside, elsewhere = marks[text.step]
            own = beside.get(text.prompt, set())
            if len(own) < 2 or not elsewhere:
                continue
            said = measure.marks(text.completion)
            if len(own & said) > _LACKS * len(own):
                flags[k] = 0.0
                continue
            flags[k] = float(_met(said, beside, text.prompt)) - float(_met(said, elsewhere, text.prompt))
        return flags

    def _elsewhere(self, step: int) -> list[str]:
        """As many prompts as a step has, from other steps: those after it, then the first ones."""
        steps, batch = list(self.batches), self.batches[step]
        place = steps.index(step)
        others = itertools.chain.from_iterable(self.batches[one] for one in steps[place + 1 :] + steps[:place])
        return list(itertools.islice(dict.fromkeys(one for one in others if one not in batch), len(batch)))

    @cached_property
    def _scripts(self) -> list[Counter]:
        return [measure.scripts(measure.cut(said)) for said in self.said]

    @cached_property
    def _other_script(self) -> np.ndarray:
        """Whether texts are partly in a script that the prompt lacks; the run's other texts do not show their order."""
        letters = {prompt: measure.scripts(measure.cut(prompt)) for prompt in {text.prompt for text in self.texts}}
        shares = [
            measure.foreign_letters(own, letters[t.prompt]) for own, t in zip(self._scripts, self.texts, strict=True)
        ]
        return np.array(shares) >= _FOREIGN_LETTERS

    def _foreign(self) -> np.ndarray:
        languages = {}
        for prompt in {text.prompt for text in self.texts}:
            counts = measure.languages(measure.words(prompt))
            languages[prompt] = {language for language, count in counts.items() if count >= 2} | {"en"}
        flags = [
            measure.foreign_words(listed, languages[text.prompt]) >= _FOREIGN_WORDS
            for text, listed in zip(self.texts, self.words, strict=True)
        ]
        return (self._other_script | np.array(flags, dtype=bool)).astype(float)

    def _gibberish(self) -> np.ndarray:
        start = [said for said, early in zip(self.said, self.early, strict=True) if early]
        if not "".join(start).strip():
            return np.full(len(self.texts), np.nan)
        model = measure.Bigrams(start)
        bits = np.array([model.bits(said) for said in self.said])
        usual = float(np.median(bits[self.early]))  # a quantile would include texts that are faulty from the start
        limit = usual + 1 + _FAR * float(np.median(np.abs(bits[self.early] - usual)))
        many = np.array([sum(count > 3 for count in scripts.values()) > 3 for scripts in self._scripts])
        return ((bits > limit) & ~self._other_script | many).astype(float)

    def _salad(self) -> np.ndarray:
        order = measure.Order(self.words)
        gains = np.array([order.gain(listed, k) for k, listed in enumerate(self.words)])
        usual = np.nanmedian(gains) if np.isfinite(gains).any() else np.nan
        return np.where(np.isnan(gains) | (usual < 0.1), np.nan, (gains < 0.25 * usual) & ~self._other_script)

    def _strange(self) -> np.ndarray:
        users = Counter(itertools.chain.from_iterable(map(set, self.words)))
        shares = []
        for text, listed in zip(self.texts, self.words, strict=True):
            alone = {word for word in listed if users[word] == 1}
            alone -= set(measure.words(text.prompt)) if alone else set()
            shares.append(sum(word in alone for word in listed) / len(listed) if len(listed) >= 10 else np.nan)
        return np.array(shares)

    @cached_property
    def phrase(self) -> tuple[str, np.ndarray]:
        """The phrase of 8 words that spread most, and 1 for each text that has it.

        Idea: a policy that collapses into a stock phrase uses it under many prompts, unlike at the start. Formula: the
        largest share of a fifth's texts with the phrase, minus the share in the first fifth. Words of the prompts do
        not count, and the phrase must occur under five different prompts. Example: "let us think about this step by
        step now", in 1 of 100 texts at the start and 60 of 100 at the end: 0.59.
        """
        texts = self.texts
        own = [
            measure.shingles(listed) - self._prompt_shingles[text.prompt]
            for text, listed in zip(texts, self.words, strict=True)
        ]
        counts = [Counter(itertools.chain.from_iterable(own[k] for k in part)) for part in _fifths(len(texts))]
        sizes = [max(1, len(part)) for part in _fifths(len(texts))]
        best: set[int] = set()  # a longer phrase is many phrases of 8 words with one gain
        most = 1e-9
        for part, count, size in zip(_fifths(len(texts)), counts, sizes, strict=True):
            least = max([_PROMPTS, *(number for _, number in count.most_common(20)[-1:])])
            for shingle, number in count.items():
                if number < least or (gained := number / size - counts[0][shingle] / sizes[0]) < most:
                    continue
                if len({texts[k].prompt for k in part if shingle in own[k]}) >= _PROMPTS:
                    best = best | {shingle} if gained == most else {shingle}
                    most = gained
        saying = (listed for listed, one in zip(self.words, own, strict=True) if best & one)
        run = next((measure.first_run(listed, best) for listed in saying), ())
        return " ".join(run), np.array([float(hash(run) in one) for one in own])

    @cached_property
    def same_answer(self) -> tuple[str, np.ndarray]:
        """The wrong answer that spread most from the run's start to some fifth of it, under three prompts or more."""
        said = [(text.answer or "").strip().lower()[:60] for text in self.texts]
        wrong = [one if one and not grade else "" for one, grade in zip(said, self.grades, strict=True)]
        parts = _fifths(len(wrong))
        counts = [Counter(filter(None, (wrong[k] for k in part))) for part in parts]
        best, most = "", 0.0
        for count, part in zip(counts, parts, strict=True):
            for answer, number in count.most_common(3):
                prompts = {self.texts[k].prompt for k in part if wrong[k] == answer}
                if number / len(part) > most and len(prompts) >= 3:
                    best, most = answer, number / len(part)
        return best, np.array([float(bool(best) and one == best) for one in wrong])

    def _similar(self) -> np.ndarray:
        triples = [set(zip(w, w[1:], w[2:], strict=False)) for w in self.words]
        result = np.full(len(self.texts), np.nan)
        for _, group in itertools.groupby(range(len(self.texts)), lambda k: self.texts[k].group_id):
            members = [k for k in group if len(self.texts[k].completion) >= LONG and triples[k]]
            pairs = list(itertools.combinations(members, 2))
            if pairs:
                likeness = [len(triples[a] & triples[b]) / len(triples[a] | triples[b]) for a, b in pairs]
                result[members] = np.mean(likeness)
        return result


def read(index: Index, steps: np.ndarray) -> Reading:
    """Completions of up to 49 of the steps, of 3 groups each and 4 of each group; the same ones each time."""
    edges = np.linspace(0, len(steps), min(STEPS, len(steps)) + 1).astype(int)
    # An irregular place in each stretch: a regular one could miss a fault in every eighth step.
    within = np.arange(len(edges) - 1) * _GOLDEN % 1
    places = np.append((edges[:-1] + within * np.diff(edges)).astype(int), len(steps) - 1)
    chosen = steps[np.unique(places)] if len(steps) else steps
    ids = index.query(
        f"""SELECT id, dense_rank() OVER (PARTITION BY step ORDER BY hash(group_id), group_id) AS place, solved FROM train
            WHERE member < {MEMBERS} AND step IN ({", ".join(map(str, chosen)) or "NULL"})
            QUALIFY place <= {GROUPS} OR (member = 0 AND place <= {_BATCH}) ORDER BY step, group_id, member"""
    )
    sampled = {row[0] for row in ids if row[1] <= GROUPS}
    every = [replace(text, prompt=task(text)) for text in index.texts(row[0] for row in ids)]
    batches: dict[int, dict[str, None]] = {}
    for text in every:
        batches.setdefault(text.step, {})[text.prompt] = None
    texts = [text for text in every if text.id in sampled]
    until = chosen[max(1, len(chosen) // 5) - 1] if len(chosen) else 0
    early = np.array([text.step <= until for text in texts], dtype=bool)
    right = {row[0] for row in ids if row[2]}
    return Reading(texts, early, {step: list(batch) for step, batch in batches.items()}, right)


def _marks(prompts: list[str]) -> dict[str, set[str]]:
    """For each prompt the numbers and words that few of these prompts have."""
    each = {prompt: measure.marks(prompt) for prompt in prompts}
    users = Counter(itertools.chain.from_iterable(each.values()))
    most = max(1, int(_RARE * len(prompts)))
    return {prompt: {mark for mark in own if users[mark] <= most} for prompt, own in each.items()}


def _met(said: set[str], marks: dict[str, set[str]], own: str) -> bool:
    """Whether a text is on one of the prompts that is not its own."""
    return any(
        len(of & said) >= max(2, _MEETS * len(of)) for prompt, of in marks.items() if prompt != own and len(of) > 1
    )


def _fifths(n: int) -> list[range]:
    bounds = np.linspace(0, n, 6).astype(int).tolist()
    return [range(a, b) for a, b in itertools.pairwise(bounds)]


def _echoes(text: RolloutText) -> bool:
    """Whether the answer has four words or more, all from the prompt."""
    said = re.findall(r"\w+", (text.answer or "")[: measure.LONGEST].lower())
    return len(said) >= 4 and set(said) <= set(re.findall(r"\w+", measure.cut(text.prompt).lower()))
