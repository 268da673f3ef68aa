"""`python -m benchmarks.diagnosis.first.score FOLDER [--list]`: what `swift-grpo inspect diagnose` says, against the truth.

An ill run is *first* when the first alarm (warn or critical) is an accepted name of its illness, *later* when an accepted name
stands further down, *missed* when there are alarms and none of them is, *silent* without an alarm. A healthy run is *quiet*,
*warned* or *critical* by its worst alarm. A run that the diagnosis could not read is counted as *failed*. Measures, never judges:
the exit code is 0.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.diagnosis.first import names
from benchmarks.diagnosis.first.run import SEVERITIES

ALARMS = ("critical", "warn")
ILL = ("first", "later", "missed", "silent", "failed")
WELL = ("quiet", "warned", "critical", "failed")


def diagnose(run: Path, cache: str) -> list[dict] | None:
    """The findings on one run, worst first; None when the command fails."""
    command = [str(Path(sys.executable).with_name("swift-grpo")), "inspect", "diagnose", str(run), "--format", "json"]
    # A cache of its own: a folder that was generated again must not be answered for from an older index.
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"XDG_CACHE_HOME": cache})
    try:
        return json.loads(done.stdout)["findings"]
    except (ValueError, KeyError):
        return None


def accepted_names(truth: list[dict]) -> dict[str, tuple[str, ...]]:
    """The table of the open kinds, and that of the held-out ones where the folder holds some."""
    accepted = dict(names.ACCEPTED)
    if any(not line["healthy"] and line["kind"] not in accepted for line in truth):
        accepted |= importlib.import_module("benchmarks.diagnosis.first.held_out.names").ACCEPTED
    return accepted


def verdict(line: dict, findings: list[dict] | None, accepted: tuple[str, ...]) -> str:
    """One word of `ILL` or `WELL` for a line of truth and the findings on its run."""
    if findings is None:
        return "failed"
    alarms = [finding for finding in findings if finding["severity"] in ALARMS]
    if line["healthy"]:
        severities = {finding["severity"] for finding in alarms}
        return "critical" if "critical" in severities else "warned" if severities else "quiet"
    if alarms and alarms[0]["check"] in accepted:
        return "first"
    if any(finding["check"] in accepted for finding in findings):
        return "later"
    return "missed" if alarms else "silent"


def table(title: str, columns: tuple[str, ...], rows: dict[str, Counter]) -> Table:
    shown = Table(title=title, title_justify="left")
    shown.add_column("")
    for column in (*columns, "runs"):
        shown.add_column(column, justify="right")
    for name, counts in rows.items():
        shown.add_row(name, *(str(counts[column]) for column in columns), str(counts.total()))
    return shown


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.diagnosis.first.score", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--list", action="store_true", help="each run with the ids and titles of its findings")
    options = parser.parse_args(argv)
    try:
        truth = [json.loads(line) for line in (options.folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        parser.error(
            f"{options.folder} has no truth.jsonl: write the runs first, `python -m benchmarks.diagnosis.first {options.folder}`"
        )
    accepted = accepted_names(truth)
    by_severity = {severity: Counter() for severity in SEVERITIES}
    by_kind: dict[str, Counter] = {}
    healthy: dict[str, Counter] = {}
    console = Console(width=None if sys.stdout.isatty() else 160)
    with tempfile.TemporaryDirectory() as cache:
        for line in truth:
            findings = diagnose(options.folder / "runs" / line["run"], cache)
            word = verdict(line, findings, accepted.get(line["kind"], ()))
            if line["healthy"]:
                healthy.setdefault(line["kind"], Counter())[word] += 1
            else:
                by_severity[line["severity"]][word] += 1
                by_kind.setdefault(line["kind"], Counter())[word] += 1
            if options.list:
                whose = f"{line['kind']} {line['severity'] or 'healthy'} seed {line['seed']} {line['run']}"
                print(f"{word:8} {whose} from step {line['first_step']}: {line['says']}")
                for finding in findings or ():
                    print(f"           {finding['severity']:8} {finding['check']}: {finding['title']}", flush=True)
    if by_kind:
        console.print(table("Ill runs by severity", ILL, by_severity | {"all": sum(by_severity.values(), Counter())}))
        console.print(table("Ill runs by kind", ILL, by_kind))
    if healthy:
        console.print(table("Healthy runs", WELL, healthy | {"all": sum(healthy.values(), Counter())}))
    unnamed = sorted(kind for kind in by_kind if not accepted.get(kind))
    if unnamed:
        console.print(f"{len(unnamed)} kinds have no accepted name yet: their runs can only be missed or silent.")


if __name__ == "__main__":
    main()
