"""Rewards: who carries them, whether they mean accuracy, whether anything is still learned."""

import re
import time

from swift_grpo.rollouts.diagnosis.case import TRAIN, Case, within
from swift_grpo.rollouts.diagnosis.finding import Finding, Missing, graded

_FORMAT = re.compile("format|tag|structure|think", re.IGNORECASE)
_GRADING_SECONDS = 10  # an answer in odd LaTeX may take seconds to compare


def one_component(case: Case) -> Finding | None:
    """A component other than accuracy carries the variance within groups, and so the gradient."""
    case.need_solved()
    names, accuracy = case.index.reward_names, case.index.accuracy_name
    if len(names) < 2:
        raise Missing("two or more reward columns")
    spread = dict(zip(names, _variances(case, names), strict=True))
    total = sum(spread.values())
    if total <= 1e-9:
        return None
    top = max(spread, key=spread.get)
    share = spread[top] / total
    found = graded(share, warn=0.8, critical=0.9) if top != accuracy else None
    return found and Finding(
        "one_component",
        found[0],
        f"{top} carries {share:.0%} of the reward's variance",
        f"variance within groups at the end: {', '.join(f'{n} {v:.3g}' for n, v in _largest(spread))}",
        "warn from 80%, critical from 90% for a reward that is not accuracy; advantages follow the component with the largest "
        "spread (GDPO, `--scale_rewards gdpo`)",
        "--reward_weights (in the order of --reward_funcs), --scale_rewards gdpo, or bring the reward to the scale of the others",
        case.examples("abs(advantage) > 1", "step DESC, advantage DESC"),
        found[1] * 3,
    )


def _variances(case: Case, names: list[str]) -> list[float]:
    weights = case.index.run.args.get("reward_weights") or []
    weights = weights if len(weights) == len(names) else [1.0] * len(names)
    spans = ", ".join(f"avg(v{k})" for k in range(len(names)))
    each = ", ".join(f"coalesce(var_pop({case.index.reward_column(n)}), 0) AS v{k}" for k, n in enumerate(names))
    row = case.query(
        f"SELECT {spans} FROM (SELECT {each} FROM rollouts WHERE {TRAIN} AND {within(case.end)} GROUP BY group_id)"
    )[0]
    return [float(value or 0) * weight**2 for value, weight in zip(row, weights, strict=True)]


def _largest(spread: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(spread.items(), key=lambda item: -item[1])[:4]


def reward_without_accuracy(case: Case) -> Finding | None:
    """The reward rises, accuracy does not, and it is not the format that rose."""
    change = _flat_accuracy(case)
    if change is None:
        return None
    first, last, error = change
    name, early, late = _risen(case, formats=False)
    if name is None:
        return None
    return Finding(
        "reward_without_accuracy",
        "critical",
        f"the reward rises by {name} while accuracy is flat",
        f"{name}: {early:.3g} at the start, {late:.3g} at the end; solved {first:.0%} then {last:.0%} "
        f"(±{2 * error:.0%})",
        "a component up by one of its standard deviations and 0.1, accuracy up by less than 3 points and 2 standard errors; "
        "reward hacking (arXiv 2210.10760)",
        "--reward_weights for it down, or pay it only where the answer is right",
        case.examples("NOT solved", "step DESC, reward DESC"),
        3.0,
    )


def format_without_accuracy(case: Case) -> Finding | None:
    """The format was learned, the answers were not."""
    change = _flat_accuracy(case)
    if change is None:
        return None
    first, last, error = change
    name, early, late = _risen(case, formats=True)
    if name is None:
        return None
    return Finding(
        "format_without_accuracy",
        "critical",
        f"{name} is learned, accuracy is flat",
        f"{name}: {early:.3g} at the start, {late:.3g} at the end; solved {first:.0%} then {last:.0%} (±{2 * error:.0%})",
        "format up by one of its standard deviations and 0.1, accuracy up by less than 3 points and 2 standard errors; "
        "R1 (arXiv 2501.12948) pays both alike",
        "--reward_weights for the format down now, easier prompts, --num_generations up, check the golds with `inspect show`",
        case.examples("NOT solved"),
        3.0,
    )


def _flat_accuracy(case: Case) -> tuple[float, float, float] | None:
    first, last, error = case.solved_change()
    flat = last - first < max(0.03, 2 * error) and last - first < 0.1 and last < 0.9
    return (first, last, error) if flat else None


def _risen(case: Case, formats: bool) -> tuple[str | None, float, float]:
    """The component, of format or of another kind, that rose most in units of its standard deviation."""
    best, strength = (None, 0.0, 0.0), 1.0
    for name in case.index.reward_names:
        if name == case.index.accuracy_name or bool(_FORMAT.search(name)) != formats:
            continue
        column = case.index.reward_column(name)
        early, late = case.mean(column, case.start), case.mean(column, case.end)
        spread = case.query(f"SELECT stddev_pop({column}) FROM rollouts WHERE {TRAIN} AND {within(case.steps)}")[0][0]
        rise = (late - early) / max(spread or 0, 1e-9)
        if late - early >= 0.1 and rise >= strength:
            best, strength = (name, early, late), rise
    return best


def plateau(case: Case) -> Finding | None:
    """Accuracy has not moved, though there is room and variance."""
    first, last, error = case.solved_change()
    if abs(last - first) > max(0.02, 1.5 * error) or last > 0.9 or error > 0.05:
        return None
    return Finding(
        "plateau",
        "warn",
        f"accuracy has not moved from {first:.0%}",
        f"solved: {first:.1%} in the first third, {last:.1%} in the last; the difference's standard error is {error:.1%}",
        "a change below 2 points or 1.5 standard errors, below 90% solved; rule of thumb",
        "--learning_rate up, --num_generations up, prompts of middling difficulty (`inspect prompts`), --dynamic_sample true",
        case.examples("NOT solved"),
        1.0,
    )


def verifier_disagreement(case: Case) -> Finding | None:
    """The final answer equals the gold and was paid as wrong, or the reverse."""
    from grpo_rewards import grade

    case.need_solved()
    texts = [text for text in case.start_texts + case.end_texts if text.solution is not None]
    if not texts:
        raise Missing("`solution` in completions.jsonl (a dataset column of that name writes it)")
    solved = dict(case.query(f"SELECT id, solved FROM rollouts WHERE id IN ({', '.join(str(t.id) for t in texts)})"))
    unpaid, overpaid, graded_count = [], [], 0
    deadline = time.monotonic() + _GRADING_SECONDS
    for text in _alternating(texts):
        if time.monotonic() > deadline:
            break
        ours = grade(text.completion, text.solution)
        if ours is None or solved[text.id] is None:
            continue
        graded_count += 1
        if bool(ours) != solved[text.id]:
            (unpaid if ours else overpaid).append(text)
    if not graded_count:
        raise Missing("a `solution` that our grader can read")
    share = (len(unpaid) + len(overpaid)) / graded_count
    found = graded(share, warn=0.03, critical=0.1)
    worst = unpaid if len(unpaid) >= len(overpaid) else overpaid
    return found and Finding(
        "verifier_disagreement",
        found[0],
        f"the verifier and our grader disagree on {share:.0%} of the answers",
        f"of {graded_count} sampled completions {len(unpaid)} are right by our grader and were paid as wrong, "
        f"{len(overpaid)} the reverse; e.g. answer {_short(worst[0].answer)}, gold {_short(worst[0].solution)}, "
        f"paid {worst[0].rewards.get(case.index.accuracy_name, worst[0].reward)}",
        "warn from 3%, critical from 10% of the sample; both look at the same text and gold",
        "--external_plugins plugin/plugin.py --reward_funcs math_accuracy, or bring the golds into the form the verifier reads",
        [text.id for text in worst[:3]],
        found[1] * 2,
    )


def _alternating(texts: list) -> list:
    """A fixed shuffle: a sample that is cut short still has texts of both ends of the run."""
    return sorted(texts, key=lambda text: text.id * 2654435761 % 2**32)


def _short(text: str | None) -> str:
    return "none" if text is None else repr(text if len(text) <= 40 else text[:40] + "…")
