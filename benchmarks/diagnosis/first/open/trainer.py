"""What goes wrong in the trainer and shows in its scalars."""

from math import nan, pi, sin

from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("reward_oscillation")
def reward_oscillation(run: Run) -> None:
    """The policy swings between a good and a bad way."""
    start = run.onset(high=0.6)
    height, r = run.pick(3.0, 1.7, 1.0), run.rng
    period = r.uniform(0.07, 0.2) * run.settings.steps
    run.says = f"skill swings by {height} logits with a period of {period:.0f} steps"

    def policy(step, policy):
        if step >= start:
            wave = sin(2 * pi * (step - start) / period)
            policy.skill += height * wave
            policy.format *= 1 - 0.12 * height / 3 * (1 - wave) / 2
            policy.grad *= 1 + 0.25 * height * abs(wave)
            policy.kl *= 1 + 0.3 * height * abs(wave)

    run.on_policy.append(policy)


@illness("nan_gradient")
def nan_gradient(run: Run) -> None:
    """Blatant: weights are NaN from a step on and vLLM repeats token 0. Else: some or one gradient is NaN and nothing follows."""
    start = run.onset()
    chance, broken, r = run.pick(1.0, 0.12, 0.0), run.severity == "blatant", run.rng
    run.says = run.pick(
        "weights NaN from here on", f"{chance:.0%} of the gradients NaN from here on", "one gradient NaN"
    )

    def log(step, row):
        if step == start or (step > start and r.random() < chance):
            row["grad_norm"] = nan
            if broken and "kl" in row:
                row["kl"] = nan
            # The trainer's NaN filter logs a loss of 0 in its place.
            row["loss"] = 0.0

    def text(sample, policy):
        if broken and sample.step > start:
            sample.text = "!" * (sample.limit * 2)
            sample.tokens, sample.truncated = sample.limit, True

    def figures(step, row):
        if broken and step > start and "completions/mean_length" in row:
            limit = float(run.settings.limit)
            row.update({f"completions/{key}_length": limit for key in ("mean", "min", "max")})
            row["completions/clipped_ratio"] = 1.0
            row.update({key: nan for key in row if key.startswith("entropy/")})

    run.on_log += [log, figures]
    run.on_text.append(text)


@illness("rollout_mismatch")
def rollout_mismatch(run: Run) -> None:
    """vLLM and the trainer give other probabilities to the same tokens."""
    start = run.from_start() if run.rng.random() < 0.35 else run.onset()
    run.settings.correction = True
    gap, loss = run.pick(0.7, 0.12, 0.02), run.pick(1.5, 0.5, 0.1)
    width = run.rng.choice((0.0, 0.3))
    run.says = f"KL between rollout engine and trainer goes to {gap}"

    def policy(step, policy):
        if step >= start:
            now = run.ramp(step, width)
            policy.mismatch += gap * now * run.rng.uniform(0.7, 1.3)
            policy.skill -= loss * now
            policy.grad *= 1 + 1.5 * min(1.0, gap) * now

    run.on_policy.append(policy)
