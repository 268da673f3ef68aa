"""Grades evalscope's samples again: both verdicts in one folder, and every answer on which they differ."""

import importlib.metadata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from swift_grpo.evaluation import evaluate, grades, published
from swift_grpo.evaluation.grades import Graded, Question
from swift_grpo.formats.samples import Sample, SamplingParameters, header_of

THEIRS = "evalscope's verdict"
_CUT_OFF = ("max_tokens", "model_length")
_END = 300  # last characters of a text that are listed with a disagreement


def regrade(
    model: str, works: Mapping[str, Path], folder: Path, settings: SamplingParameters, prefilled: bool, limit: int = 0
) -> list[dict[str, Any]]:
    """Grade evalscope's samples and write the folder. Raises ValueError if evalscope wrote none."""
    found: list[dict] = []
    disagreements: list[dict] = []
    texts: list[Sample] = []
    for name, work in works.items():
        questions, samples = read(name, work, prefilled)
        drawn = replace(settings, n=max(len(one.samples) for one in questions))
        made = evaluate.made_with(model, name, f"evalscope {name}", drawn, prefilled, questions)
        made["versions"] |= {"evalscope": importlib.metadata.version("evalscope")}
        made |= {"samples": "samples-evalscope.jsonl", "failed": {}}
        found.append(evaluate.write(folder / name, questions, made))
        disagreements += disagreeing(name, questions, samples)
        texts += samples
    with (folder / "samples-evalscope.jsonl").open("wb") as file:
        file.write(orjson.dumps(header_of(model, settings), option=orjson.OPT_APPEND_NEWLINE))
        file.writelines(one.line() for one in texts)
    with (folder / "disagreements.jsonl").open("wb") as file:
        file.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in disagreements)
    table = published.markdown(found, len(disagreements), limit)
    (folder / "benchmarks.md").write_text(table, encoding="utf-8")
    return found


def read(name: str, work: Path, prefilled: bool) -> tuple[list[Question], list[Sample]]:
    """evalscope's rows as graded questions with its verdict as a reward, and the samples.

    Each file holds one subset, with its own numbering.
    """
    outputs = {(subset, row["index"]): row["model_output"] for subset, row in lines(work, "predictions")}
    rows = sorted(lines(work, "reviews"), key=lambda one: (one[0], _group(one[1]), _generation(one[1])))
    if not rows:
        raise ValueError(f"{work} has no reviews of {name}: evalscope wrote none")
    made = [outputs[subset, row["index"]] for subset, row in rows]
    texts = [row["messages"][-1]["content"] for _, row in rows]
    cut_off = [output["choices"][0].get("stop_reason") in _CUT_OFF for output in made]
    golds = [row["target"][0] if isinstance(row["target"], list) else row["target"] for _, row in rows]
    judged = grades.verdicts_of(texts, golds, cut_off, prefilled)
    questions: dict[str, Question] = {}
    samples = []
    for (subset, row), output, text, gold, cut, (verdict, reason, answer) in zip(
        rows, made, texts, golds, cut_off, judged, strict=True
    ):
        number, place = f"{subset} {_group(row)}", _generation(row)
        asked = next(message["content"] for message in row["messages"] if message["role"] == "user")
        tokens = (output.get("usage") or {}).get("output_tokens")
        theirs = {THEIRS: _verdict(row["sample_score"]["score"])}
        one = questions.setdefault(number, Question(number, asked, gold, []))
        one.samples.append(Graded(place, verdict, reason, answer, None, tokens, cut, theirs))
        samples.append(Sample(number, place, 0, text, "length" if cut else "stop", None, tokens, 0.0))
    grades.vote(list(questions.values()))
    return list(questions.values()), samples


def disagreeing(name: str, questions: list[Question], samples: list[Sample]) -> Iterator[dict[str, Any]]:
    """Each answer on which the graders' verdicts differ, or that only one of them could decide (None)."""
    texts = {(one.prompt_id, one.index): one.completion for one in samples}
    for one in questions:
        for sample in one.samples:
            if sample.verdict != sample.rewards[THEIRS]:
                yield {
                    "benchmark": name,
                    "question": one.prompt_id,
                    "index": sample.index,
                    "gold": one.gold,
                    "answer": sample.answer,
                    "ours": sample.verdict,
                    "reason": sample.reason,
                    "evalscope": sample.rewards[THEIRS],
                    "end": texts[one.prompt_id, sample.index][-_END:],
                }


def _verdict(score: dict[str, Any]) -> float | None:
    """evalscope's verdict, None if it could not decide. Depending on the benchmark the score is `acc` or `accuracy`.

    >>> _verdict({"value": {"accuracy": 1.0}, "main_score_name": "accuracy"}), _verdict({"value": {}})
    (1.0, None)
    """
    values = score["value"]
    value = values.get(score.get("main_score_name") or "acc", next(iter(values.values()), None))
    return None if value is None else float(value)


def _group(row: dict[str, Any]) -> int:
    return int(row["sample_score"]["group_id"])


def _generation(row: dict[str, Any]) -> int:
    return int(row["sample_score"]["generation_index"])


def lines(work: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of evalscope's predictions or reviews with their file's name. A torn last line is skipped."""
    for path in sorted(work.glob(f"{kind}/*/*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                try:
                    yield path.stem, orjson.loads(line)
                except ValueError:
                    continue
