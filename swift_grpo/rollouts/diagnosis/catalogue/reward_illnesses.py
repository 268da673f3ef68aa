"""Who carries the reward, whether it means accuracy, whether it is there at all."""

import re
from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis.catalogue.machinery import nan_steps
from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import (
    FEWEST_STEPS,
    SHORT,
    SURE,
    Case,
    Signal,
    brief,
    changed,
    greatest,
    level,
    number,
    of_level,
    share_of,
    unless_it_pays,
)  # fmt: skip
from swift_grpo.rollouts.facts.accuracy import need_accuracy
from swift_grpo.rollouts.facts.run_facts import Missing

_PENALTY = re.compile("penalty|overlong|repet", re.IGNORECASE)
_FORMAT = re.compile("format|tag|structure|think", re.IGNORECASE)
_NO_GAIN, _OF_WRONG = (
    0.12,
    0.25,
)  # of the completions, of the wrong ones: what a gain surely stays below to count as none
_FORMS = ("<answer>", "\\boxed", "####")
_BEFORE, _NEARLY = 5, 0.75  # steps before a reward pays everybody its most, and what share of it they pay
_NOBODY = 0.1  # of the completions right: the run has not begun to learn
_PAID_MORE = 0.2  # of a reward's most
_GRADES = 5  # different values of a graded reward
_BY_CHANCE = 0.02  # of the groups: more that have the rewards of two tasks, and they are not of tasks
_GRADED = 30  # completions that our grader and the verifier both judged


def disagreement(case: Case, _: float) -> Signal | None:
    """The verifier's verdicts against our grader's, on the sample."""
    if case.index.accuracy_name is None:
        raise Missing(need_accuracy(case.index))
    reading = case.facts.read
    ids = ", ".join(str(text.id) for text in reading.texts) or "NULL"
    solved = dict(case.index.query(f"SELECT id, solved FROM rollouts WHERE id IN ({ids})"))
    form = _usual_form([text.completion for text in reading.texts if solved[text.id]])
    graded = zip(reading.texts, reading.grades, strict=True)
    judged = [(t, g, solved[t.id]) for t, g in graded if g is not None and form in t.completion]
    judged = [(text, ours, paid) for text, ours, paid in judged if paid is not None]
    if len(judged) < _GRADED:
        raise Missing(
            f"{_GRADED} completions with a `solution` that our grader can read (the sample has {len(judged)})"
        )
    wrong = np.array([bool(ours) != paid for _, ours, paid in judged])
    if not wrong.any():
        return None
    share, least = share_of(wrong)
    unpaid = [text for text, ours, paid in judged if ours and not paid]
    overpaid = [text for text, ours, paid in judged if paid and not ours]
    worst = unpaid if len(unpaid) >= len(overpaid) else overpaid
    one = worst[0]
    return Signal(
        share, least,
        f"of {len(judged)} sampled completions {len(unpaid)} are right by our grader and were paid as wrong, {len(overpaid)} the "
        f"reverse; e.g. answer {_short(one.answer)}, gold {_short(one.solution)}, paid "
        f"{one.rewards.get(case.index.accuracy_name)}",
        _began(case, [text.step for text, _, _ in judged], wrong), ids=[text.id for text in worst[:3]],
    )  # fmt: skip


def _usual_form(paid: list[str]) -> str:
    """What nearly all answers that were paid stand in, "" if nothing: a verifier may ask for the form, our "
    "grader reads prose, too."""
    return next((form for form in _FORMS if paid and sum(form in one for one in paid) >= 0.9 * len(paid)), "")


def _began(case: Case, steps: list[int], wrong: np.ndarray) -> int:
    """The step from which the share of wrong verdicts stands where it stands; of a few steps, the first that has one."""
    places = np.searchsorted(case.facts.steps, steps)
    counts = np.bincount(places, minlength=len(case.facts.steps))
    series = np.where(counts > 0, np.bincount(places, wrong, len(counts)) / np.maximum(counts, 1), np.nan)
    if (counts > 0).sum() < FEWEST_STEPS:
        return case.step(int(places[wrong].min()))
    return of_level(case, case.shape_of(series, "verdicts"), "", 0.02).began


def _short(text: str | None) -> str:
    return "none" if text is None else repr(text if len(text) <= 40 else text[:40] + "…")


def constant(case: Case, _: float) -> Signal | None:
    """The longest last stretch in which a reward pays everybody the same, as a share of the run. A reward that came to pay
    everybody its most has been learned, if it paid nearly as much just before; that is no illness."""
    facts, found = case.facts, []
    if not facts.reward_names:
        raise Missing("reward columns")
    for name in facts.reward_names:
        mean, within = facts.computed.get(f"mean/{name}"), facts.computed.get(f"within/{name}")
        if mean is None or within is None:
            continue
        at = np.flatnonzero(np.isfinite(mean) & np.isfinite(within))
        if len(at) < SHORT:
            continue
        same = (np.abs(mean[at] - mean[at[-1]]) <= 1e-6 * max(1, abs(mean[at[-1]]))) & (within[at] <= 1e-12)
        length = len(at) if same.all() else int((~same[::-1]).argmax())
        if length < SHORT:
            continue
        before = mean[at[: len(at) - length]][-_BEFORE:]
        top = max(mean[at].max(), _most(name))
        learned = (
            not len(before) or before.mean() >= (_NEARLY if name == case.index.accuracy_name else 0.5) * top or top <= 0
        )
        if mean[at[-1]] >= top - 1e-6 and learned:
            continue
        began = case.step(at[len(at) - length])
        said = f"{name} is {number(mean[at[-1]])} for every completion of {length} of {len(at)} steps, from step {began} on"
        share = 1.0 if name == case.index.accuracy_name else length / len(at)
        if name == case.index.accuracy_name and mean[at[-1]] < top / 2 and _nobody_is_right(case, began):
            continue
        harmless = length == len(at) and name != case.index.accuracy_name  # it never had a say
        found.append(
            Signal(
                share, share, said, began, where=f"step >= {began}", said={"name": name},
                at_most="warn" if harmless else "critical",
            )
        )  # fmt: skip
    return max(found, key=lambda one: one.value, default=None)


def _nobody_is_right(case: Case, began: int) -> bool:
    """Whether our grader, too, finds hardly a right answer from a step on: then it is not the reward that pays nobody."""
    graded = [g for text, g in zip(case.facts.read.texts, case.facts.read.grades, strict=True) if text.step >= began]
    known = [grade for grade in graded if grade is not None]
    return len(known) >= _GRADED // 2 and sum(known) < _NOBODY * len(known)


def _most(name: str) -> float:
    """The most that a reward is likely to pay: a penalty 0, another one 1."""
    return 0.0 if _PENALTY.search(name) else 1.0


def missing(case: Case, warn: float) -> Signal | None:
    """None by completions, from the first on: a reward that never lacked does not lack by chance. One of several tasks' own
    rewards lacks where none of them is there; what makes the gradient NaN is a warning however rare it is."""
    found, counts = [], case.facts.computed["completions"]
    own, broken = _of_tasks(case), nan_steps(case)
    for name in case.index.reward_names:
        none = np.nan_to_num(case.facts.series.get(f"none/{name}", np.ones(len(counts))))
        places = np.flatnonzero((none > 0) & (counts > 0))
        if not len(places):
            continue
        n, lacking = counts[places[0] :].sum(), (none * counts)[places[0] :].sum()
        if name in own:
            lacking = own[name]
        share, least = share_of(np.arange(int(n)) < lacking)
        began = case.step(places[0])
        said = (
            f"{name}: no reward for {lacking:,.0f} of {n:,.0f} completions in {len(places)} steps, from step {began} on"
        )
        if _goes_with(broken, none > 0):
            said += f"; loss or gradient is NaN in {int(broken.sum())} steps, {int((broken & (none > 0)).sum())} of them these"
            least = max(least, warn)
            case.proven.add(("reward_missing", "nan"))
        where = f"{case.index.reward_column(name)} IS NULL"
        found.append(Signal(share, least, said, began, where=where, said={"name": name}))
    if not case.index.reward_names:
        raise Missing("reward columns")
    return max(found, key=lambda one: one.least, default=None)


def _goes_with(broken: np.ndarray, lacking: np.ndarray) -> bool:
    """Whether steps are broken where a reward lacks, and hardly elsewhere."""
    if broken.sum() < 2 or not lacking.any():
        return False
    elsewhere = broken[~lacking].mean() if (~lacking).any() else 1.0
    return bool(broken[lacking].mean() >= 0.5 and elsewhere <= 0.1)


def _of_tasks(case: Case) -> dict[str, int]:
    """Rewards that are given to whole groups or to none of their members, each to groups of its own: a reward for each task.
    Of each how many completions have none of them."""
    columns = {name: case.index.reward_column(name) for name in case.index.reward_names}
    if len(columns) < 2:
        return {}
    if not any((case.facts.computed[f"none/{name}"] > 0).any() for name in columns):
        return {}
    parts = ", ".join(f"count({c}) / count(*)" for c in columns.values())
    shares = np.array(case.index.query(f"SELECT {parts} FROM train GROUP BY group_id"), dtype=float).reshape(
        -1, len(columns)
    )
    partly = [k for k in range(len(columns)) if (shares[:, k] < 0.5).any() and (shares[:, k] > 0.5).any()]
    given = shares[:, partly] > 0.5
    if len(partly) < 2 or (given.sum(axis=1) > 1).mean() > _BY_CHANCE or not len(shares):
        return {}
    names = [list(columns)[k] for k in partly]
    none = " AND ".join(f"{columns[name]} IS NULL" for name in names)
    lacking = case.index.query(f"SELECT count(*) FROM train WHERE {none}")[0][0]
    return dict.fromkeys(names, lacking)


def saturated(case: Case, warn: float) -> Signal | None:
    """A graded reward that has come to tell completions no more apart: what its variance within groups has lost."""
    found = []
    graded = [name for name in case.index.reward_names if not _FORMAT.search(name) and not _PENALTY.search(name)]
    for name in (name for name in graded if name != case.index.accuracy_name):
        column = case.index.reward_column(name)
        kinds = case.index.query(f"SELECT count(DISTINCT {column}) FROM (SELECT {column} FROM rollouts LIMIT 20000)")[
            0
        ][0]
        if kinds < _GRADES or f"within/{name}" not in case.facts.series:
            continue
        shape = case.shape(f"within/{name}", fewest=1)
        change = greatest(case, shape, up=False, lasting=True)
        if change is None or len(shape.values) < FEWEST_STEPS or change.before <= 0:
            continue
        lost = 1 - max(change.after, 0) / change.before
        one = changed(
            case, change, f"variance of {name} within groups", lost, lost - SURE * change.error / change.before, shape
        )
        found.append(replace(one, said={"name": name}))
    if not graded:
        raise Missing("a graded reward")
    worst = max(found, key=lambda one: one.least, default=None)
    if worst is None or case.index.accuracy_name:
        return worst and unless_it_pays(lambda case, warn: worst)(case, warn)
    return replace(worst, at_most="warn")  # that it rose to its ceiling does not speak for it


def against(case: Case, warn: float) -> Signal | None:
    found = level("against", where="advantage * reward < 0")(case, warn)
    return replace(found, evidence=f"share of groups whose advantages do not rise with the reward: {found.evidence}")


def one_component(case: Case, warn: float) -> Signal | None:
    names, accuracy = case.index.reward_names, case.index.accuracy_name
    if accuracy is None:
        raise Missing(need_accuracy(case.index))
    if len(names) < 2:
        raise Missing("two or more reward columns")
    weights = case.index.run.args.get("reward_weights") or []
    weights = weights if len(weights) == len(names) else [1.0] * len(names)
    absent = np.full(len(case.facts.steps), np.nan)
    spread = np.stack(
        [case.facts.series.get(f"within/{n}", absent) * w**2 for n, w in zip(names, weights, strict=True)]
    )
    total = np.nansum(spread, axis=0)
    shares = np.where(total > 1e-9, np.nan_to_num(spread) / np.where(total > 1e-9, total, 1), np.nan)
    middle = np.nanmean(shares, axis=1) if np.isfinite(shares).any() else np.zeros(len(names))
    middle[names.index(accuracy)] = -1
    top = int(middle.argmax())
    if not np.nan_to_num(spread[names.index(accuracy)][total > 1e-9])[
        -FEWEST_STEPS:
    ].any():  # nobody is right, or everybody
        case.proven |= {(cause, "one_component") for cause in ("policy_collapse", "reward_collapse")}
    found = of_level(
        case,
        case.shape_of(shares[top], "rewards that vary"),
        f"share of {names[top]} in the variance within groups",
        warn,
    )
    most = "info" if brief(case, found.began, found.ended) else "critical"
    return replace(found, where="abs(advantage) > 1", said={"name": names[top]}, at_most=most)


def _best_after(case: Case, began: int) -> tuple[float, float, float]:
    """Accuracy before a step, its best level from then on, and the standard error of the difference."""
    shape = case.shape("solved")
    place = int(np.searchsorted(case.facts.steps[shape.at], began))
    first = shape.values[: max(place, len(shape.values) // 5)]
    later = shape.bounds[1:] > place
    best = int(np.where(later, shape.means, -np.inf).argmax())
    return (
        float(first.mean()),
        float(shape.means[best]),
        float(np.hypot(shape.noise / np.sqrt(len(first)), shape.errors[best])),
    )


def _paid_for_shortness(case: Case, name: str, began: int) -> bool:
    """Whether short members of a group earn a reward more often than the others: those below a third of the usual length."""
    paid, early = f"avg({case.index.reward_column(name)})", case.step(max(0, len(case.facts.steps) // 5 - 1))
    usual = case.index.query(f"SELECT median(chars) FROM train WHERE step <= {early}")[0][0] or 0
    short = f"chars < {usual / 3}"
    more = case.index.query(
        f"""SELECT avg(more) FROM (SELECT {paid} FILTER ({short}) - {paid} FILTER (NOT {short}) AS more
            FROM train WHERE step >= {began} GROUP BY group_id)"""
    )[0][0]
    return more is not None and more > _PAID_MORE


def _without_accuracy(formats: bool):
    def measure(case: Case, _: float) -> Signal | None:
        if case.index.accuracy_name is None:
            raise Missing(need_accuracy(case.index))
        if case.index.run.args.get("dynamic_sample"):
            raise Missing(
                "the groups that --dynamic_sample true leaves out: accuracy of the others stands still as the policy learns"
            )
        case.facts.need("solved", FEWEST_STEPS)
        best = None
        for name in case.index.reward_names:
            key = f"mean/{name}"
            if (
                name == case.index.accuracy_name
                or bool(_FORMAT.search(name)) != formats
                or key not in case.facts.series
            ):
                continue
            shape = case.shape(key, fewest=1)
            change = greatest(case, shape, up=True)
            if change is None or len(shape.values) < FEWEST_STEPS:
                continue
            within = case.facts.series.get(f"within/{name}", np.zeros(1))
            own = max(float(np.sqrt(np.nanmax(within))), 1e-9)
            before, best_after, error = _best_after(case, change.began)
            if best_after - before + SURE * error >= min(_NO_GAIN, _OF_WRONG * (1 - before)) or best_after >= 0.9:
                continue
            risen, unsure = (change.after - change.before) / own, SURE * change.error / own
            found = changed(case, change, name, risen, risen - unsure, shape, "NOT solved")
            said = (
                f"{found.evidence}; solved {before:.0%} before and {best_after:.0%} at best after (±{SURE * error:.0%})"
            )
            grave = not formats or best_after < _NOBODY or best_after < before - SURE * error
            found = replace(found, evidence=said, said={"name": name}, at_most="critical" if grave else "warn")
            if best is None or found.least > best.least:
                best = found
                if formats and _paid_for_shortness(case, name, change.began):
                    case.proven |= {
                        ("format_without_accuracy", effect) for effect in ("length_collapse", "policy_collapse")
                    }
        return best

    return measure


ILLNESSES = [
    Illness(
        "verifier_disagreement", "The final answer equals the gold and was paid as wrong, or the reverse.",
        disagreement, 0.02, 0.1,
        "the verifier and our grader disagree on {value:.0%} of the answers",
        "warn from 2%, critical from 10% of the sample; both look at the same text and gold, thoughts that "
        "never end are left out",
        "--external_plugins plugin/plugin.py --reward_funcs math_accuracy, or bring the golds into the form the verifier reads",
        ("stuck", "policy_collapse", "reward_collapse"),
    ),
    Illness(
        "reward_constant", "A reward pays every completion the same.", constant, 0.15, 0.5,
        "{name} pays every completion the same",
        "no variance in any group, for the last 15% (critical: half) of the steps, unless it came to pay "
        "everybody its most; a reward "
        "that was constant from the first step is a warning, accuracy critical",
        "look at the reward's code and its columns (`inspect show`); a service behind it may be down; --reward_funcs without it",
        ("stuck", "policy_collapse", "reward_collapse", "one_component"),
    ),
    Illness(
        "reward_saturated", "A graded reward comes to pay everybody about the same.", saturated, 0.85, 0.97,
        "{name} has lost {value:.0%} of its variance within groups",
        "warn from 85%, critical from 97% of the highest level's variance, of rewards with five values or more; rule of thumb",
        "a judge with a finer scale or a harder rubric, --reward_weights for it down; look at what it pays (`inspect show`)",
        ("plateau", "one_component", "reward_constant"),
    ),
    Illness(
        "advantages_wrong", "Advantages do not follow the rewards: zero, or of the wrong sign.", against, 0.1, 0.5,
        "in {value:.0%} of the groups the advantages do not follow the rewards",
        "covariance of advantage and total reward in a group whose rewards vary; warn from 10%, critical from 50% of the groups",
        "--advantage_estimator, --scale_rewards, --reward_weights (a negative one?); a trainer that was patched",
        ("stuck", "policy_collapse", "reward_collapse"),
    ),
    Illness(
        "reward_missing", "A reward is None or NaN for many completions, and is left out of the sum.", missing, 0.05, 0.4,
        "{name} gives no reward to {value:.0%} of the completions",
        "warn from 5%, critical from 40% of the completions from the first that lacks it, of several tasks' own rewards where "
        "none is there, and wherever gradients are NaN in the same steps; ms-swift leaves None out of the weighted sum "
        "(swift/rl_core/advantage.py)",
        "the reward's log says why it gave None: a gold it cannot read, a timeout, a missing column; "
        "--reward_funcs without it",
        ("stuck", "policy_collapse", "reward_collapse"),
    ),
    Illness(
        "one_component", "A reward other than accuracy carries the variance within groups, and so the gradient.",
        unless_it_pays(one_component, spared=0.9),
        0.75, 0.9,
        "{name} carries {value:.0%} of the reward's variance",
        "warn from 75%, critical from 90% for a reward that is not accuracy; advantages follow the component with the largest "
        "spread (GDPO, `--scale_rewards gdpo`)",
        "--reward_weights (in the order of --reward_funcs), --scale_rewards gdpo, or bring the reward to the scale of the others",
        ("reward_without_accuracy", "plateau", "length_collapse"),
    ),
    Illness(
        "reward_without_accuracy", "A reward rises, accuracy does not, and it is not the format that rose.",
        _without_accuracy(False), 0.4, 0.9,
        "{name} rises while accuracy is flat",
        "a rise by 0.4 (critical: 0.9) of its standard deviation within groups, accuracy surely up by less than 12 "
        "points at any time since; reward hacking (arXiv 2210.10760)",
        "--reward_weights for it down, or pay it only where the answer is right",
        ("plateau", "one_component", "policy_collapse"),
    ),
    Illness(
        "format_without_accuracy", "The format was learned, the answers were not.", _without_accuracy(True), 0.4, 0.9,
        "{name} is learned, accuracy is flat",
        "a rise by 0.4 (critical: 0.9) of its standard deviation within groups, accuracy surely up by less than 12 "
        "points at any time since; R1 (arXiv 2501.12948) pays both alike",
        "--reward_weights for the format down now, easier prompts, --num_generations up, check the golds with `inspect show`",
        ("plateau", "one_component", "dead_prompts", "zero_variance_wrong", "policy_collapse", "hollow"),
    ),
]  # fmt: skip
