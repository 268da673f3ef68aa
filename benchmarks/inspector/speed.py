"""Measures the inspector on a generated log: python -m benchmarks.inspector.speed [GIGABYTES …] [--chars N]

Prints ratios: to the standard json module on the same file, to `grep -c`, and seconds to a view's first output.
Needs about 1.1 times the size on disk, below $TMPDIR; it is removed at the end.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.diagnosis.own.synthetic import Run, line_and_metrics, write_large

_CLI = [sys.executable, "-c", "from swift_grpo.commands.main import main; main()", "inspect"]
_VIEWS = {
    "summary": ["summary"], "diagnose": ["diagnose"], "tail": ["tail"], "show": ["show", "7"], "show group": ["show", "7:1"],
    "filter": ["filter", "reward > 1 and step < 50"], "prompts": ["prompts"], "sql": ["sql", "SELECT count(*) FROM groups"],
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gigabytes", nargs="*", type=float, default=[1.0])
    parser.add_argument("--chars", type=int, default=1_775, help="of a completion; 110,000 are about 30,000 tokens")
    asked = parser.parse_args()
    for gigabytes in asked.gigabytes:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
            measure(Path(folder) / "run", gigabytes, asked.chars)


def measure(run: Path, gigabytes: float, chars: int) -> None:
    write_large(run, gigabytes, chars=chars)
    log = run / "completions.jsonl"
    print(f"{log.stat().st_size / 1e9:.2f} GB, completions of {chars:,} characters, load {os.getloadavg()[0]:.1f}")
    seconds_json = json_parse(log)
    print(f"json module                 {seconds_json:6.2f} s")
    code = "import sys; from swift_grpo.rollouts.index import open_index; open_index(sys.argv[1])"
    seconds = timed([sys.executable, "-c", code, str(run)])
    shutil.rmtree(os.environ["XDG_CACHE_HOME"])
    peak = watch_memory(subprocess.Popen([sys.executable, "-c", code, str(run)]))  # apart: watching takes time
    print(
        f"first index                 {seconds:6.2f} s   {seconds / seconds_json:.2f} x json   peak {peak} MB (PSS, all)"
    )
    for name, arguments in _VIEWS.items():
        first, whole = first_output([*_CLI, *arguments, str(run)])
        peak = watch_memory(subprocess.Popen([*_CLI, *arguments, str(run)], stdout=subprocess.DEVNULL))
        print(f"{name:<27} {first:6.2f} s to the first output, {whole:.2f} s whole, peak {peak} MB")
    for pattern in ("the ratio of 7", r"<answer>1\d\d</answer>", "no such text"):
        measure_grep(run, log, pattern)
    print(f"tail -f shows a new step    {tail_latency(run):6.2f} s after it was written")


def json_parse(log: Path) -> float:
    start = time.perf_counter()
    with log.open("rb", buffering=1 << 20) as file:
        for line in file:
            json.loads(line)
    return time.perf_counter() - start


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def watch_memory(process: subprocess.Popen) -> int:
    """Peak in MB of the memory of all its processes: proportional set size, so shared pages count once."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.02)
    return peak >> 20


def memory(pid: int) -> int:
    total = 0
    try:
        parent = psutil.Process(pid)
        for one in [parent, *parent.children(recursive=True)]:
            total += one.memory_full_info().pss
    except psutil.Error:
        pass
    return total


def first_output(command: list[str]) -> tuple[float, float]:
    """Seconds to the first byte on stdout and to the end."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.read(1)
        first = time.perf_counter() - start
        process.stdout.read()
    return first, time.perf_counter() - start


def measure_grep(run: Path, log: Path, pattern: str) -> None:
    """`grep -c` counts lines and leaves a line at its first match; `grep -o` finds every match, as ours has to."""
    kind = "P" if "\\" in pattern else "F"
    lines, matches = (grep_seconds(f"-{what}{kind}", pattern, log) for what in "co")
    start = time.perf_counter()
    count = subprocess.run([*_CLI, "grep", "-c", pattern, str(run)], capture_output=True, text=True).stdout.strip()
    ours = time.perf_counter() - start
    print(
        f"grep {pattern!r:<22} {ours:6.2f} s   {ours / lines:.1f} x grep -c{kind} ({lines:.2f} s)   "
        f"{ours / matches:.1f} x grep -o{kind} ({matches:.2f} s)   {count} completions"
    )


def grep_seconds(flags: str, pattern: str, log: Path) -> float:
    start = time.perf_counter()
    subprocess.run(["grep", flags, pattern, str(log)], capture_output=True)  # into /dev/null grep stops at the first
    return time.perf_counter() - start


def tail_latency(run: Path) -> float:
    """Median of five steps appended one after the other."""
    process = subprocess.Popen([*_CLI, "tail", "-f", "-n", "1", str(run)], stdout=subprocess.PIPE, text=True)
    for shown in process.stdout:
        if shown.startswith("step"):
            break
    last = int(re.findall(r"\d+", shown)[0])
    time.sleep(1)
    waits = []
    for step in range(last, last + 5):
        row = {"prompt": "p", "completion": f"<think>{step}</think>", "MathAccuracy": 1.0, "Format": 0.0}
        line, metrics = line_and_metrics(step + 1, [row] * 64, Run.reward_names, None)
        with (run / "logging.jsonl").open("a") as file:
            file.write(json.dumps(metrics | {"global_step/max_steps": f"{step + 1}/9999999"}) + "\n")
        with (run / "completions.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        start = time.perf_counter()
        process.stdout.readline()
        waits.append(time.perf_counter() - start)
    process.terminate()
    process.wait()
    return sorted(waits)[2]


if __name__ == "__main__":
    main()
