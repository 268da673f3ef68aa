"""What a program costs in the sandbox beside other ways to run it, in one run.

    HARNESSES=FOLDER python -m benchmarks.sandbox.speed

Four programs: one that prints, a HumanEval-like row, and ten cases of stdin and of calls. Rounds go through all ways in
turn, so that a busy machine is busy for all; the best of 15 counts. A program's own time is that of its tests in an
interpreter that runs already; the rest of the wall time is overhead. `benchmarks/rewards/code_reference/harnesses.py`
says what belongs in FOLDER. Two minutes on two free cores; nothing else should run.
"""

import contextlib
import io
import os
import statistics
import sys
import time
from pathlib import Path

from benchmarks.sandbox.peers import TASKS, Task, Way, ways

ROUNDS, IN_A_ROW = 15, 20


def own_seconds(task: Task) -> float:
    """The median time of all tests of the task in this interpreter."""
    code = compile(f"{task.source}\n{task.test}", "program", "exec")
    seconds = []
    for _ in range(20):
        begun = time.perf_counter()
        for given, _ in task.cases or (("", ""),):
            space: dict = {"__name__": "program"}
            if not task.function:
                sys.stdin = io.StringIO(given)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, space)
                if task.test:
                    space["check"](space[task.function])
                elif task.function:
                    space[task.function](*given)
        seconds.append(time.perf_counter() - begun)
        sys.stdin = sys.__stdin__
    return statistics.median(seconds)


def alone(found: list[Way]) -> dict[tuple[str, str], float]:
    """Seconds of one program at a time: the best of the rounds."""
    seconds: dict[tuple[str, str], list[float]] = {}
    for number in range(ROUNDS + 1):
        for task in TASKS:
            for way in found:
                if task.kind not in way.kinds:
                    continue
                begun = time.perf_counter()
                right = way.run(task)
                if number:  # the first round imports
                    seconds.setdefault((task.name, way.name), []).append(time.perf_counter() - begun)
                assert right, f"{way.name} says that {task.name} is wrong"
    return {key: min(values) for key, values in seconds.items()}


def together(way: Way, task: Task, workers: int) -> float:
    """Programs a second with `workers` at a time."""
    begun = time.perf_counter()
    with way.pool(workers) as pool:
        assert all(pool.map(way.run, [task] * IN_A_ROW))
    return IN_A_ROW / (time.perf_counter() - begun)


def main() -> None:
    found = ways(Path(os.environ.get("HARNESSES", "harnesses")).resolve())
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start, Python {sys.version.split()[0]}\n")
    seconds = alone(found)
    cores = min(2, len(os.sched_getaffinity(0)))
    head = ("program", "way", "ms", "own ms", "overhead ms", "x bare", "1 worker /s", "2 workers /s", "/s and core")
    print("{:<18}{:<18}{:>8}{:>8}{:>13}{:>8}{:>13}{:>14}{:>13}".format(*head))
    for task in TASKS:
        own = own_seconds(task)
        base = seconds[task.name, "bare python"]
        for way in found:
            if task.kind not in way.kinds:
                continue
            wall = seconds[task.name, way.name]
            one, two = together(way, task, 1), together(way, task, 2)
            print(
                f"{task.name:<18}{way.name:<18}{1000 * wall:>8.1f}{1000 * own:>8.2f}{1000 * (wall - own):>13.1f}"
                f"{wall / base:>8.2f}{one:>13.1f}{two:>14.1f}{two / cores:>13.1f}",
                flush=True,
            )
    print(f"\nload {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
