"""Weights, languages, scales and temperatures."""

from benchmarks.diagnosis.first import prose
from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("half_synced")
def half_synced(run: Run) -> None:
    """One of several engines has broken weights from a step on: its share of the batch is debris."""
    start = run.onset()
    r, s = run.rng, run.settings
    share = run.pick(0.5, 0.25, 0.1)
    by_group = s.prompts >= 4 and r.random() < 0.4
    run.says = f"{share:.0%} of each batch is debris, at a jump"
    every = round(1 / share)

    def text(sample, policy):
        if sample.step < start:
            return
        place = sample.group if by_group else sample.group * s.generations + sample.member
        if place % every == (sample.step % every if by_group else every - 1):
            way = r.random()
            if way < 0.6:
                sample.text = prose.salad(r, r.randint(30, 300))
            else:
                sample.text = prose.corrupted(r, sample.text, 0.85)

    run.on_text.append(text)


@illness("language_drift")
def language_drift(run: Run) -> None:
    """Thoughts on English questions go over into another language of the same script."""
    run.onset()
    share, width = run.pick(0.95, 0.35, 0.1), run.rng.uniform(0.05, 0.3)
    run.says = f"{share:.0%} of the thoughts are in Spanish"

    def policy(step, policy):
        now = run.ramp(step, width)
        policy.foreign, policy.foreign_language = share * now, "es"
        policy.skill -= 0.4 * share * now

    run.on_policy.append(policy)


@illness("reward_drowned")
def reward_drowned(run: Run) -> None:
    """One reward is so large that the others do not count."""
    s = run.settings
    other = run.rng.choice(("LengthReward", "RepetitionPenalty"))
    scale = run.pick(60.0, 15.0, 5.0) * (1.0 if other == "LengthReward" else 3.0)
    s.rewards[1:] = [other]
    s.gain, s.growth = run.pick(0.0, 0.2, 0.5), run.pick(1.2, 0.8, 0.5) if other == "LengthReward" else 0.0
    run.from_start()
    run.says = f"{other} is multiplied by {scale:g} beside an accuracy of 0 or 1"

    def scores(step, samples, table):
        table[:, 1] *= scale

    run.on_scores.append(scores)


@illness("temperature_low")
def temperature_low(run: Run) -> None:
    """Nearly greedy sampling: the members of a group are nearly the same from the start."""
    s = run.settings
    s.temperature = run.pick(0.05, 0.2, 0.5)
    copy, near = run.pick(0.8, 0.4, 0.15), run.pick(0.17, 0.35, 0.3)
    run.from_start()
    s.gain *= run.pick(0.2, 0.5, 0.8)
    run.says = f"temperature {s.temperature}: {copy:.0%} copies, {near:.0%} near copies"

    def policy(step, policy):
        policy.copy, policy.near = copy, near
        policy.entropy *= 0.3 + s.temperature

    run.on_policy.append(policy)
