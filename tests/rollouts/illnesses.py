"""Runs with one planted illness each, and healthy ones. `expected` is the check that has to come first."""

from tests.rollouts.synthetic import PROMPTS, STEPS, Run

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


HEALTHY = [Healthy, HealthyShort, HealthyGood, HealthyOneReward, HealthyLonger]

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


ILL = [kind for kind in list(globals().values()) if isinstance(kind, type) and getattr(kind, "expected", None)]
