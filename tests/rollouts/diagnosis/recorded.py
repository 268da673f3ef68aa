"""What is found in each generated run, in findings.txt: check, severity, strength, onset, cause and examples, without a sentence.

A change of a threshold or of a measure shows there. If it is meant: python -m tests.rollouts.diagnosis.recorded
writes the file again, in two minutes; read the diff.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.diagnosis.own.illnesses import HEALTHY, ILL
from swift_grpo.rollouts.diagnosis import Finding, diagnose
from swift_grpo.rollouts.index import open_index

FILE = Path(__file__).with_name("findings.txt")
COMMAND = "if this change is meant: python -m tests.rollouts.diagnosis.recorded, and read the diff of findings.txt"


def lines(findings: Iterable[Finding]) -> list[str]:
    """One for each finding that was not skipped, worst first, as they come."""
    return [
        f"{f.severity} {f.check} {f.strength}, from {f.began} to {f.ended}, of {f.follows_from or 'itself'}, see {f.rollouts}"
        for f in findings
        if f.severity != "skipped"
    ]


def recorded() -> dict[str, list[str]]:
    """By the run's name."""
    blocks = FILE.read_text(encoding="utf-8").split("\n\n")
    return {name: found for name, *found in (block.strip().splitlines() for block in blocks)}


def main() -> None:
    blocks = []
    for kind in ILL + HEALTHY:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_CACHE_HOME"] = f"{folder}/cache"
            with open_index(kind().write(Path(folder) / "run")) as index:
                blocks.append("\n".join([kind.__name__, *lines(diagnose(index))]))
    FILE.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
