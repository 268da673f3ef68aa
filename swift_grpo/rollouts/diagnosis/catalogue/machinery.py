"""Trainer, optimizer and rollout server."""

from dataclasses import replace

import numpy as np

from swift_grpo.rollouts.diagnosis import detectors
from swift_grpo.rollouts.diagnosis.illness import Illness
from swift_grpo.rollouts.diagnosis.signals import (
    FEWEST_STEPS,
    SHORT,
    Case,
    Signal,
    course,
    number,
    of_level,
    of_rise,
    unless_it_pays,
)
from swift_grpo.rollouts.facts.run_facts import Missing
from swift_grpo.rollouts.facts.trust import steps_per_generation

_POLICY = ("solved", "total_reward", "chars", "kl", "entropy/mean", "completions/mean_length")
_NO_GRADIENT = 1e-9
_ALONE, _SURELY = (
    20.0,
    10.0,
)  # times the others, of one gradient among fewer than ten steps, and of a lone one among more
_HUGE = 100.0  # of a gradient's norm: --max_grad_norm leaves a hundredth of it
_OFTEN = 0.01  # of the steps: fewer spikes than that are not many
_PROMPTS_OF_PLACE, _MOST_PLACES, _PLACE_SURE = 12, 512, 4.0  # of many places one stands out by chance
_USUAL_RATE = {
    "full": 1e-6,
    "lora": 1e-5,
}  # DeepSeekMath (arXiv 2402.03300) 1e-6; ms-swift's GRPO examples 1e-6, LoRA 1e-5


def nan_steps(case: Case) -> np.ndarray:
    """Of the run's steps whether loss or gradient was logged as NaN or infinite."""
    bad = {e.step for e in case.index.events if any(not np.isfinite(e.values.get(k, 0)) for k in ("loss", "grad_norm"))}
    return np.isin(case.facts.steps, list(bad))


def wrong_reference(case: Case, _: float) -> Signal | None:
    """KL before anything was learned, in nats a token; a first line that averages several steps has to say four times as much."""
    values = case.facts.need("kl", SHORT, "--beta above 0")
    at = np.flatnonzero(np.isfinite(values))
    step, first, then = case.step(at[0]), float(values[at[0]]), float(np.median(values[at[1:4]]))
    every = case.index.run.args.get("logging_steps")
    if step > max(1, every if isinstance(every, int) else 1) or case.index.run.first_step > 1 or first < 0.5 * then:
        return None
    said = f"kl: {number(first)} at step {step}, {number(then)} in the three logged steps after it"
    return Signal(first, first if step == 1 else first / 4, said, step)


def nonfinite(case: Case, _: float) -> Signal | None:
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
    single = set(bad) == {"grad_norm"} and len(bad["grad_norm"]) < 0.1 * len(events)
    keys = ", ".join(list(bad)[:4])
    return Signal(1.0, 1.0, what, first, where=where, said={"keys": keys}, at_most="warn" if single else "critical")


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
    return Signal(
        share, share, f"grad_norm is 0 in {zero.sum()} of {known.sum()} steps with varying rewards, first at step {began}",
        began, where=f"step >= {began} AND abs(advantage) > 0.1",
    )  # fmt: skip


def low_rate(case: Case, _: float) -> Signal | None:
    rates = case.facts.logged.get("learning_rate")
    rate = np.nanmax(rates) if rates is not None else case.index.run.args.get("learning_rate")
    if not isinstance(rate, (int, float)):
        raise Missing("`learning_rate` in logging.jsonl or args.json")
    usual = _USUAL_RATE.get(str(case.index.run.args.get("tuner_type")), 1e-6)
    shapes = [case.shape(key) for key in _POLICY if key in case.facts.series and key != "kl"]
    moved = any(len(shape.means) > 1 for shape in shapes if np.isfinite(shape.noise))
    kl = case.facts.logged.get("kl")
    highest = float(np.nanmax(kl)) if kl is not None else None
    still = (not moved and len(case.facts.steps) >= 30) or (highest is not None and highest < 1e-4)
    if not still or rate >= usual:
        return None
    times = usual / max(float(rate), 1e-30)
    said = f"highest learning_rate {float(rate):.2g}, {number(times)} times below {usual:g}; "
    said += f"highest kl {highest:.2g}" if highest is not None else "no level of reward, length or entropy has changed"
    return Signal(times, times, said, case.step(0))


def gradient_spikes(case: Case, warn: float) -> Signal | None:
    """Of the steps that have a gradient: a step whose groups have no variance has none, and one with a few that vary a small
    one. One or two of a long run are not an illness, unless they go far."""
    values = case.facts.need("grad_norm", SHORT)
    varied = 1 - np.nan_to_num(case.facts.series.get("flat", np.zeros(len(values))))
    at = np.flatnonzero(np.isfinite(values) & (np.abs(values) > _NO_GRADIENT) & (varied > 0))
    scaled = values[at] / np.sqrt(varied[at])
    if SHORT - 1 <= len(at) < FEWEST_STEPS:  # too few for a neighbourhood: the highest against the others
        top = int(scaled.argmax())
        high = float(scaled[top] / np.median(np.delete(scaled, top)))
        places, times = (
            (np.array([top]), np.array([high])) if high >= _ALONE else (np.array([], dtype=int), np.zeros(0))
        )
    else:
        places, times = detectors.spikes(scaled)
    times, places = times[times >= warn], places[times >= warn]
    if not len(places):
        return None
    steps = [case.step(at[k]) for k in places]
    often = float(np.sort(times)[-3:].mean()) if len(times) >= 3 else float(times.max())
    few = len(times) < max(2, _OFTEN * len(at))
    return Signal(
        float(times.max()), often if len(times) >= 2 or len(at) < FEWEST_STEPS else min(often, 2 * warn - 0.01),
        f"grad_norm: {len(places)} of {len(at)} steps above {warn:g} times the median about them, the highest "
        f"{number(values[at][places].max())} ({number(times.max())} times) at step {steps[int(times.argmax())]}; "
        f"steps {', '.join(map(str, steps[:6]))}",
        steps[0], where=f"step IN ({', '.join(map(str, steps))}) AND abs(advantage) > 0.1", said={"count": len(places)},
        at_most="info" if few and times.max() < _SURELY else "critical",
    )  # fmt: skip


def gradient_blowup(case: Case, _: float) -> Signal | None:
    """A lasting rise; where few groups vary, gradients are smaller. Or one that is beyond all measure throughout."""
    values = case.facts.need("grad_norm", SHORT)
    usual = float(np.nanmedian(values))
    if usual >= _HUGE:
        said = f"grad_norm: {number(usual)} in the middle of all {np.isfinite(values).sum()} steps"
        most = "critical" if usual >= 10 * _HUGE else "warn"
        return Signal(usual, usual, said, case.step(0), said={"what": number(usual)}, at_most=most)
    case.facts.need("grad_norm", FEWEST_STEPS)
    varied = 1 - np.nan_to_num(case.facts.series.get("flat", np.zeros(len(values))))
    plain = np.where((varied > 0) & (values > _NO_GRADIENT), values / np.sqrt(np.maximum(varied, 1e-9)), np.nan)
    found = of_rise(case, case.shape_of(plain, "a gradient"), "grad_norm, as if all groups varied")
    return found and replace(found, said={"what": f"{number(found.value)} times what it was"})


def rate_ended(case: Case, _: float) -> Signal | None:
    """How much of the run goes on after its learning rate has come to nothing."""
    rates = case.facts.need("learning_rate", FEWEST_STEPS)
    at = np.flatnonzero(np.isfinite(rates))
    nothing = rates[at] <= 1e-3 * rates[at].max()
    left = len(at) if nothing.all() else int((~nothing[::-1]).argmax())
    if not left or nothing.all():
        return None
    began = case.step(at[len(at) - left])
    said = f"learning_rate: {number(rates[at].max())} at most, {number(rates[at][-1])} from step {began} on"
    return Signal(left / len(at), left / len(at), said, began)


def place_fails(case: Case, _: float) -> Signal | None:
    """One place of each batch, a rank's or a server's, that fares worse than the others. By prompts, as a place may see few."""
    column = "solved::INTEGER" if case.index.accuracy_name else "reward"
    rows = case.index.query(
        f"""SELECT place, prompt_hash, avg(paid), any_value(step) FROM (
                SELECT prompt_hash, step, {column} AS paid,
                       dense_rank() OVER (PARTITION BY step ORDER BY group_id) AS place FROM train)
            WHERE paid IS NOT NULL AND place <= {_MOST_PLACES} GROUP BY place, prompt_hash"""
    )
    places, _, paid, _ = np.array(rows, dtype=float).reshape(-1, 4).T
    known = [place for place in np.unique(places) if (places == place).sum() >= _PROMPTS_OF_PLACE]
    if len(known) < 3:
        raise Missing(f"three or more groups a step, each of {_PROMPTS_OF_PLACE} prompts")
    spread, found = max(float(np.std(paid)), 1e-9), []
    for place in known:
        own, others = paid[places == place], paid[np.isin(places, known) & (places != place)]
        error = float(np.hypot(own.std() / np.sqrt(len(own)), others.std() / np.sqrt(len(others)))) or spread
        lost = float(others.mean() - own.mean())
        found.append((lost - _PLACE_SURE * error, lost, int(place), own.mean(), others.mean(), len(own)))
    least, lost, place, own, others, n = max(found)
    said = f"group {place} of each step: {number(own)} on {n} prompts, {number(others)} the others"
    return Signal(lost / spread, least / spread, said, case.step(0), said={"place": place})


def resumed(case: Case, warn: float) -> Signal | None:
    """A jump where a resumed run goes on. `value`: in standard deviations of a step."""
    steps, found = case.index.resumed_after, []
    if not steps:
        return None
    near = max(2, int(0.02 * np.ptp(case.facts.steps)))
    for key in (key for key in (*_POLICY, "grad_norm") if key in case.facts.series):
        shape = case.shape(key, fewest=1)
        for k, size in enumerate(np.abs(np.diff(shape.means)) / shape.noise):
            began = case.step(shape.first(k + 1))
            if size >= warn and any(abs(began - step - 1) <= near for step in steps):
                found.append(
                    (
                        float(size),
                        began,
                        f"{key}: {number(shape.means[k])} before, {number(shape.means[k + 1])} after",
                        key,
                    )
                )
    if not found:
        return None
    size, began, _, key = max(found)
    said = f"resumed after step {', '.join(map(str, steps))}; " + "; ".join(
        one[2] for one in sorted(found, reverse=True)[:4]
    )
    return Signal(size, size, said, began, said={"key": key})


def mismatch(case: Case, warn: float) -> Signal | None:
    """k3_kl in nats a token; the other keys on its scale: a mean absolute difference d of log-probabilities is a k3 of d²/2."""
    found: list[Signal] = []
    for key, scale in (
        ("rollout_correction/k3_kl", lambda v: v),
        ("rollout_correction/log_ppl_abs_diff", lambda v: v**2 / 2),
        ("rollout_correction/ess", lambda v: np.clip(1 - v, 0, 1) / 10),
    ):
        if key in case.facts.logged:
            shape = case.shape_of(scale(case.facts.logged[key]), f"`{key}`")
            one = of_level(case, shape, "", warn)
            found.append(replace(one, evidence=f"{key}: {course(case, case.shape(key))}"))
    if not found:
        raise Missing("`rollout_correction/k3_kl` in logging.jsonl (--log_rollout_offpolicy_metrics true writes it)")
    return max(found, key=lambda one: one.least)


def _seconds(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Places and seconds of the steps that generated: where one rollout serves several steps, the others log no reward, or
    come in their turn."""
    values = case.facts.need("step_time", FEWEST_STEPS)
    rewards, turn = case.facts.logged.get("reward"), steps_per_generation(case.index.run.args)
    at = np.flatnonzero(np.isfinite(values))
    if rewards is not None and np.isfinite(rewards[at]).any():
        at = at[np.isfinite(rewards[at])]
    if turn >= 2 and len(at) > len(values) / turn + 2:
        at = at[(case.facts.steps[at] - case.index.run.first_step) % int(turn) == 0]
    return at[1:], values[at[1:]]  # the first step compiles and warms up


def _interrupted(case: Case, at: np.ndarray) -> np.ndarray:
    """Of steps whether an evaluation or a checkpoint is due at them or was before them."""
    steps, due = case.facts.steps[at], {event.step for event in case.index.events if event.kind == "eval"}
    periods = [case.index.run.args.get(key) for key in ("save_steps", "eval_steps")]
    regular = [p for p in periods if isinstance(p, (int, float)) and p >= 2]
    return np.array(
        [any({step, step - 1} & due or step % p in (0, 1) for p in regular or [np.inf]) for step in steps], dtype=bool
    )


def stalls(case: Case, _: float) -> Signal | None:
    at, seconds = _seconds(case)
    usual = ~_interrupted(case, at)
    at, seconds = at[usual], seconds[usual]
    if len(at) < SHORT:
        raise Missing(f"{SHORT} steps that generated, none of them beside an evaluation or a checkpoint")
    median = float(np.median(seconds))
    slow = at[seconds > 5 * median]
    if not len(slow):
        return None
    lost = float(seconds[seconds > 5 * median].sum() / seconds.sum())
    steps = [case.step(k) for k in slow]
    return Signal(
        lost, lost,
        f"step_time: median {median:.3g} s, highest {seconds.max():.3g} s; {len(slow)} steps above 5 times the median took "
        f"{lost:.0%} of the time (steps {', '.join(map(str, steps[:5]))})",
        steps[0], where=f"step IN ({', '.join(map(str, steps))})", said={"count": len(slow)},
    )  # fmt: skip


def slow_steps(case: Case, _: float) -> Signal | None:
    at, _ = _seconds(case)
    seconds, chars = np.full(len(case.facts.steps), np.nan), case.facts.need(case.length)
    seconds[at] = case.facts.logged["step_time"][at]
    usual = float(np.nanmedian(chars[: max(3, len(chars) // 5)])) or 1.0
    shape = case.shape_of(seconds / np.maximum(chars / usual, 1.0), "`step_time` and completions")
    return of_rise(case, shape, "seconds a step, for completions as long as at the start")


ILLNESSES = [
    Illness(
        "nan", "A value that is NaN or infinite, in logging.jsonl or among the rewards.", nonfinite, 0.5, 0.9,
        "NaN or infinity in {keys}",
        "any; a warning where only grad_norm has it, in less than 10% of the steps: ms-swift leaves out such an update "
        "(swift/trainers/mixin.py, `_fix_grad_norm_nan`)",
        "--bf16 true instead of fp16, --learning_rate down, --max_grad_norm 0.5, --beta down; resume from the checkpoint before",
        ("*",),
    ),
    Illness(
        "wrong_reference", "KL is high from the first step on, when the policy still is what it was started from.",
        wrong_reference, 0.05, 0.5,
        "KL is {value:.2g} nats a token at the first step: the reference is another model than the start",
        "warn from 0.05, critical from 0.5 nats a token at the first step, where 0 is right; four times as much where the first "
        "line averages several steps; ms-swift issue 6910",
        "--ref_model the model that training starts from; after a stage with an adapter --ref_adapters the same one, or merge it "
        "first (`swift export --merge_lora true`)",
        ("kl_blowup", "stuck", "policy_collapse", "reward_collapse", "length_side"),
    ),
    Illness(
        "zero_gradient", "The gradient is zero though rewards vary within groups: nothing is trained.", zero_gradient, 0.1, 0.5,
        "the gradient is zero in {value:.0%} of the steps whose rewards vary",
        "warn from 10%, critical from 50% of these steps; an advantage that is not 0 gives a gradient that is not 0",
        "check what is trainable: --tuner_type, --freeze_parameters, --target_modules; --overlong_filter false; "
        "--gradient_checkpointing_kwargs '{{\"use_reentrant\": false}}'",
        ("stuck", "reward_side", "learning_rate_low"),
    ),
    Illness(
        "learning_rate_low", "The learning rate is so low that the policy does not move.", low_rate, 3, 30,
        "the policy stands still at a learning rate {value:,.0f} times below the usual",
        "no level of reward, length and entropy changed, or KL stays below 1e-4, and the rate is 3 (critical: 30) times below "
        "1e-6 (DeepSeekMath, arXiv 2402.03300), for LoRA 1e-5",
        "--learning_rate 1e-6 (LoRA: 1e-5), and look at --lr_scheduler_type and --warmup_ratio",
        ("stuck",),
    ),
    Illness(
        "gradient_spikes", "Single steps whose gradient is many times that of their neighbours.", gradient_spikes, 5, 10,
        "the gradient spikes: steps of up to {value:,.0f} times its neighbours' ({count})",
        "warn from 5, critical from 10 times the median of 9 steps (mean of the three highest) and 6 robust standard deviations, "
        "a lone one from 10; among fewer than 10 steps from 20 times the others; false alarms by own "
        "simulation, docs/diagnosis.md",
        "--max_grad_norm 0.5, --learning_rate down, --warmup_ratio up; look at the rewards of these steps for outliers",
        ("policy_side", "text_side", "length_side", "stuck", "symptoms", "empty", "zero_gradient"),
    ),
    Illness(
        "gradient_blowup", "The gradient grows to a multiple of what it was, and stays there.",
        unless_it_pays(gradient_blowup, spared=10), 4, 10,
        "the gradient is {what}",
        "warn from 4, critical from 10 times the lowest level before, by the share of groups that vary; or warn from 100, "
        "critical from 1,000 in the middle of the run; rule of thumb",
        "--max_grad_norm 0.5, --learning_rate down, --beta up; resume from the checkpoint before",
        ("kl_blowup", "policy_side", "plateau", "gibberish", "gradient_spikes"),
    ),
    Illness(
        "learning_rate_ended", "The learning rate comes to nothing long before the run ends.", rate_ended, 0.15, 0.4,
        "the learning rate is nothing in the last {value:.0%} of the run",
        "below a thousandth of its highest value; warn from 15%, critical from 40% of the steps; a cosine ends in 2%",
        "--num_train_epochs and --max_steps as the scheduler counts them, --lr_scheduler_type; after a "
        "resume, the trainer's state",
        ("stuck",),
    ),
    Illness(
        "place_failure", "The groups at one place of every batch fare worse: a rank or a server that is not like the others.",
        place_fails, 0.3, 0.7,
        "group {place} of each step does worse than the others",
        "warn from 0.3, critical from 0.7 standard deviations of the prompts' shares solved, beyond four standard errors, of 12 "
        "prompts or more; rule of thumb",
        "the rank's or the server's log in launches/; --resume_from_checkpoint from before it began, with a new server",
        ("gibberish", "plateau", "verifier_disagreement", "empty"),
    ),
    Illness(
        "resume", "A resumed run does not go on where it was.", resumed, 5, 15,
        "{key} jumps where the run was resumed",
        "a jump between two levels of 5 (critical: 15) standard deviations of a step within 2% of the run after a resume",
        "compare args.json of both folders; the trainer's state beside the weights: --resume_from_checkpoint without "
        "--resume_only_model; the seed and the data order",
        ("policy_collapse", "reward_collapse", "policy_side", "length_side", "text_side", "gradient_blowup", "plateau"),
    ),
    Illness(
        "rollout_mismatch", "vLLM and the trainer disagree on the probability of the same tokens.", mismatch, 0.01, 0.05,
        "vLLM and the trainer disagree: k3 {value:.2g} nats a token",
        "warn from 0.01, critical from 0.05 nats a token of rollout_correction/k3_kl, or as much by log_ppl_abs_diff (d²/2) or "
        "ess (1 - ess, a tenth); rule of thumb: rounding in bf16 alone stays near 0.001",
        "restart the rollout server from the checkpoint; the same dtype on both sides; "
        "--rollout_importance_sampling_mode token_truncate; --vllm_enable_lora and --vllm_max_lora_rank as trained",
        ("stuck", "policy_side"),
    ),
    Illness(
        "stalls", "Single steps that take many times the median.", stalls, 0.05, 0.3,
        "{count} steps stalled and took {value:.0%} of the time",
        "steps above 5 times the median; warn from 5%, critical from 30% of the time; rule of thumb",
        "a reward that blocks (give it a timeout), the vLLM server (--vllm_server_timeout), a rank that waits: "
        "--ddp_timeout 1800 instead of ms-swift's 18,000,000 s",
        ("slow_steps",),
    ),
    Illness(
        "slow_steps", "Steps take longer and longer, beyond what longer completions explain.", slow_steps, 1.5, 2.5,
        "steps take {value:.1f} times as long as before, for the same length",
        "warn from 1.5, critical from 2.5 times the lowest level before; rule of thumb",
        "a reward that keeps references, --vllm_gpu_memory_utilization, --gradient_checkpointing; other jobs",
    ),
]  # fmt: skip
