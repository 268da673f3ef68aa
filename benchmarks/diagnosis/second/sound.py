"""Runs that are well and look as if they were not."""

from math import exp

from benchmarks.diagnosis.second.simulation import MATHS, ROOMY, Trial
from benchmarks.diagnosis.second.sorts import sound


def learns(run: Trial, tasks: tuple[str, ...] | None = None, extra: tuple[str, ...] | None = None):
    """Settings of a policy that clearly gets better."""
    s = run.takes(tasks, extra=extra) if tasks else run.checked(extra=extra)
    s.skill, s.gain, s.spread = min(s.skill, -0.6), max(2.2, s.gain), min(1.1, s.spread)
    s.growth, s.wobble = 0.05, min(0.06, s.wobble)
    if "chat" in run.tasks:  # a judge's marks are less far apart than right and wrong
        s.gain = 3.2
    return s


@sound
def rate_goes_to_zero(run: Trial):
    s = learns(run)
    s.scheduler, s.half = "cosine", 0.2


@sound
def small_noisy_batches(run: Trial):
    s = learns(run)
    s.generations, s.prompts, s.steps = 4, 1, 390
    s.grad = 1.2


@sound
def shorter_and_better(run: Trial):
    s = learns(run, run.rng.choice(ROOMY))
    s.reflections, s.growth, s.gain, s.limit = 11.0, -0.85, 2.4, 512


@sound
def longer_and_better(run: Trial):
    s = learns(run, run.rng.choice(ROOMY))
    s.reflections, s.growth, s.gain, s.skill, s.half, s.limit = 2.0, 2.5, 3.2, -1.4, 0.4, 512


@sound
def solved_at_the_very_end(run: Trial):
    s = learns(run)
    s.spread, s.format_start = 0.8, 0.9
    run.on_policy.append(lambda step, p: setattr(p, "skill", p.skill + 2.5 * max(0.0, step / s.steps - 0.85) / 0.15))


@sound
def two_levels(run: Trial):
    s = learns(run, run.rng.choice((("arithmetic",), ("latex",), ("chinese",))))
    s.skill, s.gain = -0.6, 2.2
    run.prepare()
    for index, item in enumerate(run.pool):
        item.difficulty = (-1.6 if index % 2 else 1.6) + run.rng.gauss(0, 0.4)


@sound
def few_prompts_many_epochs(run: Trial):
    s = learns(run)
    s.questions = 32


@sound
def went_on_after_a_stop(run: Trial):
    s = learns(run)
    s.resumed_at, s.lost = s.steps // 2, run.rng.randint(2, 9)


@sound
def pauses_at_checkpoints(run: Trial):
    s = learns(run)
    s.eval_every = 50
    run.args |= {"save_steps": 50.0, "eval_steps": 50.0}

    def log(step, row):
        if step % 50 == 0:
            row["step_time"] *= run.rng.uniform(1.6, 2.2)

    run.on_log.append(log)


@sound
def two_languages(run: Trial):
    learns(run, ("arithmetic", "chinese"))


TABLE = "\n\n| point | figure |\n| --- | --- |\n| one | {a} |\n| two | {b} |\n"
BLOCK = "\n\n```python\nfor day in range({a}):\n    print(day, {b} * day)\n```\n"


@sound
def tables_and_code(run: Trial):
    learns(run, ("chat",))
    r = run.rng

    def hook(sample, policy):
        if r.random() < 0.5:
            sample.text += r.choice((TABLE, BLOCK)).format(a=r.randint(2, 90), b=r.randint(2, 90))

    run.on_text.append(hook)


@sound
def weight_of_zero(run: Trial):
    s = learns(run, extra=("LengthReward",))
    s.weights = [1.0, 0.0]


@sound
def a_judge_that_fails_at_times(run: Trial):
    learns(run, ("chat",))

    def hook(step, samples, table):
        for row in range(len(samples)):
            if run.rng.random() < 0.006:
                table[row, 0] = float("nan")

    run.on_scores.append(hook)


@sound
def without_reference(run: Trial):
    s = learns(run)
    s.beta, s.loss_type = 0.0, "dapo"
    run.args |= {"epsilon_high": 0.28}


@sound
def entropy_halves(run: Trial):
    s = learns(run)
    s.log_entropy, s.entropy = True, 0.85
    s.gain = 2.4
    run.on_policy.append(
        lambda step, p: setattr(
            p, "entropy", 0.85 * (0.5 + 0.5 * exp(-3 * step / s.steps)) * exp(run.rng.gauss(0, 0.05))
        )
    )


@sound
def form_in_ten_steps(run: Trial):
    s = learns(run, run.rng.choice((("arithmetic",), ("latex",))), ("TaskFormat",))
    run.shape, s.half = "r1", 0.35
    run.on_policy.append(lambda step, p: setattr(p, "format", 0.2 + 0.785 * min(1.0, step / 10)))


@sound
def dynamic_sampling(run: Trial):
    learns(run, run.rng.choice((("latex",), ("arithmetic",), ("countdown",))), ())
    run.args |= {"dynamic_sample": True, "max_resample_times": 5}
    usual = run.batch

    def batch(step, problems, policy):
        """Groups without spread are drawn again, five times at most."""
        samples = []
        for problem in problems:
            for _ in range(6):
                group = usual(step, [problem], policy)
                if 0 < run.scores(step, group)[:, 0].mean() < 1:
                    break
                problem = run.rng.choice(run.pool)
            for sample in group:
                sample.group = len(samples) // run.settings.generations
            samples += group
        return samples

    run.batch = batch


@sound
def lora_with_a_large_rate(run: Trial):
    s = learns(run)
    s.tuner, s.learning_rate, s.grad, s.beta = "lora", 2e-4, 0.3, 0.01
    run.on_policy.append(lambda step, p: setattr(p, "kl", p.kl * 2.5))


@sound
def letters_only(run: Trial):
    s = learns(run, ("choice",))
    s.reflections, s.half = 0.3, 0.4

    def hook(sample, policy):
        last = sample.text.rsplit("\n", 1)[-1]
        sample.text = f"{run.rng.choice(sample.sentences)}\n\n{last}"

    run.on_text.append(hook)


@sound
def many_tries_in_thought(run: Trial):
    learns(run, ("countdown",))
    r = run.rng

    def hook(sample, policy):
        tries = [f"{r.randint(2, 60)} {r.choice('+-*')} {r.randint(2, 60)}? No." for _ in range(r.randint(1, 5))]
        head, tag, tail = sample.text.partition("<think>")
        sample.text = f"{head}{tag}{' '.join(tries)} {tail}" if tag else f"{' '.join(tries)} {head}"

    run.on_text.append(hook)


@sound
def gradient_settles(run: Trial):
    s = learns(run)
    run.on_policy.append(lambda step, p: setattr(p, "grad", p.grad * (1 + 3 * exp(-step / (0.03 * s.steps)))))


@sound
def a_few_cut_at_first(run: Trial):
    s = learns(run, run.rng.choice(ROOMY))
    s.reflections, s.growth, s.limit = 3.0, -0.4, 256
    more = "Let me take another look at it from the other side, slowly and in full. "

    def hook(sample, policy):
        if run.rng.random() < 0.05 * max(0.0, 1 - 4 * sample.step / s.steps):
            sample.text = f"{sample.text.partition('</think>')[0]} {more} {' '.join(run.rng.choices(REMARKED, k=45))}"

    run.on_text.append(hook)


REMARKED = [
    f"{word} {n} and {n * 7 % 31}, then {n * 5 % 43}."
    for n, word in enumerate("Maybe Or Perhaps Try Take With Case".split() * 9)
]


@sound
def chinese_throughout(run: Trial):
    learns(run, ("chinese",))


@sound
def code_with_tests(run: Trial):
    learns(run, ("code",))


@sound
def an_example_in_the_prompt(run: Trial):
    learns(run, ("arithmetic",))
    example = "Example: What is 1000 + 717? Answer: 1717."
    run.on_question.append(lambda item: f"{example}\n\nNow your turn. {item.question}")


@sound
def slow_and_steady(run: Trial):
    s = learns(run, MATHS)
    s.generations, s.prompts, s.steps = 4, 2, 240
    s.half, s.gain, s.skill = 0.5, 2.0, -1.0
