"""What a check reports."""

from dataclasses import dataclass, field

SEVERITIES = ("critical", "warn", "info", "skipped")  # worst first


@dataclass(frozen=True)
class Finding:
    """One finding. `evidence` is in numbers; `threshold` names its source; `remedy` names ms-swift flags.

    `rollouts`: up to three ids to look at. `strength`: the measured value as a multiple of the threshold that was
    reached; it orders findings of one severity. `follows_from`: the finding that explains this one, "" if none does.
    """

    check: str
    severity: str
    title: str
    evidence: str
    threshold: str
    remedy: str
    rollouts: list[int] = field(default_factory=list)
    strength: float = 1.0
    follows_from: str = ""


class Missing(Exception):
    """A check's data is not there; the message names the key, and the flag that makes ms-swift write it."""


def graded(value: float, warn: float, critical: float) -> tuple[str, float] | None:
    """Severity and strength of a value that is worse the higher it is; None below `warn`.

    >>> graded(0.3, warn=0.1, critical=0.25)
    ('critical', 1.2)
    """
    if value >= critical:
        return "critical", value / critical
    return ("warn", value / warn) if value >= warn else None
