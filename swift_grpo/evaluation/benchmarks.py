"""Standard benchmarks: evalscope asks and judges, our grader judges again, our intervals stand on both.

OUTPUT/task.json                  what evalscope was asked; OUTPUT/evalscope/ is its own folder
OUTPUT/<benchmark>/               as `swift-grpo eval` writes it: `eval diff` compares two
OUTPUT/disagreements.jsonl        every answer on which the two graders disagree
OUTPUT/benchmarks.md              the table, beside what is published
"""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from swift_grpo.evaluation.regrade import lines, regrade
from swift_grpo.formats.samples import SamplingParameters, set_id
from swift_grpo.sampling.models import Endpoint, Model, SamplingError

_SAID_SECONDS = 20.0


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
        what = "pip install 'swift-grpo[benchmarks]', beside the lock: pip install --no-deps -r requirements/eval.txt"
        raise ValueError(f"evalscope is not installed: {what}")
    unknown = [name for name in (*names, *local) if name not in BENCHMARKS]
    if unknown or not names:
        raise ValueError(f"no benchmark {', '.join(unknown) or 'is named'}; there are {', '.join(BENCHMARKS)}")
    places = {name: _lay_out(name, local[name], folder / "data") for name in names if name in local}
    settings = SamplingParameters(1, temperature, top_p, max_tokens)
    works = {}
    with model.open() as endpoints:
        for name in names:
            samples = n or BENCHMARKS[name].n
            # named by model and settings too: what is in it may be gone on with, and nothing else
            of_these = set_id(f"{model.name} {samples} {limit}", settings)
            works[name] = work = folder / "evalscope" / f"{name}-{of_these}"
            task = task_config(name, endpoints[0], work, places.get(name), settings, samples, limit, concurrency)
            _ask(name, task, samples, offline=name in local)
    return regrade(model.name, works, folder, settings, prefilled, limit)


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
    arguments: dict[str, Any] = dict(NO_SHOTS.get(name, {}))
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
    from swift_grpo.formats.rows import read_rows

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
            said = time.monotonic()
            while process.poll() is None:
                time.sleep(0.5)
                if time.monotonic() - said > _SAID_SECONDS:
                    said = time.monotonic()
                    print(
                        f"swift-grpo: {name}: {sum(1 for _ in lines(work, 'predictions')):,} answers", file=sys.stderr
                    )
        finally:
            process.terminate()
            process.wait()
    if process.returncode:
        from swift_grpo.launch.end import last_error

        raise SamplingError(
            f"{name}: evalscope ended with code {process.returncode}: {last_error(work / 'evalscope.log')}"
        )
