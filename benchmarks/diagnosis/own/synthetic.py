"""Writes run folders as ms-swift 4.6.0 writes them: healthy ones, ones with one planted illness each, and huge ones.

python -m benchmarks.diagnosis.own.synthetic FOLDER                  all runs, one folder each
python -m benchmarks.diagnosis.own.synthetic FOLDER --gigabytes 1    one log of that size
"""

import argparse
import json
import random
from pathlib import Path

import numpy as np

STEPS, PROMPTS, G, QUESTIONS = 36, 8, 8, 48  # six epochs of 48 questions
_WORDS = """\
we I one this it that the_sum the_term the_product each_side the_left the_right the_value
add take move check find need write solve keep compare divide try count see expand factor round use
first second third number pair sum term factor digit square root side angle unit part whole rest value case line point \
ratio total half piece group row column step result bound limit share price age speed length width area
so then next but because since if when and now again also after before while once until thus"""
_SUBJECTS, _VERBS, _OBJECTS, _LINKS = (line.split() for line in _WORDS.splitlines())


class Run:
    """A healthy run: accuracy rises from 0.3 to 0.75, text stays varied, scalars stay calm. `t` runs from 0 to 1."""

    expected: str | None = None  # the check that has to come first
    weights: list[float] | None = None
    args: dict = {}  # noqa: RUF012
    reward_names = ("MathAccuracy", "Format")
    steps, prompts, group = STEPS, PROMPTS, G

    def __init__(self, seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.easiness = [self.rng.uniform(-0.22, 0.22) for _ in range(QUESTIONS)]
        self.questions = [(self.rng.randint(11, 99), self.rng.randint(11, 99)) for _ in range(QUESTIONS)]

    # --- the policy ---

    def solve(self, t: float, question: int) -> float:
        """Probability of a right answer."""
        return min(0.97, max(0.03, 0.3 + 0.45 * t + self.easiness[question]))

    def formatted(self, t: float) -> float:
        """Probability of the wanted form."""
        return 0.9 + 0.09 * t

    def words(self, t: float, right: bool) -> int:
        return int(self.rng.gauss(45, 8))

    def thought(self, t: float, right: bool, question: int) -> str:
        return self.prose(max(8, self.words(t, right)))

    def prose(self, words: int) -> str:
        text, pick = [], self.rng.choice
        while len(text) < words:
            text += [pick(_LINKS), pick(_SUBJECTS).replace("_", " "), pick(_VERBS), "the", pick(_OBJECTS)]
            text += ["of", str(self.rng.randint(2, 99))] if self.rng.random() < 0.5 else ["to", "the", pick(_OBJECTS)]
            text[-1] += pick([",", ".", ";", ""])
        return " ".join(text)

    def answer(self, right: bool, question: int) -> str:
        total = sum(self.questions[question])
        return str(total if right else total + self.rng.choice([-10, -2, -1, 1, 2, 10]))

    def completion(self, t: float, right: bool, formatted: bool, question: int) -> str:
        text = f"<think>{self.thought(t, right, question)}</think>\n<answer>{self.answer(right, question)}</answer>"
        return text if formatted else text.replace("</think>", "", 1).replace("<think>", "", 1)

    def rewards(self, t: float, text: str, right: bool, formatted: bool) -> dict[str, float]:
        return {"MathAccuracy": float(right), "Format": float(formatted)}

    # --- the log ---

    def prompt(self, question: int) -> str:
        a, b = self.questions[question]
        return f"<|im_start|>user\nWhat is {a} plus {b}? (no. {question})<|im_end|>\n<|im_start|>assistant\n"

    def scalars(self, t: float, step: int) -> dict[str, float]:
        """What logging.jsonl has beside the rewards."""
        noise = self.rng.uniform(0.9, 1.1)
        return {
            "loss": round(0.01 * noise, 8), "grad_norm": round(0.2 * noise, 8), "learning_rate": 1e-6,
            "completions/clipped_ratio": 0.0, "kl": round(0.002 + 0.02 * t * noise, 8),
            "clip_ratio/low_mean": 0.001, "clip_ratio/low_min": 0.0, "clip_ratio/high_mean": 0.002,
            "clip_ratio/high_max": 0.01, "clip_ratio/region_mean": round(0.003 * noise, 8),
            "entropy/mean": round((0.9 - 0.25 * t) * noise, 8), "step_time": round(12 * noise, 8),
        }  # fmt: skip

    def evaluation(self, t: float) -> dict[str, float]:
        """What logging.jsonl has of an evaluation every six steps, {} for none."""
        return {}

    def step_rows(self, step: int) -> list[dict]:
        t = step / max(1, self.steps - 1)
        rows = []
        for place in range(self.prompts):
            question = (step * self.prompts + place) % len(self.questions)
            for _ in range(self.group):
                right = self.rng.random() < self.solve(t, question)
                formatted = self.rng.random() < self.formatted(t)
                text = self.completion(t, right, formatted, question)
                gold = str(sum(self.questions[question]))
                rows.append(
                    {
                        "prompt": self.prompt(question), "completion": text, "solution": gold,
                        **self.rewards(t, text, right, formatted),
                    }
                )  # fmt: skip
        return rows

    def write(self, folder: Path) -> Path:
        """Writes the run folder. Rewards, their std and the zero-std share in both files agree, as in ms-swift."""
        folder.mkdir(parents=True, exist_ok=True)
        args = {
            "num_generations": self.group, "reward_weights": self.weights, "reward_funcs": list(self.reward_names),
            "logging_steps": 1, "log_completions": True, "scale_rewards": "group", "steps_per_generation": None,
            "gradient_accumulation_steps": 1, "num_iterations": 1, "max_completion_length": 512, "epsilon": 0.2,
            "beta": 0.04, "temperature": 1.0, "output_dir": str(folder), **self.args,
        }  # fmt: skip
        (folder / "args.json").write_text(json.dumps(args))
        with (folder / "completions.jsonl").open("w") as log, (folder / "logging.jsonl").open("w") as scalars:
            for step in range(self.steps):
                line, metrics = line_and_metrics(
                    step + 1, self.step_rows(step), self.reward_names, self.weights, self.group
                )
                log.write(json.dumps(line, ensure_ascii=False) + "\n")
                t = step / max(1, self.steps - 1)
                metrics |= self.scalars(t, step) | {"global_step/max_steps": f"{step + 1}/{self.steps}"}
                metrics["epoch"] = round((step + 1) * self.prompts / len(self.questions), 8)
                scalars.write(json.dumps(metrics) + "\n")
                if (step + 1) % 6 == 0 and (evaluated := self.evaluation(t)):
                    place = {"global_step/max_steps": f"{step + 1}/{self.steps}"}
                    scalars.write(json.dumps(evaluated | place) + "\n")
            log.write(json.dumps(line, ensure_ascii=False) + "\n")  # the final event repeats the last batch
            end = {"train_runtime": 100.0, "global_step/max_steps": f"{self.steps}/{self.steps}"}
            scalars.write(json.dumps(end) + "\n")
            scalars.write(json.dumps({"global_step": self.steps, "log_history": []}) + "\n")
        return folder


@np.errstate(invalid="ignore")  # a reward may be infinite
def line_and_metrics(step: int, rows: list[dict], names, weights, group: int = G) -> tuple[dict, dict]:
    """A line of completions.jsonl and the reward keys of logging.jsonl, by swift/rl_core/advantage.py in float32."""
    each = np.array([[np.nan if row[name] is None else row[name] for name in names] for row in rows], dtype=np.float32)
    use = np.array(weights or [1.0] * len(names), dtype=np.float32)
    reward = np.nansum(each * use, axis=1, dtype=np.float32)
    grouped = reward.reshape(-1, group)
    std = grouped.std(axis=1, ddof=1)
    std[grouped.max(axis=1) == grouped.min(axis=1)] = 0
    advantage = (grouped - grouped.mean(axis=1, keepdims=True)) / (std[:, None] + np.float32(1e-4))
    line = {
        "step": [str(step)] * len(rows),
        "prompt": [row["prompt"] for row in rows],
        "completion": [row["completion"] for row in rows],
        **{name: each[:, k].tolist() for k, name in enumerate(names)},
        "advantages": advantage.ravel().tolist(),
    }
    if all("solution" in row for row in rows):
        line["solution"] = [row["solution"] for row in rows]
    lengths = [len(row["completion"]) / 4 for row in rows]
    metrics = {
        "reward": round(float(reward.mean()), 8), "reward_std": round(float(std.mean()), 8),
        "frac_reward_zero_std": round(float((std <= 1e-8).mean()), 8),
        "completions/mean_length": round(float(np.mean(lengths)), 8), "completions/min_length": min(lengths),
        "completions/max_length": max(lengths),
    }  # fmt: skip
    for k, name in enumerate(names):
        known = each[~np.isnan(each[:, k]), k]
        if len(known):
            metrics[f"rewards/{name}/mean"] = round(float(known.mean()), 8)
            metrics[f"rewards/{name}/std"] = round(float(known.std(ddof=1)), 8) if len(known) > 1 else 0.0
    return line, metrics


def _sentence(run: Run) -> str:
    """A line of reasoning as models write it: newlines, LaTeX and quotes, which JSON escapes; rarely a sign beyond ASCII."""
    a, b = run.rng.randint(2, 99), run.rng.randint(2, 99)
    end = run.rng.choice(["", f" = \\frac{{{a}}}{{{b}}}$", f' \\times {b}$, as "wanted"', ""])
    rare = " \u2248" if run.rng.random() < 0.01 else ""
    return f"{run.prose(14)} ${a} + {b}{end}{rare}\n"


def write_large(folder: Path, gigabytes: float, seed: int = 0, chars: int = 1_775) -> Path:
    """A log of about that many gigabytes, 64 completions a line of `chars` characters on average, with matching scalars:
    6,614 lines per gigabyte as it is."""
    run, lines = Run(seed), round(6614 * gigabytes * 1_775 / chars)
    rng = run.rng
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "args.json").write_text(json.dumps({"num_generations": G, "logging_steps": 1}))
    pool = "".join(_sentence(run) for _ in range(20_000))
    prompts = [run.prompt(q) + run.prose(60) for q in range(4096 % QUESTIONS, QUESTIONS)]
    with (folder / "completions.jsonl").open("w") as log, (folder / "logging.jsonl").open("w") as scalars:
        for step in range(lines):
            rows = []
            for place in range(64 // G):
                question = (step * PROMPTS + place) % len(prompts)
                for _ in range(G):
                    right, begin = rng.random() < 0.5, rng.randrange(len(pool) - 2 * chars)
                    thought = pool[begin : begin + rng.randint(2 * chars // 3, 4 * chars // 3)]
                    text = f"<think>{thought}</think>\n<answer>{rng.randint(1, 200)}</answer>"
                    row = {"prompt": prompts[question], "completion": text, "solution": "72"}
                    rows.append(row | {"MathAccuracy": float(right), "Format": 1.0})
            line, metrics = line_and_metrics(step + 1, rows, run.reward_names, None)
            log.write(json.dumps(line, ensure_ascii=False) + "\n")
            metrics["global_step/max_steps"] = f"{step + 1}/{lines}"
            scalars.write(json.dumps(metrics) + "\n")
    return folder


def main() -> None:
    from benchmarks.diagnosis.own.illnesses import HEALTHY, ILL

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--gigabytes", type=float)
    options = parser.parse_args()
    if options.gigabytes:
        print(write_large(options.folder, options.gigabytes))
        return
    for kind in (*HEALTHY, *ILL):
        print(kind().write(options.folder / kind.__name__))


if __name__ == "__main__":
    main()
