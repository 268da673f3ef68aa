"""Illnesses of the rewards and their verifiers."""

import re

from benchmarks.diagnosis.second.simulation import ROOMY, Trial
from benchmarks.diagnosis.second.sorts import ill


@ill("reward_constant", "verifier_disagreement", "zero_gradient")
def main_reward_dead(run: Trial):
    run.checked(extra=("TaskFormat",))
    if run.severity == "faint":
        run.onset(low=0.3, high=0.6)
    else:
        run.from_start()
    value = 0.0 if run.severity != "moderate" else run.rng.choice((0.0, 1.0))

    def hook(step, samples, table):
        if step >= run.first_step:
            table[:, 0] = value

    run.on_scores.append(hook)
    run.on_policy.append(lambda step, p: setattr(p, "skill", min(p.skill, run.settings.skill + 0.3)))


@ill("reward_constant")
def side_reward_stuck(run: Trial):
    run.checked(extra=("TaskFormat", "LanguageConsistency"))
    value = run.rng.choice((0.0, 0.5))
    run.first_step = run.pick(1, 1, round(0.3 * run.settings.steps))

    def hook(step, samples, table):
        if step >= run.first_step:
            table[:, 1:] = value if run.severity == "blatant" else table[:, 1:]
            table[:, 2] = value

    run.on_scores.append(hook)


@ill("reward_missing")
def judge_is_silent(run: Trial):
    run.takes(run.rng.choice((("chat",), ("code",), ("latex",))), extra=("JudgeScore",) if run.seed % 2 else None)
    share, r, s = run.pick(0.75, 0.35, 0.12), run.rng, run.settings
    run.onset(high=0.6)
    shape = r.choice(("ramp", "outage", "steady"))
    until = run.first_step + max(10, int(share * s.steps * 0.6))

    def hook(step, samples, table):
        now = share * run.ramp(step, 0.4 if shape == "ramp" else 0.0)
        if shape == "outage":
            now = 0.97 if run.first_step <= step < until else 0.0
        for row in range(len(samples)):
            if r.random() < now:
                table[row, -1] = float("nan")

    run.on_scores.append(hook)


@ill("one_component", "length_growth", "reward_without_accuracy")
def length_pays(run: Trial):
    run.long_texts()
    s = run.takes(run.rng.choice(ROOMY), extra=("LengthReward",))
    run.onset(high=0.35)
    s.weights = [1.0, run.pick(6.0, 3.5, 2.0)]
    s.gain, s.limit, s.growth, s.reflections = 0.2, 512, 0.0, max(2.0, s.reflections)
    most = run.pick(6.0, 3.5, 2.0)
    run.on_policy.append(
        lambda step, p: setattr(p, "reflections", p.reflections * (1 + (most - 1) * run.ramp(step, 0.6)))
    )


@ill("format_without_accuracy", "reward_without_accuracy")
def form_only(run: Trial):
    s = run.checked(extra=("TaskFormat",))
    run.shape = "r1"
    run.tasks = run.tasks if run.tasks[0] != "choice" else ("latex",)
    run.from_start()
    s.gain, s.skill, s.format_start = -0.1, -1.5, run.pick(0.05, 0.25, 0.45)
    start, end, r = s.format_start, run.pick(0.99, 0.95, 0.92), run.rng
    half = r.uniform(0.25, 0.5) * s.steps

    def hook(step, policy):
        policy.format = start + (end - start) * min(1.0, step / half)
        # An answer outside of its tags counts for nothing: more form must not make more right ones.
        policy.skill = s.skill + 1.2 * (1 - min(1.0, step / half)) * run.pick(1.5, 0.7, 0.5)

    run.on_policy.append(hook)


KEYWORDS = (
    "First, note it.",
    "Then go on.",
    "Next, look.",
    "So it is.",
    "Therefore yes.",
    "Now check.",
    "Then again.",
    "So be it.",
)


@ill("reward_without_accuracy", "one_component", "boilerplate")
def words_that_pay(run: Trial):
    s = run.checked(extra=("ReasoningSteps",))
    run.tasks = run.tasks if run.tasks[0] != "chinese" else ("arithmetic",)
    run.onset(high=0.4)
    s.gain, r = 0.1, run.rng
    share = run.pick(0.97, 0.7, 0.4)

    def hook(sample, policy):
        if r.random() < share * run.ramp(sample.step, 0.4):
            words = " ".join(r.sample(KEYWORDS, r.randint(3, 6)))
            head, tag, tail = sample.text.partition("<think>")
            sample.text = f"{head}{tag}{words} {tail}" if tag else f"{words} {head}"

    run.on_text.append(hook)


@ill("verifier_disagreement", "dead_prompts", "zero_variance_wrong")
def gold_written_otherwise(run: Trial):
    run.takes(run.rng.choice((("arithmetic",), ("latex",), ("choice",))))
    run.settings.skill += 0.8
    run.from_start()
    share = run.pick(0.6, 0.25, 0.08)
    run.prepare()
    for item in run.pool:
        if run.rng.random() >= share:
            continue
        item.gold = item.answer
        if item.task == "choice":
            item.answer = f"({item.answer})"
        elif "frac" in item.answer:
            item.answer = item.answer.replace("\\frac", "\\dfrac")
        else:
            item.answer = run.rng.choice(
                (f"${item.answer}$", f"{item.answer}.0" if "/" not in item.answer else f"${item.answer}$")
            )

    def by_letter(step, samples, table):
        for row, sample in enumerate(samples):
            table[row, 0] *= sample.problem.gold is None

    run.on_scores.append(by_letter)


@ill("verifier_disagreement", "reward_without_accuracy")
def near_is_enough(run: Trial):
    """Wrong answers are paid: a tolerance that is too wide, or a substring taken for the answer."""
    run.takes(run.rng.choice((("arithmetic",), ("latex",))))
    run.onset(high=0.6) if run.seed % 2 == 0 else run.from_start()
    share, r = run.pick(0.7, 0.3, 0.1), run.rng

    def hook(step, samples, table):
        for row, sample in enumerate(samples):
            close = re.search(r"\d", sample.answer) and sample.answer in sample.text
            if step >= run.first_step and close and r.random() < share:
                table[row, 0] = 1.0

    run.on_scores.append(hook)


@ill("reward_collapse", "policy_collapse")
def forgets(run: Trial):
    run.checked()
    s = run.settings
    s.half, s.gain = 0.15, max(1.8, s.gain)
    run.onset(low=0.35)
    loss, over = run.pick(5.0, 3.0, 2.0), run.rng.choice((0.02, 0.15, 0.4))
    run.on_policy.append(lambda step, p: setattr(p, "skill", p.skill - loss * run.ramp(step, over)))


@ill("plateau")
def stuck(run: Trial):
    s = run.checked()
    s.spread, s.skill = 0.7, -0.6
    s.format_start = 0.97
    run.first_step = max(1, round(run.pick(0.0, 0.15, 0.3) * s.steps))
    top = s.skill + run.pick(0.0, 0.6, 0.9)

    def hook(step, policy):
        policy.skill = s.skill + (top - s.skill) * min(1.0, step / run.first_step) + run._noise

    run.on_policy.append(hook)


@ill("eval_falls")
def held_out_falls(run: Trial):
    run.checked()
    s = run.settings
    s.eval_every, run.eval_size = max(5, s.steps // 14), 24
    s.questions = max(20, s.steps * s.prompts // 6)
    run.onset(high=0.5)
    loss = run.pick(4.0, 2.6, 1.8)
    run.on_eval.append(lambda step, p: setattr(p, "skill", p.skill - loss * run.ramp(step, 0.4)))
