"""Which reward decides, whether it means accuracy, whether it is there at all."""

import re
from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.case import FEWEST_STEPS, SHORT, SURE, Case, Measure, Signal, number
from swift_grpo.rollouts.diagnosis.checks.trainer import nan_steps
from swift_grpo.rollouts.diagnosis.measures import level, of_level, share_of, surest, unless_it_pays, weighed
from swift_grpo.rollouts.facts.accuracy import need_accuracy
from swift_grpo.rollouts.facts.run_facts import Missing

_PENALTY = re.compile("penalty|overlong|repet", re.IGNORECASE)
_FORMAT = re.compile("format|tag|structure|think", re.IGNORECASE)
NO_GAIN = 0.12  # of the completions: a gain surely below this does not count
_OF_WRONG = 0.25  # the same, of the wrong ones
_FORMS = ("<answer>", "\\boxed", "####")
_BEFORE, _NEARLY = 5, 0.75  # steps before a reward pays all completions its most, and the share of it that they pay
_NOBODY = 0.1  # of the completions right: the run has not begun to learn
_PAID_MORE = 0.2  # of a reward's most
GRADES = 5  # different values of a graded reward
_BY_CHANCE = 0.02  # of the groups: if more have rewards of two tasks, the rewards are not by task
_GRADED = 30  # completions that our grader and the verifier both judged


def _need_accuracy(case: Case) -> str:
    """The name of the reward that tells right from wrong. Raises Missing."""
    if case.index.accuracy_name is None:
        raise Missing(need_accuracy(case.index))
    return case.index.accuracy_name


def verifier_disagreement(case: Case, _: float) -> Signal | None:
    """The verifier's verdicts against our grader's, on the sample."""
    accuracy, reading = _need_accuracy(case), case.facts.read
    ids = ", ".join(str(text.id) for text in reading.texts) or "NULL"
    solved = dict(case.index.query(f"SELECT id, solved FROM rollouts WHERE id IN ({ids})"))
    form = _usual_form([text.completion for text in reading.texts if solved[text.id]])
    judged = [
        (text, bool(ours), bool(solved[text.id]))
        for text, ours in zip(reading.texts, reading.grades, strict=True)
        if ours is not None and solved[text.id] is not None and form in text.completion
    ]
    if len(judged) < _GRADED:
        raise Missing(f"{_GRADED} completions whose `solution` our grader can read (the sample has {len(judged)})")
    wrong = np.array([ours != paid for _, ours, paid in judged])
    if not wrong.any():
        return None
    share, least = share_of(wrong)
    unpaid = [text for text, ours, paid in judged if ours and not paid]
    overpaid = [text for text, ours, paid in judged if paid and not ours]
    worst = unpaid if len(unpaid) >= len(overpaid) else overpaid
    one = worst[0]
    said = (
        f"of {len(judged)} sampled completions {len(unpaid)} are right by our grader and were paid as wrong, {len(overpaid)} "
        f"the reverse; e.g. answer {_short(one.answer)}, gold {_short(one.solution)}, paid {one.rewards.get(accuracy)}"
    )
    began = _began(case, [text.step for text, _, _ in judged], wrong)
    return Signal(share, least, said, began, ids=[text.id for text in worst[:3]])


def _usual_form(paid: list[str]) -> str:
    """The form of nearly all answers that were paid, "" if none: a verifier may need a form that our grader, which also
    reads prose, does not."""
    return next((form for form in _FORMS if paid and sum(form in one for one in paid) >= 0.9 * len(paid)), "")


def _began(case: Case, steps: list[int], wrong: np.ndarray) -> int | None:
    """The step at which the share of wrong verdicts reached its current level; of a few steps, the first with a wrong
    one."""
    places = np.searchsorted(case.facts.steps, steps)
    counts = np.bincount(places, minlength=len(case.facts.steps))
    series = np.where(counts > 0, np.bincount(places, wrong, len(counts)) / np.maximum(counts, 1), np.nan)
    if (counts > 0).sum() < FEWEST_STEPS:
        return case.step(int(places[wrong].min()))
    return of_level(case, case.shape_of(series, "verdicts"), "", 0.02).began


def _short(text: str | None) -> str:
    return "none" if text is None else repr(text if len(text) <= 40 else text[:40] + "…")


def reward_constant(case: Case, _: float) -> Signal | None:
    """The longest stretch at the end in which a reward pays all completions the same, as a share of the run. Nothing is
    wrong if it pays its most and paid nearly as much just before: it has been learned."""
    if not case.facts.reward_names:
        raise Missing("reward columns")
    found = [signal for name in case.facts.reward_names if (signal := _stays_constant(case, name))]
    return max(found, key=lambda one: one.value, default=None)


def _stays_constant(case: Case, name: str) -> Signal | None:
    mean, within = case.facts.computed.get(f"mean/{name}"), case.facts.computed.get(f"within/{name}")
    if mean is None or within is None:
        return None
    at = np.flatnonzero(np.isfinite(mean) & np.isfinite(within))
    if len(at) < SHORT:
        return None
    paid, accuracy = mean[at], name == case.index.accuracy_name
    last = float(paid[-1])
    same = (np.abs(paid - last) <= 1e-6 * max(1, abs(last))) & (within[at] <= 1e-12)
    length = len(at) if same.all() else int((~same[::-1]).argmax())
    if length < SHORT:
        return None
    before = paid[: len(at) - length][-_BEFORE:]
    top = max(paid.max(), 0.0 if _PENALTY.search(name) else 1.0)  # the most that a reward is likely to pay
    learned = not len(before) or before.mean() >= (_NEARLY if accuracy else 0.5) * top or top <= 0
    if last >= top - 1e-6 and learned:
        return None
    began = case.step(at[len(at) - length])
    if accuracy and last < top / 2 and _nobody_is_right(case, began):
        return None
    said = f"{name} is {number(last)} for every completion of {length} of {len(at)} steps, from step {began} on"
    share = 1.0 if accuracy else length / len(at)
    most = "warn" if length == len(at) and not accuracy else "critical"  # it never decided anything
    return Signal(share, share, said, began, where=f"step >= {began}", said={"name": name}, at_most=most)


def _nobody_is_right(case: Case, began: int) -> bool:
    """Whether our grader, too, finds hardly any right answer from a step on: then the reward is not at fault."""
    graded = [g for text, g in zip(case.facts.read.texts, case.facts.read.grades, strict=True) if text.step >= began]
    known = [grade for grade in graded if grade is not None]
    return len(known) >= _GRADED // 2 and sum(known) < _NOBODY * len(known)


def reward_missing(case: Case, warn: float) -> Signal | None:
    """Completions without the reward, from the first on: a reward that was always there is not missing by chance. If
    tasks have rewards of their own, one is missing only if all are; a gradient of NaN is a warning however rare."""
    if not case.index.reward_names:
        raise Missing("reward columns")
    found: list[Signal] = []
    own, broken, counts = _of_tasks(case), nan_steps(case), case.facts.computed["completions"]
    for name in case.index.reward_names:
        none = np.nan_to_num(case.facts.series.get(f"none/{name}", np.ones(len(counts))))
        places = np.flatnonzero((none > 0) & (counts > 0))
        if not len(places):
            continue
        n, lacking = counts[places[0] :].sum(), own.get(name, (none * counts)[places[0] :].sum())
        share, least = share_of(np.arange(int(n)) < lacking)
        began = case.step(places[0])
        said = f"{name}: no reward for {lacking:,.0f} of {n:,.0f} completions in {len(places)} steps, from step {began}"
        if _goes_with(broken, none > 0):
            said += f"; loss or gradient is NaN in {broken.sum()} steps, {(broken & (none > 0)).sum()} of them these"
            least = max(least, warn)
            case.proven.add(("reward_missing", "nan"))
        where = f"{case.index.reward_column(name)} IS NULL"
        found.append(Signal(share, least, said, began, where=where, said={"name": name}))
    return surest(found)


def _goes_with(broken: np.ndarray, lacking: np.ndarray) -> bool:
    """Whether steps without the reward are broken, and others hardly."""
    if broken.sum() < 2 or not lacking.any():
        return False
    elsewhere = broken[~lacking].mean() if (~lacking).any() else 1.0
    return bool(broken[lacking].mean() >= 0.5 and elsewhere <= 0.1)


def _of_tasks(case: Case) -> dict[str, int]:
    """Rewards that whole groups have, or none of their members, each in other groups: a reward for each task. For each,
    how many completions have none."""
    columns = {name: case.index.reward_column(name) for name in case.index.reward_names}
    if len(columns) < 2 or not any((case.facts.computed[f"none/{name}"] > 0).any() for name in columns):
        return {}
    parts = ", ".join(f"count({column}) / count(*)" for column in columns.values())
    rows = case.index.query(f"SELECT {parts} FROM train GROUP BY group_id")
    shares = np.array(rows, dtype=float).reshape(-1, len(columns))
    partly = [k for k in range(len(columns)) if (shares[:, k] < 0.5).any() and (shares[:, k] > 0.5).any()]
    given = shares[:, partly] > 0.5
    if len(partly) < 2 or (given.sum(axis=1) > 1).mean() > _BY_CHANCE or not len(shares):
        return {}
    names = [list(columns)[k] for k in partly]
    none = " AND ".join(f"{columns[name]} IS NULL" for name in names)
    lacking = case.index.query(f"SELECT count(*) FROM train WHERE {none}")[0][0]
    return dict.fromkeys(names, lacking)


def reward_saturated(case: Case, warn: float) -> Signal | None:
    """A graded reward that no longer distinguishes completions: the lost share of its variance within groups."""
    graded = [name for name in case.index.reward_names if not _FORMAT.search(name) and not _PENALTY.search(name)]
    if not graded:
        raise Missing("a graded reward")
    found: list[Signal] = []
    for name in graded:
        column = case.index.reward_column(name)
        kinds = f"SELECT count(DISTINCT {column}) FROM (SELECT {column} FROM rollouts LIMIT 20000)"
        if name == case.index.accuracy_name or case.index.query(kinds)[0][0] < GRADES:
            continue
        if f"within/{name}" not in case.facts.series:
            continue
        shape = case.shape(f"within/{name}", fewest=1)
        change = case.greatest(shape, up=False, lasting=True)
        if change and len(shape.values) >= FEWEST_STEPS and change.before > 0:
            one = case.changed(shape, change, f"variance of {name} within groups", change.before)
            found.append(replace(one, said={"name": name}))
    worst = surest(found)
    if worst is None or case.index.accuracy_name:
        return weighed(case, worst, warn)
    return replace(worst, at_most="warn")  # a rise to its ceiling is not a gain


def advantages_wrong(case: Case, warn: float) -> Signal | None:
    found = level("against", where="advantage * reward < 0")(case, warn)
    return replace(found, evidence=f"share of groups whose advantages do not rise with the reward: {found.evidence}")


@unless_it_pays(spared=0.9)
def one_component(case: Case, warn: float) -> Signal | None:
    names, accuracy = case.index.reward_names, _need_accuracy(case)
    if len(names) < 2:
        raise Missing("two or more reward columns")
    weights = case.index.run.args.get("reward_weights") or []
    weights = weights if len(weights) == len(names) else [1.0] * len(names)
    absent = np.full(len(case.facts.steps), np.nan)
    within = [case.facts.series.get(f"within/{name}", absent) for name in names]
    spread = np.stack([one * weight**2 for one, weight in zip(within, weights, strict=True)])
    total = np.nansum(spread, axis=0)
    shares = np.where(total > 1e-9, np.nan_to_num(spread) / np.where(total > 1e-9, total, 1), np.nan)
    middle = np.nanmean(shares, axis=1) if np.isfinite(shares).any() else np.zeros(len(names))
    own = names.index(accuracy)
    middle[own] = -1
    top = int(middle.argmax())
    if not np.nan_to_num(spread[own][total > 1e-9])[-FEWEST_STEPS:].any():  # all completions are right, or all wrong
        case.proven |= {(cause, "one_component") for cause in ("policy_collapse", "reward_collapse")}
    shape = case.shape_of(shares[top], "rewards that vary")
    found = of_level(case, shape, f"share of {names[top]} in the variance within groups", warn)
    most = "info" if case.brief(found.began, found.ended) else "critical"
    return replace(found, where="abs(advantage) > 1", said={"name": names[top]}, at_most=most)


def _best_after(case: Case, began: int) -> tuple[float, float, float]:
    """Accuracy before a step, its best level from then on, and the standard error of the difference."""
    shape = case.shape("solved")
    place = int(np.searchsorted(case.facts.steps[shape.at], began))
    first = shape.values[: max(place, len(shape.values) // 5)]
    later = shape.bounds[1:] > place
    best = int(np.where(later, shape.means, -np.inf).argmax())
    error = float(np.hypot(shape.noise / np.sqrt(len(first)), shape.errors[best]))
    return float(first.mean()), float(shape.means[best]), error


def _paid_for_shortness(case: Case, name: str, began: int | None) -> bool:
    """Whether short members of a group, below a third of the usual length, earn a reward more often than the others."""
    paid, early = f"avg({case.index.reward_column(name)})", case.step(max(0, len(case.facts.steps) // 5 - 1))
    usual = case.index.query(f"SELECT median(chars) FROM train WHERE step <= {early}")[0][0] or 0
    short = f"chars < {usual / 3}"
    more = case.index.query(
        f"""SELECT avg(more) FROM (SELECT {paid} FILTER ({short}) - {paid} FILTER (NOT {short}) AS more
            FROM train WHERE step >= {began or 0} GROUP BY group_id)"""
    )[0][0]
    return more is not None and more > _PAID_MORE


def _without_accuracy(formats: bool) -> Measure:
    """A reward that rises while accuracy does not: one for the format, or another."""

    def measure(case: Case, _: float) -> Signal | None:
        accuracy = _need_accuracy(case)
        if case.index.run.args.get("dynamic_sample"):
            raise Missing("the groups that --dynamic_sample true leaves out: accuracy of the others does not change")
        case.facts.need("solved", FEWEST_STEPS)
        names = [name for name in case.index.reward_names if bool(_FORMAT.search(name)) == formats and name != accuracy]
        best = surest(signal for name in names if (signal := _rises_alone(case, name, formats)))
        if formats and best and _paid_for_shortness(case, str(best.said["name"]), best.began):
            case.proven |= {("format_without_accuracy", effect) for effect in ("length_collapse", "policy_collapse")}
        return best

    return measure


def _rises_alone(case: Case, name: str, formats: bool) -> Signal | None:
    """The rise of one reward, None if accuracy gained something since it began."""
    key = f"mean/{name}"
    if key not in case.facts.series:
        return None
    shape = case.shape(key, fewest=1)
    change = case.greatest(shape, up=True)
    if change is None or len(shape.values) < FEWEST_STEPS:
        return None
    before, best, error = _best_after(case, change.began)
    if best - before + SURE * error >= min(NO_GAIN, _OF_WRONG * (1 - before)) or best >= 0.9:
        return None
    own = max(float(np.sqrt(np.nanmax(case.facts.series.get(f"within/{name}", np.zeros(1))))), 1e-9)
    found = case.changed(shape, change, name, own, "NOT solved")
    said = f"{found.evidence}; solved {before:.0%} before and {best:.0%} at best after (±{SURE * error:.0%})"
    most = "critical" if not formats or best < _NOBODY or best < before - SURE * error else "warn"
    return replace(found, evidence=said, said={"name": name}, at_most=most)


reward_without_accuracy = _without_accuracy(formats=False)
format_without_accuracy = _without_accuracy(formats=True)
