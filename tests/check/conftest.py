"""A folder with rows and a machine with two cards, to try commands in."""

import json
import shlex

import pytest

from benchmarks.preflight.score import NVIDIA_SMI
from swift_grpo.check import check_launch

BASE = (
    "swift rlhf --rlhf_type grpo --model Qwen/Qwen2.5-7B-Instruct --dataset rows.jsonl --reward_funcs accuracy"
    " --num_generations 4 --per_device_train_batch_size 4 --output_dir out"
)


@pytest.fixture
def examine(tmp_path, monkeypatch):
    """The problems of commands, with :: between them, on a machine with two cards of `gib` GiB; no hub is reached."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("swift_grpo.check.hub._status", lambda url, seconds: 200)
    row = {"messages": [{"role": "user", "content": "Compute {} + 2."}], "solution": "{}"}
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n".replace("{}", str(n)) for n in range(300)))
    stub = tmp_path / "bin" / "nvidia-smi"
    stub.parent.mkdir()
    stub.write_text(NVIDIA_SMI)
    stub.chmod(0o755)

    def run(commands, gib=80, used_gib=0, **more):
        lines = "".join(f"{n} {gib * 1024} {used_gib * 1024}\n" for n in range(2))
        stub.with_name("nvidia-smi.cards").write_text(lines)
        environ = {"PATH": f"{stub.parent}:/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": "0"}
        return check_launch([shlex.split(command) for command in commands.split(" :: ")], environ, **more).problems

    return run
