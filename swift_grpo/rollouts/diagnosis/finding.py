"""What a check reports, and how severe it is."""

import math
from dataclasses import dataclass, field

SEVERITIES = ("critical", "warn", "info", "skipped")  # worst first
_STRONGEST = 4.0


@dataclass(frozen=True)
class Finding:
    """One finding. `evidence` is in numbers; `threshold` names its source; `fix` names ms-swift flags.

    `rollouts`: up to three ids to look at. `strength`: how severe, on one scale for all checks: a warning
    from 1, critical from 2. `began`, `ended`: the steps where it began and ended, None if unknown or not
    ended. `follows_from`: the finding that explains this one, "" if none does.
    """

    check: str
    severity: str
    title: str
    evidence: str
    threshold: str
    fix: str
    rollouts: list[int] = field(default_factory=list)
    strength: float = 1.0
    follows_from: str = ""
    began: int | None = None
    ended: int | None = None


def strength(value: float, warn: float, critical: float) -> float:
    """Where a value is between warn (1) and critical (2), and up to 4 beyond; as a multiple if `warn` is 1 or more.

    >>> strength(0.3, 0.1, 0.3), strength(4, 2, 8), strength(0.05, 0.1, 0.3)
    (2.0, 1.5, 0.75)
    """
    if warn >= 1:
        place = 1 + math.log(max(value, 1e-9) / warn) / math.log(critical / warn)
    else:
        place = 1 + (value - warn) / (critical - warn)
    return round(max(0.0, min(_STRONGEST, place)), 3)
