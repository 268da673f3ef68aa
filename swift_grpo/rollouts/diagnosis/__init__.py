"""Diagnosis of a run: every illness of the catalogue, worst finding first. A check without its data is reported as skipped."""

import re
from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.catalogue import ILLNESSES
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES, Finding, strength
from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import Case, Signal, lighter
from swift_grpo.rollouts.diagnosis.unexplained import early_end, events, learned
from swift_grpo.rollouts.facts.checkpoints import best
from swift_grpo.rollouts.facts.run_facts import Facts, Missing
from swift_grpo.rollouts.index import Index

__all__ = ["CHECKS", "SEVERITIES", "Finding", "diagnose"]

CHECKS = tuple(ILLNESSES)
# Names for several illnesses, where `causes` of a row would list them all.
SIDES = {
    "stuck": {"plateau", "zero_variance_wrong", "dead_prompts", "format_without_accuracy", "reward_without_accuracy"},
    "reward_side": {"one_component", "verifier_disagreement", "reward_collapse", "reward_constant"},
    "policy_side": {
        "kl_blowup", "entropy_collapse", "entropy_blowup", "clip_ratio", "diversity_loss", "oscillation", "gradient_spikes",
        "policy_collapse", "reward_collapse",
    },
    "text_side": {"repetition", "language_mixing", "boilerplate", "prompt_echo", "several_answers"},
    # What shows as well when a policy is done for, or is paid for its form. It follows from what began before it, or with it.
    "symptoms": {"reward_constant", "reward_saturated", "one_component", "open_thought", "gibberish"},
    "hollow": {"prompt_echo"},
    "length_side": {"truncation", "length_growth", "wrong_length_growth", "length_collapse", "slow_steps"},
}  # fmt: skip
_LASTING = 2.5  # times as much for what is said of all the rest of a run, and so has no onset of its own
_GO_BACK = re.compile("the checkpoint before( it)?|the best checkpoint")
_WEAK = {"symptoms", "hollow"}  # sides whose illnesses cause more often than they follow
_SUDDEN = {"gradient_spikes"}  # causes only what begins soon after it
_EARLIER = 0.1  # of the run, by which an effect may seem to begin before its cause: onsets are found no better


def diagnose(index: Index, accuracy: str | None = None) -> list[Finding]:
    """All findings, worst first, then the checks that were skipped. A check that finds nothing is not in the list.

    `accuracy` names the reward that tells right from wrong; without it, the index decides (`Index.accuracy_name`).
    Raises ValueError if the log has no such reward.
    """
    if accuracy:
        index.use_accuracy(accuracy)
    case = Case(Facts(index))
    findings = [found for row in ILLNESSES.values() if (found := _examine(row, case))]
    findings = _explained(findings, case)
    return order(findings + events(case, findings) + early_end(case) + learned(case, findings))


def _examine(row: Illness, case: Case) -> Finding | None:
    try:
        signal = row.measure(case, row.warn)
    except Missing as missing:
        return Finding(row.name, "skipped", f"not checked: needs {missing}", "", "", "", strength=0.0)
    if signal is None or signal.least < row.warn:
        return None
    severity = lighter("critical" if signal.least >= row.critical else signal.below, signal.at_most)
    return Finding(
        row.name, severity, row.title.format(value=signal.value, **signal.said), signal.evidence, row.rule,
        _treatment(row, case, signal.began),
        signal.ids or _examples(case, signal), strength(signal.least, row.warn, row.critical), "", signal.began, signal.ended,
    )  # fmt: skip


def _treatment(row: Illness, case: Case, began: int | None) -> str:
    """A row's treatment; where it is to go back to a checkpoint, the best of those before is named."""
    treat = row.treat.format()
    if not _GO_BACK.search(treat):
        return treat
    one = best(case.saved, began) or best(case.saved)
    return _GO_BACK.sub(lambda _: one.said, treat, count=1) if one else treat


def _examples(case: Case, signal: Signal) -> list[int]:
    """Ids of three training rollouts, of three different groups where there are three."""
    rows = case.index.query(
        f"""SELECT any_value(id) AS one FROM (SELECT * FROM train WHERE ({signal.where})
            ORDER BY step DESC, id LIMIT 300) GROUP BY group_id ORDER BY max(step) DESC, one LIMIT 3"""
    )
    return [row[0] for row in rows]


def effects(row: Illness, symptoms: bool = False) -> set[str]:
    """The illnesses that a row's `causes` names, without the symptoms or with them."""
    if "*" in row.causes:
        return set(CHECKS) - {row.name}
    named = (SIDES.get(one, {one}) for one in row.causes if symptoms or one not in _WEAK)
    return set().union(*named) - {row.name}


def _reach() -> dict[str, set[str]]:
    """Of each illness all that may come of it, by way of others too: whoever can cause each other is told apart by time alone."""
    reach = {name: effects(row) for name, row in ILLNESSES.items()}
    for between in ILLNESSES:
        for name, far in reach.items():
            if between in far:
                reach[name] = far | reach[between]
    return reach


def _explained(findings: list[Finding], case: Case) -> list[Finding]:
    """Marks what follows from another finding that began first: it is a warning then, and the cause as grave as its effects."""
    reach = _reach()
    slack = max(2.0, _EARLIER * float(np.ptp(case.facts.steps))) if len(case.facts.steps) else 0.0
    grave = [found for found in findings if found.severity in ("critical", "warn")]

    def follows(effect: Finding, cause: Finding) -> bool:
        """Of two that may each cause the other, the later one follows; of two at once, the later one in the catalogue, which
        goes from the machinery to what comes of it."""
        pair = (cause.check, effect.check)
        if pair in case.proven or pair[::-1] in case.proven:
            return pair in case.proven
        known = effect.check in effects(ILLNESSES[cause.check])
        symptom = effect.check in effects(ILLNESSES[cause.check], symptoms=True)
        if effect.began is None or cause.began is None or not symptom:
            return symptom
        if cause.check in _SUDDEN and not -1 <= effect.began - cause.began <= slack:
            return False
        if not known:
            mutual = cause.check in effects(ILLNESSES[effect.check])
            return cause.began <= effect.began + (-slack if mutual else slack / 2)
        if cause.began > effect.began + slack / 4 and cause.strength < effect.strength - 0.5:
            return False  # neither as early nor as far gone
        either = cause.check in reach[effect.check]
        if either and abs(cause.began - effect.began) <= slack / 2:
            return CHECKS.index(cause.check) < CHECKS.index(effect.check)
        if either:
            return cause.began < effect.began
        return cause.began <= effect.began + slack * (_LASTING if effect.check in SIDES["stuck"] else 1)

    result, raised = [], set()
    for found in findings:
        causes = [one for one in grave if found in grave and follows(found, one)]
        roots = [one for one in causes if not any(follows(one, other) for other in causes)] or causes
        if roots:
            root = max(roots, key=lambda one: one.strength).check
            raised |= {root} if found.severity == "critical" else set()
            found = replace(found, severity="warn", follows_from=root)
        result.append(found)
    result = _unbound(result)
    return [
        replace(found, severity="critical") if found.check in raised and not found.follows_from else found
        for found in result
    ]


def _unbound(findings: list[Finding]) -> list[Finding]:
    """The earliest of findings that follow from each other in a circle follows from none."""
    for start in findings:
        known, seen = {one.check: one for one in findings}, [start.check]
        while (cause := known[seen[-1]].follows_from) and cause not in seen:
            seen.append(cause)
        if cause:
            circle = [known[check] for check in seen[seen.index(cause) :]]
            first = min(circle, key=lambda one: (one.began or 0, CHECKS.index(one.check)))
            findings = [replace(one, follows_from="") if one is first else one for one in findings]
    return findings


def order(findings: list[Finding]) -> list[Finding]:
    """By severity, then causes before what follows from them, then by strength."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), bool(f.follows_from), -f.strength))
