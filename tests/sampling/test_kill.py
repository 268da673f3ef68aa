"""Ten SIGKILLs at random moments, against a server that fails at random: at the end each (prompt, sample) exactly once."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from swift_grpo.formats.rows import prompt_hash, prompt_of
from tests.conftest import ROOT
from tests.sampling.hosted_stub import completion_of

pytestmark = pytest.mark.slow

PROMPTS, N, KILLS = 80, 8, 10
RUN = """
import json, sys
from pathlib import Path
from swift_grpo.sampling.models import Hosted
from swift_grpo.sampling.sampler import Patience, sample
from swift_grpo.formats.samples import SamplingParameters
rows = [{"query": f"prompt {i}"} for i in range(int(sys.argv[2]))]
patience = Patience(timeout=0.4, attempts=50)
summary = sample(rows, Hosted("stub", (sys.argv[1],)), SamplingParameters(n=int(sys.argv[3])), Path("out"), 32, patience)
print(json.dumps([summary.new, summary.kept, summary.failed]))
"""


def test_ctrl_c_keeps_what_is_finished_and_says_so(hosted, tmp_path):
    hosted.stub.delay = 0.3
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps({"query": f"prompt {i}"}) + "\n" for i in range(400)))
    command = [
        str(Path(sys.executable).parent / "swift-grpo"),
        "sample",
        "rows.jsonl",
        "--model",
        "stub",
        "--url",
        hosted.url,
    ]
    run = subprocess.Popen(
        [*command, "-o", "out", "--concurrency", "8"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while written(tmp_path) < 5:
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.01)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert (run.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "swift-grpo: stopped; finished work is kept: run the same command to go on"
    assert "Traceback" not in err
    (path,) = (tmp_path / "out").iterdir()
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def written(folder):
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("out/*"))


@pytest.mark.e2e
def test_ten_kills(tmp_path):
    port_file = tmp_path / "port"
    stub = subprocess.Popen(
        [sys.executable, "-m", "tests.sampling.hosted_stub", str(port_file), "--faults", "0.2", "--delay", "0.1"],
        cwd=ROOT,
    )
    try:
        while not port_file.exists():
            assert stub.poll() is None
            time.sleep(0.05)
        command = [sys.executable, "-c", RUN, f"http://127.0.0.1:{port_file.read_text()}/v1", str(PROMPTS), str(N)]
        chance, lines = random.Random(11), []
        for _ in range(KILLS):
            run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            enough = written(tmp_path) + chance.randint(0, 60)  # a moment of progress, not of the clock
            while written(tmp_path) < enough:
                assert run.poll() is None, "the run ended before it could be killed"
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.1))
            run.send_signal(signal.SIGKILL)
            run.wait()
            lines.append(written(tmp_path))
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    finally:
        stub.kill()
        stub.wait()
    assert done.returncode == 0, done.stderr
    new, kept, failed = json.loads(done.stdout)
    assert failed == {}
    assert lines == sorted(lines), "a kill lost what was finished"
    assert 0 < kept < PROMPTS * N, "the kills came too late or too early to test anything"
    assert new + kept == PROMPTS * N
    (path,) = (tmp_path / "out").iterdir()
    _, *samples = [json.loads(line) for line in path.read_bytes().splitlines()]
    prompts = {prompt_hash(prompt_of({"query": text})): text for text in (f"prompt {i}" for i in range(PROMPTS))}
    assert sorted((one["prompt_id"], one["index"]) for one in samples) == sorted(
        (name, i) for name in prompts for i in range(N)
    )
    assert all(one["completion"] == completion_of(prompts[one["prompt_id"]], one["seed"]) for one in samples)
