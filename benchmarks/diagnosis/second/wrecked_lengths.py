"""Illnesses of length."""

from benchmarks.diagnosis.second import phrasing
from benchmarks.diagnosis.second.simulation import ROOMY, Trial
from benchmarks.diagnosis.second.sorts import ill


@ill("length_growth", "truncation")
def swelling(run: Trial):
    run.long_texts()
    s = run.takes(run.rng.choice(ROOMY))
    run.onset(high=0.4)
    s.format_start, s.skill, s.wobble = 0.97, -0.6, 0.02
    s.gain, s.limit, s.growth, s.reflections = 0.0, 512, 0.0, run.rng.uniform(2, 4)
    most = run.pick(7.0, 3.5, 2.4)
    run.on_policy.append(
        lambda step, p: setattr(p, "reflections", p.reflections * (1 + (most - 1) * run.ramp(step, 0.6)))
    )


def longer(run: Trial, sample, sentences: int) -> None:
    """More remarks in the middle of a text."""
    lines = sample.text.split(". ")
    for remark in run.rng.sample(phrasing.REMARKS, min(sentences, len(phrasing.REMARKS))):
        lines.insert(run.rng.randint(1, max(1, len(lines) - 1)), remark.rstrip("."))
    sample.text = ". ".join(lines)


@ill("wrong_length_growth", "length_growth")
def wrong_ones_swell(run: Trial):
    run.takes(run.rng.choice(ROOMY))
    run.onset(high=0.5)
    s = run.settings
    s.limit, s.reflections, s.growth, s.gain = 512, 2.0, 0.0, min(s.gain, 1.4)
    most = run.pick(26, 12, 6)

    def hook(sample, policy):
        if not sample.right:
            longer(run, sample, round(most * run.ramp(sample.step, 0.5) * run.rng.uniform(0.5, 1.5)))

    run.on_text.append(hook)


@ill("length_collapse", "reward_collapse")
def thinner(run: Trial):
    run.checked()
    run.onset(high=0.65)
    s = run.settings
    s.reflections, s.gain = max(3.0, s.reflections), 0.3
    share, loss, r = run.pick(0.98, 0.75, 0.5), run.pick(2.5, 1.6, 1.1), run.rng

    def hook(sample, policy):
        if r.random() < share * run.ramp(sample.step, 0.3):
            sample.text = phrasing.dress(r, sample.shape, [], sample.answer, policy.format)

    run.on_text.append(hook)
    run.on_policy.append(lambda step, p: setattr(p, "skill", p.skill - loss * run.ramp(step, 0.3)))


@ill("truncation")
def limit_too_short(run: Trial):
    run.from_start()
    s = run.settings
    s.reflections, s.growth, s.steps = max(2.5, s.reflections), 0.15, min(s.steps, 200)
    share = run.pick(0.65, 0.35, 0.15)
    run.prepare()
    policy = run.policy(s.steps // 2)
    tokens = sorted(x.tokens for _ in range(12) for x in run.batch(1, run.groups(1), policy))
    s.limit = max(24, tokens[int(len(tokens) * (1 - share))])
    run._noise = run._walk_length = 0.0


@ill("length_growth", "truncation")
def late_burst(run: Trial):
    """Within a few steps late in the run the texts ramble, and nothing is gained."""
    run.long_texts()
    s = run.takes(run.rng.choice(ROOMY))
    run.onset(low=0.6)
    s.limit, s.growth, s.reflections, s.half = 512, 0.0, 2.5, 0.12
    most = run.pick(22, 11, 6)
    s.gain = min(s.gain, 1.2)

    def hook(sample, policy):
        longer(run, sample, round(most * run.ramp(sample.step, 0.05) * run.rng.uniform(0.5, 1.5)))

    run.on_text.append(hook)
