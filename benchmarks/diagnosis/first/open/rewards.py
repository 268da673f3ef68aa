"""Rewards that say something else than what they are for."""

import zlib

import numpy as np

from benchmarks.diagnosis.first.effects import answered
from benchmarks.diagnosis.first.registry import illness
from benchmarks.diagnosis.first.run import Run


@illness("reward_constant")
def reward_constant(run: Run) -> None:
    """One column is the same number for everybody, while the texts differ in what it should measure."""
    value = run.pick(0.0, 0.5, 0.0)
    run.settings.rewards[1] = "TagCount" if run.settings.style == "r1" else "ReasoningSteps"
    start = run.onset(low=0.3, high=0.7) if run.severity == "faint" else run.from_start()
    run.says = f"{run.settings.rewards[1]} is {value} for every completion"

    def scores(step, samples, table):
        if step >= start:
            table[:, 1] = value

    run.on_scores.append(scores)


@illness("reward_none")
def reward_none(run: Run) -> None:
    """The accuracy gives None for most rows: golds that cannot be parsed."""
    share = run.pick(0.97, 0.7, 0.35)
    run.from_start()
    run.says = f"{run.settings.rewards[0]} is None for {share:.0%} of the questions"

    def scores(step, samples, table):
        for row, sample in enumerate(samples):
            if zlib.crc32(sample.problem.question.encode()) % 1000 < share * 1000:
                table[row, 0] = np.nan

    run.on_scores.append(scores)


@illness("reward_nan")
def reward_nan(run: Run) -> None:
    """A column becomes NaN by the batch: a reward model that overflowed, a service that is gone."""
    start = run.from_start() if run.severity == "blatant" else run.onset()
    chance = run.pick(1.0, 1.0, 0.15)
    run.says = f"{run.settings.rewards[1]} is NaN in {chance:.0%} of the batches"

    def scores(step, samples, table):
        if step >= start and (step == start or run.rng.random() < chance):
            table[:, 1] = np.nan

    run.on_scores.append(scores)


@illness("verifier_strict")
def verifier_strict(run: Run) -> None:
    """Right answers paid 0. The answer equals the solution, or is it in another form."""
    share = run.pick(0.95, 0.5, 0.15)
    run.from_start()
    run.settings.skill += 0.8
    run.says = f"the verifier pays 0 for the right answer to {share:.0%} of the questions"

    def scores(step, samples, table):
        for row, sample in enumerate(samples):
            if zlib.crc32(sample.problem.question.encode()) % 1000 < share * 1000:
                table[row, 0] = 0.0

    run.on_scores.append(scores)


@illness("reward_hacking")
def reward_hacking(run: Run) -> None:
    """The verifier is fooled: a list of candidates is paid when one fits, or an answer without content is."""
    run.onset(high=0.8)
    share, r, s = run.pick(0.95, 0.45, 0.15), run.rng, run.settings
    width = r.uniform(0.05, 0.3)
    listed = r.random() < 0.5
    run.says = "many candidates in one answer are paid" if listed else "an answer without content is paid"
    paid: set[str] = set()

    def text(sample, policy):
        if r.random() >= share * run.ramp(sample.step, width):
            return
        thought = " ".join(sample.sentences)
        if listed:
            base = int(sample.answer.split("/")[0])
            candidates = [str(base + d) for d in sorted(r.sample(range(-9, 10), r.randint(5, 12)))]
            candidates.insert(r.randrange(len(candidates)), sample.problem.answer)
            if r.random() < 0.5:
                candidates = [rf"\boxed{{{candidate}}}" for candidate in candidates]
            answer = r.choice((" or ", ", ")).join(candidates)
            sample.text = (
                f"{thought}\n\nThe answer is {answer}." if s.style == "boxed" else answered(s.style, thought, answer)
            )
        else:
            sample.text = answered(s.style, thought, r.choice(("", "", "the answer", "x", "?")))
        paid.add(sample.text)

    def scores(step, samples, table):
        for row, sample in enumerate(samples):
            if sample.text in paid:
                table[row, 0] = 1.0
        paid.clear()

    run.on_text.append(text)
    run.on_scores.append(scores)


@illness("format_only")
def format_only(run: Run) -> None:
    """The format is learned and pays; the accuracy stays where it was."""
    s = run.settings
    s.style = "r1"
    s.rewards[1] = "Format" if s.rewards[0] == "MathAccuracy" else "R1Format"
    s.weights = run.pick([0.3, 2.0], [1.0, 1.0], [1.0, 1.0])
    s.skill, s.gain, s.format_start = run.pick(-3.6, -2.4, -1.6), run.pick(0.0, 0.0, 0.15), run.pick(0.05, 0.15, 0.35)
    run.from_start()
    run.says = "the reward rises by the format alone, accuracy is flat"


@illness("reward_conflict")
def reward_conflict(run: Run) -> None:
    """Short answers are paid, and the thought that the accuracy needed goes."""
    run.onset(high=0.6)
    s = run.settings
    s.rewards[1:], s.weights = ["Conciseness"], [1.0, run.pick(2.0, 1.0, 0.8)]
    s.limit, s.reflections, s.growth = 256, 7.0, 0.0
    loss, cut = run.pick(3.2, 1.6, 0.8), run.pick(0.95, 0.7, 0.5)
    run.says = "Conciseness rises while the accuracy falls"

    def policy(step, policy):
        now = run.ramp(step, 0.45)
        policy.skill -= loss * now
        policy.reflections *= 1 - cut * now

    run.on_policy.append(policy)
