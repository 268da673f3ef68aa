"""The page of a comparison as one HTML text, built from the page kit."""

from collections.abc import Mapping, Sequence
from typing import Any

from swift_grpo.evaluation.diff import Comparison, Pair
from swift_grpo.evaluation.diff_text import notes, seen, verdict
from swift_grpo.evaluation.grades import Question
from swift_grpo.evaluation.set_summary import lengths
from swift_grpo.page_kit.json_values import cut, dumps, number
from swift_grpo.page_kit.page import asset, drawn

_SECTIONS = {"differences": "Differences", "curves": "By question", "groups": "Texts"}
MOST_QUESTIONS = 400  # shown with their texts: flipped ones first, then by change
_SAMPLES = 4  # texts of a question on each side
_LONGEST = 4000  # characters of a text


def page(comparison: Comparison) -> str:
    """The page, which opens from disk without a network."""
    main, script = (asset(f"diff.{kind}", "swift_grpo.evaluation.page") for kind in ("html", "js"))
    return drawn("Comparison", _SECTIONS, main, [script], dumps(data(comparison)))


def data(comparison: Comparison) -> dict[str, Any]:
    """The page's data as plain values."""
    texts = [side.texts() for side in (comparison.a, comparison.b)]
    pairs = sorted(comparison.pairs, key=lambda pair: (not pair.flipped, -abs(pair.gain)))
    columns = ("value", "low", "high", "p")
    return {
        "a": comparison.a.name,
        "b": comparison.b.name,
        "set": str(comparison.a.summary["set"]),
        "verdict": verdict(comparison),
        "notes": [*notes(comparison), seen(comparison)],
        "bad": bool(comparison.notes),
        "measures": [
            {
                "name": name,
                "test": one.test,
                "questions": one.questions,
                **{key: number(getattr(one, key)) for key in columns},
            }
            for name, one in comparison.measures.items()
        ],
        "points": [
            [number(pair.rate_a), number(pair.rate_b), *(_tokens(side) for side in (pair.a, pair.b))] for pair in pairs
        ],
        "questions": [_question(pair, texts) for pair in pairs[:MOST_QUESTIONS]],
    }


def _question(pair: Pair, texts: Sequence[Mapping[tuple[str, int], str]]) -> dict[str, Any]:
    return {
        "id": pair.a.prompt_id,
        "flipped": pair.flipped,
        "question": cut(pair.a.question, _LONGEST),
        "gold": cut(str(pair.a.gold), 300),
        "sides": [_side(one, known) for one, known in zip((pair.a, pair.b), texts, strict=True)],
    }


def _side(question: Question, texts: Mapping[tuple[str, int], str]) -> list[dict[str, Any]]:
    return [
        {
            "index": one.index,
            "right": one.verdict,
            "reason": one.reason,
            "answer": None if one.answer is None else cut(one.answer, 300),
            "tokens": one.tokens,
            "text": cut(texts.get((question.prompt_id, one.index), ""), _LONGEST),
        }
        for one in question.samples[:_SAMPLES]
    ]


def _tokens(question: Question) -> float | None:
    found = lengths([one.tokens for one in question.samples])
    return None if found is None else number(found["mean"])
