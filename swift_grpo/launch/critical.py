"""Prints the critical findings of a run as one line of JSON; a process of its own, at the lowest priority.

python -m swift_grpo.launch.critical OUTPUT_DIR
"""

import json
import os
import string
import sys
from pathlib import Path

import psutil

NUMBERS = {"value", "before", "after"}  # fields of a title that never hold text of a log


def critical(output_dir: Path) -> dict:
    """`run`: the newest vN folder; `first`: the one that it resumed from, or itself; `found`: check, step and sentence of
    each critical finding that does not follow from another. Raises ValueError without a log."""
    from swift_grpo.rollouts.diagnosis import diagnose
    from swift_grpo.rollouts.index import open_index

    with open_index(output_dir) as index:
        run, found = index.run, [one for one in diagnose(index) if one.severity == "critical"]
    roots = [one for one in found if one.follows_from not in {other.check for other in found}]
    rows: list[dict] = [{"check": one.check, "line": sentence(one.check, one.title)} for one in roots]
    rows = [row | ({} if one.began is None else {"step": one.began}) for row, one in zip(rows, roots, strict=True)]
    return {"run": str(run.root), "first": str(run.logs[0].parent), "found": rows}


def sentence(name: str, title: str) -> str:
    """A finding's title if only numbers were put into it, else the general sentence of its check."""
    from swift_grpo.rollouts.diagnosis import CHECKS

    check = CHECKS[name]
    fields = {field for _, field, _, _ in string.Formatter().parse(check.title) if field}
    return title if fields <= NUMBERS else check.summary


if __name__ == "__main__":
    os.nice(19)
    psutil.Process().ionice(psutil.IOPRIO_CLASS_IDLE)
    print(json.dumps(critical(Path(sys.argv[1]))))
