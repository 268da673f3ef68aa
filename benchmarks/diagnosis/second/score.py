"""`python -m benchmarks.diagnosis.second.score FOLDER [--kinds]`: what `swift-grpo inspect diagnose` says, against the manifest.

The words are those of `benchmarks.diagnosis.first.score`. Only sums are printed: with `--kinds` the set is spent.
"""

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console

from benchmarks.diagnosis.first.run import SEVERITIES
from benchmarks.diagnosis.first.score import ILL, WELL, diagnose, table, verdict


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.diagnosis.second.score", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", action="store_true", help="each kind, too")
    options = parser.parse_args(argv)
    manifest = [
        json.loads(line) for line in (options.folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    ill: dict[str, Counter] = {severity: Counter() for severity in SEVERITIES}
    well, kinds = Counter(), {}
    with tempfile.TemporaryDirectory() as cache:
        for line in manifest:
            line["healthy"] = line["severity"] is None
            word = verdict(line, diagnose(options.folder / line["run"], cache), tuple(line["accepted"]))
            (well if line["healthy"] else ill[line["severity"]])[word] += 1
            kinds.setdefault(line["kind"], Counter())[word] += 1
    console = Console(width=160)
    console.print(table("Ill runs by severity", ILL, ill | {"all": sum(ill.values(), Counter())}))
    console.print(table("Healthy runs", WELL, {"all": well}))
    if options.kinds:
        console.print(table("By kind", tuple(dict.fromkeys((*ILL, *WELL))), kinds))


if __name__ == "__main__":
    main()
