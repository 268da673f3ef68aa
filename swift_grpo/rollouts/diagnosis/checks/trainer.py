"""Trainer, optimizer and rollout server."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis import detectors
from swift_grpo.rollouts.diagnosis.case import FEWEST_STEPS, SHORT, Case, Signal, number
from swift_grpo.rollouts.diagnosis.measures import of_level, of_rise, surest, unless_it_pays
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.trust import steps_per_generation

# Constants without an underscore are named by trainer.toml.
_POLICY = ("solved", "total_reward", "chars", "kl", "entropy/mean", "completions/mean_length")
_NO_GRADIENT = 1e-9
ALONE = 20.0  # times the others, of one gradient among fewer than ten steps
SURELY = 10.0  # times the others, of a single one among more
HUGE, VERY_HUGE = 100.0, 1000.0  # of a gradient's norm: --max_grad_norm leaves a hundredth of it, or a thousandth
_OFTEN = 0.01  # of the steps: fewer spikes than that are not many
PROMPTS_OF_PLACE, _MOST_PLACES, PLACE_SURE = 12, 512, 4.0  # of many places one is far off by chance
USUAL_RATE = {"full": 1e-6, "lora": 1e-5}
NO_KL = 1e-4  # nats a token
CORRECTION = "rollout_correction/"  # keys of logging.jsonl
STALLED = 5.0  # times the median of the steps' seconds


def nan_steps(case: Case) -> np.ndarray:
    """For each step of the run, whether loss or gradient was logged as NaN or infinite."""
    bad = {e.step for e in case.index.events if any(not np.isfinite(e.values.get(k, 0)) for k in ("loss", "grad_norm"))}
    return np.isin(case.facts.steps, list(bad))


def wrong_reference(case: Case, _: float) -> Signal | None:
    """KL before anything was learned, in nats per token; a first line that averages several steps needs four times as
    much."""
    values = case.facts.need("kl", SHORT, "--beta above 0")
    at = np.flatnonzero(np.isfinite(values))
    step, first, then = case.step(at[0]), float(values[at[0]]), float(np.median(values[at[1:4]]))
    every = case.index.run.args.get("logging_steps")
    if step > max(1, every if isinstance(every, int) else 1) or case.index.run.first_step > 1 or first < 0.5 * then:
        return None
    said = f"kl: {number(first)} at step {step}, {number(then)} in the three logged steps after it"
    return Signal(first, first if step == 1 else first / 4, said, step)


def nan(case: Case, _: float) -> Signal | None:
    events = [event for event in case.index.events if event.kind == "train"]
    if not case.index.events:
        raise Missing("logging.jsonl")
    bad: dict[str, list[int]] = {}
    for event in events:
        for key, value in event.values.items():
            if not np.isfinite(value):
                bad.setdefault(key, []).append(event.step)
    rewards = [row[0] for row in case.index.query("SELECT DISTINCT step FROM counted WHERE isinf(reward)")]
    if rewards:
        bad["rewards of completions"] = sorted(rewards)
    if not bad:
        return None
    what = ", ".join(f"{key} in {len(steps)} steps from step {steps[0]}" for key, steps in list(bad.items())[:4])
    first = min(steps[0] for steps in bad.values())
    where = "isinf(reward)" if rewards else f"step >= {first}"
    most = "warn" if set(bad) == {"grad_norm"} and len(bad["grad_norm"]) < 0.1 * len(events) else "critical"
    return Signal(1.0, 1.0, what, first, where=where, said={"keys": ", ".join(list(bad)[:4])}, at_most=most)


def zero_gradient(case: Case, _: float) -> Signal | None:
    gradient, varied = case.facts.need("grad_norm"), 1 - case.facts.need("flat") > 0.1
    known = np.isfinite(gradient) & varied
    if known.sum() < SHORT:
        raise Missing(f"{SHORT} steps whose rewards vary within groups (the log has {int(known.sum())})")
    zero = known & (np.abs(gradient) <= _NO_GRADIENT)
    if not zero.any():
        return None
    share = float(zero.sum() / known.sum())
    began = case.step(int(np.flatnonzero(zero)[0]))
    said = f"grad_norm is 0 in {zero.sum()} of {known.sum()} steps with varying rewards, first at step {began}"
    return Signal(share, share, said, began, where=f"step >= {began} AND abs(advantage) > 0.1")


def learning_rate_low(case: Case, _: float) -> Signal | None:
    rates = case.facts.logged.get("learning_rate")
    rate = np.nanmax(rates) if rates is not None else case.index.run.args.get("learning_rate")
    if not isinstance(rate, (int, float)):
        raise Missing("`learning_rate` in logging.jsonl or args.json")
    usual = USUAL_RATE.get(str(case.index.run.args.get("tuner_type")), USUAL_RATE["full"])
    shapes = [case.shape(key) for key in _POLICY if key in case.facts.series and key != "kl"]
    moved = any(len(shape.means) > 1 for shape in shapes if np.isfinite(shape.noise))
    kl = case.facts.logged.get("kl")
    highest = float(np.nanmax(kl)) if kl is not None else None
    still = (not moved and len(case.facts.steps) >= 30) or (highest is not None and highest < NO_KL)
    if not still or rate >= usual:
        return None
    times = usual / max(float(rate), 1e-30)
    said = f"highest learning_rate {float(rate):.2g}, {number(times)} times below {usual:g}; "
    said += f"highest kl {highest:.2g}" if highest is not None else "no level of reward, length or entropy has changed"
    return Signal(times, times, said, case.step(0))


def gradient_spikes(case: Case, warn: float) -> Signal | None:
    """Of the steps with a gradient: a step has none if its groups have no variance, and a small one if only a few have.
    One or two in a long run are not a finding, unless they go far."""
    values = case.facts.need("grad_norm", SHORT)
    varied = 1 - np.nan_to_num(case.facts.series.get("flat", np.zeros(len(values))))
    at = np.flatnonzero(np.isfinite(values) & (np.abs(values) > _NO_GRADIENT) & (varied > 0))
    scaled = values[at] / np.sqrt(varied[at])
    if SHORT - 1 <= len(at) < FEWEST_STEPS:  # too few for a neighbourhood: compare the highest with the others
        top = int(scaled.argmax())
        times = np.array([scaled[top] / np.median(np.delete(scaled, top))])
        places, times = np.array([top])[times >= ALONE], times[times >= ALONE]
    else:
        places, times = detectors.spikes(scaled)
    times, places = times[times >= warn], places[times >= warn]
    if not len(places):
        return None
    steps = [case.step(at[k]) for k in places]
    least = float(np.sort(times)[-3:].mean()) if len(times) >= 3 else float(times.max())
    if len(times) < 2 and len(at) >= FEWEST_STEPS:  # a single one is a warning
        least = min(least, 2 * warn - 0.01)
    few = len(times) < max(2, _OFTEN * len(at))
    said = (
        f"grad_norm: {len(places)} of {len(at)} steps above {warn:g} times the median about them, the highest "
        f"{number(values[at][places].max())} ({number(times.max())} times) at step {steps[int(times.argmax())]}; "
        f"steps {', '.join(map(str, steps[:6]))}"
    )
    most = "info" if few and times.max() < SURELY else "critical"
    where = f"{_in(steps)} AND abs(advantage) > 0.1"
    return Signal(float(times.max()), least, said, steps[0], where=where, said={"count": len(places)}, at_most=most)


def _in(steps: list[int]) -> str:
    return f"step IN ({', '.join(map(str, steps))})"


@unless_it_pays(spared=10)
def gradient_blowup(case: Case, _: float) -> Signal | None:
    """A lasting rise, allowing for small gradients if few groups vary; or a huge gradient throughout."""
    values = case.facts.need("grad_norm", SHORT)
    usual = float(np.nanmedian(values))
    if usual >= HUGE:
        said = f"grad_norm: {number(usual)} in the middle of all {np.isfinite(values).sum()} steps"
        most = "critical" if usual >= VERY_HUGE else "warn"
        return Signal(usual, usual, said, case.step(0), said={"what": number(usual)}, at_most=most)
    case.facts.need("grad_norm", FEWEST_STEPS)
    varied = 1 - np.nan_to_num(case.facts.series.get("flat", np.zeros(len(values))))
    plain = np.where((varied > 0) & (values > _NO_GRADIENT), values / np.sqrt(np.maximum(varied, 1e-9)), np.nan)
    found = of_rise(case, case.shape_of(plain, "a gradient"), "grad_norm, as if all groups varied")
    return found and replace(found, said={"what": f"{number(found.value)} times what it was"})


def learning_rate_ended(case: Case, _: float) -> Signal | None:
    """How much of the run follows after the learning rate has fallen to nothing."""
    rates = case.facts.need("learning_rate", FEWEST_STEPS)
    at = np.flatnonzero(np.isfinite(rates))
    known = rates[at]
    left = int((known[::-1] > 1e-3 * known.max()).argmax())  # steps after the last one with a rate
    if not left:
        return None
    began = case.step(at[len(at) - left])
    said = f"learning_rate: {number(known.max())} at most, {number(known[-1])} from step {began} on"
    return Signal(left / len(at), left / len(at), said, began)


def place_failure(case: Case, _: float) -> Signal | None:
    """One place of each batch, a rank's or a server's, that does worse than the others. By prompts, as a place may see
    few."""
    column = "solved::INTEGER" if case.index.accuracy_name else "reward"
    rows = case.index.query(
        f"""SELECT place, avg(paid) FROM (
                SELECT prompt_hash, {column} AS paid,
                       dense_rank() OVER (PARTITION BY step ORDER BY group_id) AS place FROM train)
            WHERE paid IS NOT NULL AND place <= {_MOST_PLACES} GROUP BY place, prompt_hash"""
    )
    places, paid = np.array(rows, dtype=float).reshape(-1, 2).T
    known = [place for place in np.unique(places) if (places == place).sum() >= PROMPTS_OF_PLACE]
    if len(known) < 3:
        raise Missing(f"three or more groups a step, each of {PROMPTS_OF_PLACE} prompts")
    spread = max(float(np.std(paid)), 1e-9)
    found: list[Signal] = []
    for place in known:
        own, others = paid[places == place], paid[np.isin(places, known) & (places != place)]
        error = float(np.hypot(own.std() / np.sqrt(len(own)), others.std() / np.sqrt(len(others)))) or spread
        lost = float(others.mean() - own.mean())
        said = f"group {place:g} of each step: {number(own.mean())} on {len(own)} prompts, {number(others.mean())} elsewhere"
        least = (lost - PLACE_SURE * error) / spread
        found.append(Signal(lost / spread, least, said, case.step(0), said={"place": int(place)}))
    return surest(found)


def resume(case: Case, warn: float) -> Signal | None:
    """A jump where a run was resumed. `value`: in standard deviations of a step."""
    steps = case.index.resumed_after
    if not steps:
        return None
    jumps: list[tuple[float, int, str, str]] = []
    near = max(2, int(0.02 * np.ptp(case.facts.steps)))
    for key in (key for key in (*_POLICY, "grad_norm") if key in case.facts.series):
        shape = case.shape(key, fewest=1)
        for k, size in enumerate(np.abs(np.diff(shape.means)) / shape.noise):
            began = case.step(shape.first(k + 1))
            if size >= warn and any(abs(began - step - 1) <= near for step in steps):
                said = f"{key}: {number(shape.means[k])} before, {number(shape.means[k + 1])} after"
                jumps.append((float(size), began, said, key))
    if not jumps:
        return None
    jumps.sort(reverse=True)
    size, began, _, key = jumps[0]
    said = f"resumed after step {', '.join(map(str, steps))}; {'; '.join(jump[2] for jump in jumps[:4])}"
    return Signal(size, size, said, began, said={"key": key})


def rollout_mismatch(case: Case, warn: float) -> Signal | None:
    """k3_kl in nats a token; the other keys on its scale: a mean absolute difference d of log-probabilities is a k3 of
    d²/2."""
    found: list[Signal] = []
    for key, scale in (
        ("rollout_correction/k3_kl", lambda v: v),
        ("rollout_correction/log_ppl_abs_diff", lambda v: v**2 / 2),
        ("rollout_correction/ess", lambda v: np.clip(1 - v, 0, 1) / 10),
    ):
        if key in case.facts.logged:
            shape = case.shape_of(scale(case.facts.logged[key]), f"`{key}`")
            one = of_level(case, shape, "", warn)
            found.append(replace(one, evidence=f"{key}: {case.course(case.shape(key))}"))
    if not found:
        raise Missing("`rollout_correction/k3_kl` in logging.jsonl (--log_rollout_offpolicy_metrics true writes it)")
    return surest(found)


def correction_missing(case: Case, _: float) -> Signal | None:
    """A correction that was asked for and did not happen: ms-swift leaves it out of a batch without a word."""
    args, logged = case.index.run.args, [event for event in case.index.events if event.kind == "train"]
    asked = args.get("rollout_importance_sampling_mode")
    if args and not asked:
        return None
    if not asked or not logged or args.get("use_liger_kernel"):  # whose loss corrects and logs nothing
        raise Missing("args.json and steps of logging.jsonl that tell it (--use_liger_kernel true does not)")
    lack = [event.step for event in logged if not any(key.startswith(CORRECTION) for key in event.values)]
    if not lack:
        return None
    share = len(lack) / len(logged)
    said = f"rollout_importance_sampling_mode={asked}; no {CORRECTION}* in {len(lack)} of {len(logged)} logged steps"
    where = f"step BETWEEN {lack[0]} AND {lack[-1]}"
    return Signal(share, share, said, lack[0], where=where, at_most="warn")


def _seconds(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Places and seconds of the steps that generated: if one rollout serves several steps, the others log no reward, or
    follow in turn."""
    values = case.facts.need("step_time", FEWEST_STEPS)
    rewards, turn = case.facts.logged.get("reward"), steps_per_generation(case.index.run.args)
    at = np.flatnonzero(np.isfinite(values))
    if rewards is not None and np.isfinite(rewards[at]).any():
        at = at[np.isfinite(rewards[at])]
    if turn >= 2 and len(at) > len(values) / turn + 2:
        at = at[(case.facts.steps[at] - case.index.run.first_step) % int(turn) == 0]
    return at[1:], values[at[1:]]  # the first step compiles and warms up


def _interrupted(case: Case, at: np.ndarray) -> np.ndarray:
    """For each step, whether an evaluation or a checkpoint is due at it or was before it."""
    steps, due = case.facts.steps[at], [event.step for event in case.index.events if event.kind == "eval"]
    periods = [case.index.run.args.get(key) for key in ("save_steps", "eval_steps")]
    regular = [np.isin(steps % p, (0, 1)) for p in periods if isinstance(p, (int, float)) and p >= 2]
    return np.any([np.isin(steps, due), np.isin(steps - 1, due), *regular], axis=0)


def stalls(case: Case, _: float) -> Signal | None:
    at, seconds = _seconds(case)
    usual = ~_interrupted(case, at)
    at, seconds = at[usual], seconds[usual]
    if len(at) < SHORT:
        raise Missing(f"{SHORT} steps that generated, none of them next to an evaluation or a checkpoint")
    median = float(np.median(seconds))
    slow = seconds > STALLED * median
    if not slow.any():
        return None
    lost = float(seconds[slow].sum() / seconds.sum())
    steps = [case.step(k) for k in at[slow]]
    said = (
        f"step_time: median {median:.3g} s, highest {seconds.max():.3g} s; {len(steps)} steps above {STALLED:g} times the "
        f"median took {lost:.0%} of the time (steps {', '.join(map(str, steps[:5]))})"
    )
    return Signal(lost, lost, said, steps[0], where=_in(steps), said={"count": len(steps)})


def slow_steps(case: Case, _: float) -> Signal | None:
    at = _seconds(case)[0]
    seconds, chars = np.full(len(case.facts.steps), np.nan), case.facts.need(case.length)
    seconds[at] = case.facts.logged["step_time"][at]
    usual = float(np.nanmedian(chars[: max(3, len(chars) // 5)])) or 1.0
    shape = case.shape_of(seconds / np.maximum(chars / usual, 1.0), "`step_time` and completions")
    return of_rise(case, shape, "seconds a step, for completions as long as at the start")
