"""A tiny model with random weights and a few questions, made once for all tests that run recipes for real."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# the R1 prompt costs the tiny tokenizer 250 tokens; the recipes' own is in the dry-run tests
TINY = [
    "--model_type",
    "qwen2",
    "--template",
    "qwen2_5",
    "--system",
    str(ROOT / "prompts/demo.txt"),
    "--report_to",
    "none",
    "--dataset_num_proc",
    "1",
]
TINY += ["--dataloader_num_workers", "0", "--gradient_checkpointing", "false"]
SHORT = ["--max_length", "200", "--max_completion_length", "24", "--num_generations", "4", "--beta", "0"]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """A folder with base/ (the model), train.jsonl, held_out.jsonl and cold_start.jsonl."""
    folder = tmp_path_factory.mktemp("tiny")
    swift_grpo = str(Path(sys.executable).parent / "swift-grpo")
    subprocess.run([swift_grpo, "demo-data", str(folder)], check=True, capture_output=True)
    return folder


def tree_with(folder: Path, addition: str) -> Path:
    """A copy of the tree in `folder` whose rollout server loads `addition` behind plugin/weight_sync.py; its root."""
    for name in ("scripts", "plugin"):
        shutil.copytree(ROOT / name, folder / name)
    for name in (".venv", "configs", "prompts", "swift_grpo"):
        (folder / name).symlink_to(ROOT / name)
    with (folder / "plugin/weight_sync.py").open("a") as plugin:
        plugin.write(addition)
    return folder
