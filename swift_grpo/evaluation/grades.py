"""Grades samples: verdict, reason, answer, vote and rewards of each, written as one line of JSON per question."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from swift_grpo.formats.samples import Sample

REASONS = {  # reason -> its meaning, in the order in which they are shown
    "right": "equal to the gold in value, or passes all its tests",
    "wrong": "a different answer than the gold, or fails a test",
    "no answer": "ended without a final answer",
    "several answers": "ended with answers that differ",
    "answer too long": "the text in its place is not an answer",
    "answer over its budget": "the answer cannot be evaluated",
    "cut off": "stopped at --max-tokens without being right",
    "gold unreadable": "the gold cannot be read; the question is left out",
    "gold over its budget": "the gold cannot be evaluated; the question is left out",
    "worker failed": "the grader could not decide; the sample is left out",
}

OF_THE_GOLD = ("gold unreadable", "gold over its budget")


@dataclass(slots=True)
class Graded:
    """One sample's verdict: 1 or 0, None if it could not be graded. Equal answers of a question share a `vote`."""

    index: int
    verdict: float | None
    reason: str
    answer: str | None
    vote: int | None
    tokens: int | None
    cut_off: bool
    rewards: dict[str, float | None] = field(default_factory=dict)
    tool_calls: int | None = None  # None without tools
    tool_errors: int | None = None
    stopped_by: str | None = None


@dataclass(slots=True)
class Question:
    """A question with its gold and its graded samples, in order of their index; `prompt_id` names its samples."""

    prompt_id: str
    question: str
    gold: Any
    samples: list[Graded]

    @property
    def verdicts(self) -> list[float]:
        """The verdicts of the samples that could be graded."""
        return [one.verdict for one in self.samples if one.verdict is not None]


def verdicts_of(
    completions: Sequence[str], golds: Sequence[Any], cut_off: Sequence[bool], prefilled: bool
) -> list[tuple]:
    """(verdict, reason, answer) of each completion, by the grader.

    >>> verdicts_of(["\\\\boxed{2}", "\\\\boxed{3}", "<think>2", "<think>2", "2"], ["2", "2", "2", "2", None],
    ...             [False, False, True, False, False], prefilled=False)  # doctest: +NORMALIZE_WHITESPACE
    [(1.0, 'right', '2'), (0.0, 'wrong', '3'), (0.0, 'cut off', None), (0.0, 'no answer', None),
     (None, 'gold unreadable', '2')]
    """
    from grpo_rewards.extract import final_answer
    from grpo_rewards.grading import judge_batch

    verdicts = judge_batch(completions, golds, think_opened=prefilled)
    return [
        (verdict.paid, "cut off" if cut and verdict.paid == 0 else verdict.value, final_answer(text, prefilled))
        for text, cut, verdict in zip(completions, cut_off, verdicts, strict=True)
    ]


def _by_tests(
    judged: list[tuple], texts: Sequence[str], tests: Sequence[Any], cut_off: Sequence[bool], prefilled: bool
) -> list[tuple]:
    """`judged`, with the verdicts of tests for the rows that have tests: right is a program that passes all of them."""
    from grpo_rewards import code, code_text

    tested = {at: texts[at] for at, one in enumerate(tests) if one}
    programs = [code_text.program(text) if "</think>" in text or not prefilled else None for text in tested.values()]
    found = code.verdicts(programs, [tests[at] for at in tested], batch_seconds=math.inf)
    for at, program, verdict in zip(tested, programs, found, strict=True):
        if verdict.of and verdict.share is None:
            judged[at] = (None, "worker failed", None)
        elif verdict.of:  # else it is a column of another meaning
            missed = "cut off" if cut_off[at] else "wrong" if program else "no answer"
            judged[at] = (1.0, "right", None) if verdict.share == 1 else (0.0, missed, None)
    return judged


def grade(
    rows: Sequence[dict[str, Any]],
    samples: Iterable[Sample],
    n: int,
    rewards: Sequence[str] = (),
    flags: dict[str, Any] | None = None,
    tokenizer: str = "",
    prefilled: bool = False,
) -> list[Question]:
    """The questions of `rows` in their order, each once, with up to `n` of their `samples` graded.

    A row's gold is `solution`; a row with `tests` is graded by them. `rewards` are names of registered rewards, `flags`
    ms-swift's flags for their parameters; `tokenizer` counts tokens for rewards that need them. Raises ValueError if a
    prompt has two golds, RewardError for an unknown reward or one that lacks what it needs.
    """
    from swift_grpo.formats.rows import prompt_hash, prompt_of, question_of

    by_prompt: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = by_prompt.setdefault(prompt_hash(prompt_of(row) or []), row)
        if known.get("solution") != row.get("solution"):
            raise ValueError(
                f"one question has two golds, {str(known.get('solution'))[:40]!r} and {str(row.get('solution'))[:40]!r}: "
                f"{(question_of(row) or '')[:60]!r}; `swift-grpo data audit` lists duplicates"
            )
    mine: dict[str, list[Sample]] = {name: [] for name in by_prompt}
    for one in samples:
        if one.prompt_id in mine and one.index < n:
            mine[one.prompt_id].append(one)
    flat = [(by_prompt[name], one) for name, drawn in mine.items() for one in sorted(drawn, key=lambda one: one.index)]
    texts, golds = [one.own for _, one in flat], [row.get("solution") for row, _ in flat]
    tests = [row.get("tests") for row, _ in flat]
    cut_off = [one.truncated for _, one in flat]
    judged = _by_tests(verdicts_of(texts, golds, cut_off, prefilled), texts, tests, cut_off, prefilled)
    paid = _pay(flat, rewards, flags or {}, tokenizer)
    graded: dict[str, list[Graded]] = {name: [] for name in by_prompt}
    for (_, one), (verdict, reason, answer), values in zip(flat, judged, paid, strict=True):
        graded[one.prompt_id].append(
            Graded(one.index, verdict, reason, answer, None, one.completion_tokens, one.truncated, values, *_tools(one))
        )
    questions = [
        Question(name, question_of(row) or "", row.get("solution"), graded[name]) for name, row in by_prompt.items()
    ]
    vote(questions)
    return questions


def vote(questions: Sequence[Question]) -> None:
    """Set the votes of each question's samples: equal answers get the same vote."""
    classes = same_answers([[sample.answer for sample in one.samples] for one in questions])
    for one, votes in zip(questions, classes, strict=True):
        for sample, number in zip(one.samples, votes, strict=True):
            sample.vote = number


def same_answers(questions: Sequence[Sequence[str | None]]) -> list[list[int | None]]:
    """For each question the class of each answer, by the grader's equality: 1/2 and 0.5 are one class.

    Each answer is compared with the first answer of each class until one is equal; all questions run in one batch.

    >>> same_answers([["1/2", None, "0.5", "2"], []])
    [[0, None, 0, 1], []]
    """
    from grpo_rewards.answers.verdict import Verdict
    from grpo_rewards.grading import judge_texts

    found: list[dict[str, int]] = [{} for _ in questions]
    left = [list(dict.fromkeys(a for a in answers if a is not None)) for answers in questions]
    for number in range(max(map(len, left), default=0)):
        pairs = [(q, answer) for q, answers in enumerate(left) for answer in answers]
        if not pairs:
            break
        verdicts = judge_texts([answer for _, answer in pairs], [(left[q][0],) for q, _ in pairs])
        for (q, answer), (verdict,) in zip(pairs, verdicts, strict=True):
            if verdict is Verdict.RIGHT or answer == left[q][0]:
                found[q][answer] = number
        left = [[a for a in answers if a not in known] for answers, known in zip(left, found, strict=True)]
    return [
        [known.get(a) if a is not None else None for a in answers]
        for answers, known in zip(questions, found, strict=True)
    ]


def _pay(flat: list[tuple[dict, Sample]], names: Sequence[str], flags: dict, tokenizer: str) -> list[dict[str, Any]]:
    """The value of each reward for each sample. Raises RewardError if a reward cannot run."""
    if not names or not flat:
        return [{} for _ in flat]
    from grpo_rewards.contract import RewardError

    from swift_grpo.evaluation.completions import count_tokens
    from swift_grpo.evaluation.score import score
    from swift_grpo.formats.rows import prompt_of

    rows = [{**row, "messages": prompt_of(row), "completion": one.own, **one.columns()} for row, one in flat]
    if tokenizer:
        count_tokens(rows, tokenizer)
    scores = score(rows, names, flags)
    for one in scores:
        if one.skipped:
            raise RewardError(f"--rewards {one.name}: {one.skipped}")
    return [dict(zip(names, values, strict=True)) for values in zip(*(one.values for one in scores), strict=True)]


def _tools(one: Sample) -> tuple[int | None, int | None, str | None]:
    infos = one.columns().get("rollout_infos", {})
    return infos.get("tool_calls"), infos.get("tool_errors"), one.stopped_by


def questions_hash(questions: Sequence[Question]) -> str:
    """16 hex digits of the questions and their golds, independent of their order."""
    digest = hashlib.blake2b(digest_size=8)
    for line in sorted(orjson.dumps([one.prompt_id, str(one.gold)]) for one in questions):
        digest.update(line)
    return digest.hexdigest()


def grader_hash() -> str:
    """8 hex digits of the grader: its code (the rewards package) and math-verify's version."""
    import importlib.metadata

    import grpo_rewards

    digest = hashlib.blake2b(importlib.metadata.version("math-verify").encode(), digest_size=4)
    folder = Path(grpo_rewards.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def write(path: Path, questions: Sequence[Question]) -> None:
    with path.open("wb") as file:
        for one in questions:
            file.write(
                orjson.dumps(asdict(one), default=str, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)
            )


def read(path: Path) -> list[Question]:
    """Read what `write` wrote. Raises ValueError for another file, OSError if there is none."""
    questions = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                values = orjson.loads(line)
                samples = [Graded(**one) for one in values.pop("samples")]
                questions.append(Question(**values, samples=samples))
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{path}, line {number}: not a graded question; evaluate again") from None
    return questions
