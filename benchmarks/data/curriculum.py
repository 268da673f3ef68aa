"""A curriculum in stages against uniform sampling, on rows of mixed difficulty: held-out accuracy by step.

The demo's task, "Which is larger, 17 or 5?", with a cold start that has a region of the numbers right, guesses in a
second and names the smaller number in a third. The training rows are mostly of the first region, which teaches nothing
any more; the held-out questions are of the first two. Both arms have the same model, rows, steps and flags, but for
CURRICULUM; a seed of the one is compared with the same seed of the other.

    python -m benchmarks.data.curriculum $WORK              everything, half an hour on two free cores
    python -m benchmarks.data.curriculum $WORK cold         the cold start
    python -m benchmarks.data.curriculum $WORK uniform 1    one run
    python -m benchmarks.data.curriculum $WORK curriculum 1
    python -m benchmarks.data.curriculum $WORK table        the runs that are there
"""

import os
import random
import subprocess
import sys
from math import nan
from pathlib import Path

import numpy as np

from swift_grpo.cpu import tiny_model
from swift_grpo.data.larger_number import question_row
from swift_grpo.formats.outputs import json_line
from swift_grpo.formats.run_files import find_run
from swift_grpo.stats import mean

ROOT = Path(__file__).parents[2]
REGIONS = {"easy": range(30), "middle": range(30, 38), "hopeless": range(38, 44)}  # of the larger number
ROWS = {"easy": 280, "middle": 90, "hopeless": 20}
HELD_OUT = {"easy": 60, "middle": 60, "hopeless": 0}
TRACES = {"easy": 6000, "middle": 2000, "hopeless": 2000}
STEPS, STAGE, EVERY = 120, 24, 8
SEEDS = range(1, 6)
ARMS = "uniform", "curriculum"
GOAL = 0.9
SFT = (
    "--max_length 128 --num_train_epochs 2 --learning_rate 2e-3 --warmup_ratio 0.05 --per_device_train_batch_size 32 "
    "--gradient_accumulation_steps 1 --gradient_checkpointing false --dataset_num_proc 1 --dataloader_num_workers 0 "
    "--seed 1 --report_to none"
)
GRPO = (
    "--tuner_type full --max_length 64 --max_completion_length 16 --reward_funcs math_accuracy --num_generations 4 "
    "--per_device_train_batch_size 64 --gradient_accumulation_steps 1 --learning_rate 5e-4 --lr_scheduler_type constant "
    "--warmup_ratio 0 --beta 0 --temperature 1 --gradient_checkpointing false --dataset_num_proc 1 "
    "--dataloader_num_workers 0 --report_to none "
    f"--max_steps {STEPS} --save_steps {STEPS} --eval_steps {EVERY} --eval_strategy steps "
    f"--per_device_eval_batch_size {sum(HELD_OUT.values())} --num_generations_eval 1"
)
MODEL = f"--model_type qwen2 --template qwen2_5 --system {ROOT}/prompts/demo.txt"


def write_data(folder: Path) -> None:
    """Base model, traces, training rows and held-out questions; the same bytes each time."""
    drawn = random.Random(1)
    traces, rows, held_out, corpus = [], [], [], []
    for region, larger in REGIONS.items():
        pairs = [(a, b) for b in larger for a in range(b - 3)]
        corpus += [str(trace_row(a, b, b)["messages"]) for a, b in pairs]
        corpus += 10 * ["system user assistant Think, then answer."]
        drawn.shuffle(pairs)
        asked = [pair if drawn.random() < 0.5 else pair[::-1] for pair in pairs]
        held_out += [question_row(a, b) for a, b in asked[: HELD_OUT[region]]]
        both = [(a, b) for pair in pairs[HELD_OUT[region] :] for a, b in (pair, pair[::-1])]
        rows += [question_row(a, b) for a, b in drawn.sample(both, 2 * ROWS[region])[::2]]
        for a, b in drawn.choices(both, k=TRACES[region]):
            said = {"easy": max(a, b), "hopeless": min(a, b)}.get(region)
            traces.append(trace_row(a, b, drawn.choice((a, b)) if said is None else said))
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in (("traces", traces), ("train", rows), ("held_out", held_out)):
        (folder / f"{name}.jsonl").write_bytes(b"".join(map(json_line, found)))
    tiny_model.write(folder / "base", corpus, 1)


def trace_row(a: int, b: int, said: int) -> dict:
    """A short answer, so that a step is short too."""
    return {"messages": [*question_row(a, b)["messages"], {"role": "assistant", "content": f"<answer>{said}</answer>"}]}


def recipe(name: str, flags: str, log: Path, **variables: object) -> None:
    environ = os.environ | {key: str(value) for key, value in variables.items()}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as out:
        words = ["bash", str(ROOT / f"scripts/{name}"), "--compact", *MODEL.split(), *flags.split()]
        subprocess.run(words, env=environ | {"DEVICE": "cpu", "DTYPE": "float32"}, stdout=out, stderr=out, check=True)


def cold(work: Path) -> Path:
    """The cold start's checkpoint, made if it is not there."""
    found = sorted((work / "sft").glob("v*/checkpoint-*"))
    if not found:
        data = work / "data"
        write_data(data)
        log = work / "logs/cold.log"
        recipe(
            "sft_cold_start.sh", SFT, log, MODEL=data / "base", DATASET=data / "traces.jsonl", OUTPUT_DIR=work / "sft"
        )
        found = sorted((work / "sft").glob("v*/checkpoint-*"))
    return found[-1]


def train(work: Path, arm: str, seed: int) -> None:
    data, out = work / "data", work / f"{arm}-{seed}"
    flags = f"{GRPO} --seed {seed} --val_dataset {data}/held_out.jsonl"
    stages = {"CURRICULUM": STAGE} if arm == "curriculum" else {}
    paths = {"MODEL": cold(work), "DATASET": data / "train.jsonl", "OUTPUT_DIR": out}
    recipe("train_single_gpu.sh", flags, work / f"logs/{arm}-{seed}.log", **paths, **stages)


def curve(folder: Path) -> dict[int, float]:
    """Held-out accuracy by step."""
    key = "eval_rewards/AnswerAccuracy/mean"
    found = {}
    for event in find_run(folder).events():
        if event.kind == "eval":
            found[event.step] = event.values[key]
    return found


def reached(found: dict[int, float]) -> int | None:
    """The step of the first evaluation at GOAL or above, None if there is none."""
    return next((step for step, value in found.items() if value >= GOAL), None)


def table(work: Path) -> None:
    """Curves, steps to GOAL and the paired differences, over the seeds that both arms have finished.

    A run that does not reach GOAL is censored at STEPS. The log-rank test takes that into account; the mean of
    min(steps to GOAL, STEPS), restricted to the length of the runs, is too small then, by how much is not known.
    """
    from scipy import stats as of_scipy

    found = {arm: {seed: curve(work / f"{arm}-{seed}") for seed in SEEDS if done(work, arm, seed)} for arm in ARMS}
    seeds = sorted(found[ARMS[0]].keys() & found[ARMS[1]].keys())
    if not seeds:
        sys.exit(f"no seed has both runs in {work}")
    steps = range(EVERY, STEPS + 1, EVERY)
    print("held-out accuracy   " + " ".join(f"{step:>5}" for step in steps))
    for arm in ARMS:
        for seed in seeds:
            print(f"{arm:>12}, seed {seed} " + " ".join(f"{found[arm][seed].get(step, nan):5.3f}" for step in steps))
    times = {arm: [reached(found[arm][seed]) for seed in seeds] for arm in ARMS}
    for arm in ARMS:
        said = ", ".join(str(one or f"over {STEPS}") for one in times[arm])
        print(
            f"{arm:>12}: steps to {GOAL}: {said} ({sum(one is not None for one in times[arm])} of {len(seeds)} reach it)"
        )
    to_goal = {arm: [one or STEPS for one in times[arm]] for arm in ARMS}
    area = {arm: [float(np.mean(list(found[arm][seed].values()))) for seed in seeds] for arm in ARMS}
    last = {arm: [found[arm][seed][STEPS] for seed in seeds] for arm in ARMS}
    for name, of in ((f"steps to {GOAL}, at most {STEPS}", to_goal), ("mean of the curve", area), ("last", last)):
        gains = np.subtract(of[ARMS[1]], of[ARMS[0]])
        low, high = mean(gains)
        print(
            f"curriculum minus uniform, {name}: {gains.mean():.3f}, 95% interval {low:.3f} to {high:.3f} (t, {len(seeds)} pairs)"
        )
    if any(one is not None for arm in ARMS for one in times[arm]):
        sets = [
            of_scipy.CensoredData(
                uncensored=[one for one in times[arm] if one is not None],
                right=[STEPS for one in times[arm] if one is None],
            )
            for arm in ARMS
        ]
        print(f"log-rank test of the steps to {GOAL}: p = {of_scipy.logrank(*sets).pvalue:.3f}")


def done(work: Path, arm: str, seed: int) -> bool:
    return bool(list((work / f"{arm}-{seed}").glob(f"v*/checkpoint-{STEPS}/trainer_state.json")))


def main() -> None:
    work, words = Path(sys.argv[1]).absolute(), sys.argv[2:]
    if words == ["cold"]:
        print(cold(work))
    elif len(words) == 2:
        train(work, words[0], int(words[1]))
    else:
        if not words:
            for seed in SEEDS:
                for arm in ARMS:
                    train(work, arm, seed)
        table(work)


if __name__ == "__main__":
    main()
