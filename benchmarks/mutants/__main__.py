"""How many random changes of the code its tests notice: `python -m benchmarks.mutants [--ref COMMIT] [--mutants FILE]`.

Changes one place of a judge's code at a time, in a copy of the repository, and runs that judge's tests there, up to the
first that fails. A change that none notices is a survivor: it makes no difference, or the tests have a hole. The places
are drawn by chance (draw.py), or read from a recorded draw. Tests of real data and end-to-end tests are left out.
"""

import argparse
import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
JUDGES = {  # its code; its tests, of which pytest takes the fast ones first
    "grader": ("plugin/grpo_rewards", ["plugin/grpo_rewards", "tests/rewards"]),
    "preflight": ("swift_grpo/check", ["swift_grpo/check", "tests/check"]),
    "diagnosis": (
        "swift_grpo/rollouts/diagnosis",
        ["swift_grpo/rollouts", "tests/rollouts/diagnosis", "tests/rollouts"],
    ),
    "launcher": ("swift_grpo/launch", ["swift_grpo/launch", "tests/launch", "tests/scripts"]),
}
PYTEST = [sys.executable, "-m", "pytest", "-q", "-m", "not e2e and not real_data", "-p", "no:cacheprovider"]
PYTEST += ["-n", "3", "--dist", "loadgroup"]  # as scripts/test.sh: mostly waiting
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
CLEAN_SECONDS = 1800.0  # for the unchanged code
TIMES, MORE = 3, 60  # a run may take TIMES as long as on the unchanged code, and MORE seconds
PR_SET_CHILD_SUBREAPER = 36


def copied(ref: str, folder: str) -> Path:
    """The commit's files in a clone, with this Python's environment."""
    copy = Path(folder, "copy")
    subprocess.run(["git", "clone", "-q", "--no-checkout", ROOT, copy], check=True)
    subprocess.run(["git", "checkout", "-q", "--detach", ref], cwd=copy, check=True)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def drawn(copy: Path, count: int, seed: int) -> list[dict]:
    """`count` mutants of each judge, by turns: a part of the list is balanced too."""
    from benchmarks.mutants.draw import mutants

    of = {judge: mutants(copy, code, count, f"{judge} {seed}") for judge, (code, _) in JUDGES.items()}
    return [
        {"judge": judge} | mutant
        for turn in zip(*of.values(), strict=True)
        for judge, mutant in zip(of, turn, strict=True)
    ]


def changed(source: str, mutant: dict) -> str | None:
    """The source with the mutant in it, at the place nearest to its line; None where its text is gone."""
    lines, old = source.splitlines(keepends=True), mutant["old"].splitlines(keepends=True)
    places = [n for n in range(len(lines)) if lines[n : n + len(old)] == old]
    if not places:
        return None
    start = min(places, key=lambda n: abs(n + 1 - mutant["line"]))
    return "".join([*lines[:start], mutant["new"], *lines[start + len(old) :]])


def failing(copy: Path, tests: list[str], limit: float, *flags: str) -> tuple[list[str], float]:
    """Which of these tests fail on the copy, and the seconds they took. No process that they started is left."""
    began = time.monotonic()
    environ = os.environ | {"PYTHONPATH": f"{copy}:{copy}/plugin", "PATH": f"{copy}/.venv/bin:{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile("w+") as out:
        environ["TMPDIR"] = folder
        run = subprocess.Popen(
            [*PYTEST, *flags, *tests],
            cwd=copy,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        try:
            while (code := run.poll()) is None and time.monotonic() < began + limit:
                for child in psutil.Process().children():  # orphans too: tests look whether they are gone
                    if child.pid != run.pid and child.status() == psutil.STATUS_ZOMBIE:
                        os.waitpid(child.pid, 0)
                time.sleep(0.1)
        finally:
            for process in psutil.Process().children(recursive=True):
                process.kill()
            psutil.wait_procs(psutil.Process().children(), timeout=10)
        out.seek(0)
        text = out.read()
    if code in (4, 5) and "-x" not in flags:  # a mutant that cannot be imported ends pytest with 4, too
        sys.exit(f"mutants: pytest ran no test of {' '.join(tests)}:\n{text}")
    failed = [] if code == 0 else ["timeout"] if code is None else FAILED.findall(text) or [f"exit code {code}"]
    return failed, time.monotonic() - began


def tried(copy: Path, mutants: list[dict]) -> Iterator[dict]:
    """The mutants with what became of each (noticed, survived or gone), the test that noticed it, and the seconds."""
    clean: dict[str, tuple[list[str], float]] = {}
    for mutant in mutants:
        judge, path = mutant["judge"], copy / mutant["file"]
        tests = JUDGES[judge][1]
        source = path.read_text() if path.exists() else ""
        mutated = changed(source, mutant)
        if mutated is None:
            yield mutant | {"result": "gone", "by": "", "seconds": 0}
            continue
        if judge not in clean:
            failed, seconds = failing(copy, tests, CLEAN_SECONDS)
            clean[judge] = [f"--deselect={test}" for test in failed], TIMES * seconds + MORE
            print(f"{judge}: {seconds:.0f} s unchanged; failing then, and left out: {failed}", file=sys.stderr)
        bytecode = Path(cache_from_source(path))  # it knows its source by second and size, which a mutant may share
        path.write_text(mutated)
        bytecode.unlink(missing_ok=True)
        left_out, limit = clean[judge]
        failed, seconds = failing(copy, tests, limit, "-x", *left_out)
        while "::" in "".join(failed[:1]):  # a test that fails by chance does not notice a mutant
            again, more = failing(copy, [failed[0].partition("::")[0]], limit, "-x", *left_out)
            seconds += more
            if again:
                break
            failed, more = failing(copy, tests, limit, "-x", *left_out)
            seconds += more
        path.write_text(source)
        bytecode.unlink(missing_ok=True)
        result = "noticed" if failed else "survived"
        yield mutant | {"result": result, "by": "".join(failed[:1]), "seconds": round(seconds)}


def described(mutant: dict) -> str:
    old, new = (" ".join(mutant[side].split()) for side in ("old", "new"))
    return f"{mutant['result']}: {mutant['file']}:{mutant['line']}: {old}  →  {new}"


def table(results: list[dict]) -> Iterator[str]:
    yield "| judge | drawn | gone | noticed | survived | seconds |\n| --- | --- | --- | --- | --- | --- |"
    for judge in [*JUDGES, "all"]:
        own = [mutant for mutant in results if judge in (mutant["judge"], "all")]
        counts = [sum(mutant["result"] == result for mutant in own) for result in ("gone", "noticed", "survived")]
        yield f"| {judge} | {len(own)} | {' | '.join(map(str, counts))} | {sum(mutant['seconds'] for mutant in own)} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__.split("\n")[0])
    parser.add_argument("--ref", default="HEAD", help="the commit that is changed and tested")
    parser.add_argument("--mutants", type=Path, help="a recorded draw, instead of a new one")
    parser.add_argument("--each", type=int, default=15, help="how many to draw of each judge")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file for the draw with its results, written after each mutant")
    asked = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        copy = copied(asked.ref, folder)
        if asked.mutants:
            mutants = [json.loads(line) for line in asked.mutants.read_text().splitlines()]
        else:
            mutants = drawn(copy, asked.each, asked.seed)
        results: list[dict] = []
        for result in tried(copy, mutants):
            results.append(result)
            print(f"{len(results)}/{len(mutants)} {result['seconds']} s {described(result)}", file=sys.stderr)
            if asked.out:
                lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in results + mutants[len(results) :]]
                asked.out.write_text("".join(lines))
    print(*table(results), *(described(one) for one in results if one["result"] == "survived"), sep="\n")


if __name__ == "__main__":
    main()
