"""Runs with one planted illness each, in other shapes: sudden, periodic, a part of the groups. `expected` as in illnesses.py."""

import json

from benchmarks.diagnosis.own.synthetic import Run


class Refusals(Run):
    expected = "refusal"

    def completion(self, t, right, formatted, question):
        self.refused = self.rng.random() < 0.6 * t
        text = "I'm sorry, but I cannot help with this calculation, as it may be used for other ends."
        return text if self.refused else super().completion(t, right, formatted, question)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right and not self.refused, formatted and not self.refused)


class SameAnswer(Run):
    """The example's answer, whatever the question."""

    expected = "same_answer"

    def answer(self, right, question):
        return "42" if self.copied else super().answer(right, question)

    def completion(self, t, right, formatted, question):
        self.copied = t > 0.5 and self.rng.random() < 0.6
        return super().completion(t, right, formatted, question)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right and not self.copied, formatted)


class Emoji(Run):
    expected = "symbols"

    def thought(self, t, right, question):
        words = super().thought(t, right, question).split()
        return " ".join(word + ("\U0001f680\u2728" if self.rng.random() < t - 0.2 else "") for word in words)


class RunsOn(Run):
    """The end token is lost: the text plays the next turn."""

    expected = "runs_on"

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        more = f"\n<|im_end|>\n<|im_start|>user\nWhat is {self.rng.randint(2, 99)} plus 3?"
        return text + more if t > 0.6 and self.rng.random() < 0.7 else text


class OpenThought(Run):
    expected = "open_thought"

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        self.open = self.rng.random() < 0.8 * t
        return text.replace("</think>", "") if self.open else text

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right, formatted and not self.open)


class PeriodicGibberish(Run):
    """Every eighth step, after a sync, from the first one on."""

    expected = "gibberish"
    steps = 96

    def completion(self, t, right, formatted, question):
        text = super().completion(t, right, formatted, question)
        self.broken = round(t * (self.steps - 1)) % 8 == 3
        if not self.broken:
            return text
        letters = list(text)
        self.rng.shuffle(letters)
        return "".join(letters)

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right and not self.broken, formatted and not self.broken)


class GradientBlowup(Run):
    expected = "gradient_blowup"

    def scalars(self, t, step):
        scalars = super().scalars(t, step)
        return scalars | {"grad_norm": scalars["grad_norm"] * 60 ** max(0, t - 0.3)}

    def solve(self, t, question):
        return super().solve(min(t, 0.3), question)


class RateEnded(Run):
    expected = "learning_rate_ended"

    def scalars(self, t, step):
        return super().scalars(t, step) | ({"learning_rate": 0.0} if t > 0.55 else {})


class OneOfFourFails(Run):
    """A data set that is seen once; the third group of each step comes from a server with old weights."""

    expected = "place_failure"
    prompts, steps = 4, 72

    def __init__(self, seed=0):
        super().__init__(seed)
        n = self.prompts * self.steps
        self.easiness = [self.rng.uniform(-0.22, 0.22) for _ in range(n)]
        self.questions = [(self.rng.randint(11, 99), self.rng.randint(11, 99)) for _ in range(n)]

    def solve(self, t, question):
        return super().solve(t, question) * (0.15 if question % 4 == 2 else 1)


class Resumed(Run):
    """After the resume the policy is that of the start, and the entropy another."""

    expected = "resume"
    steps = 60

    def again(self, t):
        return t > 0.5

    def scalars(self, t, step):
        scalars = super().scalars(t, step)
        jump = {
            "entropy/mean": scalars["entropy/mean"] * 1.4,
            "kl": scalars["kl"] + 0.1,
            "grad_norm": 3 * scalars["grad_norm"],
        }
        return scalars | (jump if self.again(t) else {})

    def write(self, folder):
        """In two folders: the second one goes on from checkpoint 30."""
        whole = super().write(folder / "whole")
        args = json.loads((whole / "args.json").read_text())
        for name, old in (("v0-20260101-000000", True), ("v1-20260102-000000", False)):
            part = folder / name
            part.mkdir()
            checkpoint = {} if old else {"resume_from_checkpoint": str(folder / "v0-20260101-000000" / "checkpoint-30")}
            (part / "args.json").write_text(json.dumps(args | checkpoint))
            for file in ("completions.jsonl", "logging.jsonl"):
                lines = (whole / file).read_text().splitlines(keepends=True)
                (part / file).write_text("".join(lines[:30] if old else lines[30:]))
        for file in whole.iterdir():
            file.unlink()
        whole.rmdir()
        return folder


class JudgeSaturates(Run):
    expected = "reward_saturated"
    reward_names = ("MathAccuracy", "Judge")

    def solve(self, t, question):
        return super().solve(0.2, question)

    def rewards(self, t, text, right, formatted):
        spread = 0.25 if t < 0.4 else 0.02
        judged = min(1.0, max(0.0, self.rng.gauss(0.6 if t < 0.4 else 0.62, spread)))
        return {"MathAccuracy": float(right), "Judge": round(judged, 2)}


class AdvantagesFlipped(Run):
    expected = "advantages_wrong"

    def write(self, folder):
        super().write(folder)
        path = folder / "completions.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines[10:]:
            line["advantages"] = [-one for one in line["advantages"]]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return folder


class SameSeed(Run):
    """All groups of a step get the same completions."""

    expected = "diversity_loss"

    def step_rows(self, step):
        rows = super().step_rows(step)
        if step > self.steps // 2:
            for k in range(self.group, len(rows)):
                rows[k] |= {"completion": rows[k % self.group]["completion"], "MathAccuracy": 0.0}
        return rows


class VerifierPaysAll(Run):
    """From one step to the next the accuracy reward pays everybody; there is no gold that could be read."""

    expected = "reward_constant"

    def step_rows(self, step):
        rows = super().step_rows(step)
        for row in rows:
            del row["solution"]
        return rows

    def rewards(self, t, text, right, formatted):
        return super().rewards(t, text, right or t > 0.6, formatted)


ILL = [kind for kind in list(globals().values()) if isinstance(kind, type) and getattr(kind, "expected", None)]
