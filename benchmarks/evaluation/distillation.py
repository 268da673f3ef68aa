"""Held-out accuracy by step and by second from one cold start: on-policy distillation, GRPO, and SFT on the teacher's answers.

    bash scripts/demo_tiny.sh                                                     # makes cold start and teacher
    python -m benchmarks.evaluation.distillation output/demo_tiny                 # on two free cores, one run after another
    python -m benchmarks.evaluation.distillation output/demo_tiny --seeds 1 --only policy

The student is the demo's cold start, the teacher its GRPO model. The three methods take the same number of sequences a step, with
a constant learning rate each, and start through the recipes:

    policy   scripts/distill_on_policy.sh, the teacher in the trainer: no gold and no reward
    grpo     scripts/train_single_gpu.sh: math_accuracy and r1_format
    sft      scripts/distill.sh, an answer of the teacher to each question, filtered by the gold; then scripts/sft_cold_start.sh

Every EVERY steps a checkpoint is kept, and answers the demo's held-out questions greedily. Time is that of the steps, as ms-swift
logs it, without loading. To that of `sft` the time of the teacher's answers is added, with loading the teacher. Runs that are
there are not repeated. Times count only if nothing else ran on the machine.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RATE = 5e-4
RECIPES = {"policy": "distill_on_policy", "grpo": "train_single_gpu", "sft": "sft_cold_start"}
NAMES = {"policy": "on-policy distillation", "grpo": "GRPO", "sft": "SFT on the teacher's answers"}
BATCH, EVERY, TRACED = 64, 5, 1280  # sequences a step; steps between checkpoints; questions for the teacher, at most
STEPS_SHOWN, SECONDS_SHOWN, GOAL = (0, 5, 10, 20, 40, 60, 80), (10, 20, 30, 45, 60, 90, 120), 0.9
MODEL = ["--model_type", "qwen2", "--template", "qwen2_5"]
SYSTEM = ROOT / "prompts/demo.txt"
COMMON = {
    "system": SYSTEM, "tuner_type": "full", "per_device_train_batch_size": BATCH, "gradient_accumulation_steps": 1,
    "gradient_checkpointing": "false", "lr_scheduler_type": "constant", "warmup_ratio": 0, "save_strategy": "steps",
    "save_steps": EVERY, "save_total_limit": 1000, "save_only_model": "true", "logging_steps": 1, "report_to": "none",
    "dataset_num_proc": 1, "dataloader_num_workers": 0,
}  # fmt: skip
SAMPLED = {"max_length": 64, "max_completion_length": 32, "num_generations": 4, "temperature": 1, "beta": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="OUTPUT_DIR of scripts/demo_tiny.sh")
    parser.add_argument("--out", type=Path, default=Path("output/distillation"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--steps", type=int, default=80)
    asked = parser.parse_args()
    cold, teacher = (newest(asked.demo / name) for name in ("sft", "grpo"))
    traces = asked.out / "traces"
    if "sft" in asked.only and not (traces / "seconds").exists():
        distil(asked.demo, teacher, traces)
    for seed in asked.seeds:
        for method in asked.only:
            if newest(asked.out / f"{method}-{seed}").name != f"checkpoint-{asked.steps}":
                train(method, seed, asked.steps, asked.demo, asked.out)
    runs = {
        method: [curve(asked.out / f"{method}-{seed}", cold, asked.demo, asked.out) for seed in asked.seeds]
        for method in asked.only
    }
    ahead = {"sft": float((traces / "seconds").read_text())} if "sft" in runs else {}
    begun, best = (accuracy(model, asked.demo, asked.out) for model in (cold, teacher))
    print(f"The cold start answers {begun:.3f} of the questions rightly, the teacher {best:.3f}.")
    print(signal(cold, teacher, asked.demo), end="\n\n")
    print("\n".join(table(runs, ahead)))


# ---- runs
def distil(demo: Path, teacher: Path, traces: Path) -> None:
    """The teacher's accepted answers, and how many seconds they took."""
    traces.mkdir(parents=True, exist_ok=True)
    with (demo / "data/train.jsonl").open() as rows:
        (traces / "questions.jsonl").write_text("".join(islice(rows, TRACED)))
    begun = time.monotonic()
    environ = {"MODEL": teacher, "DATASET": traces / "questions.jsonl", "SYSTEM": SYSTEM, "OUTPUT_DIR": traces}
    sampled = ["--n", "1", "--temperature", "1", "--top-p", "1", "--max-tokens", "32"]
    recipe("distill", environ, [*sampled, "--", *MODEL, "--vllm_max_model_len", "128"])
    (traces / "seconds").write_text(str(time.monotonic() - begun))


def train(method: str, seed: int, steps: int, demo: Path, out: Path) -> None:
    # ms-swift draws the order of the rows of SFT from data_seed alone
    flags = COMMON | {"seed": seed, "data_seed": seed, "max_steps": steps, "learning_rate": RATE}
    environ = {
        "MODEL": newest(demo / "sft"),
        "OUTPUT_DIR": out / f"{method}-{seed}",
        "DATASET": demo / "data/train.jsonl",
    }
    name, more = RECIPES[method], list(MODEL)
    if method == "sft":
        environ["DATASET"] = out / "traces/traces.jsonl"
        flags |= {"max_length": 128, "num_train_epochs": 100}
    else:
        flags |= SAMPLED
    if method == "policy":
        environ["TEACHER"] = newest(demo / "grpo")
        more += ["--teacher_model_type", "qwen2"]
    recipe(
        name,
        environ,
        ["--compact", *more, *(str(word) for flag, value in flags.items() for word in (f"--{flag}", value))],
    )


def recipe(name: str, environ: Mapping[str, object], flags: list[str]) -> None:
    steady = {"DEVICE": "cpu", "DTYPE": "float32", "OMP_NUM_THREADS": "1"}
    whole = os.environ | steady | {key: str(value) for key, value in environ.items()}
    print(f"---- {name} -> {environ['OUTPUT_DIR']}", file=sys.stderr, flush=True)
    subprocess.run(["bash", str(ROOT / f"scripts/{name}.sh"), *flags], env=whole, stdout=sys.stderr, check=True)


def newest(folder: Path) -> Path:
    """The last checkpoint of a run's folder."""
    return max(folder.glob("v*/checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), default=folder)


# ---- accuracy
def curve(folder: Path, cold: Path, demo: Path, out: Path) -> list[tuple[int, float, float]]:
    """(step, seconds of training so far, held-out accuracy) of each checkpoint, the cold start first."""
    run = newest(folder).parent
    lines = [json.loads(line) for line in (run / "logging.jsonl").read_text().splitlines()]
    seconds = {}
    for line in lines:
        if "loss" in line:
            step = int(line["global_step/max_steps"].partition("/")[0])
            seconds[step] = step * line["train_speed(s/it)"]
    points = [(0, 0.0, accuracy(cold, demo, out))]
    for checkpoint in sorted(run.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2])):
        step = int(checkpoint.name.rpartition("-")[2])
        points.append((step, seconds[step], accuracy(checkpoint, demo, out)))
    return points


def accuracy(checkpoint: Path, demo: Path, out: Path) -> float:
    """The share of the demo's held-out questions that a model answers rightly, greedily. Kept in `out`."""
    kept, name = out / "accuracies.json", str(checkpoint.resolve())
    known = json.loads(kept.read_text()) if kept.exists() else {}
    if name not in known:
        rows = [json.loads(line) for line in (demo / "data/held_out.jsonl").read_text().splitlines()]
        known[name] = statistics.mean(graded(checkpoint, rows))
        kept.write_text(json.dumps(known, indent=1))
    return known[name]


def graded(checkpoint: Path, rows: list[dict]) -> list[float]:
    import torch
    from grpo_rewards.grading import grade_batch

    model, tokenizer, inputs = loaded(checkpoint, rows)
    with torch.no_grad():
        written = model.generate(**inputs, max_new_tokens=32, do_sample=False)[:, inputs["input_ids"].shape[1] :]
    texts = tokenizer.batch_decode(written, skip_special_tokens=True)
    return [float(verdict or 0) for verdict in grade_batch(texts, [row["solution"] for row in rows])]


def loaded(checkpoint: Path, rows: list[dict]) -> tuple:
    """A model, its tokenizer, and the prompts of the rows as its tensors."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint, padding_side="left")
    form = "<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
    prompts = [form.format(SYSTEM.read_text(), row["messages"][-1]["content"]) for row in rows]
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    return model, tokenizer, tokenizer(prompts, return_tensors="pt", padding=True)


def signal(student: Path, teacher: Path, demo: Path) -> str:
    """Which of the tokens that the student samples have an advantage, in one sentence."""
    import torch

    rows = [json.loads(line) for line in (demo / "data/held_out.jsonl").read_text().splitlines()] * 4
    torch.manual_seed(1)
    policy, tokenizer, inputs = loaded(student, rows)
    prompt = inputs["input_ids"].shape[1]
    with torch.no_grad():
        ids = policy.generate(**inputs, max_new_tokens=32, do_sample=True, temperature=1.0, top_k=0)
        mask = torch.cat([inputs["attention_mask"], torch.ones_like(ids[:, prompt:])], 1)
        places = (mask.cumsum(1) - 1).clamp(min=0)
        both = []
        for model in (policy, loaded(teacher, rows[:1])[0]):
            logits = model(input_ids=ids, attention_mask=mask, position_ids=places).logits[:, prompt - 1 : -1]
            both.append(logits.log_softmax(-1).gather(2, ids[:, prompt:, None])[..., 0])
    ended = ids[:, prompt:] == tokenizer.convert_tokens_to_ids("<|im_end|>")
    written = (ended.long().cumsum(1) - ended.long()) == 0
    size = (both[1] - both[0]).abs() * written
    small, share = (size[written] < 0.01).float().mean(), size.sum(0) / size.sum()
    return (
        f"Of {int(written.sum())} tokens that the student samples, {small:.3f} have an advantage below 0.01 in size; token"
        f" {int(share.argmax()) + 1} of the answers has {share.max():.2f} of the sum of all sizes."
    )


# ---- tables
def table(runs: dict[str, list[list[tuple[int, float, float]]]], ahead: dict[str, float]) -> Iterable[str]:
    """Markdown: the mean over seeds, and the least and the greatest."""
    yield "| step | " + " | ".join(NAMES[method] for method in runs) + " |"
    yield "| --- |" + " --- |" * len(runs)
    for step in STEPS_SHOWN:
        yield (
            f"| {step} | " + " | ".join(spread([at(run, step, 0) for run in found]) for found in runs.values()) + " |"
        )
    first = {method: [reached(run, 0) for run in found] for method, found in runs.items()}
    yield (
        f"| steps to {GOAL}, each seed | " + " | ".join(", ".join(map(shown, steps)) for steps in first.values()) + " |"
    )
    yield ""
    yield "| seconds | " + " | ".join(NAMES[method] for method in runs) + " |"
    yield "| --- |" + " --- |" * len(runs)
    for seconds in SECONDS_SHOWN:
        cells = [[at(run, seconds - ahead.get(method, 0), 1) for run in found] for method, found in runs.items()]
        yield f"| {seconds} | " + " | ".join(map(spread, cells)) + " |"
    times = {
        m: [s if s is None else s + ahead.get(m, 0) for s in (reached(run, 1) for run in found)]
        for m, found in runs.items()
    }
    yield (
        f"| seconds to {GOAL}, each seed | "
        + " | ".join(", ".join(map(shown, seconds)) for seconds in times.values())
        + " |"
    )
    pace = [statistics.median(run[-1][1] / run[-1][0] for run in found) for found in runs.values()]
    yield ("| seconds a step, median | " + " | ".join(f"{value:.2f}" for value in pace) + " |")
    before = [f"{ahead[method]:.0f}" if method in ahead else "0" for method in runs]
    yield "| seconds before the first step | " + " | ".join(before) + " |"


def at(run: list[tuple[int, float, float]], where: float, axis: int) -> float | None:
    """The accuracy at the last checkpoint up to a step (axis 0) or second (1). A run keeps its last one; no step is after it."""
    if where > run[-1][axis] and axis == 0:
        return None
    return next((point[2] for point in reversed(run) if point[axis] <= where), run[0][2])


def reached(run: list[tuple[int, float, float]], axis: int) -> float | None:
    """The first step or second with the goal, None if it is not reached."""
    return next((point[axis] for point in run if point[2] >= GOAL), None)


def spread(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.mean(known):.3f} ({min(known):.3f} to {max(known):.3f})" if known else ""


def shown(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.0f}"


if __name__ == "__main__":
    main()
