"""Rows a second and peak memory of prepare, audit and decontaminate, beside `datasets.map` and plain JSON parsing, in one run.

    python -m benchmarks.data.speed                 # 100,000 generated rows
    python -m benchmarks.data.speed --rows 1000000  # a million, as docs/evidence/data.md has them
    python -m benchmarks.data.speed --gigabytes 10  # prepare --shuffle --split alone, on a file of that size

Each runs in a process of its own, whose children's peaks count too. `datasets.map` calls the very function that prepare calls.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

WORDS = [
    a + b
    for a in "ba ke li mo nu pra sto tri vel zan".split()
    for b in "ra ten kil mos dun fer gal hip jon wex".split()
]


def generate(path: Path, rows: int, filler: int = 0) -> None:
    """Questions of 25 to 60 words, of which 1 in 100 is nearly, and 1 in 200 exactly, an earlier one."""
    rng = random.Random(7)
    recent: list[list[str]] = []
    with path.open("wb") as file:
        for i in range(rows):
            words = rng.choices(WORDS, k=rng.randint(25, 60))
            words[rng.randrange(len(words))] = str(rng.randrange(1000))
            if recent and i % 100 == 0:
                words = list(rng.choice(recent))
                if i % 200:
                    words[3] = "changed"
            recent = [*recent[-100:], words]
            answer = f"{' '.join(words[:20])}\n#### {i % 997}"
            row = {"question": " ".join(words) + "?", "answer": answer, "id": i} | (
                {"filler": "x" * filler} if filler else {}
            )
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def parse_orjson(path: Path, folder: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            orjson.loads(line)


def parse_json(path: Path, folder: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            json.loads(line)


def prepare(path: Path, folder: Path) -> None:
    from swift_grpo.data.prepare import plan_for
    from swift_grpo.data.prepare import prepare as run

    run("gsm8k", folder / "prepared.jsonl", plan_for("gsm8k"), path)


def prepare_shuffled(path: Path, folder: Path) -> None:
    from swift_grpo.data.prepare import plan_for
    from swift_grpo.data.prepare import prepare as run

    run("gsm8k", folder / "shuffled.jsonl", plan_for("gsm8k", shuffle=True, share=0.9), path)


def datasets_map(path: Path, folder: Path) -> None:
    """The same function on each row by `datasets.map`, and the result as JSON Lines."""
    os.environ["HF_DATASETS_CACHE"] = str(folder / "cache")
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    from datasets import load_dataset

    from swift_grpo.data.prepare import plan_for, shape

    plan = plan_for("gsm8k")
    rows = load_dataset("json", data_files=str(path), split="train")
    made = rows.map(lambda row: shape(row, plan, "")[0], remove_columns=["question"])
    made.to_json(str(folder / "mapped.jsonl"), force_ascii=False)


def audit(path: Path, folder: Path, near: bool = True) -> None:
    from swift_grpo.data.advice import advise
    from swift_grpo.data.audit import Settings
    from swift_grpo.data.audit import audit as run

    advise(run(folder / "prepared.jsonl", Settings(near=near)))


def audit_without_near(path: Path, folder: Path) -> None:
    audit(path, folder, near=False)


def decontaminate(path: Path, folder: Path) -> None:
    """Against the first 2,000 rows, so that there are hits."""
    from swift_grpo.data.decontaminate import decontaminate as run

    with path.open("rb") as file, (folder / "test.jsonl").open("wb") as test:
        for _ in range(2000):
            test.write(file.readline())
    run(folder / "prepared.jsonl", [str(folder / "test.jsonl")], folder / "clean.jsonl", 0.5)


def _measured(function: Callable, path: Path, folder: Path, results: "multiprocessing.Queue") -> None:
    begun = time.perf_counter()
    function(path, folder)
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    results.put((time.perf_counter() - begun, peaks))


def measure(function: Callable, path: Path, folder: Path) -> tuple[float, list[int]]:
    """Seconds, and the peak memory in kB of the process and of its largest child."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=_measured, args=(function, path, folder, results))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{function.__name__} failed")
    return results.get()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, default=0)
    parser.add_argument("--only", default="", help="Names of the first column, separated by commas.")
    parser.add_argument("--folder", type=Path, help="For the files; needs four times the input's size.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        path = folder / "raw.jsonl"
        if arguments.gigabytes:
            rows = round(arguments.gigabytes * 1e9 / 4500)
            generate(path, rows, filler=4000)
            functions: list[Callable] = [prepare_shuffled]
        else:
            rows = arguments.rows
            generate(path, rows)
            functions = [datasets_map, parse_orjson, parse_json, prepare, prepare_shuffled]
            functions += [audit_without_near, audit, decontaminate]
        if arguments.only:
            functions = [function for function in functions if function.__name__ in arguments.only.split(",")]
        print(
            f"{rows:,} rows, {path.stat().st_size / 1e9:.2f} GB, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        )
        print(f"{'':20}{'rows/s':>10}{'seconds':>9}{'peak MB':>9}{'child MB':>9}{'x datasets.map':>16}")
        peer = float("nan")
        for function in functions:
            seconds, peaks = measure(function, path, folder)
            if function is datasets_map:
                peer = seconds
            megabytes = "".join(f"{peak / 1024:9.0f}" for peak in peaks)
            print(
                f"{function.__name__:20}{rows / seconds:10,.0f}{seconds:9.1f}{megabytes}{peer / seconds:16.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
