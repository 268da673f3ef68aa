"""A run that trains as real ones do, with places where a kind can reach in.

A kind is a function of a `Run`. It changes `run.settings` and adds functions to the lists of hooks; everything logged is then
computed from what was written, so that a collapse of the text is a collapse of the reward, the length and the advantages.
"""

from collections.abc import Callable
from math import exp
from random import Random

import numpy as np

from benchmarks.diagnosis.first import prose, scoring
from benchmarks.diagnosis.first.effects import PLAIN
from benchmarks.diagnosis.first.problems import Problem, pool
from benchmarks.diagnosis.first.sample import Policy, Sample, Settings

SEVERITIES = ("blatant", "moderate", "faint")
SIZES = ((4, 4), (4, 8), (8, 2), (8, 4), (8, 4), (8, 8), (16, 2), (16, 4), (4, 16))
BUDGET = 3600  # completions of a run, which keeps its files at about 3 MB
SYSTEMS = {
    "r1": (
        "The assistant first thinks in <think> </think> and then answers in <answer> </answer>.",
        "Think step by step inside <think> tags, then give the final answer inside <answer> tags.",
        "You are a careful mathematician. Reason in <think></think>, answer in <answer></answer>.",
    ),
    "boxed": ("Please reason step by step, and put your final answer within \\boxed{}.",),
    "gsm": ("Solve the problem step by step. The last line is #### and the answer.",),
}


class Run:
    """One run in the making: settings, hooks, and the batches one after the other."""

    def __init__(self, kind: str, severity: str | None, seed: int):
        self.kind, self.severity, self.seed = kind, severity, seed
        self.rng = Random(f"{kind}/{severity}/{seed}")
        self.first_step: int | None = None
        self.says = ""
        self.ends_at: int | None = None  # the process dies after this step
        self.torn = False
        self.pool: list[Problem] | None = None
        self.on_policy: list[Callable[[int, Policy], None]] = []
        self.on_groups: list[Callable[[int, list[Problem]], list[Problem]]] = []
        self.on_text: list[Callable[[Sample, Policy], None]] = []
        self.on_scores: list[Callable[[int, list[Sample], np.ndarray], None]] = []
        self.on_log: list[Callable[[int, dict], None]] = []
        self.on_eval: list[Callable[[int, Policy], None]] = []
        self.on_question: list[Callable[[Problem], str]] = []
        self.settings = self._settings()
        self._noise = 0.0
        self._order: list[Problem] = []
        self._walk_length = 0.0

    def _settings(self) -> Settings:
        r = self.rng
        generations, prompts = r.choice(SIZES)
        steps = min(400, max(80, round(r.uniform(0.75, 1.0) * BUDGET / (generations * prompts))))
        if r.random() < 0.4:
            steps = max(80, steps // 2)
        style = r.choice(("r1", "r1", "r1", "r1", "boxed", "gsm"))
        accuracy = r.choice(("MathAccuracy", "AnswerAccuracy"))
        shape = (
            ("Format" if accuracy == "MathAccuracy" else "R1Format")
            if style == "r1"
            else r.choice(("BoxedFormat", "RepetitionPenalty"))
        )
        lora = r.random() < 0.35
        return Settings(
            steps=steps,
            generations=generations,
            prompts=prompts,
            questions=max(40, round(steps * prompts / r.choice((0.7, 1, 1, 2, 3)))),
            beta=r.choice((0.0, 0.001, 0.01, 0.04, 0.04)),
            learning_rate=r.choice((5e-6, 1e-5, 2e-5)) if lora else r.choice((5e-7, 1e-6, 1e-6, 2e-6)),
            tuner="lora" if lora else "full",
            scheduler=r.choice(("cosine", "cosine", "constant_with_warmup", "linear")),
            temperature=r.choice((0.9, 1.0, 1.0)),
            limit=r.choice((320, 384, 512)),
            logging_steps=2 if r.random() < 0.06 else 1,
            loss_type=r.choice(("grpo", "grpo", "bnpo", "dapo")),
            log_entropy=r.random() < 0.4,
            correction=r.random() < 0.2,
            rewards=[accuracy, shape],
            style=style,
            skill=r.uniform(-1.5, -0.2),
            gain=r.uniform(1.2, 2.6),
            half=r.uniform(0.12, 0.45),
            spread=r.uniform(1.0, 2.0),
            format_start=r.uniform(0.25, 0.9),
            reflections=r.uniform(1.2, 4.0),
            growth=r.uniform(-0.1, 0.5),
            entropy=r.uniform(0.4, 1.0),
            grad=r.uniform(0.12, 1.2),
            wobble=r.uniform(0.04, 0.12),
            rambling=r.choice((0.0, 0.01, 0.03)),
        )

    # What a kind says -----------------------------------------------------------------------------------------------
    def pick(self, blatant, moderate, faint):
        """One of three by the severity of this run."""
        return (blatant, moderate, faint)[SEVERITIES.index(self.severity)]

    def onset(self, *, low: float = 0.08, high: float = 0.88) -> int:
        """Draws the first step of the illness: early, middle or late, at shares of the run between `low` and `high`."""
        spans = [(0.08, 0.25), (0.35, 0.6), (0.65, 0.88)]
        spans = [(max(a, low), min(b, high)) for a, b in spans if max(a, low) < min(b, high)]
        self.first_step = max(2, round(self.rng.uniform(*self.rng.choice(spans)) * self.settings.steps))
        return self.first_step

    def from_start(self) -> int:
        self.first_step = 1
        return 1

    def ramp(self, step: int, share: float) -> float:
        """0 before the first step, then up to 1 over `share` of the run, or over half of what is left where that is less."""
        if step < self.first_step:
            return 0.0
        width = min(share * self.settings.steps, 0.5 * (self.settings.steps - self.first_step))
        return 1.0 if width < 1 else min(1.0, (step - self.first_step + 1) / width)

    # The healthy way ------------------------------------------------------------------------------------------------
    def policy(self, step: int) -> Policy:
        """The policy at a step: what health makes of it, then what the hooks do."""
        s, r = self.settings, self.rng
        way = (step - 1) / max(1, s.steps)
        learned = 1 - exp(-0.693 * way / s.half)
        self._noise = 0.93 * self._noise + r.gauss(0, s.wobble)
        self._walk_length = 0.97 * self._walk_length + r.gauss(0, 0.02)
        policy = Policy(
            skill=s.skill + s.gain * learned + self._noise,
            format=s.format_start + (s.format_end - s.format_start) * (1 - exp(-way / 0.07)),
            reflections=max(0.0, s.reflections * (1 + s.growth * way + self._walk_length)),
            entropy=s.entropy * (0.45 + 0.55 * exp(-2.5 * way)) * exp(r.gauss(0, 0.05)),
            kl=0.0
            if step == 1
            else (0.0004 + 0.035 * learned * way**0.4) * exp(r.gauss(0, 0.2)) * (1.6 if s.beta < 0.01 else 1),
            grad=s.grad * (1 - 0.25 * way) * exp(r.gauss(0, 0.24) + (r.random() < 0.02) * r.uniform(0.4, 1.0)),
            rambling=s.rambling * (1 - 0.7 * way),
            clip=0.0 if s.iterations == 1 else 0.004 * exp(r.gauss(0, 0.5)),
            mismatch=0.0006 * exp(r.gauss(0, 0.25)),
        )
        for hook in self.on_policy:
            hook(step, policy)
        return policy

    def groups(self, step: int) -> list[Problem]:
        """The problems of a step: the pool in a new order each epoch."""
        chosen = []
        while len(chosen) < self.settings.prompts:
            if not self._order:
                self._order = self.rng.sample(self.pool, len(self.pool))
            chosen.append(self._order.pop())
        for hook in self.on_groups:
            chosen = hook(step, chosen)
        return chosen

    def batch(self, step: int, problems: list[Problem], policy: Policy) -> list[Sample]:
        """All completions of a step, group after group."""
        samples = []
        for group, problem in enumerate(problems):
            chance = 1 / (1 + exp(-(policy.skill - problem.difficulty)))
            first: list[Sample] = []
            for member in range(self.settings.generations):
                sample = self._write(step, group, member, problem, chance, policy, first)
                first.append(sample)
                for hook in self.on_text:
                    hook(sample, policy)
                self._measure(sample)
            samples += first
        return samples

    def _write(self, step, group, member, problem, chance, policy, earlier) -> Sample:
        s, r = self.settings, self.rng
        draw = r.random()
        if earlier and draw < policy.copy + policy.near:
            model = r.choice(earlier)
            sentences = list(model.sentences)
            if draw >= policy.copy and len(sentences) > 2:
                sentences[r.randrange(len(sentences) - 1)] = r.choice(prose.BANKS[s.language].reflections)
            copied = Sample(step, group, member, problem, model.right, s.limit, sentences, model.answer)
            copied.text = model.text if sentences == model.sentences else dressed(r, s, policy, sentences, model.answer)
            return copied
        right = r.random() < chance
        lines, answer = problem.solve(r, right)
        foreign = policy.foreign and r.random() < policy.foreign
        language = policy.foreign_language if foreign else s.language
        # A wrong derivation wanders a little more than a right one.
        mean = policy.reflections * (1.0 if right else 1.2) * (r.uniform(3, 8) if r.random() < policy.rambling else 1)
        sentences = prose.derivation(r, lines, answer, mean, language, foreign=bool(foreign))
        sample = Sample(step, group, member, problem, right, s.limit, sentences, answer)
        if policy.salad and r.random() < policy.salad:
            sample.text = prose.salad(r, r.randint(20, 160))
        else:
            sample.text = dressed(r, s, policy, sentences, answer)
            if policy.corrupt:
                sample.text = prose.corrupted(r, sample.text, policy.corrupt * r.uniform(0.6, 1.4))
        return sample

    def _measure(self, sample: Sample) -> None:
        """Counts the tokens of a text and cuts it at the limit."""
        sample.tokens = scoring.tokens(sample.text)
        if sample.tokens > sample.limit:
            sample.text = sample.text[: int(len(sample.text) * sample.limit / sample.tokens)]
            sample.tokens, sample.truncated = sample.limit, True

    def scores(self, step: int, samples: list[Sample]) -> np.ndarray:
        """float32 of shape (completions, reward functions); NaN where a function gave None."""
        functions = [scoring.REWARDS[name][1] for name in self.settings.rewards]
        table = np.array([[function(sample) for function in functions] for sample in samples], dtype=np.float32)
        for hook in self.on_scores:
            hook(step, samples, table)
        return table

    def question(self, problem: Problem) -> str:
        for hook in self.on_question:
            return hook(problem)
        return problem.question

    def prepare(self) -> None:
        """Makes the data set, after the kind has had its say about the settings."""
        if self.pool is None:
            self.pool = pool(self.rng, self.settings.questions, self.settings.language, self.settings.spread)


def dressed(r: Random, s: Settings, policy: Policy, sentences: list[str], answer: str) -> str:
    """A thought and its answer in the form of the run's style, or in one of the ways in which models miss it."""
    joiner = r.choice((" ", " ", "\n"))
    thought = joiner.join(sentences)
    kept = r.random() < policy.format
    if s.style in PLAIN:
        return PLAIN[s.style].format(thought=thought, answer=answer) if kept else f"{thought} The answer is {answer}."
    final = answer if r.random() < 0.85 else f"\\boxed{{{answer}}}"
    if kept:
        return (
            f"<think>\n{thought}\n</think>\n<answer>{final}</answer>"
            if r.random() < 0.6
            else f"<think>{thought}</think>\n\n<answer> {final} </answer>"
        )
    way = r.randrange(4)
    if way == 0:
        return f"<think>{thought}\n<answer>{final}</answer>"
    if way == 1:
        return f"{thought}\n\nThe answer is {answer}."
    if way == 2:
        return f"<think>{thought}</think>\n<answer>{final}</answer>\nI hope this helps!"
    return f"<think>{thought}</think>\nThe answer is \\boxed{{{answer}}}."
