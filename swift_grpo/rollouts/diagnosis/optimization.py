"""Scalars of the optimizer: NaN, gradient, entropy, KL, clipping, time."""

import math

import numpy as np

from swift_grpo.rollouts.diagnosis.case import Case
from swift_grpo.rollouts.diagnosis.finding import Finding, Missing, graded


def not_a_number(case: Case) -> Finding | None:
    """NaN or infinity in a logged scalar or a reward."""
    if not case.index.events:
        raise Missing("logging.jsonl")
    bad = {}
    for event in case.index.events:
        for key, value in event.values.items():
            if event.kind == "train" and not math.isfinite(value):
                bad.setdefault(key, []).append(event.step)
    infinite = case.examples("isinf(reward)")
    if not bad and not infinite:
        return None
    first = min((steps[0] for steps in bad.values()), default=None)
    what = ", ".join(f"{key} in {len(steps)} steps from step {steps[0]}" for key, steps in list(bad.items())[:4])
    return Finding(
        "nan",
        "critical",
        "NaN or infinity in " + (", ".join(list(bad)[:4]) or "rewards"),
        what or f"{len(infinite)} or more infinite rewards",
        "any; one NaN in the loss destroys the weights",
        "--bf16 true instead of fp16, --learning_rate down, --max_grad_norm 0.5, --beta down; resume from the checkpoint before",
        infinite or case.examples(f"step >= {first}", "step, id"),
        1000.0,
    )


def zero_gradient(case: Case) -> Finding | None:
    """No gradient although rewards differ within groups: nothing is trained."""
    _, gradient = case.logged("grad_norm")
    steps = {e.step for e in case.index.events if e.kind == "train" and abs(e.values.get("grad_norm", 1)) <= 1e-9}
    varied = {
        row[0]
        for row in case.query(
            "SELECT step FROM groups WHERE NOT is_eval GROUP BY step HAVING avg((reward_std > 1e-4)::INTEGER) > 0.1"
        )
    }
    if not varied:
        raise Missing("steps whose rewards vary within groups")
    share = len(steps & varied) / len(varied)
    found = graded(share, warn=0.1, critical=0.5)
    return found and Finding(
        "zero_gradient",
        found[0],
        "the gradient is zero while rewards vary",
        f"grad_norm is 0 in {len(steps & varied)} of {len(varied)} steps with varying rewards (median {np.median(gradient):.3g})",
        "warn from 10%, critical from 50% of these steps; advantages that are not 0 give a gradient that is not 0",
        "check what is trainable: --tuner_type, --freeze_parameters, --target_modules; --overlong_filter false; "
        "--gradient_checkpointing_kwargs '{\"use_reentrant\": false}'",
        case.examples(f"step IN ({_list(steps & varied)}) AND abs(advantage) > 0.1"),
        found[1] * 10,
    )


def entropy_collapse(case: Case) -> Finding | None:
    """Entropy, relative to the run's start."""
    early, late = case.start_and_end("entropy/mean", "--log_entropy true")
    if early <= 0:
        return None
    left = late / early
    found = graded(1 - left, warn=0.7, critical=0.85)
    return found and Finding(
        "entropy_collapse",
        found[0],
        f"entropy fell to {left:.0%} of its start",
        f"entropy/mean: {early:.3g} at the start, {late:.3g} at the end",
        "warn below 30%, critical below 15% of the start; DAPO (arXiv 2503.14476), section 3.1, and arXiv 2505.22617",
        "--epsilon_high 0.28 (clip higher), --temperature up, --learning_rate down, --beta up",
        case.examples("true"),
        early / max(late, 1e-6) * 0.15,
    )


def kl_blowup(case: Case) -> Finding | None:
    """KL to the reference model, in nats a token (k3)."""
    steps, kl = case.logged("kl", "--beta above 0")
    if len(kl) < 5:
        raise Missing("5 lines with `kl` in logging.jsonl")
    typical, highest = float(np.median(kl)), float(kl.max())
    found = graded(highest, warn=0.5, critical=2.0)
    return found and Finding(
        "kl_blowup",
        found[0],
        f"KL to the reference model rose to {highest:.3g}",
        f"kl: first {kl[0]:.3g}, median {typical:.3g}, highest {highest:.3g} at step {steps[kl.argmax()]}",
        "warn from 0.5, critical from 2 nats a token; rule of thumb: the estimator is that of DeepSeekMath (arXiv 2402.03300)",
        "--beta up, --learning_rate down, --max_grad_norm down",
        case.examples(f"step >= {steps[kl.argmax()]}", "step, id"),
        found[1],
    )


def clip_ratio(case: Case) -> Finding | None:
    """Share of tokens whose ratio was clipped."""
    early, late = case.start_and_end("clip_ratio/region_mean")
    found = graded(late, warn=0.1, critical=0.25)
    return found and Finding(
        "clip_ratio",
        found[0],
        f"{late:.0%} of the tokens are clipped",
        f"clip_ratio/region_mean: {early:.1%} at the start, {late:.1%} at the end",
        "warn from 10%, critical from 25%; rule of thumb of PPO practice",
        "--learning_rate down, --steps_per_generation or --num_iterations down, --epsilon up",
        case.examples("abs(advantage) > 1"),
        found[1],
    )


def stalls(case: Case) -> Finding | None:
    """Single steps that took many times the median."""
    steps, seconds = case.logged("step_time")
    if len(seconds) < 10:
        raise Missing("10 lines with `step_time` in logging.jsonl")
    steps, seconds = steps[1:], seconds[1:]  # the first step compiles and warms up
    median = float(np.median(seconds))
    slow = steps[seconds > 10 * median]
    if not len(slow):
        return None
    lost = float(seconds[seconds > 10 * median].sum() / seconds.sum())
    return Finding(
        "stalls",
        "critical" if lost >= 0.5 or len(slow) / len(steps) >= 0.05 else "warn",
        f"{len(slow)} steps stalled",
        f"step_time: median {median:.3g} s, highest {seconds.max():.3g} s; {len(slow)} steps above 10 times the median took "
        f"{lost:.0%} of the time (steps {', '.join(map(str, slow[:5]))})",
        "10 times the median; critical from half of the time or 5% of the steps; rule of thumb",
        "a reward that blocks (give it a timeout), the vLLM server (--vllm_server_timeout), a rank that waits: "
        "--ddp_timeout 1800 instead of ms-swift's 18,000,000 s",
        case.examples(f"step IN ({_list(slow)})"),
        float(seconds.max() / median / 10),
    )


def slow_steps(case: Case) -> Finding | None:
    """Steps that take longer and longer, beyond what longer completions explain."""
    early, late = case.start_and_end("step_time")
    longer = case.mean("chars", case.end) / max(1.0, case.mean("chars", case.start))
    factor = late / early / max(1.0, longer) if early > 0 else 1.0
    found = graded(factor, warn=2.0, critical=3.0)
    return found and Finding(
        "slow_steps",
        found[0],
        f"steps take {late / early:.1f} times as long as at the start",
        f"step_time: {early:.3g} s at the start, {late:.3g} s at the end; completions are {longer:.1f} times as long",
        "warn from 2, critical from 3 times the start, beyond the completions' growth; rule of thumb",
        "a reward that keeps references, --vllm_gpu_memory_utilization, --gradient_checkpointing; other jobs",
        case.examples("true"),
        found[1],
    )


def _list(steps) -> str:
    return ", ".join(str(int(step)) for step in sorted(steps)) or "NULL"
