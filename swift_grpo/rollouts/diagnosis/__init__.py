"""Diagnosis of a run: every check, worst finding first. A check without its data is reported as skipped."""

from collections.abc import Callable
from dataclasses import replace

from swift_grpo.rollouts.diagnosis import groups, length, optimization, reward, text
from swift_grpo.rollouts.diagnosis.case import Case
from swift_grpo.rollouts.diagnosis.finding import SEVERITIES, Finding, Missing
from swift_grpo.rollouts.index import Index

__all__ = ["CHECKS", "SEVERITIES", "Finding", "diagnose"]

CHECKS: dict[str, Callable[[Case], Finding | None]] = {
    "nan": optimization.not_a_number,
    "gibberish": text.gibberish,
    "zero_gradient": optimization.zero_gradient,
    "verifier_disagreement": reward.verifier_disagreement,
    "zero_variance_wrong": groups.zero_variance_wrong,
    "zero_variance_right": groups.zero_variance_right,
    "dead_prompts": groups.dead_prompts,
    "saturated_prompts": groups.saturated_prompts,
    "entropy_collapse": optimization.entropy_collapse,
    "kl_blowup": optimization.kl_blowup,
    "clip_ratio": optimization.clip_ratio,
    "truncation": length.truncation,
    "length_growth": length.length_growth,
    "wrong_length_growth": length.wrong_length_growth,
    "one_component": reward.one_component,
    "reward_without_accuracy": reward.reward_without_accuracy,
    "format_without_accuracy": reward.format_without_accuracy,
    "boilerplate": text.boilerplate,
    "prompt_echo": text.prompt_echo,
    "several_answers": text.several_answers,
    "repetition": text.repetition,
    "language_mixing": text.language_mixing,
    "plateau": reward.plateau,
    "stalls": optimization.stalls,
    "slow_steps": optimization.slow_steps,
}

_STUCK = {"plateau", "zero_variance_wrong", "dead_prompts", "format_without_accuracy", "reward_without_accuracy"}
# A finding explains others: where both are there, the other one follows from it and is at most a warning.
EXPLAINS: dict[str, set[str]] = {
    "nan": set(CHECKS) - {"nan"},
    "gibberish": set(CHECKS) - {"nan", "gibberish"},
    "verifier_disagreement": _STUCK,
    "zero_gradient": _STUCK | {"one_component"},
    "several_answers": {"verifier_disagreement", "reward_without_accuracy", "plateau"},
    "prompt_echo": {"verifier_disagreement", "reward_without_accuracy", "plateau", "boilerplate"},
    "boilerplate": {"reward_without_accuracy", "length_growth", "plateau"},
    "repetition": {"length_growth", "wrong_length_growth", "truncation", "boilerplate", "plateau"},
    "language_mixing": {"plateau"},
    "truncation": {"length_growth", "plateau"},
    "wrong_length_growth": {"length_growth", "slow_steps", "plateau"},
    "length_growth": {"plateau"},
    "one_component": {"reward_without_accuracy", "plateau"},
    "reward_without_accuracy": {"plateau"},
    "format_without_accuracy": {"plateau"},
    "dead_prompts": {"zero_variance_wrong", "plateau"},
    "saturated_prompts": {"zero_variance_right", "plateau"},
    "entropy_collapse": {"plateau"},
    "zero_variance_wrong": {"plateau"},
    "stalls": {"slow_steps"},
}


def diagnose(index: Index) -> list[Finding]:
    """All findings, worst first, then the checks that were skipped. A check that finds nothing is not in the list."""
    case = Case(index)
    findings = [found for name, check in CHECKS.items() if (found := _run(name, check, case))]
    return order(_explained(findings))


def _run(name: str, check: Callable[[Case], Finding | None], case: Case) -> Finding | None:
    try:
        return check(case)
    except Missing as missing:
        return Finding(name, "skipped", f"not checked: needs {missing}", "", "", "", strength=0.0)


def _explained(findings: list[Finding]) -> list[Finding]:
    critical = [found.check for found in findings if found.severity == "critical"]
    roots = [check for check in critical if not any(check in EXPLAINS.get(other, ()) for other in critical)]
    result = []
    for found in findings:
        cause = next((c for c in roots + critical if found.check in EXPLAINS.get(c, ())), "")
        if cause and found.severity in ("critical", "warn"):
            found = replace(found, severity="warn", follows_from=cause)
        result.append(found)
    return result


def order(findings: list[Finding]) -> list[Finding]:
    """By severity, then causes before what follows from them, then by strength."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), bool(f.follows_from), -f.strength))
