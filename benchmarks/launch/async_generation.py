"""What `--async_generate true` gains and costs, on two cores: one trains, one serves rollouts, as two cards would.

    python -m benchmarks.launch.async_generation sums output/small_model     # SmolLM2-135M and the questions of the demo
    python -m benchmarks.launch.async_generation tiny output/demo_tiny       # the cold start of scripts/demo_tiny.sh

Each arm is a run of scripts/train_multi_gpu.sh with GPUS=0,1 and one thread in each process:

    sync             a rollout is generated, then trained
    async            the next rollout is generated meanwhile, by the weights from before this step
    …, corrected     with --rollout_importance_sampling_mode token_truncate

Prints for each arm:
- the seconds of a step by part (plugin/step_times.py): medians over the steps of all seeds, the first two of each left out;
- how far the policy that generated is from the one that trains (medians; a corrected run logs it, another one does not);
- the share of right answers (the only reward) in the last fifth of the steps, and the first step from which the mean of five
  steps reaches the target. Its minutes are those steps times the median step.
Times need two free cores. Accuracy by step does not depend on the machine's load.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from swift_grpo.data import sums
from swift_grpo.formats.run_files import find_run
from swift_grpo.launch.checkpoints import last_checkpoint

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")  # of the environment: nothing else steers a run
WARM_UP, WINDOW = 2, 5  # steps
ASYNC, CORRECTED = ["--async_generate", "true"], ["--rollout_importance_sampling_mode", "token_truncate"]
ARMS = {"sync": [], "async": ASYNC, "sync, corrected": CORRECTED, "async, corrected": [*ASYNC, *CORRECTED]}
PARTS = ("generation", "weight sync", "log-probabilities", "gradient")
STALENESS = ("k3_kl", "ess", "clipped_frac")  # of rollout_correction/: nats a token; shares
SAME = """--tuner_type full --reward_funcs math_accuracy --beta 0 --lr_scheduler_type constant --warmup_ratio 0
    --gradient_accumulation_steps 1 --gradient_checkpointing false --max_length 64 --vllm_max_model_len 128
    --dataset_num_proc 1 --dataloader_num_workers 0 --save_strategy no --report_to none""".split()


@dataclass(frozen=True)
class Task:
    """`target`: the share of right answers to reach. `dtype`: of matrix products on the CPU."""

    flags: str
    target: float
    dtype: str

    def prepare(self, name: str, given: Path, work: Path, seed: int) -> tuple[Path, Path]:
        """The model to begin with, and its questions."""
        if name == "tiny":
            return last_checkpoint(given / "sft"), given / "data/train.jsonl"
        sums.write(work / f"sums-{seed}", seed)
        return given, work / f"sums-{seed}/train.jsonl"


TASKS = {
    "sums": Task(
        f"--system {ROOT}/prompts/number.txt --learning_rate 3e-5 --temperature 0.7 --num_generations 8"
        " --per_device_train_batch_size 32 --max_completion_length 16",
        0.5,
        "bfloat16",
    ),
    "tiny": Task(
        f"--model_type qwen2 --template qwen2_5 --system {ROOT}/prompts/demo.txt --learning_rate 5e-4 --temperature 1"
        " --num_generations 4 --per_device_train_batch_size 64 --max_completion_length 32",
        0.7,
        "float32",
    ),
}


@dataclass(frozen=True)
class Steps:
    """Of one run, by step: seconds by part, measures of staleness, the share of right answers."""

    times: list[dict]
    log: list[dict]

    @property
    def right(self) -> list[float]:
        return [values["reward"] for values in self.log if "reward" in values]

    def reached(self, target: float) -> float:
        """The first step from which the mean of WINDOW steps is at least `target`; infinite if there is none."""
        means = [statistics.mean(self.right[end - WINDOW : end]) for end in range(WINDOW, len(self.right) + 1)]
        return next((end + WINDOW for end, mean in enumerate(means) if mean >= target), math.inf)


def train(task: Task, flags: list[str], model: Path, rows: Path, out: Path) -> Steps:
    """One run. Raises RuntimeError with the end of what it printed if it fails."""
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= {"DEVICE": "cpu", "GPUS": "0,1", "OMP_NUM_THREADS": "1", "DTYPE": task.dtype}
    environ |= {"MODEL": str(model), "DATASET": str(rows), "OUTPUT_DIR": str(out)}
    line = ["bash", f"{ROOT}/scripts/train_multi_gpu.sh", "--compact", *SAME, *task.flags.split(), *flags]
    done = subprocess.run(line, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(line)}\n{(done.stdout + done.stderr)[-2000:]}")
    run = find_run(out)
    times = [json.loads(text) for text in (run.root / "step_times.jsonl").read_text().splitlines()]
    return Steps(times, [event.values for event in run.events() if event.kind == "train"])


def middle(runs: list[Steps], value) -> float:
    """The median over the steps of all runs but the first ones; nan where none has it."""
    found = [number for run in runs for step in value(run)[WARM_UP:] if (number := step) is not None]
    return statistics.median(found) if found else math.nan


def row(name: str, runs: list[Steps], target: float) -> str:
    """A line of the table."""
    whole = middle(runs, lambda run: [step["seconds"] + step["between"] for step in run.times])
    cells = [whole, *(middle(runs, lambda run, part=part: [step[part] for step in run.times]) for part in PARTS)]
    text = "".join(f"{seconds:8.2f}" for seconds in cells)
    for key in STALENESS:
        text += f"{middle(runs, lambda run, key=key: [v.get('rollout_correction/' + key) for v in run.log]):9.4f}"
    ends = [statistics.mean(run.right[-max(1, len(run.right) // 5) :]) for run in runs]
    steps = [run.reached(target) for run in runs]
    text += f"{statistics.mean(ends):8.3f} {f'[{min(ends):.2f}, {max(ends):.2f}]':>13}"
    text += f"{statistics.median(steps):7.1f} {statistics.median(steps) * whole / 60:7.2f}"
    return f"{name:18}{text}   {' '.join(f'{step:g}' for step in steps)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path, help="sums: a model; tiny: OUTPUT_DIR of scripts/demo_tiny.sh")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--work", type=Path, help="keep the runs here (a temporary folder)")
    options = parser.parse_args()
    task, work = TASKS[options.task], options.work or Path(tempfile.mkdtemp())
    runs: dict[str, list[Steps]] = {arm: [] for arm in options.arms}
    try:
        for seed in range(1, options.seeds + 1):
            model, rows = task.prepare(options.task, options.folder.resolve(), work, seed)
            for arm in options.arms:
                flags = [*ARMS[arm], "--max_steps", str(options.steps), "--seed", str(seed)]
                out = work / f"{options.task}-{arm.replace(', ', '-')}-{seed}"
                runs[arm].append(train(task, flags, model, rows, out))
                print(f"{arm}, seed {seed}: done", file=sys.stderr)
    finally:
        if options.work is None:
            shutil.rmtree(work)
    print(f"{options.task}: {options.steps} steps, {options.seeds} seeds; seconds a step by part; target {task.target}")
    heads = "".join(f"{part[:7]:>8}" for part in ("step", *PARTS)) + "".join(f"{key[:8]:>9}" for key in STALENESS)
    print(f"{'':18}{heads}{'right':>8} {'[seeds]':>13}{'steps':>7} {'minutes':>7}   steps of each seed")
    for arm in options.arms:
        print(row(arm, runs[arm], task.target))


if __name__ == "__main__":
    main()
