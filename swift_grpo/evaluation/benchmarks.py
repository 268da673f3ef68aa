"""Standard benchmarks: evalscope asks and judges, our grader judges again, our intervals stand on both.

OUTPUT/task.json                  what evalscope was asked; OUTPUT/evalscope/ is its own folder
OUTPUT/<benchmark>/               as `swift-grpo eval` writes it: `eval diff` compares two
OUTPUT/disagreements.jsonl        every answer on which the two graders disagree
OUTPUT/benchmarks.md              the table, beside what is published
"""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from swift_grpo.evaluation import evaluate, grades, published
from swift_grpo.evaluation.grades import Graded, Question
from swift_grpo.sampling.models import Endpoint, Model, SamplingError
from swift_grpo.sampling.samples import Sample, SamplingParameters, header_of, set_id

THEIRS = "evalscope's verdict"
_CUT_OFF = ("max_tokens", "model_length")
_TOLD_SECONDS = 20.0
_END = 300  # characters of a text that are listed with a disagreement


@dataclass(frozen=True)
class Benchmark:
    """`n` samples a question, as in DeepSeek-R1's report where it has the benchmark. `local`: the file's name in a folder that
    evalscope reads, `columns` what a row needs, `options` of evalscope's dataset_args for a local copy."""

    n: int
    local: str
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


_ANSWERS = ("Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
BENCHMARKS = {
    "aime24": Benchmark(64, "default_test.jsonl", ("problem", "answer")),
    "aime25": Benchmark(64, "default_test.jsonl", ("problem", "answer")),
    "math_500": Benchmark(4, "test.jsonl", ("problem", "answer", "solution", "level", "unique_id")),
    "gpqa_diamond": Benchmark(8, "gpqa_diamond_train.jsonl", ("Question", *_ANSWERS)),
    "gsm8k": Benchmark(4, "main_test.jsonl", ("question", "answer"), {"subset_list": ["default"]}),
}
NO_SHOTS = {"gsm8k": {"few_shot_num": 0}}  # evalscope's default of 4 examples is not how R1's models are asked


def run(
    model: Model,
    names: list[str],
    folder: Path,
    local: Mapping[str, Path],
    n: int = 0,
    temperature: float = 0.6,
    top_p: float = 0.95,
    max_tokens: int = 32768,
    limit: int = 0,
    prefilled: bool = False,
    concurrency: int = 64,
) -> list[dict[str, Any]]:
    """The summary of each benchmark. `n`: 0 for the benchmark's own; `limit`: the first so many questions, 0 for all.

    `local` names copies of the data, a file each; others are fetched from ModelScope. evalscope goes on where it was
    stopped. Raises ValueError for what cannot be read, SamplingError where evalscope or the server fails.
    """
    if importlib.util.find_spec("evalscope") is None:
        raise ValueError("evalscope is not installed: pip install --no-deps -r requirements/eval.txt")
    unknown = [name for name in (*names, *local) if name not in BENCHMARKS]
    if unknown or not names:
        raise ValueError(f"no benchmark {', '.join(unknown) or 'is named'}; there are {', '.join(BENCHMARKS)}")
    places = {name: _lay_out(name, local[name], folder / "data") for name in names if name in local}
    settings = SamplingParameters(1, temperature, top_p, max_tokens)
    works = {name: _work(folder, name, model.name, settings, n or BENCHMARKS[name].n, limit) for name in names}
    with model.open() as endpoints:
        for name, work in works.items():
            samples = n or BENCHMARKS[name].n
            task = task_config(name, endpoints[0], work, places.get(name), settings, samples, limit, concurrency)
            _ask(name, task, samples, offline=name in local)
    return regrade(model.name, works, folder, settings, prefilled, limit)


def _work(folder: Path, name: str, model: str, settings: SamplingParameters, n: int, limit: int) -> Path:
    """evalscope's folder, named by model and settings too: what is in it may be gone on with, and nothing else."""
    return folder / "evalscope" / f"{name}-{set_id(f'{model} {n} {limit}', settings)}"


def task_config(
    name: str,
    endpoint: Endpoint,
    work: Path,
    data: Path | None,
    settings: SamplingParameters,
    n: int,
    limit: int,
    concurrency: int,
) -> dict[str, Any]:
    """What evalscope is asked. No seed: it would be sent with every repeat, and all repeats be one sample."""
    arguments = dict(NO_SHOTS.get(name, {}))
    if data:
        arguments |= {"dataset_id": str(data.resolve()), **BENCHMARKS[name].options}
    return {
        "model": endpoint.model,
        "eval_type": "openai_api",
        "api_url": endpoint.url,
        "datasets": [name],
        "dataset_args": {name: arguments},
        "repeats": n,
        "limit": limit or None,
        "eval_batch_size": concurrency,
        "generation_config": {name: getattr(settings, name) for name in ("temperature", "top_p", "max_tokens")},
        "no_timestamp": True,
        "work_dir": str(work),
    }


def _lay_out(name: str, source: Path, folder: Path) -> Path:
    """A folder with a local copy under the name that evalscope looks for. Raises ValueError where columns are missing."""
    from swift_grpo.data.rows import read_rows

    needed = BENCHMARKS[name].columns
    rows = list(read_rows(source))
    for number, row in enumerate(rows, start=1):
        missing = [column for column in needed if column not in row]
        if missing:
            raise ValueError(
                f"--local {name}={source}, row {number}: no column `{missing[0]}`; {name} needs {', '.join(needed)}"
            )
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    with (place / BENCHMARKS[name].local).open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return place


_PROGRAM = "import json, os, sys; from evalscope import run_task; task = json.load(open(sys.argv[1])); " + (
    "task['api_key'] = os.environ.get('OPENAI_API_KEY') or 'EMPTY'; run_task(task)"
)


def _ask(name: str, task: dict[str, Any], n: int, offline: bool) -> None:
    """Run evalscope in a process of its own, its output in a log, and say now and then how far it is."""
    work = Path(task["work_dir"])
    work.mkdir(parents=True, exist_ok=True)
    if (work / "predictions").is_dir():
        task = task | {"use_cache": str(work), "rerun_review": True}  # else it refuses another port
    (work / "task.json").write_text(json.dumps(task, indent=2) + "\n", encoding="utf-8")
    environment = os.environ | ({"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"} if offline else {})
    print(f"swift-grpo: {name}: evalscope asks, {n} samples a question; log: {work / 'evalscope.log'}", file=sys.stderr)
    with (work / "evalscope.log").open("wb") as log:
        guarded = [sys.executable, "-m", "swift_grpo.launch.guard", str(os.getpid()), sys.executable, "-c", _PROGRAM]
        process = subprocess.Popen([*guarded, work / "task.json"], stdout=log, stderr=log, env=environment)
        try:
            told = time.monotonic()
            while process.poll() is None:
                time.sleep(0.5)
                if time.monotonic() - told > _TOLD_SECONDS:
                    told = time.monotonic()
                    print(
                        f"swift-grpo: {name}: {sum(1 for _ in _lines(work, 'predictions')):,} answers", file=sys.stderr
                    )
        finally:
            process.terminate()
            process.wait()
    if process.returncode:
        from swift_grpo.launch.run import last_error

        raise SamplingError(
            f"{name}: evalscope ended with code {process.returncode}: {last_error(work / 'evalscope.log')}"
        )


def regrade(
    model: str, works: Mapping[str, Path], folder: Path, settings: SamplingParameters, prefilled: bool, limit: int = 0
) -> list[dict[str, Any]]:
    """Grade what evalscope wrote, and write the folder. Raises ValueError where it wrote nothing."""
    from swift_grpo.launch.record import versions

    found, disagreements, texts = [], [], []
    for name, work in works.items():
        questions, samples = read(name, work, prefilled)
        drawn = max(len(one.samples) for one in questions)
        made = {
            "model": model,
            "set": name,
            "data": f"evalscope {name}",
            "prompts": grades.questions_hash(questions),
            "parameters": asdict(replace(settings, n=drawn)) | {"prefilled": prefilled},
            "grader": grades.grader_hash(),
            "samples": "samples-evalscope.jsonl",
            "failed": {},
            "versions": versions() | {"evalscope": importlib.metadata.version("evalscope")},
        }
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
    """evalscope's rows as graded questions, its verdict among the rewards, and the samples themselves.

    A file holds a subset, and its numbers begin anew in each.
    """
    outputs = {(subset, row["index"]): row["model_output"] for subset, row in _lines(work, "predictions")}
    rows = sorted(_lines(work, "reviews"), key=lambda one: (one[0], _group(one[1]), _generation(one[1])))
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
    """Each answer that one grader calls right and the other does not, or that only one could decide (None)."""
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
    """evalscope's verdict, None where it could not decide; the score is called `acc` or `accuracy`, as the benchmark has it.

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


def _lines(work: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of evalscope's predictions or reviews with their file's name; a torn last line is passed over."""
    for path in sorted(work.glob(f"{kind}/*/*.jsonl")):
        with path.open("rb") as file:
            for line in file:
                try:
                    yield path.stem, orjson.loads(line)
                except ValueError:
                    continue
