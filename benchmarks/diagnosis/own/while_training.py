"""Critical findings while a healthy run trains: python -m benchmarks.diagnosis.own.while_training [RUNS]

Each run is diagnosed after 4, 8, 12 … of its steps, as the launcher does for alerts. A run counts if any of these has a
critical finding. RUNS healthy runs are drawn at random, beside the healthy kinds of illnesses.py.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.diagnosis.own.illnesses import HEALTHY
from benchmarks.diagnosis.own.sampled import Healthy
from benchmarks.diagnosis.own.synthetic import Run
from swift_grpo.rollouts.diagnosis import diagnose
from swift_grpo.rollouts.index import open_index

EVERY = 4  # steps


def first_critical(run: Run) -> str:
    """The first critical findings while the run grows, '' if there are none."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        whole, growing = run.write(Path(folder) / "whole"), Path(folder) / "growing"
        growing.mkdir()
        (growing / "args.json").write_bytes((whole / "args.json").read_bytes())
        lines = {log.name: log.read_bytes().splitlines(True) for log in whole.glob("*.jsonl")}  # a line a step
        steps = len(lines["completions.jsonl"]) - 1  # the last line is the end's
        for step in range(EVERY, steps + 1, EVERY):
            for name, text in lines.items():
                with (growing / name).open("ab") as file:
                    file.writelines(text[step - EVERY : step])
            with open_index(growing) as index:
                found = [one for one in diagnose(index) if one.severity == "critical"]
            if found:
                said = "; ".join(f"{one.check} {one.strength:.2f} @{one.began}: {one.evidence}" for one in found)
                return f"after {step} of {steps} steps: {said}"
    return ""


def main() -> None:
    drawn = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    runs = [(kind.__name__, kind()) for kind in HEALTHY] + [(f"drawn {seed}", Healthy(seed)) for seed in range(drawn)]
    alarmed = 0
    for name, run in runs:
        if found := first_critical(run):
            alarmed += 1
            print(f"{name}: {found}", flush=True)
    print(f"of {len(runs)} healthy runs {alarmed} have a critical finding while they train")


if __name__ == "__main__":
    main()
