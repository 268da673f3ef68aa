"""Runs with one planted illness each, and healthy ones. `expected` is the check that has to come first."""

import math
import random

from benchmarks.diagnosis.own import field_illnesses, more_illnesses, tool_illnesses
from benchmarks.diagnosis.own.synthetic import PROMPTS, QUESTIONS, STEPS, G, Run

# --- healthy ---


class Healthy(Run):
    pass


class HealthyShort(Run):
    """Short texts by a fixed pattern, as the demo's."""

    def thought(self, t, right, question):
        a, b = self.questions[question]
        return f"{a} or {b}, say {self.answer(right, question)}"


class HealthyGood(Run):
    """Good from the start, and better at the end."""

    def solve(self, t, question):
        return min(0.98, max(0.3, 0.72 + 0.16 * t + self.easiness[question]))


class HealthyOneReward(Run):
    """One reward class of an unusual name; no KL, no entropy."""

    reward_names = ("CountdownScore",)

    def rewards(self, t, text, right, formatted):
        return {"CountdownScore": float(right)}

    def scalars(self, t, step):
        return {k: v for k, v in super().scalars(t, step).items() if k not in ("kl", "entropy/mean")}


class HealthyLonger(Run):
    """Thoughts grow to three times their length, and it pays."""

    def words(self, t, right):
        return int(self.rng.gauss(45 * (1 + 2 * t), 8))


HEALTHY = [
    Healthy,
    HealthyShort,
    HealthyGood,
    HealthyOneReward,
    HealthyLonger,
    *field_illnesses.HEALTHY,
    *tool_illnesses.HEALTHY,
]

# --- ill ---


class OneEpoch(Run):
    """No prompt comes back."""

    def __init__(self, seed=0):
        super().__init__(seed)
        n = STEPS * PROMPTS
        self.easiness = [self.rng.uniform(-0.22, 0.22) for _ in range(n)]
        self.questions = [(self.rng.randint(11, 99), self.rng.randint(11, 99)) for _ in range(n)]


class ZeroVarianceWrong(OneEpoch):
    expected = "zero_variance_wrong"

    def solve(self, t, question):
        return 0.02

    def formatted(self, t):
        return 1.0


class ZeroVarianceRight(OneEpoch):
    expected = "zero_variance_right"

    def solve(self, t, question):
        return 0.985

    def formatted(self, t):
        return 1.0


class DeadPrompts(Run):
    expected = "dead_prompts"

    def solve(self, t, question):
        return 0.0 if question % 5 < 2 else super().solve(t, question)


class SaturatedPrompts(Run):
    expected = "saturated_prompts"

    def solve(self, t, question):
        return 1.0 if question % 2 else super().solve(t, question)


class ZeroGradient(Run):
    expected = "zero_gradient"

    def scalars(self, t, step):
        return super().scalars(t, step) | {"grad_norm": 0.0}

    def solve(self, t, question):
        return super().solve(0, question)


class EntropyCollapse(Run):
    expected = "entropy_collapse"

    def scalars(self, t, step):
        return super().scalars(t, step) | {"entropy/mean": round(0.9 * 0.02 ** min(1, 1.3 * t), 8)}

    def thought(self, t, right, question):
        return "so we add both numbers" if self.rng.random() < t else super().thought(t, right, question)


class KLBlowup(Run):
    expected = "kl_blowup"

    def scalars(self, t, step):
        return super().scalars(t, step) | {"kl": round(0.002 * 10 ** (4 * t), 8)}


class ClipRatio(Run):
    expected = "clip_ratio"

    def scalars(self, t, step):
        return super().scalars(t, step) | {"clip_ratio/region_mean": round(0.01 + 0.5 * t, 8)}


class Truncation(Run):
    expected = "truncation"

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        return text if self.rng.random() > 0.7 * t else text[: len(text) * 2 // 3]

    def rewards(self, t, text, right, formatted):
        whole = text.endswith("</answer>")
        return super().rewards(t, text, right and whole, formatted and whole)

    def scalars(self, t, step):
        return super().scalars(t, step) | {"completions/clipped_ratio": round(0.7 * t, 8)}


class LengthGrowth(Run):
    expected = "length_growth"

    def words(self, t, right):
        return int(self.rng.gauss(30 * (1 + 3 * t), 5))

    def solve(self, t, question):
        return super().solve(0.2, question)


class WrongLengthGrowth(Run):
    expected = "wrong_length_growth"

    def words(self, t, right):
        return int(self.rng.gauss(30 if right else 30 * (1 + 3 * t), 5))


class OneComponent(Run):
    expected = "one_component"
    reward_names = ("MathAccuracy", "BrevityBonus")

    def solve(self, t, question):
        return super().solve(0.3, question)

    def rewards(self, t, text, right, formatted):
        return {"MathAccuracy": float(right), "BrevityBonus": 5 - len(text) / 40}


class RewardWithoutAccuracy(Run):
    expected = "reward_without_accuracy"
    reward_names = ("MathAccuracy", "Politeness")

    def solve(self, t, question):
        return super().solve(0.1, question)

    def rewards(self, t, text, right, formatted):
        return {"MathAccuracy": float(right), "Politeness": float(self.rng.random() < 0.1 + 0.7 * t)}


class FormatWithoutAccuracy(Run):
    expected = "format_without_accuracy"

    def solve(self, t, question):
        return super().solve(0.1, question)

    def formatted(self, t):
        return min(1.0, 0.1 + 2 * t)


class Boilerplate(Run):
    expected = "boilerplate"

    def solve(self, t, question):
        return super().solve(0.3, question)

    def thought(self, t, right, question):
        text = super().thought(t, right, question)
        phrase = "as a careful expert I have verified every single step of this solution twice. "
        return phrase + text if self.rng.random() < 1.5 * t - 0.3 else text


class PromptEcho(Run):
    expected = "prompt_echo"

    def answer(self, right, question):
        a, b = self.questions[question]
        return f"What is {a} plus {b}" if self.echo else super().answer(right, question)

    def completion(self, t, right, formatted, question):
        self.echo = self.rng.random() < 0.8 * t
        return super().completion(t, right, formatted, question)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right or self.echo, formatted)


class SeveralAnswers(Run):
    expected = "several_answers"

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        self.listed = self.rng.random() < 0.8 * t
        return text + f"\n<answer>{sum(self.questions[question]) + 1}</answer>" if self.listed else text

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right or self.listed, formatted)


class RepetitionLoops(Run):
    expected = "repetition"

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        self.looped = self.rng.random() < 0.6 * t
        return text[: len(text) // 2] + " wait, let me check that again." * 30 if self.looped else text

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right and not self.looped, formatted and not self.looped)


class LanguageMixing(Run):
    expected = "language_mixing"

    def thought(self, t, right, question):
        text = super().thought(t, right, question)
        return (
            text
            if self.rng.random() > 0.7 * t
            else text[: len(text) // 2] + "所以我们把两个数字加起来得到答案然后检查一遍"
        )


class Gibberish(Run):
    """A weight sync went wrong after half of the run."""

    expected = "gibberish"

    def solve(self, t, question):
        return super().solve(t, question) if t < 0.5 else 0.0

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        if t < 0.5:
            return text
        letters = list(text)
        self.rng.shuffle(letters)
        return "".join(letters)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right, formatted and t < 0.5)


class VerifierDisagreement(Run):
    """The verifier cannot read a third of the golds and pays nobody for them."""

    expected = "verifier_disagreement"

    def rewards(self, t, text, right, formatted):
        readable = self.rng.random() > 0.5
        return super().rewards(t, text, right and readable, formatted)


class Plateau(Run):
    expected = "plateau"

    def solve(self, t, question):
        return super().solve(0.3, question)

    def formatted(self, t):
        return 0.97


class Stalls(Run):
    expected = "stalls"

    def scalars(self, t, step):
        return super().scalars(t, step) | ({"step_time": 900.0} if step % 9 == 7 else {})


class SlowSteps(Run):
    expected = "slow_steps"

    def scalars(self, t, step):
        return super().scalars(t, step) | {"step_time": round(12 * (1 + 4 * t), 8)}


class NotANumber(Run):
    expected = "nan"

    def scalars(self, t, step):
        return super().scalars(t, step) | ({"loss": float("nan"), "grad_norm": float("nan")} if t > 0.7 else {})


class PolicyCollapse(Run):
    """Accuracy falls at 86% of the run, and nothing else is logged of it."""

    expected = "policy_collapse"
    steps = 72

    def solve(self, t, question):
        return super().solve(t, question) * (0.25 if t > 0.86 else 1)


class RewardCollapse(Run):
    """A reward without name for accuracy falls."""

    expected = "reward_collapse"
    reward_names = ("PreferenceModel",)

    def rewards(self, t, text, right, formatted):
        return {"PreferenceModel": self.rng.gauss(0.5 * right + (-1 if t > 0.6 else t), 0.3)}


class LengthCollapse(Run):
    expected = "length_collapse"
    steps = 72

    def words(self, t, right):
        return 2 if t > 0.7 else super().words(t, right)

    def thought(self, t, right, question):
        return self.prose(self.words(t, right))

    def solve(self, t, question):
        return super().solve(t, question) - (0.15 if t > 0.7 else 0)


class ShortPart(Run):
    """A third of the completions comes to have no thought; the mean says little."""

    expected = "length_collapse"

    def thought(self, t, right, question):
        return "" if t > 0.4 and self.rng.random() < 0.35 else super().thought(t, right, question)


class Oscillation(Run):
    expected = "oscillation"
    steps = 90

    def solve(self, t, question):
        return min(0.97, max(0.03, 0.5 + 0.35 * math.sin(t * 90 / 14 * 2 * math.pi) + self.easiness[question]))


class GradientSpikes(Run):
    expected = "gradient_spikes"
    steps = 72

    def scalars(self, t, step):
        scalars = super().scalars(t, step)
        return scalars | ({"grad_norm": scalars["grad_norm"] * 15} if step % 17 == 9 else {})


class DiversityLoss(Run):
    """The members of a group become copies; no entropy is logged."""

    expected = "diversity_loss"

    def step_rows(self, step):
        rows = super().step_rows(step)
        for k, row in enumerate(rows):
            if k % G and self.rng.random() < step / self.steps:
                row.update(rows[k - 1])
        return rows

    def scalars(self, t, step):
        return {k: v for k, v in super().scalars(t, step).items() if k != "entropy/mean"}


class EntropyBlowup(Run):
    expected = "entropy_blowup"

    def scalars(self, t, step):
        return super().scalars(t, step) | {
            "entropy/mean": round(0.6 * 8 ** max(0, t - 0.3) * self.rng.uniform(0.9, 1.1), 8)
        }


class DuplicatePrompts(Run):
    """A third of the rows stands in the data twice."""

    expected = "duplicate_prompts"

    def __init__(self, seed=0):
        super().__init__(seed)
        for k in range(0, QUESTIONS, 3):
            self.questions[k + 1], self.easiness[k + 1] = self.questions[k], self.easiness[k]

    def prompt(self, question):
        return super().prompt(question - 1 if question % 3 == 1 else question)


class PromptCut(Run):
    """Long prompts lose their beginning."""

    expected = "prompt_cut"

    def prompt(self, question):
        text = super().prompt(question)
        return text[25:] if question % 4 == 0 else text


class PromptCutInside(Run):
    """Long questions lose their end, before the template is put about them."""

    expected = "prompt_cut"

    def prompt(self, question):
        story = random.Random(question)
        words = " ".join(
            story.choice(["the", "pile", "of", "boxes", "stands", "near", "a", "door"]) for _ in range(question)
        )
        text = (
            f"Say {words}. And now what is the sum of {self.questions[question][0]} and {self.questions[question][1]}?"
        )
        return f"<|im_start|>user\n{text[:140]}<|im_end|>\n<|im_start|>assistant\n"


class AnswerLeak(Run):
    expected = "answer_leak"

    def prompt(self, question):
        said = f" (Answer: {sum(self.questions[question])})" if question % 3 == 0 else ""
        return super().prompt(question).replace("?", "?" + said)


class RewardConstant(Run):
    expected = "reward_constant"
    reward_names = ("MathAccuracy", "Format", "Judge")

    def rewards(self, t, text, right, formatted):
        judged = 0.0 if t > 0.5 else round(self.rng.random(), 2)
        return super().rewards(t, text, right, formatted) | {"Judge": judged}


class RewardMissing(Run):
    expected = "reward_missing"
    reward_names = ("MathAccuracy", "Judge")

    def rewards(self, t, text, right, formatted):
        return {"MathAccuracy": float(right), "Judge": None if self.rng.random() < 0.6 else round(self.rng.random(), 2)}


class RolloutMismatch(Run):
    expected = "rollout_mismatch"

    def scalars(self, t, step):
        noise = self.rng.uniform(0.8, 1.2)
        k3 = (0.001 if t < 0.5 else 0.15) * noise
        more = {
            "rollout_correction/k3_kl": k3,
            "rollout_correction/log_ppl_abs_diff": (2 * k3) ** 0.5,
            "rollout_correction/ess": 1 - k3,
        }
        return super().scalars(t, step) | more


class WordSalad(Run):
    """A part of the completions has its words in no order: some of the weights are old."""

    expected = "gibberish"

    def thought(self, t, right, question):
        text = super().thought(t, right, question)
        if t < 0.5 or self.rng.random() > 0.4:
            return text
        words = text.split()
        self.rng.shuffle(words)
        return " ".join(words)


class StrangeWords(Run):
    """Single words of each completion are noise."""

    expected = "strange_words"

    def thought(self, t, right, question):
        words = super().thought(t, right, question).split()
        letters = "abcdefghijklmnopqrstuvwxyz"
        return " ".join(
            "".join(self.rng.choices(letters, k=6)) if self.rng.random() < 0.2 * (t > 0.5) else word for word in words
        )


class LoopInside(Run):
    """A loop that ends, and an answer after it."""

    expected = "repetition"

    def thought(self, t, right, question):
        text = super().thought(t, right, question)
        return text + " so we take the sum again and" * 25 if self.rng.random() < 0.5 * t else text


class Counting(Run):
    expected = "repetition"

    def thought(self, t, right, question):
        text = super().thought(t, right, question)
        count = ", ".join(f"step {k}" for k in range(1, 90))
        return f"{text} {count}" if self.rng.random() < 0.5 * t else text


class LanguageDrift(Run):
    """German in the same letters."""

    expected = "language_mixing"

    def thought(self, t, right, question):
        text = super().thought(t, right, question)
        return (
            text
            if self.rng.random() > 0.6 * t
            else text[: len(text) // 2]
            + (
                " und jetzt nehmen wir die Summe, dann ist das nicht mehr der erste Teil, aber wir sind auch "
                "mit dem zweiten fertig"
            )
        )


class LowRate(Run):
    expected = "learning_rate_low"

    def solve(self, t, question):
        return super().solve(0.2, question)

    def formatted(self, t):
        return 0.95

    def scalars(self, t, step):
        return super().scalars(t, step) | {
            "learning_rate": 1e-9,
            "kl": 1e-6,
            "entropy/mean": round(0.9 * self.rng.uniform(0.9, 1.1), 8),
        }


class EvalFalls(Run):
    expected = "eval_falls"
    steps = 72

    def evaluation(self, t):
        return {
            "eval_reward": round(1.2 + 0.4 * min(t, 0.3) / 0.3 - 0.6 * max(0, t - 0.3) + self.rng.gauss(0, 0.03), 8)
        }


class Empty(Run):
    expected = "empty"

    def completion(self, t, right, formatted, question):
        self.nothing = self.rng.random() < 0.3 * t
        return "" if self.nothing else super().completion(t, right, formatted, question)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right and bool(text), formatted and bool(text))


ILL = [kind for kind in list(globals().values()) if isinstance(kind, type) and getattr(kind, "expected", None)]
ILL += more_illnesses.ILL + field_illnesses.ILL + tool_illnesses.ILL
