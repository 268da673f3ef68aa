"""Runs such as people report them: what the reference is, whose prompt is answered, rewards that are no verdicts, few steps."""

import json

from benchmarks.diagnosis.own.synthetic import Run


class WrongReference(Run):
    """A second stage: KL to the base model instead of the first stage's, and it falls."""

    expected = "wrong_reference"

    def scalars(self, t, step):
        return super().scalars(t, step) | {"kl": round((1.06 - 0.4 * t) * self.rng.uniform(0.97, 1.03), 8)}


class MixedGroups(Run):
    """The batch is shuffled before advantages are made."""

    expected = "mixed_groups"

    def step_rows(self, step):
        rows = super().step_rows(step)
        self.rng.shuffle(rows)
        return rows


class OtherPrompt(Run):
    """The completions of each step come back in another order of prompts."""

    expected = "other_prompt"
    reward_names = ("MathAccuracy", "Format")

    def prompt(self, question):
        a, b = self.questions[question]
        return f"<|im_start|>user\nWhat is {a} plus {b}, or case {1000 + question}?<|im_end|>\n<|im_start|>assistant\n"

    def thought(self, t, right, question):
        a, b = self.questions[question]
        return f"In case {1000 + question} we add {a} and {b}. " + super().thought(t, right, question)

    def step_rows(self, step):
        rows = super().step_rows(step)
        moved = rows[self.group :] + rows[: self.group]
        return [
            row | {"completion": other["completion"], "MathAccuracy": 0.0}
            for row, other in zip(rows, moved, strict=True)
        ]


class TooShort(Run):
    expected = "too_short"

    def prompt(self, question):
        return super().prompt(question).replace("What is", "Think step by step. What is")

    def completion(self, t, right, formatted, question):
        return self.rng.choice(["Sure", "The", "To", "42"])

    def rewards(self, t, text, right, formatted):
        return {"MathAccuracy": 0.0, "Format": 0.0}


class NoneMakesNaN(Run):
    """A reward is None for one completion of every third step, and these steps have a gradient that is NaN."""

    expected = "reward_missing"
    steps = 60

    def step_rows(self, step):
        rows = super().step_rows(step)
        if step % 3 == 1:
            rows[5]["Format"] = None
        return rows

    def scalars(self, t, step):
        return super().scalars(t, step) | ({"grad_norm": float("nan"), "loss": float("nan")} if step % 3 == 1 else {})


class FewSteps(Run):
    """Eight steps, and a gradient in the fifth after which nothing is right."""

    expected = "gradient_spikes"
    steps = 8

    def solve(self, t, question):
        return super().solve(0, question) if t < 0.6 else 0.0

    def scalars(self, t, step):
        return super().scalars(t, step) | {"grad_norm": 4145.0 if step == 4 else 0.24 if step < 4 else 0.0}


class Graded(Run):
    """An overlap from 0 to 1, without a reward that tells right from wrong, which rises."""

    reward_names = ("Overlap",)
    low, high = 0.3, 0.7

    def rewards(self, t, text, right, formatted):
        mean = self.low + (self.high - self.low) * t
        return {"Overlap": round(min(1.0, max(0.0, self.rng.gauss(mean, 0.15))), 4)}


class GradedFlat(Graded):
    """All members of a group are paid the same."""

    expected = "zero_variance_wrong"

    def step_rows(self, step):
        rows = super().step_rows(step)
        for k, row in enumerate(rows):
            row["Overlap"] = rows[k - k % self.group]["Overlap"]
        return rows

    def scalars(self, t, step):
        return super().scalars(t, step) | {"grad_norm": 0.0}


class GradedPlateau(Graded):
    expected = "plateau"
    low = high = 0.4
    steps = 200


class GradedCollapse(Graded):
    expected = "reward_collapse"
    steps = 72

    def rewards(self, t, text, right, formatted):
        return super().rewards(t if t < 0.7 else -1.0, text, right, formatted)


class TruncatedFromTheStart(Run):
    """Everything is cut off, so that nobody is paid."""

    expected = "truncation"

    def completion(self, t, right, formatted, question):
        return super().completion(t, right, formatted, question)[:160]

    def rewards(self, t, text, right, formatted):
        return {"MathAccuracy": 0.0, "Format": 0.0}

    def scalars(self, t, step):
        return super().scalars(t, step) | {"completions/clipped_ratio": 1.0}


class KLBeforeNonsense(Graded):
    """KL leaves first, the text later, the reward with it."""

    expected = "kl_blowup"
    low = high = 0.5
    steps = 60

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        letters = list(text)
        self.rng.shuffle(letters)
        return text if t < 0.6 else "".join(letters)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right, formatted) if t < 0.6 else {"Overlap": 0.0}

    def scalars(self, t, step):
        return super().scalars(t, step) | {"kl": round(0.002 * 10 ** (6 * t), 8)}


class HealthyGraded(Graded):
    pass


class HealthyGSPO(Run):
    args = {"importance_sampling_level": "sequence", "epsilon": 3e-4}  # noqa: RUF012

    def scalars(self, t, step):
        return super().scalars(t, step) | {"clip_ratio/region_mean": round(0.15 * self.rng.uniform(0.9, 1.1), 8)}


class HealthyTasks(Run):
    """Two tasks, each with a reward of its own; the other one gives None."""

    reward_names = ("MathAccuracy", "CodeTests", "Format")

    def step_rows(self, step):
        rows = super().step_rows(step)
        for k, row in enumerate(rows):
            row["CodeTests"] = row["MathAccuracy"]
            row["MathAccuracy" if k // self.group % 2 else "CodeTests"] = None
        return rows


class HealthyOneSpike(Run):
    steps = 160

    def scalars(self, t, step):
        return super().scalars(t, step) | ({"grad_norm": 1.1} if step == 99 else {})


class HealthyOffPolicy(Run):
    """One rollout serves four optimizer steps: three of four log no reward and take a tenth of the time."""

    args = {"steps_per_generation": 4}  # noqa: RUF012
    steps = 12

    def scalars(self, t, step):
        return super().scalars(t, step) | {"step_time": 240.0}

    def write(self, folder):
        super().write(folder)
        for name in ("completions.jsonl", "logging.jsonl"):
            lines = []
            for number, text in enumerate((folder / name).read_text().splitlines()[: self.steps]):
                line = json.loads(text)
                for again in range(4):
                    step = 4 * number + again + 1
                    if name == "completions.jsonl":
                        line["step"] = [str(step)] * len(line["step"])
                    else:
                        line["global_step/max_steps"] = f"{step}/{4 * self.steps}"
                        line["epoch"] = round(step / 24, 8)
                        if again:
                            line = {k: v for k, v in line.items() if not k.startswith(("reward", "frac_reward"))}
                            line["step_time"] = 29.0
                    lines.append(json.dumps(line) + "\n")
            (folder / name).write_text("".join(lines))
        return folder


class HealthyPlainPrompts(Run):
    """Prompts as verl and TRL write them, without special tokens; most end in a question mark."""

    def prompt(self, question):
        a, b = self.questions[question]
        return f"user\n{f'What is {a} plus {b}?' if question % 3 else f'Add {a} to {b}.'}\nassistant\n"


kinds = [
    kind for kind in list(globals().values()) if isinstance(kind, type) and issubclass(kind, Run) and kind is not Run
]
ILL = [kind for kind in kinds if kind.expected]
HEALTHY = [kind for kind in kinds if kind.__name__.startswith("Healthy")]
