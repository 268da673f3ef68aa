"""What is said of healthy runs drawn at random: python -m benchmarks.diagnosis.own.false_alarms [RUNS] [FIRST SEED]

Prints each run with an alarm and what was drawn for it, then the shares.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.diagnosis.own.sampled import Healthy
from swift_grpo.rollouts.diagnosis import diagnose
from swift_grpo.rollouts.index import open_index


def alarms(run) -> list:
    """Findings at critical or warn, worst first."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        with open_index(run.write(Path(folder) / "run")) as index:
            return [found for found in diagnose(index) if found.severity in ("critical", "warn")]


def main() -> None:
    runs, first = (int(value) for value in (sys.argv[1:] + ["100", "0"][len(sys.argv) - 1 :]))
    worst, checks = Counter(), Counter()
    for seed in range(first, first + runs):
        run = Healthy(seed)
        found = alarms(run)
        worst[found[0].severity if found else "quiet"] += 1
        checks.update(one.check for one in found)
        if found:
            said = "; ".join(
                f"{one.severity} {one.check} {one.strength:.2f} @{one.began}: {one.evidence}" for one in found[:3]
            )
            print(f"{seed}: {run.says} | {said}", flush=True)
    print(", ".join(f"{name} {count}" for name, count in checks.most_common()))
    print(f"of {runs} healthy runs {worst['quiet']} quiet, {worst['warn']} warned, {worst['critical']} critical")


if __name__ == "__main__":
    main()
