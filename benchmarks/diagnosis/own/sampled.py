"""Healthy runs drawn at random: what public logs of R1-style training show, and what a diagnosis may take for an illness.

open-r1, DAPO (arXiv 2503.14476), DeepSeek-R1 (2501.12948), TRL and ms-swift: rates that warm up and fall to zero, runs solved
early or were cold-started, lengths that grow and pay or shrink while accuracy rises, entropy that falls by half,
batches of 4 to 64
completions, prompts of two difficulties, several epochs in one order, filtered groups, graded and unknown rewards, weights of 0.
"""

from math import cos, exp, pi
from random import Random

from benchmarks.diagnosis.own import writing
from benchmarks.diagnosis.own.synthetic import Run

_COMPLETIONS = 2400  # of a run
_ACCURACIES = ("MathAccuracy", "accuracy_reward", "CountdownORM", "ExternalMathAcc", "AnswerCorrectness")
_FORMATS = ("Format", "format_reward", "R1Format", "SoftFormat", "tag_count_reward")


class Healthy(Run):
    """A run whose properties are drawn by its seed; `says` names them."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = r = Random(f"healthy {seed}")
        self.group = r.choice((4, 4, 8, 8, 8, 16, 16, 32, 64))
        self.prompts = r.choice([n for n in (1, 2, 4, 8, 16) if 4 <= n * self.group <= 64])
        self.steps = min(400, max(40, int(_COMPLETIONS / (self.prompts * self.group) * r.uniform(0.6, 1))))
        self.task = r.choice(("math", "math", "math", "choice", "code", "chat"))
        self.kind = {"math": r.choice(("prose", "prose", "latex", "chinese", "short")), "choice": "prose"}.get(
            self.task, self.task
        )
        self._draw_data(r)
        self._draw_policy(r)
        self._draw_texts(r)
        self._draw_rewards(r)
        self._draw_trainer(r)
        self._walk = self._length_walk = 0.0
        self._flat = 0.0
        self.says = (
            f"{self.task}/{self.kind} {self.steps} steps of {self.prompts}x{self.group}, {self.epochs:.1f} "
            f"epochs {self.order}, skill "
            f"{self.skill:.1f}+{self.gain:.1f} {self.shape}, length x{self.growth:.1f}, entropy x{self.entropy_end:.2f}, "
            f"{'dynamic ' if self.dynamic else ''}{'lora ' if self.lora else ''}beta {self.beta:g} {' '.join(self.reward_names)}"
        )

    # --- what is drawn ---

    def _draw_data(self, r: Random) -> None:
        self.epochs = r.choice((0.6, 1.0, 1.0, 2.0, 3.0, 6.0))
        n = max(self.prompts, 8, round(self.steps * self.prompts / self.epochs))
        self.spread = r.uniform(0.4, 2.5)
        self.difficulty = [r.gauss(0, self.spread) for _ in range(n)]
        if r.random() < 0.2:  # two sources, one of them hard
            self.difficulty = [d * 0.4 + (1.5 if r.random() < 0.4 else -1) for d in self.difficulty]
        self.order = r.choice(("shuffled", "shuffled", "fixed", "curriculum"))
        if self.order == "curriculum":  # easy ones come a little earlier
            self.difficulty.sort(key=lambda d: d + r.gauss(0, 5 * self.spread))
        self.questions = [(r.randint(11, 999), r.randint(11, 999)) for _ in range(n)]
        self.lengths = [exp(0.15 * d + r.gauss(0, 0.15)) for d in self.difficulty]  # hard ones take longer

    def _draw_policy(self, r: Random) -> None:
        start = r.choice(("weak", "weak", "middling", "cold-started", "strong"))
        self.skill = {
            "weak": r.uniform(-2, -1),
            "middling": r.uniform(-1, 0),
            "cold-started": r.uniform(0, 1),
            "strong": r.uniform(0.7, 1.3),
        }[start]
        self.gain = r.uniform(1.0, 3.5)
        self.shape = r.choice(("saturating", "saturating", "linear", "late", "early"))
        self.wobble = r.uniform(0.02, 0.1)

    def _draw_texts(self, r: Random) -> None:
        bank = [] if self.kind == "short" else writing.bank(self.kind)
        self.bank = r.sample(bank, r.randint(max(1, 2 * len(bank) // 3), len(bank))) if bank else []
        self.sentences = r.uniform(2.5, 9)
        self.growth = r.choice((r.uniform(0.5, 0.9), 1.0, r.uniform(1.0, 1.4), r.uniform(1.4, 3.5)))
        self.habits = (
            r.choice((0, 0.3, 0.9)),
            r.choice((0.0, 0.2, 0.8)),
        )  # who has the usual beginning and end, at first and last
        self.sharper = r.uniform(0, 0.6)  # how much of the choice of words is lost
        self.rambling = r.choice((0.0, 0.01, 0.03))
        self.format_start = r.choice((0.0, 0.3, 0.7, 0.97, 1.0))
        self.format_end = r.choice((0.98, 1.0))
        self.half_format = r.uniform(3, 12)  # steps
        self.limit = r.choice((1.6, 2.2, 4.0)) * self.sentences * max(1, self.growth) * 70

    def _draw_rewards(self, r: Random) -> None:
        name = {"code": "CodeReward", "chat": r.choice(("RewardModel", "HelpfulnessJudge"))}.get(self.task) or r.choice(
            _ACCURACIES
        )
        form = [r.choice(_FORMATS)] if r.random() < 0.75 else []
        more = r.sample(
            ("CosineReward", "RepetitionPenalty", "SoftOverlong", "StyleJudge", "length_monitor"),
            r.choice((0, 0, 1, 2)),
        )
        weights = {"CosineReward": 0.3, "StyleJudge": 0.3, "length_monitor": 0.0}
        self.reward_names = (name, *form, *more)
        listed = [r.choice((1.0, 1.0, 0.5, 0.2)) if n in form else weights.get(n, 1.0) for n in self.reward_names]
        self.weights = listed if set(listed) != {1.0} else None
        self.judge_fails = r.choice((0.0, 0.003, 0.01))
        self.dynamic = self.prompts >= 2 and r.random() < 0.12

    def _draw_trainer(self, r: Random) -> None:
        self.lora = r.random() < 0.35
        self.rate = r.choice((1e-5, 5e-5, 1e-4)) if self.lora else r.choice((5e-7, 1e-6, 1e-6, 2e-6))
        self.schedule = r.choice(("constant", "cosine", "linear"))
        self.beta = r.choice((0.0, 0.0, 0.001, 0.01, 0.04))
        self.kl_end = r.uniform(0.005, 0.08) * (2 if self.beta < 0.01 else 1) * (1.3 if self.lora else 1)
        self.entropy = r.choice((0.0, r.uniform(0.25, 1.2)))  # 0: not logged
        self.entropy_end = r.choice((r.uniform(0.35, 0.6), r.uniform(0.5, 0.9), r.uniform(0.9, 1.35)))
        self.noise = r.uniform(0.15, 0.45)  # of the gradient, in logarithms
        self.stale = r.random() < 0.3  # batches used several times, or generated one step before
        self.corrected = r.random() < 0.3
        self.every = r.choice((0, 10, 20, 50))  # steps between evaluations or checkpoints, which make a step slow
        self.pause = r.uniform(1.5, 4.5)
        self.seconds = r.uniform(5, 90)
        self.args = {
            "tuner_type": "lora" if self.lora else "full", "learning_rate": self.rate, "beta": self.beta,
            "dynamic_sample": self.dynamic, "lr_scheduler_type": self.schedule, "max_completion_length": int(self.limit),
            "save_steps": self.every or 500,
        }  # fmt: skip

    # --- the policy ---

    def learned(self, t: float) -> float:
        """Which share of the gain is there."""
        return {
            "saturating": 1 - exp(-3 * t), "linear": t, "late": 1 / (1 + exp(-10 * (t - 0.6))), "early": 1 - exp(-9 * t),
        }[self.shape]  # fmt: skip

    def solve(self, t: float, question: int) -> float:
        return 1 / (1 + exp(self.difficulty[question] - self.skill - self.gain * self.learned(t) - self._walk))

    def formatted(self, t: float) -> float:
        step = t * (self.steps - 1)
        return self.format_end + (self.format_start - self.format_end) * 0.5 ** (step / self.half_format)

    def completion(self, t: float, right: bool, formatted: bool, question: int) -> str:
        r = self.rng
        thought, answer = self._thought(t, right, question), self.answer(right, question)
        if not any(name in _FORMATS for name in self.reward_names):
            return f"{thought}\n\nThe answer is \\boxed{{{answer}}}." if self.task in ("math", "choice") else thought
        text = f"<think>\n{thought}\n</think>\n<answer>{answer}</answer>"
        return text if formatted else r.choice((text[8:], f"{thought}\n\nSo it is <answer>{answer}</answer>"))

    def _thought(self, t: float, right: bool, question: int) -> str:
        r = self.rng
        if self.kind == "short":
            a, b = self.questions[question]
            return f"{a} and {b} make {self.answer(right, question)}, because the {r.choice(('tens', 'ones', 'digits'))} add up."
        size = (
            self.sentences * (1 + (self.growth - 1) * self.learned(t)) * self.lengths[question] * exp(self._length_walk)
        )
        size *= 1 if right else 1.15
        count = max(1, round(size * exp(r.gauss(0, 0.25)) * (r.uniform(2, 5) if r.random() < self.rambling else 1)))
        start = question % len(self.bank)
        kept = max(4, round(len(self.bank) * (1 - self.sharper * self.learned(t))))
        bank = (self.bank + self.bank)[start : start + kept]
        habit = self.habits[0] + (self.habits[1] - self.habits[0]) * self.learned(t)
        usual = writing.HABITS[self.kind]
        parts = [usual[0]] if r.random() < habit else []
        parts += [
            writing.sentence(r, self.kind, [one])
            for one in (r.sample(bank, len(bank)) * (1 + count // len(bank)))[:count]
        ]
        parts += [usual[1]] if r.random() < 0.6 * habit else []
        return ("\n" if self.kind in ("code", "latex", "chat") else "" if self.kind == "chinese" else " ").join(parts)

    def answer(self, right: bool, question: int) -> str:
        if self.task == "choice":
            gold = sum(self.questions[question]) % 4
            return "ABCD"[gold if right else (gold + self.rng.randint(1, 3)) % 4]
        return super().answer(right, question)

    def prompt(self, question: int) -> str:
        a, b = self.questions[question]
        story = Random(f"{question} {a}")
        told = (
            " ".join(writing.sentence(story, self.kind, self.bank) for _ in range(2))
            if self.bank
            else "Add the numbers."
        )
        asked = "请计算" if self.kind == "chinese" else "What is"
        return f"<|im_start|>user\n{told}\n{asked} {a} + {b}?<|im_end|>\n<|im_start|>assistant\n"

    # --- rewards ---

    def rewards(self, t: float, text: str, right: bool, formatted: bool) -> dict[str, float | None]:
        r, paid = self.rng, {}
        long = len(text) / 4 / self.limit
        for name in self.reward_names:
            if name == "CodeReward":  # tests passed, of ten
                paid[name] = 1.0 if right else r.choice((0.0, 0.0, 0.1, 0.3, 0.5, 0.9))
            elif name in ("RewardModel", "HelpfulnessJudge"):
                paid[name] = None if r.random() < self.judge_fails else round(r.gauss(1.5 * right, 0.8), 4)
            elif name == "StyleJudge":
                paid[name] = (
                    None
                    if r.random() < self.judge_fails
                    else round(min(1, max(0, r.gauss(0.5 + 0.2 * self.learned(t), 0.15))), 2)
                )
            elif name == "CosineReward":
                paid[name] = round((0.5 + 0.5 * cos(min(1, long) * pi)) * (1 if right else -0.5), 6)
            elif name == "RepetitionPenalty":
                paid[name] = -0.2 if r.random() < 0.03 * (1 - t) else 0.0
            elif name == "SoftOverlong":
                paid[name] = -min(1.0, max(0.0, (long - 0.8) / 0.2))
            elif name == "length_monitor":
                paid[name] = len(text) / 1000
            elif name in _FORMATS:
                paid[name] = float(formatted) if formatted or name not in _FORMATS[3:] else 0.5
            else:
                paid[name] = float(right)
        return paid

    # --- the log ---

    def step_rows(self, step: int) -> list[dict]:
        r = self.rng
        t = step / max(1, self.steps - 1)
        self._walk = 0.9 * self._walk + r.gauss(0, self.wobble)
        self._length_walk = 0.95 * self._length_walk + r.gauss(0, 0.02)
        n, rows = len(self.questions), []
        for place in range(self.prompts):
            for _ in range(8):
                question = self._question(step * self.prompts + place, n)
                group = [self._row(t, question) for _ in range(self.group)]
                if not self.dynamic or len({row[self.reward_names[0]] for row in group}) > 1:
                    break
                self._skipped += 1
            rows += group
        self._cut = sum(row.pop("cut") for row in rows) / len(rows)
        weights = self.weights or [1.0] * len(self.reward_names)
        main = [sum((row[n] or 0.0) * w for n, w in zip(self.reward_names, weights, strict=True)) for row in rows]
        groups = [main[k : k + self.group] for k in range(0, len(main), self.group)]
        self._flat = sum(len(set(one)) == 1 for one in groups) / len(groups)
        self._long = max(len(row["completion"]) for row in rows) / 4 / self.limit
        return rows

    _skipped = 0

    def _question(self, place: int, n: int) -> int:
        place += self._skipped
        if self.order != "shuffled":
            return place % n
        return Random(f"{self.questions[0]} {place // n}").sample(range(n), n)[place % n]

    def _row(self, t: float, question: int) -> dict:
        r = self.rng
        right, formatted = r.random() < self.solve(t, question), r.random() < self.formatted(t)
        text = self.completion(t, right, formatted, question)
        cut = len(text) / 4 > self.limit
        if cut:
            text, right, formatted = text[: int(4 * self.limit)], False, False
        row = {
            "prompt": self.prompt(question),
            "completion": text,
            "cut": cut,
            **self.rewards(t, text, right, formatted),
        }
        if self.task in ("math", "choice"):
            row["solution"] = self.answer(True, question)
        return row

    def scalars(self, t: float, step: int) -> dict[str, float]:
        r = self.rng
        warm = min(1.0, (step + 1) / (0.05 * self.steps))
        rate = self.rate * warm * {"constant": 1.0, "linear": 1 - t, "cosine": 0.5 + 0.5 * cos(pi * t)}[self.schedule]
        moving = 0.25 + 0.75 * self.learned(t)
        gradient = r.uniform(0.98, 1.02) * exp(r.gauss(0, self.noise)) * max(0.0, 1 - self._flat) ** 0.5
        slow = self.pause if self.every and (step + 1) % self.every == 0 else 1.0
        clip = 0.012 * exp(r.gauss(0, 0.6)) if self.stale else 0.0
        values = {
            "loss": r.gauss(0, 0.02), "grad_norm": 0.3 * gradient + (0.01 if self.beta else 0.0), "learning_rate": rate,
            "completions/clipped_ratio": self._cut, "clip_ratio/low_mean": clip / 2, "clip_ratio/high_mean": clip / 2,
            "clip_ratio/region_mean": clip,
            "step_time": self.seconds * (0.4 + 0.6 * min(1, self._long)) * slow * exp(r.gauss(0, 0.08)) * (3 if step == 0 else 1),
        }  # fmt: skip
        if self.beta:
            values["kl"] = self.kl_end * (1 - exp(-4 * t)) * moving * exp(r.gauss(0, 0.25))
        if self.entropy:
            values["entropy/mean"] = (
                self.entropy * (1 + (self.entropy_end - 1) * self.learned(t)) * exp(r.gauss(0, 0.06))
            )
        if self.corrected:
            k3 = 0.0012 * exp(r.gauss(0, 0.5))
            values |= {
                "rollout_correction/k3_kl": k3,
                "rollout_correction/log_ppl_abs_diff": (2 * k3) ** 0.5 * r.uniform(0.3, 1),
                "rollout_correction/ess": 1 - 2 * k3,
            }
        return values
