"""What is started for a model, and what a set is named after; the servers themselves run in tests/e2e."""

import json
import shutil
from pathlib import Path

import pytest

from swift_grpo.launch.scratch import PREFIX
from swift_grpo.sampling import servers
from swift_grpo.sampling.models import Endpoint, Hosted, SamplingError
from swift_grpo.sampling.servers import Served, _cards, command, serve


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "checkpoint-5"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "qwen2"}')
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 1000)
    (folder / "optimizer.pt").write_bytes(b"1")
    return folder


def test_each_copy_has_cards_of_its_own(monkeypatch):
    monkeypatch.setenv("GPUS", "2,3,5,7")
    served = Served("org/model", copies=2, tensor_parallel=2, flags=("--vllm_max_model_len", "4096"))
    assert _cards(served) == [["2", "3"], ["5", "7"]]
    words = command(served, 8123, ["5", "7"])
    assert words[:3] == ["env", "CUDA_VISIBLE_DEVICES=5,7", "swift"]
    text = " ".join(words)
    for part in (
        "--host 127.0.0.1 --port 8123",
        "--vllm_tensor_parallel_size 2",
        "--infer_backend vllm",
        "--model org/model",
    ):
        assert part in text
    assert words[-2:] == ["--vllm_max_model_len", "4096"]
    monkeypatch.setenv("GPUS", "0,1")
    with pytest.raises(SamplingError, match="need 4 cards, 2 are visible"):
        _cards(served)


def test_on_cpu_the_bridges_are_in_place(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "mine")
    served = Served("org/model", device="cpu")
    words = command(served, 1, [])
    paths = next(word for word in words if word.startswith("PYTHONPATH=")).removeprefix("PYTHONPATH=").split(":")
    assert paths[0].endswith("swift_grpo/cpu/site") and paths[1:] == ["mine"]
    assert {"VLLM_PLUGINS=none", "CUDA_VISIBLE_DEVICES="} <= set(words)
    assert _cards(served) == [[]]


def test_a_lora_checkpoint_is_served_as_an_adapter(folder):
    (folder / "adapter_config.json").write_text("{}")
    words = command(Served(str(folder)), 1, ["0"])
    assert words[words.index("deploy") + 1 :][:2] == ["--adapters", str(folder)]
    assert "--model" not in words


@pytest.mark.parametrize(("rank", "held"), [(8, "16"), (16, "16"), (24, "32"), (32, "32"), (64, "64")])
def test_a_server_holds_adapters_of_their_rank(folder, rank, held):
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank}))
    for served in (Served(str(folder)), Served("base", adapter=str(folder))):
        words = command(served, 1, ["0"])
        assert words[words.index("--vllm_max_lora_rank") + 1] == held
    assert "--vllm_max_lora_rank" not in command(Served("base"), 1, ["0"])


def test_a_set_is_named_after_the_weights_and_not_the_path(folder, tmp_path):
    name = Served(str(folder)).name
    shutil.copytree(folder, tmp_path / "elsewhere/checkpoint-5")
    assert Served(str(tmp_path / "elsewhere/checkpoint-5")).name == name
    (folder / "optimizer.pt").write_bytes(b"2")
    assert Served(str(folder)).name == name
    assert Served(str(folder), flags=("--vllm_gpu_memory_utilization", "0.5")).name == name
    assert Served(str(folder), flags=("--template", "qwen2_5")).name != name
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x00")
    assert Served(str(folder)).name != name


def test_mistakes_are_found_before_a_server_is_started(tmp_path, capsys):
    served = Served(str(tmp_path / "nowhere"), device="cpu", flags=("--no_such_flag", "1"), logs=tmp_path / "logs")
    with pytest.raises(SamplingError, match="nowhere is not there") as raised, serve(served):
        pass
    assert "--no_such_flag is not a flag of `swift deploy`" in str(raised.value)
    assert not (tmp_path / "logs").exists()


def test_a_key_is_in_no_text(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    model = Hosted("m", ("https://api.example.org/v1/",))
    with model.open() as (endpoint,):
        assert (endpoint.url, endpoint.api_key, endpoint.is_local) == ("https://api.example.org/v1", "sk-secret", False)
        assert "secret" not in f"{endpoint} {endpoint!r} {model!r}"
    with pytest.raises(SamplingError, match="OPENAI_API_KEY") as raised:
        Hosted("m", ("https://me:sk-secret@api.example.org/v1",))
    assert "secret" not in str(raised.value)
    assert Endpoint("http://localhost:1/v1", "m").is_local and Endpoint("http://127.0.0.1:1/v1", "m").is_local


def test_a_servers_temporary_files_go_with_it(folder, tmp_path, monkeypatch):
    """vLLM leaves a socket for each engine that is killed."""

    def start(title, words, log, environ):
        (own := Path(environ["TMPDIR"])).joinpath("a-socket").touch()
        raise SamplingError(str(own))

    monkeypatch.setattr(servers, "start", start)
    monkeypatch.setattr(servers, "_preflight", lambda commands, device: None)
    with pytest.raises(SamplingError) as said, serve(Served(str(folder), device="cpu", logs=tmp_path / "logs")):
        pass
    own = Path(str(said.value))
    assert own.name.startswith(PREFIX) and not own.exists()
