"""Runs that look suspicious and are well."""

from benchmarks.diagnosis.first.registry import healthy
from benchmarks.diagnosis.first.run import Run


@healthy("tiny_batch")
def tiny_batch(run: Run) -> None:
    s = run.settings
    s.generations, s.prompts = 4, 2
    s.steps = run.rng.randint(150, 300)
    run.says = "eight completions a step"


@healthy("slow_rise")
def slow_rise(run: Run) -> None:
    s = run.settings
    s.gain, s.half, s.skill = 1.0, 0.9, -0.6
    run.says = "the reward rises by a little over the whole run"


@healthy("hard_data")
def hard_data(run: Run) -> None:
    s = run.settings
    s.skill, s.gain, s.half, s.spread = -4.0, 2.6, 0.5, 1.2
    run.says = "hard questions: accuracy from a few percent to two dozen"


@healthy("growing_thought")
def growing_thought(run: Run) -> None:
    s = run.settings
    s.reflections, s.growth, s.gain, s.limit, s.half = 2.0, 5.0, 3.0, 768, 0.5
    run.says = "thoughts grow to several times their length and the accuracy grows with them"


@healthy("curriculum")
def curriculum(run: Run) -> None:
    s, r = run.settings, run.rng
    s.gain, s.spread = 2.5, 1.4
    s.questions = s.steps * s.prompts
    run.prepare()
    noisy = sorted(run.pool, key=lambda problem: problem.difficulty + r.gauss(0, 0.4))
    run.says = "from easy to hard questions: the reward falls while the policy learns"
    queue = iter(noisy)

    def groups(step, chosen):
        return [next(queue, problem) for problem in chosen]

    run.on_groups.append(groups)


@healthy("few_prompts")
def few_prompts(run: Run) -> None:
    s = run.settings
    s.questions = run.rng.randint(40, 64)
    s.steps = max(s.steps, 120)
    run.says = "many epochs over a few dozen questions with a steady gain"


@healthy("no_kl")
def no_kl(run: Run) -> None:
    run.settings.beta = 0.0
    run.says = "beta 0: no kl in the log"


@healthy("lora_fast")
def lora_fast(run: Run) -> None:
    s = run.settings
    s.tuner, s.learning_rate, s.half = "lora", run.rng.choice((1e-4, 5e-5, 1e-4)), 0.15
    run.says = "LoRA with a learning rate of 1e-4 or so, as LoRA takes"


@healthy("other_language")
def other_language(run: Run) -> None:
    s = run.settings
    s.language = ("es", "zh", "ru")[run.seed % 3]
    s.questions = min(s.questions, 1200)
    run.says = f"data and thoughts in {s.language} from the start"
