"""A tiny model with random weights and a few questions, made once for all tests that run recipes for real."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environ

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


@pytest.fixture(scope="session")
def imported(tmp_path_factory) -> Iterator[dict[str, str]]:
    """Variables with which `swift` and `swift-grpo` start without their imports (imported.py)."""
    address = tmp_path_factory.mktemp("imported") / "socket"
    site = f"{ROOT}/swift_grpo/cpu/site:{ROOT}:{ROOT}/plugin"
    environ = clean_environ() | {"PYTHONPATH": site, "CUDA_VISIBLE_DEVICES": "", "VLLM_PLUGINS": "none"}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.imported", str(address)],
        cwd=ROOT,
        env=environ | {"SWIFT_GRPO_TEST": "padding" * 1000},  # room for the title of a fork, its command line
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with server:
        assert b"ready\n" in server.stdout  # reads until then
        path = [f"{Path(__file__).parent}/site", *filter(None, [os.environ.get("PYTHONPATH")])]
        yield {"IMPORTED_SOCKET": str(address), "PYTHONPATH": ":".join(path)}
        server.stdin.close()


@pytest.fixture(autouse=True)
def starts(request, monkeypatch) -> None:
    """Programs start without their imports, in a test marked `cold` with them."""
    if not request.node.get_closest_marker("cold"):
        for name, value in request.getfixturevalue("imported").items():
            monkeypatch.setenv(name, value)
