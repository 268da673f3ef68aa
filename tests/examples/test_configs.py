"""Every configuration of the repository: keys that ms-swift knows, and commands that preflight lets pass. A new one is tested by being there."""  # noqa: E501

from pathlib import Path

import pytest
import yaml

from swift_grpo.check import check_command, known_flags
from swift_grpo.check.commandline import expand
from tests.conftest import ROOT

CONFIGS = sorted(p.relative_to(ROOT) for folder in ("configs", "examples") for p in (ROOT / folder).rglob("*.yaml"))
VARIANTS = [path for path in CONFIGS if path.parent.name == "variants"]
BASE = ROOT / "examples/r1_math/config.yaml"
SERVER = ["--use_vllm", "true", "--vllm_mode", "server", "--vllm_server_host", "127.0.0.1", "--vllm_server_port", "1"]
PLUGIN = ["--external_plugins", str(ROOT / "plugin/plugin.py")]


def command_of(config: Path) -> str:
    return "sft" if "cold_start" in config.name else "rlhf"


def words(config: Path) -> list[str]:
    """What `swift-grpo config-flags` prints."""
    return [word for name, values in expand([str(config)]).items() for word in (f"--{name}", *values)]


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_ms_swift_knows_each_key(config):
    keys = yaml.safe_load((ROOT / config).read_text()).keys()
    assert keys
    assert keys - known_flags.known()["flags"][command_of(config)].keys() == set()


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_preflight_lets_it_pass(config, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    (tmp_path / "rows.jsonl").write_text('{"messages": [{"role": "user", "content": "1 + 1?"}], "solution": "2"}\n')
    model = ["--model", str(tmp_path / "model"), "--dataset", str(tmp_path / "rows.jsonl")]
    command = command_of(config)
    start = [str(ROOT / config), *(PLUGIN if command == "rlhf" else [])]
    environ = {}
    if config in VARIANTS or ROOT / config == BASE:
        start = [str(BASE), *PLUGIN, *SERVER, *(words(ROOT / config) if config in VARIANTS else [])]
        environ = {"NPROC_PER_NODE": "7"}
    elif config.name == "train_multi_gpu.yaml":
        start, environ = [*start, "--gradient_accumulation_steps", "2"], {"NPROC_PER_NODE": "7"}
    grpo = ["--rlhf_type", "grpo"] if command == "rlhf" else []
    argv = ["env", *(f"{k}={v}" for k, v in environ.items()), "swift", command, *start, *grpo, *model]
    if "teacher_model" in expand(argv[argv.index(command) + 1 :]):
        argv += ["--teacher_model", str(tmp_path / "model")]
    assert [str(problem) for problem in check_command(argv, {}, "cpu")] == []


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_no_start_asks_the_hub(config):
    if config not in VARIANTS:
        assert yaml.safe_load((ROOT / config).read_text())["check_model"] is False


@pytest.mark.parametrize("config", VARIANTS, ids=str)
def test_a_variant_says_only_what_differs(config):
    base, own = (yaml.safe_load(path.read_text()) for path in (BASE, ROOT / config))
    assert {name for name, value in own.items() if base.get(name) == value} == set()
