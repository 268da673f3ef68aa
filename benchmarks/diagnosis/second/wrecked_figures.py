"""Illnesses that are read in the scalars."""

from math import exp, nan

from benchmarks.diagnosis.second import phrasing
from benchmarks.diagnosis.second.simulation import Trial
from benchmarks.diagnosis.second.sorts import ill


@ill("gradient_spikes")
def gradient_jumps(run: Trial):
    run.onset(high=0.6)
    times, chance, r = run.pick(80, 25, 10), run.pick(0.1, 0.06, 0.05), run.rng
    burst = r.random() < 0.5
    dip = [0.0]
    sure = {run.first_step + k for k in (0, 7, 15)}

    def hook(step, policy):
        dip[0] *= 0.6
        near = step >= run.first_step and (not burst or (step - run.first_step) % 30 < 12)
        if near and (step in sure or r.random() < chance * (2 if burst else 1)):
            policy.grad *= times * r.uniform(0.6, 1.6)
            dip[0] += run.pick(1.0, 0.5, 0.0)
        policy.skill -= dip[0]

    run.on_policy.append(hook)


@ill("nan")
def not_a_number(run: Trial):
    run.long_texts()
    run.onset()
    r, s = run.rng, run.settings
    some = {run.first_step, *(r.randint(run.first_step, s.steps) for _ in range(run.pick(0, 5, 1)))}
    key = r.choice((("loss", "grad_norm"), ("grad_norm",)))

    def log(step, row):
        if (step >= run.first_step) if run.severity == "blatant" else step in some:
            row |= dict.fromkeys(key, nan)

    run.on_log.append(log)
    if run.severity == "blatant":
        run.on_text.append(
            lambda sample, policy: sample.step > run.first_step and setattr(sample, "text", "!" * (s.limit + 5))
        )


@ill("kl_blowup")
def away_from_the_reference(run: Trial):
    s = run.settings
    s.beta = max(0.001, s.beta)
    run.onset(high=0.65)
    top, loss = run.pick(9.0, 1.5, 0.5), run.pick(3.0, 0.8, 0.0)
    sudden = run.seed % 2 == 0

    def hook(step, policy):
        way = run.ramp(step, 0.03 if sudden else 0.7)
        if way:
            policy.kl = max(policy.kl, 0.03) * (top / 0.03) ** way * exp(run.rng.gauss(0, 0.2))
            policy.skill -= loss * way

    run.on_policy.append(hook)


@ill("entropy_collapse", "diversity_loss", "plateau")
def entropy_gone(run: Trial):
    s = run.settings
    s.log_entropy, s.gain = True, 0.4
    low = run.pick(0.004, 0.03, 0.07)
    run.onset(high=0.4)
    over = run.rng.choice((0.05, 0.3))

    def hook(step, policy):
        way = run.ramp(step, over)
        policy.entropy *= (low / policy.entropy) ** way if way else 1.0
        policy.entropy *= exp(run.rng.gauss(0, 0.06))
        policy.copy = run.pick(0.9, 0.6, 0.4) * way

    run.on_policy.append(hook)


@ill("entropy_blowup", "strange_words", "gibberish")
def entropy_up(run: Trial):
    s = run.settings
    s.log_entropy = True
    run.onset(high=0.65)
    times, share, r = run.pick(9, 4.5, 3.0), run.pick(0.3, 0.06, 0.015), run.rng

    def hook(step, policy):
        policy.entropy *= times ** run.ramp(step, 0.5)
        policy.skill -= run.pick(3.0, 1.2, 0.5) * run.ramp(step, 0.5)

    def garble(sample, policy):
        now = share * run.ramp(sample.step, 0.5)
        if now:
            sample.text = phrasing.noisy(r, sample.text, now)

    run.on_policy.append(hook)
    run.on_text.append(garble)


@ill("clip_ratio")
def clipped_away(run: Trial):
    s = run.settings
    s.iterations = run.rng.choice((2, 4))
    s.steps -= s.steps % s.iterations
    run.onset(high=0.6)
    high, over = run.pick(0.45, 0.22, 0.1), run.rng.choice((0.02, 0.4))
    usual = 0.003

    def hook(step, policy):
        fresh = (step - 1) % s.iterations == 0
        most = (high if run.ramp(step, over) else usual) if over < 0.1 else usual + high * run.ramp(step, over)
        policy.clip = 0.0 if fresh else most * exp(run.rng.gauss(0, 0.25))

    run.on_policy.append(hook)


@ill("rollout_mismatch")
def engines_apart(run: Trial):
    run.settings.correction = True
    if run.seed % 2:
        run.from_start()
    else:
        run.onset(high=0.7)
    high = run.pick(0.7, 0.15, 0.04)
    loss = run.pick(1.5, 0.6, 0.0)

    def hook(step, policy):
        way = run.ramp(step, 0.3) if run.first_step > 1 else 1.0
        policy.mismatch = max(policy.mismatch, high * way * exp(run.rng.gauss(0, 0.2)))
        policy.skill -= loss * way

    run.on_policy.append(hook)


@ill("rollout_mismatch", "reward_collapse")
def old_weights_after_resume(run: Trial):
    """After a resume the rollout engine goes on with the first weights: good texts, of a policy that is not trained."""
    s = run.checked()
    s.correction, s.gain, s.half = True, max(2.0, s.gain), 0.15
    s.resumed_at = int(s.steps * run.rng.uniform(0.4, 0.65))
    run.first_step = s.resumed_at + 1
    high, back = run.pick(0.8, 0.2, 0.05), run.pick(1.0, 0.8, 0.6)

    def hook(step, policy):
        if step >= run.first_step:
            policy.mismatch = high * exp(run.rng.gauss(0, 0.2))
            policy.skill += back * (s.skill - policy.skill)

    run.on_policy.append(hook)


@ill("stalls", "slow_steps")
def stands_still(run: Trial):
    run.onset(high=0.5)
    s, r = run.settings, run.rng
    times, count = run.pick(60, 20, 8), run.pick(8, 5, 4)
    at = set(r.sample(range(run.first_step, s.steps), count - 1)) | {run.first_step}
    if run.seed % 2:
        every = max(9, s.steps // 15)
        at = set(range(run.first_step, s.steps, every))

    def log(step, row):
        if step in at:
            row["step_time"] *= times * r.uniform(0.8, 1.2)

    run.on_log.append(log)


@ill("slow_steps", "stalls")
def slower_and_slower(run: Trial):
    run.onset(high=0.5)
    run.settings.growth = 0.0
    times, over = run.pick(7.0, 3.5, 2.0), run.rng.choice((0.02, 0.7))

    def log(step, row):
        row["step_time"] *= 1 + (times - 1) * run.ramp(step, over)

    run.on_log.append(log)


@ill("learning_rate_low", "plateau")
def crawls(run: Trial):
    s = run.checked()
    run.from_start()
    s.beta, s.gain, s.format_start, s.format_end = 0.04, 0.0, 0.9, 0.91
    s.learning_rate = run.pick(1e-10, 2e-9, 2e-8)

    def hook(step, policy):
        policy.kl *= run.pick(1e-4, 1e-3, 1e-2)
        policy.entropy = s.entropy * exp(run.rng.gauss(0, 0.05))

    run.on_policy.append(hook)


@ill("learning_rate_low", "plateau")
def schedule_over_too_soon(run: Trial):
    """The rate is zero long before the end: the scheduler was made for fewer steps."""
    s = run.checked()
    end = max(8, round(run.pick(0.15, 0.35, 0.6) * s.steps))
    run.first_step = end
    top, kept = run.rng.uniform(0.3, 0.5) * s.gain, {}
    s.half = 0.3

    def log(step, row):
        row["learning_rate"] = s.learning_rate * max(0.0, 1 - step / end)

    def hook(step, policy):
        policy.skill = s.skill + top * min(1.0, step / end) + run._noise
        policy.format = s.format_start + (s.format_end - s.format_start) * min(0.5, 2 * min(step, end) / s.steps)
        if step == end:
            kept.update(kl=policy.kl, entropy=policy.entropy)
        elif step > end:
            for name, value in kept.items():
                setattr(policy, name, value * exp(run.rng.gauss(0, 0.08)))

    run.on_log.append(log)
    run.on_policy.append(hook)


@ill("zero_gradient")
def gradient_gone(run: Trial):
    run.onset(high=0.6)
    share, r = run.pick(1.0, 0.6, 0.25), run.rng

    def log(step, row):
        if step >= run.first_step and r.random() < share:
            row["grad_norm"] = 0.0

    held = []

    def hook(step, policy):
        if step >= run.first_step:
            held.append(policy.skill)
            policy.skill = share * held[0] + (1 - share) * policy.skill

    run.on_log.append(log)
    run.on_policy.append(hook)
