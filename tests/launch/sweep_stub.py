"""A stand-in for a training recipe: the real launcher, and a trainer that only writes the files of ms-swift's.

python -m tests.launch.sweep_stub FLAGS…     # as a recipe: OUTPUT_DIR, RESUME, --dry-run, --seed, --fail, --step-seconds
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from swift_grpo.launch.checkpoints import last_checkpoint
from tests.conftest import complete_checkpoint

RECIPE = """#!/usr/bin/env bash
# {root}/tests/launch/sweep_stub.py as a recipe, with --dry-run
cd {root} && exec {python} -m tests.launch.sweep_stub "$@"
"""
STEPS, SAVE_EVERY = 8, 2


def recipe(folder: Path, root: Path) -> Path:
    (path := folder / "recipe.sh").write_text(RECIPE.format(root=root, python=sys.executable))
    return path


def train(words: list[str]) -> int:
    """A step every `--step-seconds`, a checkpoint every second step; with `--fail` it fails after three."""
    value = dict(itertools.pairwise(words)).get
    out, seconds = Path(value("--output_dir")), float(value("--step_seconds", "0.1"))
    resumed = value("--resume_from_checkpoint")
    folder = out / f"v{len(list(out.glob('v*')))}-1"
    folder.mkdir(parents=True)
    (folder / "args.json").write_text(json.dumps({"resume_from_checkpoint": resumed, "num_generations": 1}))
    first = int(resumed.rpartition("-")[2]) + 1 if resumed else 1
    for step in range(first, STEPS + 1):
        time.sleep(seconds)
        with (folder / "completions.jsonl").open("a") as log:
            log.write(json.dumps({"gen_step": [step], "prompt": ["1 + 1?"], "completion": ["2"]}) + "\n")
        with (folder / "logging.jsonl").open("a") as log:
            log.write(json.dumps({"loss": 0.0, "reward": 1.0, "global_step/max_steps": f"{step}/{STEPS}"}) + "\n")
        print(f"{{'loss': '0.0', 'reward': '1.0', 'global_step/max_steps': '{step}/{STEPS}'}}", flush=True)
        if step == 3 and "--fail" in words and not Path(value("--fail")).exists():
            raise ValueError("planted")
        if step % SAVE_EVERY == 0:
            saving = complete_checkpoint(folder / "saving")
            for name in ("rng_state.pth", "optimizer.pt", "scheduler.pt"):
                zipfile.ZipFile(saving / name, "w").close()
            shutil.move(saving, folder / f"checkpoint-{step}")
    return 0


def main() -> None:
    words = sys.argv[1:]
    if words[0] == "swift":
        sys.exit(train(words))
    from swift_grpo.launch.run import launch, new_folder

    out = Path(os.environ["OUTPUT_DIR"])
    flags = [word for word in words if word not in ("--compact", "--dry-run")]
    trainer = ["swift", "rlhf", "--rlhf_type", "grpo", "--max_steps", str(STEPS), "--output_dir", str(out), *flags]
    if "--dry-run" in words:
        print(" ".join(trainer))
        sys.exit(2 if "--refused" in words else 0)
    if os.environ.get("RESUME"):
        trainer += ["--resume_from_checkpoint", str(last_checkpoint(out, to_resume=True))]
    if "--evaluated_after" in flags:  # as EVAL does: a process that outlives the launcher
        seconds = flags[flags.index("--evaluated_after") + 1]
        subprocess.run(f"(sleep {seconds}; touch '{out}/evaluated') &", shell=True)
    command = [sys.executable, "-m", "tests.launch.sweep_stub", *trainer]
    sys.exit(launch([command], new_folder(out / "launches"), compact="--compact" in words))


if __name__ == "__main__":
    main()
