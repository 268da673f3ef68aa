"""Diagnosis of a run: every check, worst finding first. A check without its data is reported as skipped."""

from swift_grpo.rollouts.diagnosis.case import Case, Signal
from swift_grpo.rollouts.diagnosis.causes import explained
from swift_grpo.rollouts.diagnosis.check import Check
from swift_grpo.rollouts.diagnosis.checks import CHECKS
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES, Finding, strength
from swift_grpo.rollouts.diagnosis.measures import lighter
from swift_grpo.rollouts.diagnosis.unexplained import early_end, events, learned
from swift_grpo.rollouts.facts.checkpoints import best
from swift_grpo.rollouts.facts.run_facts import Facts, Missing
from swift_grpo.rollouts.index import Index

__all__ = ["CHECKS", "SEVERITIES", "Finding", "diagnose"]


def diagnose(index: Index, accuracy: str | None = None) -> list[Finding]:
    """All findings, worst first, then the checks that were skipped. A check that finds nothing is not in the list.

    `accuracy` names the reward that tells right from wrong; without it, the index decides (`Index.accuracy_name`).
    Raises ValueError if the log has no such reward.
    """
    if accuracy:
        index.use_accuracy(accuracy)
    case = Case(Facts(index))
    findings = [found for check in CHECKS.values() if (found := _finding(check, case))]
    findings = explained(findings, case)
    others = [*events(case, findings), early_end(case), learned(case, findings)]
    return order([*findings, *filter(None, others)])


def _finding(check: Check, case: Case) -> Finding | None:
    """What a check finds, None if it finds nothing."""
    try:
        signal = check.measure(case, check.warn)
    except Missing as missing:
        return Finding(check.name, "skipped", f"not checked: needs {missing}", "", "", "", strength=0.0)
    if signal is None or signal.least < check.warn:
        return None
    saved = best(case.saved, signal.began) or best(case.saved) if "{checkpoint}" in check.fix else None
    return Finding(
        check.name,
        lighter("critical" if signal.least >= check.critical else signal.below, signal.at_most),
        check.title.format(value=signal.value, before=signal.before, after=signal.after, **signal.said),
        signal.evidence,
        check.threshold,
        check.fix_from(saved.said) if saved else check.fix_from(),
        signal.ids or _examples(case, signal),
        strength(signal.least, check.warn, check.critical),
        began=signal.began,
        ended=signal.ended,
    )


def _examples(case: Case, signal: Signal) -> list[int]:
    """Ids of three training rollouts, of three different groups if there are three."""
    rows = case.index.query(
        f"""SELECT any_value(id) AS one FROM (SELECT * FROM train WHERE ({signal.where})
            ORDER BY step DESC, id LIMIT 300) GROUP BY group_id ORDER BY max(step) DESC, one LIMIT 3"""
    )
    return [row[0] for row in rows]


def order(findings: list[Finding]) -> list[Finding]:
    """By severity, then causes before what follows from them, then by strength."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), bool(f.follows_from), -f.strength))
