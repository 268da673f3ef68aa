"""What is diagnosed in each generated run: python -m benchmarks.diagnosis.own.score [SEEDS]

Prints the first finding of each run of the first seed, then how many runs of all seeds came out as they should.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.diagnosis.own.illnesses import HEALTHY, ILL
from swift_grpo.rollouts.diagnosis import Finding, diagnose
from swift_grpo.rollouts.index import open_index


def alarms(kind, seed: int) -> list[Finding]:
    """Findings at critical or warn, worst first."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
        with open_index(kind(seed=seed).write(Path(folder) / "run")) as index:
            return [found for found in diagnose(index) if found.severity in ("critical", "warn")]


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    right = 0
    for seed in range(seeds):
        for kind in HEALTHY + ILL:
            found = alarms(kind, seed)
            first = found[0].check if found else None
            right += first == getattr(kind, "expected", None)
            if seed == 0:
                text = f"{found[0].severity:<9}{first}: {found[0].title}" if found else "nothing"
                print(f"{kind.__name__:<24}{text}")
    total = seeds * len(HEALTHY + ILL)
    print(f"{right} of {total} runs are diagnosed as planted")
    sys.exit(right != total)


if __name__ == "__main__":
    main()
