"""A diagnosis for every view: where to look, and the verdict on one line."""

from swift_grpo.rollouts.diagnosis import CHECKS, SEVERITIES, Finding
from swift_grpo.rollouts.facts.addresses import addresses
from swift_grpo.rollouts.index import Index


def places_of(index: Index, findings: list[Finding]) -> dict[int, str]:
    """STEP:GROUP:I of the findings' rollouts, by id."""
    return addresses(index, [one for finding in findings for one in finding.rollouts])


def verdict(findings: list[Finding]) -> str:
    """The number of checks by result, on one line."""
    counts = {s: sum(f.severity == s for f in findings) for s in SEVERITIES}
    silent = len(CHECKS) - len({f.check for f in findings} & set(CHECKS))
    return " · ".join(
        [f"{len(CHECKS)} checks", *(f"{n} {s}" for s, n in counts.items() if n), f"{silent} found nothing"]
    )
