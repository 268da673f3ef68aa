"""Standard benchmarks: evalscope samples and judges, our grader judges again, and both results get our intervals.

OUTPUT/evalscope/                 evalscope's own folders, each with the task.json it was given
OUTPUT/<benchmark>/               the format of `swift-grpo eval`: `eval diff` compares two
OUTPUT/disagreements.jsonl        every answer on which the two graders disagree
OUTPUT/benchmarks.md              the table, next to published figures
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
    """`n`: samples per question, from DeepSeek-R1's report if it has the benchmark. `local`: the file name in a folder
    that evalscope reads. `columns`: what a row needs. `options`: evalscope's dataset_args for a local copy."""

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
NO_SHOTS = {"gsm8k": {"few_shot_num": 0}}  # R1's models get no examples; evalscope's default is 4


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
    """The summary of each benchmark. `n`: 0 for the benchmark's own; `limit`: only the first N questions, 0 for all.

    `local`: benchmark -> a local copy of its data; the others are downloaded from ModelScope. evalscope resumes a
    stopped run. Raises ValueError for a file that cannot be read, SamplingError if evalscope or the server fails.
    """
    if importlib.util.find_spec("evalscope") is None:
        what = "pip install 'swift-grpo[benchmarks]'; with the lock: pip install --no-deps -r requirements/eval.txt"
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
            # the name includes model and settings, because evalscope may only resume the same run
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
    """evalscope's task. It has no seed: every repeat would use the same one and give the same sample."""
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
    """A folder with the local copy under the name that evalscope expects. Raises ValueError for missing columns."""
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
    """Run evalscope in a separate process with its output in a log, and print progress from time to time."""
    work = Path(task["work_dir"])
    work.mkdir(parents=True, exist_ok=True)
    if (work / "predictions").is_dir():
        task = task | {"use_cache": str(work), "rerun_review": True}  # else it refuses a different port
    (work / "task.json").write_text(json.dumps(task, indent=2) + "\n", encoding="utf-8")
    environment = os.environ | ({"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"} if offline else {})
    print(f"swift-grpo: {name}: evalscope, {n} samples per question; log: {work / 'evalscope.log'}", file=sys.stderr)
    with (work / "evalscope.log").open("wb") as log:
        guarded = [sys.executable, "-m", "swift_grpo.launch.guard", str(os.getpid()), sys.executable, "-c", _PROGRAM]
        process = subprocess.Popen(
            [*guarded, work / "task.json"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
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
