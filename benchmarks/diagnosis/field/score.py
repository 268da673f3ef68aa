"""How runs like those of the field are diagnosed: python -m benchmarks.diagnosis.field.score FOLDER [--sums-only]

FOLDER is what `python -m benchmarks.diagnosis.field.runs` writes. Its index.json lists the runs: name (a folder in FOLDER),
healthy, kind, accepted (words, one of which must be in the first finding's name or title, in lower case), must_not
(severities that a healthy run must not have).
first: the first finding at warn or critical says so; later: one further down, or an info; other: none does, something
else is found; silent: nothing at warn or critical. A healthy run is quiet, warned of or called critical.
`--sums-only` names no run and no kind; the held-out part is never named.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from swift_grpo.rollouts.diagnosis import Finding, diagnose
from swift_grpo.rollouts.index import open_index

ALARMS = ("critical", "warn")
ILL, HEALTHY = ("first", "later", "other", "silent"), ("quiet", "warned", "critical")


def outcome(found: list[Finding], run: dict) -> str:
    """first, later, other or silent of an ill run; quiet, warned or critical of a healthy one."""
    alarms = [one for one in found if one.severity in ALARMS]
    if run["healthy"]:
        return {"critical": "critical", "warn": "warned"}.get(alarms[0].severity if alarms else "", "quiet")
    if alarms and says(alarms[0], run):
        return "first"
    if any(says(one, run) for one in found if one.severity != "skipped"):
        return "later"
    return "other" if alarms else "silent"


def says(finding: Finding, run: dict) -> bool:
    text = f"{finding.check} {finding.title}".lower()
    return any(word in text for word in run["accepted"])


def brief(finding: Finding) -> str:
    follows = f" <{finding.follows_from}" if finding.follows_from else ""
    return f"{finding.severity[0]} {finding.check} {finding.strength:.2f} @{finding.began}{follows}"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.diagnosis.field.score", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sums-only", action="store_true")
    options = parser.parse_args()
    parts: dict[str, Counter] = {}
    for run in json.loads((options.folder / "index.json").read_text()):
        part = "held out" if run["held_out"] else "open"
        counts, told = parts.setdefault(part, Counter()), not options.sums_only and part == "open"
        try:
            with open_index(options.folder / run["name"]) as index:
                found = diagnose(index)
        except Exception as error:  # a run that cannot be read is a result, too
            counts["not read"] += 1
            if told:
                print(f"not read {run['name']}: {type(error).__name__}: {error}", flush=True)
            continue
        result = outcome(found, run)
        counts[result] += 1
        counts["severities that must not be"] += bool({one.severity for one in found} & set(run["must_not"]))
        if told and result not in ("first", "quiet"):
            said = "; ".join(brief(one) for one in found if one.severity != "skipped")
            print(f"{result:<8} {run['name']} ({run['kind']}) | {said}", flush=True)
    for part, counts in parts.items():
        for title, names in (("ill", ILL), ("healthy", HEALTHY)):
            print(
                f"{part} {title:<8}{sum(counts[name] for name in names)}: "
                + ", ".join(f"{name} {counts[name]}" for name in names)
            )
        print(
            f"{part} severities that must not be: {counts['severities that must not be']}; not read: {counts['not read']}"
        )


if __name__ == "__main__":
    main()
