"""How long after a fault is in the log its alert arrives: python -m benchmarks.launch.alerts [SECONDS A STEP]

A stub trainer under the real launcher writes the log of a generated run (benchmarks/diagnosis/own) line by line, and a
local webhook gets the alerts. Prints for each fault the seconds since the step where it began was logged, and since the
diagnosis of the log would have found it critical; for healthy runs what arrived before their end.
"""

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.diagnosis.own import illnesses
from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.launch.critical import critical
from tests.launch.stubs import Hook, launch, python

FAULTS = ("Gibberish", "EntropyCollapse", "NotANumber", "SameAnswer", "Truncation")
HEALTHY = ("Healthy", "HealthyLonger")
PATIENCE = 120.0  # seconds after the last line

# writes WHOLE's two logs into --output_dir a step at a time, and ends when WHOLE/end is there
TRAINER = """
import os, pathlib, sys, time
whole, out, seconds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[3], 'v0-1'), float(sys.argv[4])
out.mkdir(parents=True)
(out / 'args.json').write_bytes((whole / 'args.json').read_bytes())
texts = {name: (whole / name).read_bytes().splitlines(True) for name in ('logging.jsonl', 'completions.jsonl')}
while not (whole / 'end').exists():
    for name, lines in texts.items():
        if lines:
            with (out / name).open('ab') as file:
                file.write(lines.pop(0))
    with (whole / 'times').open('a') as file:
        file.write(f'{time.time()}\\n' if any(texts.values()) else '')
    time.sleep(seconds)
"""


@dataclass
class Watched:
    """A run that was watched to its end: when each step was written, and (time, path, alert) of all that arrived."""

    written: list[float]
    got: list[tuple[float, str, dict]]


def watch(run: Run, folder: Path, a_step: float, healthy: bool, patience: str = "") -> Watched:
    """Runs it in `folder` until the first alert, or if it is healthy until all of its log was diagnosed."""
    hook, whole = Hook(), run.write(folder / "whole")
    trainer = python(TRAINER, str(whole), "--output_dir", str(folder / "out"), str(a_step))
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    launcher = launch(folder, trainer, alert=hook.url, patience=patience)
    deadline = time.monotonic() + run.steps * a_step + PATIENCE
    log, times, last = folder / "run/diagnosis.log", whole / "times", False  # last: a diagnosis of the whole log began
    while time.monotonic() < deadline and launcher.poll() is None:
        time.sleep(0.1)
        written = times.read_text().split() if times.exists() else []
        if log.exists() and len(written) >= run.steps:
            last |= not log.stat().st_size and log.stat().st_mtime > float(written[-1])
        if last and log.stat().st_size if healthy else hook.got:
            break
    (whole / "end").touch()
    launcher.communicate(timeout=60)
    hook.shutdown()
    return Watched([float(line) for line in times.read_text().split()], hook.got)


def critical_from(folder: Path, checks: set[str], begin: int) -> dict[str, int]:
    """For each check the first step, from `begin` on, at which the log as it was then has it as critical."""
    growing, found = folder / "growing", {}
    texts = {log.name: log.read_bytes().splitlines(True) for log in (folder / "whole").glob("*.jsonl")}
    shutil.copytree(folder / "whole", growing)
    for step in range(begin, len(texts["completions.jsonl"]) + 1):
        if checks <= set(found):
            break
        for name, lines in texts.items():
            (growing / name).write_bytes(b"".join(lines[:step]))
        found = {one["check"]: step for one in critical(growing)["found"]} | found
    return found


def main() -> None:
    a_step = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    kinds = {kind.__name__: kind for kind in (*illnesses.HEALTHY, *illnesses.ILL)}
    print("| run | alert | began at step | s after | critical from step | s after |\n|---|---|---|---|---|---|")
    for name in (*FAULTS, *HEALTHY):
        with tempfile.TemporaryDirectory() as folder:
            seen = watch(kinds[name](), Path(folder), a_step, healthy=name in HEALTHY)
            told = {one["check"]: (one["step"], when) for when, _, one in seen.got if one["event"] == "finding"}
            first = critical_from(Path(folder), set(told), min((step for step, _ in told.values()), default=1))
        for check, (step, when) in told.items():
            seconds = [f"{when - seen.written[one - 1]:.0f}" for one in (step, first[check])]
            print(f"| {name} | {check} | {step} | {seconds[0]} | {first[check]} | {seconds[1]} |", flush=True)
        if not told:
            print(f"| {name} | none but {', '.join(one['event'] for _, _, one in seen.got)} | | | | |", flush=True)


if __name__ == "__main__":
    main()
