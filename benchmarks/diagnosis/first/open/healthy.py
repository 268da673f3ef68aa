"""Runs that look suspicious and are well."""

from benchmarks.diagnosis.first.registry import healthy
from benchmarks.diagnosis.first.run import Run


@healthy("short_run")
def short_run(run: Run) -> None:
    run.settings.steps = run.rng.randint(20, 32)
    run.says = "stopped by plan after some two dozen steps"


@healthy("very_noisy")
def very_noisy(run: Run) -> None:
    s = run.settings
    s.generations, s.prompts, s.spread, s.wobble, s.gain = 8, 2, 3.0, 0.15, 2.0
    s.steps = run.rng.randint(150, 260)
    run.says = "two prompts a step out of a data set of very easy and very hard ones"


@healthy("saturated")
def saturated(run: Run) -> None:
    s = run.settings
    s.skill, s.gain, s.half, s.spread = 0.5, 4.0, 0.2, 0.8
    run.says = "the task is learned: reward about 0.95 in the last third"


@healthy("long_stable")
def long_stable(run: Run) -> None:
    s = run.settings
    s.reflections, s.growth, s.limit = 14.0, 0.0, 768
    s.steps = max(80, round(0.6 * s.steps))
    run.says = "long thoughts from the first step to the last, none cut"


@healthy("binary_only")
def binary_only(run: Run) -> None:
    run.settings.rewards = run.settings.rewards[:1]
    run.says = "accuracy is the only reward: 0 or 1"


@healthy("many_rewards")
def many_rewards(run: Run) -> None:
    s = run.settings
    s.style = "r1"
    s.rewards = [
        s.rewards[0],
        "Format",
        "TagCount",
        "ReasoningSteps",
        "NumericAnswer",
        "RepetitionPenalty",
        "SoftOverlong",
    ]
    run.says = "seven reward columns, some saturated by nature"


@healthy("weighted_rewards")
def weighted_rewards(run: Run) -> None:
    run.settings.rewards = [run.settings.rewards[0], run.settings.rewards[1], "CosineReward"]
    run.settings.weights = [2.0, 0.5, 0.5]
    run.says = "three rewards with weights 2, 0.5 and 0.5"


@healthy("resumed")
def resumed(run: Run) -> None:
    s = run.settings
    s.steps, s.logging_steps = max(s.steps, 100), 1
    s.resumed_at, s.lost = 50, run.rng.randint(3, 30)
    run.says = "killed and resumed from checkpoint 50 in a second folder"


@healthy("two_iterations")
def two_iterations(run: Run) -> None:
    s = run.settings
    s.iterations, s.logging_steps = 2, 1
    s.steps -= s.steps % 2
    run.says = "each batch is used twice, and written twice"


@healthy("evaluated")
def evaluated(run: Run) -> None:
    s = run.settings
    s.eval_every, s.eval_questions = max(8, s.steps // 10), 24
    run.says = "evaluation rows inside the log, a little below training"

    def evaluation(step, policy):
        policy.skill -= 0.3

    run.on_eval.append(evaluation)
