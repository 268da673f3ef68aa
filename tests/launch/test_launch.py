"""Nothing of a run outlives it, and the run folder says why it ended. Real processes; no ms-swift."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from swift_grpo.launch import record
from swift_grpo.launch.causes import explain
from swift_grpo.launch.command import show, split_commands
from swift_grpo.launch.end import last_error
from swift_grpo.launch.ports import free_ports
from swift_grpo.launch.progress import CompactOutput
from swift_grpo.launch.server import ServerFailed, wait_until_free
from tests.launch.stubs import LAUNCH, free_port

pytestmark = pytest.mark.slow

SERVER = "import http.server as h, sys; h.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[-1]), bind='127.0.0.1')"
# a child in a session of its own whose parent ends at once: what torchrun's and vLLM's workers look like to their launcher
ORPHAN = (
    "import subprocess, sys, time; subprocess.Popen(['setsid', '-f', sys.executable, '-c', "
    "'import time; time.sleep(300) # {mark}']); {then}"
)


@pytest.fixture
def mark(tmp_path):
    """A word in the command lines of this test's processes, none of which may be left at its end."""
    word = f"mark-{tmp_path.name}-{os.getpid()}"
    yield word
    left = marked(word)
    for process in left:
        process.kill()
    assert left == []


def marked(word: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(word in argument for argument in process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return value


def start(tmp_path: Path, *commands: list[str]) -> subprocess.Popen:
    code = LAUNCH + "sys.exit(launch(json.loads(sys.argv[2]), Path(sys.argv[1])))"
    return subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run"), json.dumps(commands)], stderr=subprocess.PIPE, text=True
    )


def python(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


def cause(tmp_path: Path) -> str:
    return json.loads((tmp_path / "run" / "run.json").read_text())["cause"]


def server(tmp_path: Path) -> list[str]:
    """A stub of the rollout server: it answers /health/ and nothing else."""
    (tmp_path / "health").mkdir()
    return ["env", "-C", str(tmp_path), *python(SERVER, "--host", "127.0.0.1", "--port", str(free_port()))]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_leaves_nothing(tmp_path, mark, number):
    run = start(tmp_path, python(ORPHAN.format(mark=mark, then="time.sleep(300)")))
    wait_for(lambda: len(marked(mark)) >= 4)  # launcher, guard, child, orphan
    run.send_signal(number)
    assert run.wait(30) == 128 + number
    assert cause(tmp_path) == f"stopped by {number.name}"


def test_nohup_is_honoured(tmp_path, mark):
    ends = (
        f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'end')!r}).exists(): time.sleep(0.05)\n# {mark}"
    )
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does; children inherit it
    try:
        run = start(tmp_path, python(ends))
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for(lambda: len(marked(mark)) >= 3)
    run.send_signal(signal.SIGHUP)
    time.sleep(0.5)  # in which a launcher that heeds it stops all
    (tmp_path / "end").touch()
    assert run.wait(30) == 0


def test_sigkill_of_the_launcher_leaves_nothing(tmp_path, mark):
    run = start(tmp_path, python(ORPHAN.format(mark=mark, then="time.sleep(300)")))
    wait_for(lambda: len(marked(mark)) >= 4)
    run.kill()
    run.wait()
    wait_for(lambda: not marked(mark))


def test_what_ignores_sigterm_is_killed(tmp_path, mark):
    run = start(
        tmp_path,
        python(
            f"import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(300) # {mark}"
        ),
    )
    wait_for(lambda: (tmp_path / "run/train.log").exists() and "up" in (tmp_path / "run/train.log").read_text())
    run.send_signal(signal.SIGINT)
    time.sleep(1)
    run.send_signal(signal.SIGINT)  # the second says: at once
    assert run.wait(8) == 130


def test_orphans_of_a_finished_trainer_are_stopped(tmp_path, mark):
    run = start(tmp_path, python(ORPHAN.format(mark=mark, then="time.sleep(1)")))
    assert run.wait(30) == 0
    assert cause(tmp_path) == "finished"


def test_exit_code_and_last_error_are_passed_on(tmp_path):
    run = start(tmp_path, python("raise ValueError('no such thing')"))
    assert run.wait(30) == 1
    assert cause(tmp_path) == f"{Path(sys.executable).name} ended with code 1: ValueError: no such thing"


def test_server_runs_until_the_trainer_ends(tmp_path, mark):
    run = start(tmp_path, server(tmp_path), python(f"import time; time.sleep(1) # {mark}"))
    assert run.wait(30) == 0
    assert (tmp_path / "run/rollout.log").exists()


def test_a_server_that_ends_stops_the_trainer(tmp_path, mark):
    ends = server(tmp_path)
    ends[ends.index("-c") + 1] = "import os, threading; threading.Timer(4, os._exit, [3]).start()\n" + SERVER
    run = start(tmp_path, ends, python(f"import time; time.sleep(300) # {mark}"))
    assert run.wait(30) == 1
    assert cause(tmp_path).startswith("the rollout server ended with code 3")


SLEEPER = (
    "import subprocess, sys\n"
    "CHILD = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300) # {name} {mark}'])\n"
)


def with_engine(command: list[str], mark: str) -> list[str]:
    """The stub server with a child that looks like one of vLLM's."""
    at = command.index("-c") + 1
    return [*command[:at], SLEEPER.format(name="spawn_main", mark=mark) + command[at], *command[at + 1 :]]


def training(mark: str) -> list[str]:
    return python(f"import time; time.sleep(300) # trainer {mark}")


def only(processes: list[psutil.Process], word: str) -> psutil.Process:
    """The one that sleeps under that name; launcher, guards and parents have the word among their own too."""
    (found,) = [p for p in processes if p.cmdline()[2].startswith("import time") and word in p.cmdline()[2]]
    return found


@pytest.fixture
def run_with_engine(tmp_path, mark):
    """The launcher, with a healthy stub server, its engine and a trainer running."""
    launcher = start(tmp_path, with_engine(server(tmp_path), mark), training(mark))
    wait_for(lambda: any(p.cmdline()[2].endswith(f"# trainer {mark}") for p in marked(mark)))
    return launcher


@pytest.mark.parametrize(
    ("number", "said"), [(signal.SIGKILL, "lost its engine or worker"), (signal.SIGSTOP, "stopped (SIGSTOP)")]
)
def test_an_engine_that_is_gone_or_stands_still_ends_the_run(tmp_path, mark, run_with_engine, number, said):
    only(marked(mark), "spawn_main").send_signal(number)
    assert run_with_engine.wait(25) == 1
    assert "the rollout server" in cause(tmp_path) and said in cause(tmp_path)


def test_a_trainer_that_stands_still_ends_the_run(tmp_path, mark, run_with_engine):
    only(marked(mark), "# trainer").send_signal(signal.SIGSTOP)
    assert run_with_engine.wait(25) == 1
    assert "stopped (SIGSTOP)" in cause(tmp_path)


@pytest.mark.parametrize(
    ("whose", "number"), [("trainer", signal.SIGKILL), ("server", signal.SIGKILL), ("server", signal.SIGSTOP)]
)
def test_a_guard_that_is_killed_or_stopped_leaves_nothing(tmp_path, mark, run_with_engine, whose, number):
    guards = [p for p in psutil.Process(run_with_engine.pid).children() if "swift_grpo.launch.guard" in p.cmdline()]
    word = "# trainer" if whose == "trainer" else "spawn_main"
    (guard,) = [p for p in guards if word in " ".join(p.cmdline())]
    guard.send_signal(number)
    assert run_with_engine.wait(30) in (1, 137)
    assert ("killed by signal 9" if number == signal.SIGKILL else "stopped (SIGSTOP)") in cause(tmp_path)


def test_a_full_disk_under_the_log_does_not_block_the_trainer(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/train.log").symlink_to("/dev/full")
    run = start(tmp_path, python("print('x' * 500_000)"))
    assert run.wait(30) == 0
    assert "No space left on device" in run.stderr.read()


def test_a_weight_sync_that_failed_is_the_cause(tmp_path):
    log = tmp_path / "rollout.log"
    log.write_text(
        "OSError: some hub\nWeightSyncError: update_named_param failed on the rollout server: KeyError('x')\n"
    )
    assert last_error(log).startswith("WeightSyncError: update_named_param failed")


def test_a_server_that_never_comes_up_is_named(tmp_path):
    run = start(
        tmp_path,
        python("raise SystemExit('CUDA error: out of memory')", "--host", "127.0.0.1", "--port", "1"),
        python("0"),
    )
    assert run.wait(30) == 1
    assert cause(tmp_path) == "the rollout server ended with code 1: CUDA error: out of memory"


def test_another_program_on_the_port_is_not_taken_for_the_server(tmp_path, mark):
    command = server(tmp_path)
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as other:
        wait_for(lambda: any(c.status == "LISTEN" for c in psutil.Process(other.pid).net_connections()))
        waits = python(f"import time; time.sleep(300) # {mark}", *command[-4:])
        run = start(tmp_path, waits, python("0"))
        assert run.wait(30) == 1
        assert "answered by another program" in cause(tmp_path)
        other.kill()


def test_a_command_that_cannot_start(tmp_path):
    run = start(tmp_path, ["no-such-command"])
    assert run.wait(30) == 127
    assert "cannot start no-such-command" in (tmp_path / "run/train.log").read_text()


def test_secrets_are_masked():
    command = ["env", "HF_TOKEN=abc", "swift", "rlhf", "--hub_token", "abc", "--api_key=abc", "--max_steps", "3"]
    assert record.mask(command) == [
        "env",
        "HF_TOKEN=***",
        "swift",
        "rlhf",
        "--hub_token",
        "***",
        "--api_key=***",
        "--max_steps",
        "3",
    ]


def test_shown_commands_can_be_pasted():
    command = ["env", "A=1 2", "swift", "rlhf", "--columns", '{"a": "b"}', "--x", "1", "2"]
    pasted = subprocess.run(["bash", "-c", f"printf '%s\\n' {show(command)}"], capture_output=True, text=True).stdout
    assert pasted.splitlines() == command


def test_commands_are_split():
    assert split_commands(["a", "b", "::", "c"]) == [["a", "b"], ["c"]]


def test_last_error_of_a_killed_rank_is_not_the_frame_around_it(tmp_path):
    """As torchrun prints it: no exception has a text."""
    summary = "ChildFailedError: \n====\nRoot Cause:\n  traceback : Signal 9 (SIGKILL) received by PID 5\n====\n"
    (tmp_path / "log").write_text(summary)
    assert last_error(tmp_path / "log") == "traceback : Signal 9 (SIGKILL) received by PID 5"


@pytest.mark.parametrize("rank", ["", "[rank1]: "])
def test_last_error_of_a_plugin_has_its_file_and_line(tmp_path, rank):
    frames = [
        '  File "/env/lib/python3.11/site-packages/swift/cli/rlhf.py", line 7, in <module>\n    rlhf_main()',
        '  File "/home/me/my rewards.py", line 12, in __call__\n    return [pay(c) for c in completions]',
        '  File "/home/me/helper.py", line 5, in pay\n    return json.loads(text)["content"]\n           ~~~~^^^^',
        '  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads\n    return _default_decoder.decode(s)',
    ]
    error = "TypeError: string indices must be integers, not 'str'"
    lines = [
        "Traceback (most recent call last):",
        *"\n".join(frames).split("\n"),
        error,
        "E1129 elastic: ChildFailedError: x",
    ]
    (tmp_path / "log").write_text("".join(f"{rank}{line}\n" for line in lines))
    assert last_error(tmp_path / "log") == f"{rank}{error} (/home/me/helper.py, line 5)"
    (tmp_path / "log").write_text("".join(f"{rank}{line}\n" for line in [lines[0], lines[1], error]))
    assert last_error(tmp_path / "log") == f"{rank}{error}"


def test_last_error_of_a_server_that_was_asked_to_end(tmp_path):
    (tmp_path / "log").write_text(
        "Worker 0 is gone\nINFO:     Shutting down\nINFO:     Finished server process [15023]\n"
    )
    assert last_error(tmp_path / "log") == "Worker 0 is gone"


def test_last_error_of_a_server_whose_port_was_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = [sys.executable, "-m", "uvicorn", "fastapi:FastAPI", "--factory", "--port", str(taken.getsockname()[1])]
        (tmp_path / "log").write_text(subprocess.run(words, capture_output=True, text=True).stderr)
    assert "address already in use" in last_error(tmp_path / "log")
    assert explain(last_error(tmp_path / "log")).words == "a port was taken by another program in the meantime"


def test_free_ports_are_not_those_that_connections_get():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = free_ports(20)
    assert len(set(ports)) == 20 and max(ports) < lowest


def test_last_error_prefers_the_cause_to_torchruns_summary(tmp_path):
    (tmp_path / "log").write_text("RuntimeError: the cause\ntorch.distributed.elastic.ChildFailedError:\n====\n")
    assert last_error(tmp_path / "log") == "RuntimeError: the cause"


def test_compact_output_survives_torn_and_hostile_chunks():
    compact = CompactOutput()
    event = b"\r{'loss': '1', 'reward': '2', 'global_step/max_steps': '1/9'}\n"
    assert b"".join(compact.feed(event[i : i + 7]) for i in range(0, len(event), 7)) == b"  step 1/9  reward 2\n"
    assert CompactOutput().feed(b"{'loss': __import__('os').abort(), 'global_step/max_steps': '1/9'}\n") == b""


def test_compact_output_says_how_the_servers_were_last_seen():
    compact = CompactOutput(lambda: ["healthy", "busy"])
    event = b"{'loss': '1', 'reward': '2', 'global_step/max_steps': '1/9'}\n"
    assert compact.feed(event) == b"  step 1/9  reward 2  server healthy, busy\n"


def test_a_restart_does_not_wait_for_ever_for_a_port(monkeypatch):
    monkeypatch.setattr("swift_grpo.launch.server.FREE_SECONDS", 0)
    with socket.socket() as taken, pytest.raises(ServerFailed, match="another program took it"):
        taken.bind(("127.0.0.1", 0))
        wait_until_free(["swift", "rollout", "--port", str(taken.getsockname()[1])], lambda seconds: None)


def test_a_restart_waits_for_the_port_of_the_server():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        waited = []

        def pause(seconds: float) -> None:
            waited.append(seconds)
            taken.close()

        wait_until_free(["swift", "rollout", "--port", str(taken.getsockname()[1])], pause)
    assert waited == [0.5]


def test_the_run_folder_has_a_copy_of_each_configuration(tmp_path):
    (tmp_path / "mine.yaml").write_text("beta: 0.1\n")
    record.begin(tmp_path / "run", [["swift", "rlhf", str(tmp_path / "mine.yaml"), "gone.yaml"]])
    assert (tmp_path / "run/mine.yaml").read_text() == "beta: 0.1\n"
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["mine.yaml", "run.json"]
