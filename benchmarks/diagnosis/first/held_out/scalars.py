"""What shows first in the trainer's scalars."""

from math import exp

from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("gradient_spikes")
def gradient_spikes(run: Run) -> None:
    """Finite jumps of the gradient norm by 15 and more."""
    start = run.onset()
    r, count = run.rng, run.pick(10, 4, 1)
    last = run.settings.steps
    spikes = {start} | set(r.sample(range(start, last + 1), min(count - 1, last - start)))
    low, high = run.pick((25, 150), (15, 45), (11, 18))
    run.says = f"{len(spikes)} gradients {low} to {high} times the usual"

    def log(step, row):
        if step in spikes:
            row["grad_norm"] = max(row["grad_norm"], 0.5 * run.settings.grad) * r.uniform(low, high)

    def policy(step, policy):
        recent = any(0 < step - spike <= 4 for spike in spikes)
        policy.skill -= recent * run.pick(0.8, 0.2, 0.0)
        policy.kl *= 1 + recent * run.pick(0.8, 0.2, 0.0)

    run.on_log.append(log)
    run.on_policy.append(policy)


@illness("rate_too_low")
def rate_too_low(run: Run) -> None:
    """The learning rate moves nothing: neither reward nor KL nor form."""
    s = run.settings
    s.gain, s.growth = run.pick(0.0, 0.02, 0.1), 0.0
    s.tuner, s.learning_rate = "full", run.pick(1e-10, 2e-9, 2e-8)
    s.beta = s.beta or 0.04
    s.format_end = s.format_start = run.rng.uniform(0.4, 0.8)
    run.from_start()
    run.says = f"a learning rate of {s.learning_rate:g}: the policy stays what it was"
    scale = run.pick(1e-4, 1e-3, 2e-2)
    start = s.entropy

    def policy(step, policy):
        policy.kl *= scale
        policy.entropy = start * exp(run.rng.gauss(0, 0.05))
        policy.grad = s.grad * exp(run.rng.gauss(0, 0.24))

    run.on_policy.append(policy)


@illness("rate_too_high")
def rate_too_high(run: Run) -> None:
    """A learning rate that tears at the policy: KL and gradients high, the reward unstable, then lost."""
    s, r = run.settings, run.rng
    lora = s.tuner == "lora"
    s.learning_rate = run.pick(2e-3, 5e-4, 2e-4) if lora else run.pick(3e-4, 5e-5, 1e-5)
    s.beta, s.wobble, s.half = s.beta or 0.04, run.pick(0.9, 0.5, 0.25), 0.08
    start = run.from_start()
    turn = round(run.pick(r.uniform(0.1, 0.3), r.uniform(0.3, 0.6), 1.0) * s.steps)
    run.says = f"a learning rate of {s.learning_rate:g}: unstable from the start"

    def policy(step, policy):
        way = min(1.0, (step - start) / max(1, 0.1 * s.steps))
        policy.kl = (policy.kl + run.pick(1.5, 0.3, 0.06) * way) * exp(r.gauss(0, run.pick(0.7, 0.5, 0.35)))
        policy.grad *= run.pick(6, 3, 1.6) * exp(r.gauss(0, run.pick(0.8, 0.5, 0.3)))
        if step > turn:
            down = min(1.0, (step - turn) / (0.1 * s.steps))
            policy.skill -= run.pick(6.0, 2.0, 0.0) * down
            policy.salad = run.pick(0.5, 0.08, 0.0) * down
            policy.format *= 1 - run.pick(0.7, 0.25, 0.0) * down

    run.on_policy.append(policy)


@illness("kl_blowup")
def kl_blowup(run: Run) -> None:
    """The KL to the reference grows by orders of magnitude; the loss goes with it."""
    run.onset()
    goal, loss = run.pick(60.0, 4.0, 0.6), run.pick(2.5, 0.8, 0.15)
    width, r = run.rng.uniform(0.05, 0.3), run.rng
    run.settings.beta = run.settings.beta or 0.04
    run.says = f"kl goes to {goal}"

    def policy(step, policy):
        now = run.ramp(step, width)
        if now:
            policy.kl = max(policy.kl, 1e-3) ** (1 - now) * goal**now * exp(r.gauss(0, 0.35))
            policy.skill -= loss * now
            policy.grad *= 1 + min(6.0, goal) * now
            policy.corrupt = run.pick(0.12, 0.02, 0.0) * now

    run.on_policy.append(policy)


@illness("stopped_suddenly")
def stopped_suddenly(run: Run) -> None:
    """The log ends before `max_steps`, without the summary that ends a run."""
    s, r = run.settings, run.rng
    end = round(s.steps * run.pick(r.uniform(0.2, 0.45), r.uniform(0.5, 0.75), r.uniform(0.88, 0.97)))
    s.logging_steps = 1
    run.ends_at, run.torn = end, run.severity != "faint"
    run.first_step = end
    run.says = f"the process died after step {end} of {s.steps}"
    tail = run.pick(6, 3, 0)

    def log(step, row):
        if step > end - tail:
            row["step_time"] *= 1 + (step - end + tail) * r.uniform(0.5, 1.2)

    run.on_log.append(log)
