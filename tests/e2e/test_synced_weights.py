"""The multi-card recipe for real: what the server holds after each weight sync is what the checkpoint of that step holds."""

import json
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import clean_environ
from tests.e2e.conftest import SHORT, TINY, tree_with
from tests.e2e.test_recipes import check_run, launched

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
STEPS = 3
LAYER = "model.layers.0.self_attn.o_proj"  # vLLM fuses it with no other: its tensors keep their names and shapes
# the tiny model's rewards are all 0 at first, and so are its gradients; these differ within each group
REWARD = """
from grpo_rewards.contract import register_reward

@register_reward("letters", range=(0, 1))
def letters(completion: str) -> float:
    return sum(map(ord, completion)) % 97 / 97
"""
# what the engine's worker holds, written down at the end of each sync
RECORDER = f"""
import itertools
from safetensors.torch import save_file

NUMBER = itertools.count()

def record(**held):
    held = {{name: tensor.contiguous() for name, tensor in held.items()}}
    save_file(held, os.environ["RECORDED"] + f"/{{next(NUMBER)}}.safetensors")

class VerifiedWeights(VerifiedWeights):
    def process_weights_after_loading(self):
        super().process_weights_after_loading()
        model = dict(self.model_runner.model.named_parameters())
        if "{LAYER}.weight" in model:
            record(weight=model["{LAYER}.weight"])

    def update_adapter_flattened_param(self, *args):
        super().update_adapter_flattened_param(*args)
        layer = self._adapter_layers()["{LAYER}"]
        record(A=layer.lora_a, B=layer.lora_b)
"""


def learnt_in_full(checkpoint: Path, base: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"weight": load_file(checkpoint / "model.safetensors")[f"{LAYER}.weight"]}


def learnt_adapter(checkpoint: Path, base: torch.Tensor) -> dict[str, torch.Tensor]:
    config, tensors = (
        json.loads((checkpoint / "adapter_config.json").read_text()),
        load_file(checkpoint / "adapter_model.safetensors"),
    )
    a, b = (tensors[f"base_model.model.{LAYER}.lora_{part}.weight"] for part in "AB")
    return {"A": a, "B": b * config["lora_alpha"] / config["r"]}


def learnt_and_merged(checkpoint: Path, base: torch.Tensor) -> dict[str, torch.Tensor]:
    adapter = learnt_adapter(checkpoint, base)
    return {"weight": base + adapter["B"] @ adapter["A"]}


TOPOLOGIES = {
    "full, ZeRO-2": pytest.param(2, [], learnt_in_full, marks=pytest.mark.cold),
    "adapter, ZeRO-3": (
        3,
        ["--tuner_type", "lora", "--vllm_enable_lora", "true", "--deepspeed", "zero3"],
        learnt_adapter,
    ),
    "merged adapter, batches ahead": (2, ["--tuner_type", "lora", "--async_generate", "true"], learnt_and_merged),
}


@pytest.mark.parametrize(("stage", "flags", "learnt"), TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_the_server_holds_what_was_learnt(stage, flags, learnt, tiny, tmp_path):
    root, recorded, reward = tree_with(tmp_path / "tree", RECORDER), tmp_path / "recorded", tmp_path / "my_rewards.py"
    recorded.mkdir()
    reward.write_text(REWARD)
    given = ["--external_plugins", reward, root / "plugin/plugin.py", "--reward_funcs", "letters", "r1_format"]
    given += ["--reward_weights", 2, 1, "--learning_rate", 0.01, "--warmup_ratio", 0, "--lr_scheduler_type", "constant"]
    given += ["--max_steps", STEPS, "--save_steps", 1, "--save_total_limit", STEPS, "--save_only_model", "true"]
    given += ["--per_device_train_batch_size", 4, "--gradient_accumulation_steps", 1, "--vllm_max_model_len", 256]
    done = subprocess.run(
        ["bash", str(root / "scripts/train_multi_gpu.sh"), *TINY, *SHORT, *map(str, given), *flags],
        env=clean_environ()
        | {"DEVICE": "cpu", "GPUS": "0,1,2", "MODEL": str(tiny / "base"), "DATASET": str(tiny / "train.jsonl")}
        | {"OUTPUT_DIR": str(tmp_path / "out"), "RECORDED": str(recorded)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    run = check_run(tmp_path / "out", steps=STEPS, completions=8, rewards={"Letters", "R1Format"})
    arguments = json.loads((run / "args.json").read_text())
    assert (arguments["global_world_size"], arguments["vllm_mode"]) == (2, "server")
    assert arguments["deepspeed"]["zero_optimization"]["stage"] == stage
    assert launched(tmp_path / "out")["cause"] == "finished"

    base = load_file(tiny / "base/model.safetensors")[f"{LAYER}.weight"]
    held = [
        load_file(recorded / f"{number}.safetensors") for number in range(STEPS)
    ]  # the first sync precedes the first step
    for step in range(1, STEPS):
        expected = learnt(run / f"checkpoint-{step}", base)
        for name, tensor in expected.items():
            torch.testing.assert_close(held[step][name], tensor, rtol=0, atol=1e-6)
    last = held[-1].keys() & {"weight", "B"}
    assert all((held[-1][name] - held[0][name]).abs().max() > 1e-3 for name in last), "the steps changed what is served"
