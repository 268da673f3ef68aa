"""How planted runs are diagnosed: python -m tests.rollouts.planted FOLDER, then python -m tests.rollouts.diagnosis.planted FOLDER

Prints a line for each run whose first finding is not the planted one, then a table. `silent`: nothing at warn or critical.
"""

import importlib
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from swift_grpo.rollouts.diagnosis import diagnose
from swift_grpo.rollouts.index import open_index


def accepted() -> dict[str, tuple[str, ...]]:
    """The names of all kinds of the part that is there."""
    names = {}
    for module in ("tests.rollouts.planted.names", "tests.rollouts.planted.kept.names"):
        try:
            names |= importlib.import_module(module).ACCEPTED
        except ModuleNotFoundError:
            continue
    return names


def outcome(found: list, names: tuple[str, ...]) -> str:
    """first, named (further down), other (something else) or silent."""
    alarms = [one.check for one in found if one.severity in ("critical", "warn")]
    if not alarms:
        return "silent"
    return "first" if alarms[0] in names else "named" if set(alarms) & set(names) else "other"


def main() -> None:
    folder, only = Path(sys.argv[1]), set(sys.argv[2:])
    names = accepted()
    ill, well = defaultdict(Counter), Counter()
    for line in (folder / "truth.jsonl").read_text().splitlines():
        truth = json.loads(line)
        if only and truth["kind"] not in only:
            continue
        with open_index(folder / "runs" / truth["run"]) as index:
            found = diagnose(index)
        alarms = [one for one in found if one.severity in ("critical", "warn")]
        if truth["healthy"]:
            result = max((one.severity for one in alarms), default="quiet", key=("quiet", "warn", "critical").index)
            well[result] += 1
        else:
            result = outcome(found, names[truth["kind"]])
            ill[truth["severity"]][result] += 1
        if result not in ("first", "quiet") or only:
            said = "; ".join(
                f"{one.severity[0]} {one.check} {one.strength:.2f} @{one.began}"
                + (f" <{one.follows_from}" if one.follows_from else "")
                for one in alarms[:4]
            )
            print(
                f"{result:<8} {truth['run']} {truth['kind']} {truth['severity'] or ''} {truth['seed']} steps {truth['steps']} "
                f"first {truth['first_step']} | {truth['says']} | {said}",
                flush=True,
            )
    for severity, counts in ill.items():
        total = sum(counts.values())
        print(
            f"{severity:<9}{counts['first']:>4} of {total} first, {counts['named']} named, {counts['other']} "
            f"other, {counts['silent']} silent"
        )
    print(
        f"healthy  {well['quiet']:>4} of {sum(well.values())} quiet, {well['warn']} warned, {well['critical']} critical"
    )


if __name__ == "__main__":
    main()
