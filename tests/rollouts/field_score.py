"""How runs like those of the field are diagnosed: python -m tests.rollouts.field_score FOLDER [--sums-only]

FOLDER/index.json lists the runs: name (a folder in FOLDER), healthy, kind, accepted (names of checks, the first is the illness
itself), must_not (names that must not come first; of a healthy run: that must not be an alarm). first: the first finding at warn
or critical is an accepted one; later: one further down, or as info; other: none is, something else is; silent: nothing at warn or
critical. A healthy run is quiet, warned of or called critical. `--sums-only` names no run and no kind.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from swift_grpo.rollouts.diagnosis import CHECKS, Finding, diagnose
from swift_grpo.rollouts.index import open_index

ALARMS = ("critical", "warn")


def outcome(found: list[Finding], run: dict) -> str:
    """first, later, other or silent of an ill run; quiet, warned or critical of a healthy one."""
    alarms = [one for one in found if one.severity in ALARMS]
    if run["healthy"]:
        return {"critical": "critical", "warn": "warned"}.get(alarms[0].severity if alarms else "", "quiet")
    names = set(run["accepted"])
    if alarms and alarms[0].check in names:
        return "first"
    if names & {one.check for one in found if one.severity != "skipped"}:
        return "later"
    return "other" if alarms else "silent"


def wrongly(found: list[Finding], run: dict) -> list[str]:
    """What the run must not be called and is: first of all, or at all where it is healthy."""
    alarms = [one.check for one in found if one.severity in ALARMS]
    return sorted(set(run.get("must_not") or ()) & set(alarms if run["healthy"] else alarms[:1]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.rollouts.field_score", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sums-only", action="store_true")
    options = parser.parse_args()
    ill, well, forbidden, broken, unknown = Counter(), Counter(), 0, 0, set()
    for run in json.loads((options.folder / "index.json").read_text()):
        unknown |= set(run.get("accepted") or ()) - set(CHECKS)
        try:
            with open_index(options.folder / run["name"]) as index:
                found = diagnose(index)
        except Exception as error:  # one that cannot be read is a result, too
            broken += 1
            if not options.sums_only:
                print(f"broken   {run['name']} {run['kind']}: {type(error).__name__}: {error}", flush=True)
            continue
        result, not_so = outcome(found, run), wrongly(found, run)
        (well if run["healthy"] else ill)[result] += 1
        forbidden += bool(not_so)
        if not options.sums_only and (result not in ("first", "quiet") or not_so):
            said = "; ".join(
                f"{one.severity[0]} {one.check} {one.strength:.2f} @{one.began}"
                + (f" <{one.follows_from}" if one.follows_from else "")
                for one in found
                if one.severity != "skipped"
            )
            print(
                f"{result:<8} {run['name']} {run['kind']} | accepted {run.get('accepted')} | {not_so} | {said}",
                flush=True,
            )
    counts = ", ".join(f"{name} {ill[name]}" for name in ("first", "later", "other", "silent"))
    print(f"ill      {sum(ill.values())}: {counts}")
    print(
        f"healthy  {sum(well.values())}: "
        + ", ".join(f"{name} {well[name]}" for name in ("quiet", "warned", "critical"))
    )
    print(
        f"called what they must not be: {forbidden}; not read: {broken}; accepted names without a check: {len(unknown)}"
    )
    if unknown and not options.sums_only:
        print(f"  {', '.join(sorted(unknown))}")


if __name__ == "__main__":
    main()
