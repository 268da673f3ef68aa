"""Every configuration of the repository: keys that ms-swift knows, and commands that preflight lets pass. A new one is tested by being there."""  # noqa: E501

import json
from pathlib import Path

import pytest
import yaml

from swift_grpo.check import check_command, known_flags
from swift_grpo.cpu import tiny_model
from swift_grpo.data import larger_number
from swift_grpo.formats.command_line import expand
from swift_grpo.launch import sweep
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

FILES = sorted(p.relative_to(ROOT) for folder in ("configs", "examples") for p in (ROOT / folder).rglob("*.yaml"))
SWEEPS = [path for path in FILES if path.parent.name == "sweeps"]
CONFIGS = [path for path in FILES if path not in SWEEPS]
VARIANTS = [path for path in CONFIGS if path.parent.name == "variants"]
BASE = ROOT / "examples/r1_math/config.yaml"
SERVER = [
    "--ddp_backend",
    "gloo",
    "--use_vllm",
    "true",
    "--vllm_mode",
    "server",
    "--vllm_server_host",
    "127.0.0.1",
    "--vllm_server_port",
    "1",
]
PLUGIN = ["--external_plugins", str(ROOT / "plugin/plugin.py")]


def command_of(config: Path) -> str:
    return "sft" if "cold_start" in config.name else "rlhf"


def words(config: Path) -> list[str]:
    """What `swift-grpo config-flags` prints."""
    return [word for name, values in expand([str(config)]).items() for word in (f"--{name}", *values)]


@pytest.mark.parametrize("file", SWEEPS, ids=str)
def test_a_sweep_can_be_read(file, monkeypatch):
    monkeypatch.chdir(ROOT)  # its recipe is named from here
    assert len(sweep.read(file).runs) > 3


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_ms_swift_knows_each_key(config):
    keys = yaml.safe_load((ROOT / config).read_text()).keys()
    assert keys
    assert keys - known_flags.known()["flags"][command_of(config)].keys() == set()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> list[str]:
    """--model and --dataset: the demo's model, and rows enough for a step of each."""
    folder = tmp_path_factory.mktemp("inputs")
    tests = {"tests": '{"kind": "stdin", "cases": [{"input": "", "output": "1"}]}'}
    rows = [larger_number.question_row(*pair) | tests for pair in larger_number.questions(larger_number.NUMBERS)[:400]]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    tiny_model.write(folder / "model", larger_number.corpus(1), 1)
    config = folder / "model/config.json"  # as many positions as the recipes' lengths need
    config.write_text(json.dumps(json.loads(config.read_text()) | {"max_position_embeddings": 32768}))
    return ["--model", str(folder / "model"), "--dataset", str(folder / "rows.jsonl")]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_preflight_lets_it_pass(config, inputs):
    path, command, environ = ROOT / config, command_of(config), {}
    start = [str(path), *([] if command == "sft" else ["--rlhf_type", "grpo", *PLUGIN])]
    if config in VARIANTS or path == BASE:
        start = [str(BASE), "--rlhf_type", "grpo", *PLUGIN, *SERVER, *(trainers(path) if config in VARIANTS else [])]
        environ = {"NPROC_PER_NODE": "7"}
    elif config.name == "train_multi_gpu.yaml":
        start, environ = [*start, *SERVER, "--gradient_accumulation_steps", "2"], {"NPROC_PER_NODE": "7"}
    if "teacher_kl_coef" in path.read_text():
        start += ["--teacher_model", inputs[1]]
    if command == "sft":  # learns from answers
        rows = Path(inputs[3])
        traces = rows.with_name("traces.jsonl")
        answer = {"role": "assistant", "content": "<think>a</think><answer>1</answer>"}
        read = map(json.loads, rows.read_text().splitlines())
        traces.write_text("".join(json.dumps({"messages": [*row["messages"], answer]}) + "\n" for row in read))
        inputs = [*inputs[:3], str(traces)]
    forms = "<think></think><answer></answer>, <reasoning></reasoning>"
    program = ", ```python" if "code_format" in path.read_text() else ""
    asks = ["--system", f"Write {forms}{program} and \\boxed{{}}."]  # as scripts/ do
    argv = ["env", *(f"{name}={value}" for name, value in environ.items()), "swift", command, *start, *inputs, *asks]
    assert [str(problem) for problem in check_command(argv, {}, "cpu")] == []


def trainers(config: Path) -> list[str]:
    """A variant's flags without those that train_multi_gpu.sh gives to the server."""
    given = expand([str(config)]).items()
    return [word for name, values in given if not name.startswith("vllm_") for word in (f"--{name}", *values)]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_no_start_asks_the_hub(config):
    if config not in VARIANTS:
        assert yaml.safe_load((ROOT / config).read_text())["check_model"] is False


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_a_variant_says_only_what_differs(config):
    base, own = (yaml.safe_load(path.read_text()) for path in (BASE, ROOT / config))
    assert {name for name, value in own.items() if base.get(name) == value} == set()
