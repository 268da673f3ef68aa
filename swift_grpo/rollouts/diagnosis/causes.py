"""Which finding follows from which: by the `causes` of the checks, by what a run proved, and by what began first."""

from dataclasses import replace
from functools import cache, partial

import numpy as np

from swift_grpo.rollouts.diagnosis.case import Case
from swift_grpo.rollouts.diagnosis.check import Check
from swift_grpo.rollouts.diagnosis.checks import CHECKS
from swift_grpo.rollouts.diagnosis.finding import Finding

# Names for several checks, so that `causes` need not list them all.
SIDES = {
    "stuck": {"plateau", "zero_variance_wrong", "dead_prompts", "format_without_accuracy", "reward_without_accuracy"},
    "collapse": {"policy_collapse", "reward_collapse"},
    "reward_side": {"one_component", "verifier_disagreement", "reward_collapse", "reward_constant"},
    "policy_side": {
        "kl_blowup", "entropy_collapse", "entropy_blowup", "clip_ratio", "diversity_loss", "oscillation",
        "gradient_spikes", "policy_collapse", "reward_collapse",
    },
    "text_side": {"repetition", "language_mixing", "boilerplate", "prompt_echo", "several_answers"},
    # Signs of a policy that collapsed, or is paid for its form: they follow from what began before or with them.
    "symptoms": {"reward_constant", "reward_saturated", "one_component", "open_thought", "gibberish"},
    "hollow": {"prompt_echo"},
    "length_side": {"truncation", "length_growth", "wrong_length_growth", "length_collapse", "slow_steps"},
}  # fmt: skip
_WEAK = {"symptoms", "hollow"}  # sides whose checks cause more often than they follow
_SUDDEN = "gradient_spikes"  # causes only what begins soon after it
_EARLIER = 0.1  # of the run: an effect may seem to begin this much before its cause, since onsets are uncertain
_LASTING = 2.5  # times as much for a finding on all the rest of a run, which has no onset of its own
_ORDER = list(CHECKS)


def effects(check: Check, symptoms: bool = False) -> set[str]:
    """The checks that `causes` names, without the symptoms or with them."""
    if "*" in check.causes:
        return set(CHECKS) - {check.name}
    named = (SIDES.get(one, {one}) for one in check.causes if symptoms or one not in _WEAK)
    return set().union(*named) - {check.name}


@cache
def _reach() -> dict[str, set[str]]:
    """All that may follow from each check, directly or through others. For two that can cause each other only time
    decides."""
    reach = {name: effects(check) for name, check in CHECKS.items()}
    for between in CHECKS:
        for name, far in reach.items():
            if between in far:
                reach[name] = far | reach[between]
    return reach


def explained(findings: list[Finding], case: Case) -> list[Finding]:
    """Marks what follows from another finding that began first: it is a warning then, and the cause as grave as its
    effects."""
    slack = max(2.0, _EARLIER * float(np.ptp(case.facts.steps))) if len(case.facts.steps) else 0.0
    alarms = [found for found in findings if found.severity in ("critical", "warn")]

    follows = partial(_follows, proven=case.proven, slack=slack)
    result, raised = [], set()
    for found in findings:
        causes = [one for one in alarms if found in alarms and follows(found, one)]
        roots = [one for one in causes if not any(follows(one, other) for other in causes)] or causes
        if roots:
            root = max(roots, key=lambda one: one.strength).check
            raised |= {root} if found.severity == "critical" else set()
            found = replace(found, severity="warn", follows_from=root)
        result.append(found)
    return [
        replace(found, severity="critical") if found.check in raised and not found.follows_from else found
        for found in _unbound(result)
    ]


def _follows(effect: Finding, cause: Finding, proven: set[tuple[str, str]], slack: float) -> bool:
    """Of two that may each cause the other, the later one follows; of two at once, the later one in the catalogue,
    which goes from the trainer to the outcome. `slack`: steps by which an onset may be off."""
    pair = (cause.check, effect.check)
    if pair in proven or pair[::-1] in proven:
        return pair in proven
    known = effect.check in effects(CHECKS[cause.check])
    symptom = effect.check in effects(CHECKS[cause.check], symptoms=True)
    if effect.began is None or cause.began is None or not symptom:
        return symptom
    later = effect.began - cause.began
    if cause.check == _SUDDEN and not -1 <= later <= slack:
        return False
    if not known:
        mutual = cause.check in effects(CHECKS[effect.check])
        return later >= (slack if mutual else -slack / 2)
    if later < -slack / 4 and cause.strength < effect.strength - 0.5:
        return False  # neither as early nor as strong
    if cause.check in _reach()[effect.check]:
        return _ORDER.index(cause.check) < _ORDER.index(effect.check) if abs(later) <= slack / 2 else later > 0
    return later >= -slack * (_LASTING if effect.check in SIDES["stuck"] else 1)


def _unbound(findings: list[Finding]) -> list[Finding]:
    """In a circle of findings the earliest follows from no other."""
    for start in findings:
        known, seen = {one.check: one for one in findings}, [start.check]
        while (cause := known[seen[-1]].follows_from) and cause not in seen:
            seen.append(cause)
        if cause:
            circle = [known[check] for check in seen[seen.index(cause) :]]
            first = min(circle, key=lambda one: (one.began or 0, _ORDER.index(one.check)))
            findings = [replace(one, follows_from="") if one is first else one for one in findings]
    return findings
