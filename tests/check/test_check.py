"""Bad input, each with the one line that names it and its fix."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from swift_grpo.check import check_command, known_flags
from swift_grpo.check.batch import fit_accumulation
from swift_grpo.formats.command_line import expand
from tests.conftest import ROOT, complete_checkpoint, tiny_model

PLUGIN = str(ROOT / "plugin" / "plugin.py")


@pytest.fixture
def good(tmp_path):
    """A GRPO command line without a fault: flag -> values. Two ranks."""
    tiny_model(tmp_path / "model")
    (tmp_path / "rows.jsonl").write_text('{"query": "1 + 1?", "solution": "2"}\n')
    (tmp_path / "prompt.txt").write_text("Think in <think></think>, answer in <answer></answer>.")
    return {
        "rlhf_type": ["grpo"],
        "model": [str(tmp_path / "model")],
        "dataset": [str(tmp_path / "rows.jsonl")],
        "system": [str(tmp_path / "prompt.txt")],
        "external_plugins": [PLUGIN],
        "reward_funcs": ["math_accuracy", "r1_format"],
        "num_generations": ["4"],
        "per_device_train_batch_size": ["2"],
        "output_dir": [str(tmp_path / "out")],
    }


def problems(flags: dict[str, list[str]], command="rlhf", device="cpu", **environ: str) -> list[str]:
    flags = flags | ({"ddp_backend": ["gloo"]} if device == "cpu" and command == "rlhf" else {})
    words = [word for name, values in flags.items() for word in (f"--{name}", *values)]
    argv = ["env", "NPROC_PER_NODE=2", "swift", command, *words]
    return [str(p) for p in check_command(argv, {"HF_ENDPOINT": "http://127.0.0.1:9", "USE_HF": "1"} | environ, device)]


def test_a_good_command_has_no_problem(good):
    assert problems(good) == []


@pytest.mark.parametrize(
    ("flag", "values", "what", "fix"),
    [
        ("model", ["./nowhere"], "the model ./nowhere is not there", "give MODEL a folder or a hub id"),
        ("model", ["org/nothing"], "SKIPPED: whether the model org/nothing exists", "cannot be reached"),
        (
            "dataset",
            ["nowhere.jsonl"],
            "the dataset nowhere.jsonl is not there",
            "give DATASET a file that exists, or a hub id",
        ),
        ("dataset", ["nowhere.jsonl#100"], "the dataset nowhere.jsonl is not there", "give DATASET"),
        ("system", ["nowhere.txt"], "the system prompt file nowhere.txt is not there", "give --system a file"),
        ("external_plugins", ["nowhere.py"], "the plugin file nowhere.py is not there", "give --external_plugins"),
        ("train_type", ["lora"], "--train_type is a flag of ms-swift 3", "--tuner_type"),
        ("vllm_device", ["auto"], "--vllm_device is a flag of ms-swift 3", "--vllm_mode server or colocate"),
        ("max_prompt_length", ["9"], "--max_prompt_length is a flag of ms-swift 3", "--max_length"),
        ("learnig_rate", ["9"], "--learnig_rate is not a flag of `swift rlhf`", "--learning_rate?"),
        ("max_steps", ["ten"], "--max_steps ten is not a whole number", "takes int"),
        ("num_generations", ["3"], "a step makes 4 completions (2 ranks x 2 x 1)", "--gradient_accumulation_steps 3"),
        ("num_generations", ["1"], "a group of one", "at least 2"),
        ("generation_batch_size", ["6"], "--generation_batch_size 6 must be a multiple of 4", "multiple of 4: 8 or 12"),
        ("reward_funcs", ["acuracy"], "the reward acuracy is not registered", "use one of"),
        ("reward_weights", ["1"], "--reward_weights has 1 values for 2 rewards", "one weight per reward"),
        ("use_vllm", ["true"], "--use_vllm true needs a mode", "add --vllm_mode"),
        ("vllm_mode", ["colocate"], "does nothing without vLLM", "add --use_vllm true"),
        ("columns", ["answer=solution"], "is neither a JSON object", """--columns '{"answer": "solution"}'"""),
        ("resume_from_checkpoint", ["nowhere"], "--resume_from_checkpoint nowhere is not a folder", "checkpoint-N"),
    ],
)
def test_one_mistake_is_one_line(good, flag, values, what, fix):
    (line,) = problems(good | {flag: values})
    assert what in line
    assert fix in line
    assert "\n" not in line


def test_a_model_that_brings_code_is_named(good):
    path = Path(good["model"][0], "config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {"AutoConfig": "configuration_x.Config"}}))
    assert [line.partition("; ")[0] for line in problems(good)] == [
        f"warning: {good['model'][0]} brings Python files (auto_map in its config.json), and ms-swift runs them: "
        "trust_remote_code=True in swift/model/register.py, without a flag against it"
    ]


def test_all_mistakes_are_found_at_once(good):
    assert len(problems(good | {"model": ["./no"], "system": ["no.txt"], "train_type": ["full"]})) == 3


@pytest.mark.parametrize(
    ("content", "what", "fix"),
    [
        ("", "has no rows", "at least one"),
        ('{"query": "?"', "line 1", "fix line 1"),
        ('{"query": "?", "solution": "1"}\nnull\n', "line 2 is not a JSON object", "fix line 2"),
        ('{"query": "?", "answer": "1"}\n', "has no column `solution`", """--columns '{"answer": "solution"}'"""),
        ('{"query": "?", "solution": ""}\n', "every `solution`", "fill in"),
        (
            '{"query": "?", "solution": "\\\\frac{1"}\n',
            "1 of 1 golds (`solution`)",
            "--drop unreadable",
        ),
        (
            '{"task": "?", "solution": "1"}\n',
            "has no column with the prompt",
            """--columns '{"your_column": "query"}'""",
        ),
    ],
)
def test_datasets(good, tmp_path, content, what, fix):
    (tmp_path / "rows.jsonl").write_text(content)
    (line,) = problems(good)
    assert what in line
    assert fix in line


def test_columns_are_mapped(good, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"task": "?", "answer": "1"}\n')
    assert problems(good | {"columns": ['{"task": "query", "answer": "solution"}']}) == []


def test_binary_prompt_file(good, tmp_path):
    (tmp_path / "prompt.txt").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read" in problems(good)[0]


def test_output_folder_below_a_file(good, tmp_path):
    assert "is a file" in problems(good | {"output_dir": [str(tmp_path / "prompt.txt" / "out")]})[0]


def test_output_folder_that_cannot_be_written(good):
    (line,) = problems(good | {"output_dir": ["/proc/out"]})
    assert "cannot be written" in line or "cannot be made" in line


def test_colocate_lengths_and_adapter_rank(good):
    flags = good | {
        "use_vllm": ["true"],
        "vllm_mode": ["colocate"],
        "max_length": ["2048"],
        "max_completion_length": ["1024"],
        "vllm_max_model_len": ["2048"],
        "vllm_enable_lora": ["true"],
        "lora_rank": ["32"],
    }
    (lengths,) = problems(flags)
    assert lengths.startswith("warning: ") and "--vllm_max_model_len 3072" in lengths
    rank, lengths = problems(flags | {"vllm_max_lora_rank": ["16"]})
    assert "--vllm_max_lora_rank 32" in rank


def test_no_card_is_named(good, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no GPU is visible" in problems(good, device="gpu")[0]


def test_a_card_that_is_not_there(good, tmp_path, monkeypatch):
    """nvidia-smi is a stub that lists two cards."""
    stub = tmp_path / "nvidia-smi"
    stub.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert problems(good, device="gpu", CUDA_VISIBLE_DEVICES="0,1") == []
    assert problems(good, device="gpu", CUDA_VISIBLE_DEVICES="1,5") == [
        "card 5 is not there: this machine has 0, 1; correct GPUS (CUDA_VISIBLE_DEVICES)"
    ]


def test_configuration_file_is_read_first_and_flags_win(tmp_path):
    config = tmp_path / "c.yaml"
    config.write_text("ENV: {A: 1}\nnum_generations: 7\nreward_funcs: [a, b]\ncolumns: {x: y}\n")
    flags = expand([str(config), "--num_generations", "8", "--beta=0"])
    assert flags == {"num_generations": ["8"], "reward_funcs": ["a", "b"], "columns": ['{"x": "y"}'], "beta": ["0"]}


@pytest.mark.parametrize(("epochs", "left"), [("1", False), ("2", False), ("3", True)])
def test_a_run_is_finished_by_its_epochs(good, tmp_path, epochs, left):
    checkpoint = complete_checkpoint(tmp_path / "out/checkpoint-4")
    (checkpoint / "trainer_state.json").write_text('{"global_step": 4, "epoch": 2.0, "max_steps": 4}')
    said = problems(good | {"resume_from_checkpoint": [str(checkpoint)], "num_train_epochs": [epochs]})
    found = [
        line
        for line in said
        if f"is at epoch 2.0 of {epochs} already" in line and "--num_train_epochs 3 or more" in line
    ]
    assert len(found) == (not left)


def test_a_tab_behind_odd_line_ends_is_found(tmp_path):
    """YAML counts lines by five characters."""
    (tmp_path / "run.yaml").write_text("a: 1\x85\x85 b: [\t", encoding="utf-8")
    with pytest.raises(ValueError, match=r"line 3, column 3: .* \(a tab; YAML indents with spaces\)"):
        expand([str(tmp_path / "run.yaml")])


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_numbers_without_an_end_are_refused(good, value):
    flags = {"num_train_epochs": [value], "vllm_gpu_memory_utilization": [value]}
    said = problems(good | flags)
    assert all(any(f"--{flag} {value}" in line for line in said) for flag in flags), said


@pytest.mark.parametrize("ranks", range(1, 16))
@pytest.mark.parametrize("group", [2, 7, 8, 14])
def test_accumulation_fills_whole_groups_and_no_smaller_one_does(ranks, group):
    accumulation = fit_accumulation(ranks, 1, group, at_least=14)
    assert [a for a in range(1, accumulation + 1) if ranks * a % group == 0 and ranks * a >= 14] == [accumulation]


@pytest.mark.slow  # imports ms-swift
def test_known_flags_are_those_of_the_parser(tmp_path):
    """Asked of ms-swift anew, past the cache."""
    code = "import json; from swift_grpo.check import known_flags as k; print(json.dumps(sorted(k.known()['flags']['rlhf'])))"
    fresh = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert json.loads(fresh.stdout) == sorted(known_flags.known()["flags"]["rlhf"])
    assert {"rlhf_type", "num_generations", "tuner_type", "vllm_mode"} <= set(json.loads(fresh.stdout))
