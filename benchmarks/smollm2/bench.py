"""Seconds a step, memory and accuracy of the recipe beside bare ms-swift and TRL's GRPOTrainer, on SmolLM2-135M and a CPU.

    python -m benchmarks.smollm2.bench                                # two hours on two free cores
    python -m benchmarks.smollm2.bench --only ours-full bare-full --seeds 1 --steps 5

The task is the demo's (swift_grpo/data/sums.py). Model, questions, seeds, batch, steps, sampling, optimizer, loss and reward
are the same for all, by the same names and values (`SETTINGS`). So are threads and number format, as the recipe chooses them:

    ours   DEVICE=cpu bash scripts/train_single_gpu.sh: its bridges and plugin, threads that soon sleep while they wait
    bare   swift rlhf with the same flags; of this project only the reward (bare_plugin.py)
    trl    TRL's GRPOTrainer with the same settings and reward (trl_run.py)

They run in turn, each in a process of its own, with each seed. stopwatch.py measures all three by the same wraps. The first two
steps of a run are left out; the median is over the others of all seeds. Accuracy is judge.py's.
LoRA is the recipe's default, and takes fewer steps here: its head is frozen, and torch on a CPU then copies the head's weight for
each row of a batch, except in ours (`folded_linear` of swift_grpo/cpu/bridges.py). Its dropout is 0, not ms-swift's 0.05: ours
leaves the pass for log-probabilities out only without dropout (plugin/old_logps.py).
"""

import argparse
import itertools
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.smollm2.stopwatch import PARTS, VARIABLE
from swift_grpo.cpu.settings import settings
from swift_grpo.data import sums

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent  # not by tests.conftest, whose import says how many threads and which number format tests use
KEPT = ("PATH", "HOME", "TMPDIR", "LANG")  # of the environment: nothing else steers a run
SYSTEM = ROOT / "prompts/number.txt"
CONFIG = ROOT / "configs/train_single_gpu.yaml"
KINDS = ("ours", "bare", "trl")
AIMS = {"bare": 0.85, "trl": 1.0}  # ours takes at most this share of theirs
WARM_UP = 2  # steps of a run that are left out
LONGEST = 2 * 3600  # seconds of a run
SAMPLES = 8  # of a question

# flags of ms-swift and fields of TRL's GRPOConfig at once
SETTINGS = {
    "num_generations": SAMPLES, "gradient_accumulation_steps": 1, "num_iterations": 1, "gradient_checkpointing": False,
    "temperature": 0.7, "top_p": 1.0, "repetition_penalty": 1.0, "max_completion_length": 16,
    "top_k": 50,  # what transformers takes where ms-swift says none; TRL says 0, which is none
    "lr_scheduler_type": "constant", "optim": "adamw_torch", "adam_beta1": 0.9, "adam_beta2": 0.95,
    "adam_epsilon": 1e-8, "weight_decay": 0.1, "max_grad_norm": 1.0,
    "beta": 0.0, "epsilon": 0.2, "loss_type": "grpo", "scale_rewards": "group",
    "dataloader_num_workers": 0, "logging_steps": 1, "report_to": "none",
}  # fmt: skip
# ms-swift alone: what TRL does by itself, and the last checkpoint, to be judged
SWIFT = {
    "reward_funcs": "math_accuracy", "system": SYSTEM, "warmup_ratio": 0, "max_length": 64, "dataset_num_proc": 1,
    "save_only_model": True,
}  # fmt: skip


@dataclass(frozen=True)
class Tuning:
    learning_rate: float
    steps: int
    questions: int  # a step, each with SAMPLES completions
    lora: dict  # of peft's LoraConfig

    def flags(self) -> dict:
        """What ms-swift calls it."""
        if not self.lora:
            return {"tuner_type": "full"}
        names = {
            "r": "lora_rank",
            "lora_alpha": "lora_alpha",
            "lora_dropout": "lora_dropout",
            "target_modules": "target_modules",
        }
        return {"tuner_type": "lora"} | {names[name]: value for name, value in self.lora.items()}


TUNINGS = {
    "full": Tuning(3e-5, 30, 4, {}),
    "lora": Tuning(3e-4, 10, 4, {"r": 8, "lora_alpha": 32, "lora_dropout": 0.0, "target_modules": "all-linear"}),
}


@dataclass(frozen=True)
class Run:
    """What one training took. `steps` are the stopwatch's lines but for the first ones; `failed` is the last line of its log."""

    steps: list[dict]
    accuracy: float = float("nan")
    failed: str = ""


def words(flags: dict) -> list[str]:
    """
    >>> words({"beta": 0.0, "save_only_model": True})
    ['--beta', '0.0', '--save_only_model', 'true']
    """
    shown = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in flags.items()}
    return [word for name, value in shown.items() for word in (f"--{name}", value)]


def command(
    kind: str, tuning: Tuning, seed: int, model: Path, data: Path, out: Path, dtype: str
) -> tuple[list[str], dict]:
    """The command of a training, and its environment's own variables."""
    same = SETTINGS | {
        "learning_rate": tuning.learning_rate,
        "max_steps": tuning.steps,
        "seed": seed,
        "data_seed": seed,
    }
    same |= {"per_device_train_batch_size": tuning.questions * SAMPLES, "bf16": dtype == "bfloat16"}
    if kind == "trl":
        asked = {"model": str(model), "data": str(data), "out": str(out), "system": SYSTEM.read_text().strip()}
        return [
            sys.executable,
            "-m",
            "benchmarks.smollm2.trl_run",
            json.dumps(asked | {"settings": same, "lora": tuning.lora}),
        ], {}
    flags = [*words(same | SWIFT | tuning.flags() | {"save_steps": tuning.steps})]
    watch, plugin = (
        str(HERE / "stopwatch.py"),
        {"ours": ROOT / "plugin/plugin.py", "bare": HERE / "bare_plugin.py"}[kind],
    )
    flags += ["--external_plugins", watch, str(plugin)]
    if kind == "ours":
        environ = {"DEVICE": "cpu", "DTYPE": dtype, "MODEL": str(model), "DATASET": str(data), "OUTPUT_DIR": str(out)}
        return ["bash", str(ROOT / "scripts/train_single_gpu.sh"), *flags], environ
    own = {"rlhf_type": "grpo", "model": model, "dataset": data, "output_dir": out}
    own |= {"use_cpu": True, "torch_dtype": "float32", "fp16": False}  # as `on_cpu` of scripts/lib/recipe.sh says
    return [str(Path(sys.executable).parent / "swift"), "rlhf", str(CONFIG), *words(own), *flags], {}


def wait(process: subprocess.Popen, seconds: float) -> int | None:
    """Its exit status, None after too long; whatever happens, nothing of its group is left."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        for way in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, way)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)


def last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def judged(model: Path, trained: Path, data: Path, log: Path) -> float:
    """Share of the held-out questions answered rightly. Raises RuntimeError with the last line of its log."""
    asked = [
        sys.executable,
        "-m",
        "benchmarks.smollm2.judge",
        str(model),
        str(trained),
        str(data),
        SYSTEM.read_text().strip(),
    ]
    with log.open("w") as file:
        done = subprocess.run(asked, cwd=ROOT, stdout=subprocess.PIPE, stderr=file, text=True)
    if done.returncode:
        raise RuntimeError(last_line(log))
    return json.loads(done.stdout.splitlines()[-1])["accuracy"]


def trained(run: Path) -> Path:
    """The folder of its adapter or model: TRL's is `run` itself, ms-swift's a checkpoint. Raises RuntimeError without one."""
    for name in ("adapter_config.json", "config.json"):
        if found := next(run.rglob(name), None):
            return found.parent
    raise RuntimeError(f"nothing was saved below {run}")


def train(kind: str, tuning: Tuning, seed: int, model: Path, data: Path, out: Path, environ: dict, dtype: str) -> Run:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    line, own = command(kind, tuning, seed, model, data / "train.jsonl", out / "run", dtype)
    times, log = out / "steps.jsonl", out / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            line, cwd=ROOT, env=environ | own | {VARIABLE: str(times)}, stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        status = wait(process, LONGEST)
    steps = [json.loads(text) for text in times.read_text().splitlines()] if times.is_file() else []
    if status != 0:
        return Run(steps[WARM_UP:], failed=f"longer than {LONGEST} s" if status is None else last_line(log))
    try:
        accuracy = judged(model, trained(out / "run"), data / "held_out.jsonl", out / "judge.log")
    except RuntimeError as error:
        return Run(steps[WARM_UP:], failed=f"judge: {error}")
    shutil.rmtree(out / "run")  # half a gigabyte of weights
    return Run(steps[WARM_UP:], accuracy)


def middle(runs: list[Run], name: str) -> float:
    """The median over the steps of all runs; `seconds` or a part."""
    values = [step[name] for run in runs for step in run.steps]
    return statistics.median(values) if values else float("nan")


def row(name: str, runs: dict[int, Run], before: dict[int, float]) -> str:
    seconds = [step["seconds"] for run in runs.values() for step in run.steps]
    if seconds:
        text = f"{statistics.median(seconds):8.2f} {f'[{min(seconds):.2f}, {max(seconds):.2f}]':>16} {len(seconds):6}"
        text += "".join(f"{middle([*runs.values()], part):{max(len(part), 8) + 2}.2f}" for part in PARTS)
        text += f"{max(step['peak_mb'] for run in runs.values() for step in run.steps):9,.0f}"
    else:
        text = "no step was measured"
    for seed, run in runs.items():
        text += f"  {before[seed]:.3f} -> " + (f"failed: {run.failed}" if run.failed else f"{run.accuracy:.3f}")
    return f"{name:10}{text}"


def header(seeds: list[int]) -> str:
    parts = "".join(f"{part:>{max(len(part), 8) + 2}}" for part in PARTS)
    return f"{'':10}{'s a step':>8} {'[min, max]':>16} {'steps':>6}{parts}{'peak MB':>9}" + "".join(
        f"  accuracy, seed {s}" for s in seeds
    )


def ratios(found: dict[str, list[Run]], tuning: str) -> list[str]:
    """Ours beside the others', as lines.

    >>> runs = {name: [Run([{"seconds": s}])] for name, s in (("ours-full", 8.0), ("bare-full", 10.0), ("trl-full", 9.0))}
    >>> ratios(runs, "full")
    ['full: seconds a step, ours / bare: 0.80 (aim: at most 0.85)', 'full: seconds a step, ours / trl: 0.89 (aim: at most 1.0)']
    """
    middles = {kind: middle(found.get(f"{kind}-{tuning}", []), "seconds") for kind in KINDS}
    lines = [(kind, middles["ours"] / middles[kind], aim) for kind, aim in AIMS.items()]
    return [
        f"{tuning}: seconds a step, ours / {kind}: {r:.2f} (aim: at most {aim})" for kind, r, aim in lines if r == r
    ]


def busy() -> tuple[float, float]:
    """Seconds of all cores at work since the start, of this process's ended children alone too."""
    user, nice, system, _, _, interrupts, soft = map(int, Path("/proc/stat").read_text().split(None, 8)[1:8])
    mine = os.times()
    children = mine.children_user + mine.children_system + mine.user + mine.system
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK"), children


def small_model(given: Path | None, work: Path) -> Path:
    if given:
        return given.resolve()
    subprocess.run(["bash", str(ROOT / "scripts/small_model.sh"), str(work / "model")], check=True, stdout=sys.stderr)
    return work / "model"


def untrained(model: Path, work: Path, seeds: list[int]) -> dict[int, float]:
    """Writes each seed's questions; the model's accuracy on the held-out ones before any training."""
    before = {}
    for seed in seeds:
        sums.write(work / f"data-{seed}", seed)
        before[seed] = judged(model, model, work / f"data-{seed}/held_out.jsonl", work / "judge.log")
        print(f"bench: seed {seed}, before training: {before[seed]:.3f}", file=sys.stderr, flush=True)
    return before


def measure(asked: argparse.Namespace, work: Path) -> None:
    load, began, (all_then, mine_then) = os.getloadavg()[0], time.time(), busy()
    model, chosen = small_model(asked.model, work), settings(1)
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= {"OMP_NUM_THREADS": str(chosen.threads), "CUDA_VISIBLE_DEVICES": ""}
    before = untrained(model, work, asked.seeds)
    runs: dict[str, dict[int, Run]] = {name: {} for name in asked.only}
    for tuning, seed, kind in itertools.product(asked.tunings, asked.seeds, KINDS):
        if (name := f"{kind}-{tuning}") in runs:
            data, out = work / f"data-{seed}", work / f"{name}-{seed}"
            run = train(kind, asked.tunings[tuning], seed, model, data, out, environ, chosen.dtype)
            runs[name][seed] = run
            print(f"bench: {row(name, {seed: run}, before)}", file=sys.stderr, flush=True)
    print(header(asked.seeds))
    for name in asked.only:
        print(row(name, runs[name], before))
    for tuning in asked.tunings:
        for line in ratios({name: [*each.values()] for name, each in runs.items()}, tuning):
            print(line)
    (all_now, mine_now), wall = busy(), time.time() - began
    others = max(0.0, (all_now - all_then - (mine_now - mine_then)) / wall)
    print(f"{len(os.sched_getaffinity(0))} cores; {chosen}")
    print(f"load at the start {load:.1f}; other work took {others:.2f} cores on average over {wall / 60:.0f} minutes")


def main() -> None:
    names = [f"{kind}-{tuning}" for tuning in TUNINGS for kind in KINDS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="KIND-TUNING")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--steps", type=int, help="of each run; 30, with LoRA 10")
    parser.add_argument("--questions", type=int, help=f"a step, each with {SAMPLES} completions; 4")
    parser.add_argument("--model", type=Path, default=os.environ.get("SMALL_MODEL"), help="else scripts/small_model.sh")
    parser.add_argument("--work", type=Path, help="for what it writes, 3 GB; else a folder that is removed")
    asked = parser.parse_args()
    if asked.steps is not None and asked.steps <= WARM_UP:
        parser.error(f"--steps {asked.steps} leaves nothing: the first {WARM_UP} of a run are left out")
    if asked.model and not (asked.model / "config.json").is_file():
        parser.error(f"{asked.model} is not a model's folder; bash scripts/small_model.sh FOLDER writes one")
    asked.tunings = {
        name: Tuning(t.learning_rate, asked.steps or t.steps, asked.questions or t.questions, t.lora)
        for name, t in TUNINGS.items()
        if any(one.endswith(f"-{name}") for one in asked.only)
    }
    with tempfile.TemporaryDirectory() as folder:
        work = (asked.work or Path(folder)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        try:
            measure(asked, work)
        except (RuntimeError, ValueError, subprocess.CalledProcessError) as error:
            parser.exit(2, f"bench: {error}\n")


if __name__ == "__main__":
    main()
