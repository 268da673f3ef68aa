"""Silence, wrong answers, a full disk and a crash: noticed, named, where it may help begun anew. Stub processes."""

import json
import mmap
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from swift_grpo.launch import supervision
from swift_grpo.launch.checkpoints import steps
from swift_grpo.launch.process import Part
from swift_grpo.launch.run import new_folder, resumed
from swift_grpo.launch.scratch import LONGEST_BASE, PREFIX, Scratch, clear_left
from swift_grpo.launch.stall import Progress
from tests.launch.stubs import launch, python, record, server
from tests.launch.test_checkpoints import checkpoint
from tests.launch.test_launch import mark, marked, wait_for  # noqa: F401

pytestmark = pytest.mark.slow

SLEEP = "import time; time.sleep(300) # {}"


def test_a_run_without_progress_ends_and_says_who_waits(tmp_path, mark):  # noqa: F811
    trainer = python(SLEEP.format(mark), "--output_dir", str(tmp_path / "out"))
    run = launch(tmp_path, server(tmp_path, mark), trainer, stall_timeout=2, every=0.3)
    assert run.wait(40) == 1
    cause = record(tmp_path)["cause"]
    assert re.search(r"made no progress for \d+ s \(limit 2 s\)", cause)
    assert "the rollout server (rollout): waits" in cause and "(train): waits" in cause
    assert "SKIPPED" in (tmp_path / "run/stall.txt").read_text() or "Thread" in (tmp_path / "run/stall.txt").read_text()


def test_a_run_that_goes_on_does_not_stall(tmp_path):
    writes = "import pathlib, sys, time\nfor i in range(20):\n    time.sleep(0.2)\n"
    writes += "    pathlib.Path(sys.argv[2], 'c.jsonl').open('a').write('x')"
    run = launch(tmp_path, python(writes, "--output_dir", str(tmp_path)), stall_timeout=2, every=0.2)
    assert run.wait(30) == 0


def test_what_does_not_train_may_be_silent(tmp_path):
    run = launch(tmp_path, python("import time; time.sleep(2.5)"), stall_timeout=1, every=0.2)
    assert run.wait(30) == 0


def test_a_server_that_answers_500_ends_the_run(tmp_path, mark):  # noqa: F811
    run = launch(tmp_path, server(tmp_path, mark), python(SLEEP.format(mark) + " trainer"), every=0.3)
    wait_for(lambda: (tmp_path / "run/train.log").exists())
    (tmp_path / "status").write_text("500")
    assert run.wait(30) == 1
    assert "the rollout server answers 500 on http://127.0.0.1" in record(tmp_path)["cause"]


def test_limits():
    progress = Progress(None, Path("/nowhere"), begun=0)
    assert progress.limit() == 3600  # before the second step
    progress.steps = [0, 100, 200, 300]
    assert progress.limit() == 1000
    progress.steps = [0, 10, 20]
    assert progress.limit() == 600
    progress.changed = 0
    assert progress.stalled(599) == "" and progress.stalled(601).startswith("made no progress for 601 s")


# dies at its first start, after a checkpoint; goes on to the end when it is told to resume
CRASHES = """
import pathlib, shutil, sys
flags = sys.argv[1:]
if flags.count('--resume_from_checkpoint'):
    print('resumed from', flags[-1]); sys.exit(0)
out = pathlib.Path(flags[flags.index('--output_dir') + 1])
shutil.copytree(flags[flags.index('--template_folder') + 1], out / 'v0-1' / 'checkpoint-5')
(out / 'v0-1' / 'checkpoint-5').touch()
raise {}
"""


def crashing(tmp_path: Path, exception: str) -> list[str]:
    whole = checkpoint(tmp_path / "made/checkpoint-5")
    flags = ["--output_dir", str(tmp_path / "out"), "--template_folder", str(whole)]
    return python(CRASHES.format(exception), *flags)


@pytest.mark.parametrize("said", ["a crash", "WeightSyncError: x failed on the rollout server: EngineDeadError()"])
def test_a_crash_is_followed_by_a_start_from_the_last_checkpoint(tmp_path, said):
    checkpoint(tmp_path / "out/v0-0/checkpoint-9", written=100)  # another run's, older
    run = launch(tmp_path, crashing(tmp_path, f"RuntimeError('{said}')"), restarts=2)
    assert run.wait(60) == 0
    assert record(tmp_path)["exit_code"] == 1 and record(tmp_path, "run-restart1")["cause"] == "finished"
    assert (tmp_path / "run-restart1/train.log").read_text() == f"resumed from {tmp_path}/out/v0-1/checkpoint-5\n"
    assert "restart 1 of 2" in run.stderr.read()


@pytest.mark.parametrize("said", ["OSError(28, 'No space left on device')", "RuntimeError('WeightSyncError: x')"])
def test_what_would_be_the_same_again_is_not_restarted(tmp_path, said):
    run = launch(tmp_path, crashing(tmp_path, said), restarts=2)
    assert run.wait(60) == 1
    assert not (tmp_path / "run-restart1").exists()
    summary = run.stderr.read()
    assert "which means:" in summary and "how to fix it:" in summary


def test_a_stop_signal_is_not_followed_by_a_restart(tmp_path, mark):  # noqa: F811
    run = launch(tmp_path, python(SLEEP.format(mark)), restarts=2)
    wait_for(lambda: (tmp_path / "run/train.log").exists())
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 143
    assert not (tmp_path / "run-restart1").exists()


SAVES = """
import os, pathlib, signal, sys, time
def save(number, frame): pathlib.Path(sys.argv[1]).write_text('saved'); os._exit(0)
signal.signal(signal.SIGUSR1, save)
if sys.argv[2] == 'forks' and os.fork() == 0: signal.signal(signal.SIGUSR1, signal.SIG_DFL)
print('up', flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("forks", ["forks", "alone"])
def test_a_trainer_that_can_save_is_asked_to_before_it_is_stopped(tmp_path, mark, forks):  # noqa: F811
    (tmp_path / "swift/cli").mkdir(parents=True)
    (script := tmp_path / "swift/cli/rlhf.py").write_text(SAVES)
    words = [sys.executable, str(script), str(tmp_path / "saved"), forks, "--callbacks", "graceful_exit", mark]
    run = launch(tmp_path, words)
    wait_for(lambda: (tmp_path / "run/train.log").exists() and "up" in (tmp_path / "run/train.log").read_text())
    run.send_signal(signal.SIGTERM)
    assert run.wait(30) == 143
    assert record(tmp_path)["cause"] == "stopped by SIGTERM, a checkpoint saved"
    assert (tmp_path / "saved").read_text() == "saved"


def test_without_a_checkpoint_the_first_command_is_started_again():
    commands = [["server"], ["swift", "rlhf", "--output_dir", "/nowhere"]]
    assert resumed(commands, time.time())[0] == commands


def test_each_step_once(tmp_path):
    """v1 resumed from v0's checkpoint-2 after v0 had done 4 steps, and did 3 and 4 again."""
    for name, rows, args in (
        ("v0-20260101-000000", [(n, 0.0) for n in (1, 2, 3, 4)], {}),
        (
            "v1-20260101-000100",
            [(3, 1.0), (4, 1.0), (5, 1.0)],
            {"resume_from_checkpoint": "v0-20260101-000000/checkpoint-2"},
        ),
    ):
        folder = tmp_path / name
        folder.mkdir()
        if args:
            args = {"resume_from_checkpoint": str(tmp_path / args["resume_from_checkpoint"])}
        (folder / "args.json").write_text(json.dumps(args | {"num_generations": 1}))
        lines = [{"global_step/max_steps": f"{n}/5", "reward": r} for n, r in rows]
        (folder / "logging.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        line = {"step": [n for n, _ in rows], "prompt": ["p"] * len(rows), "completion": ["c"] * len(rows)}
        (folder / "completions.jsonl").write_text(json.dumps(line) + "\n")
    (tmp_path / "v0-20260101-000000/checkpoint-2").mkdir()
    assert [(event.step, event.values["reward"]) for event in steps(tmp_path)] == [
        (1, 0),
        (2, 0),
        (3, 1),
        (4, 1),
        (5, 1),
    ]


def test_nothing_temporary_is_left(tmp_path, mark, monkeypatch):  # noqa: F811
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    leaves = (
        "import mmap, os, socket, sys, tempfile, time\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(tempfile.gettempdir() + '/a-socket')\n"
        f"f = open('/dev/shm/{tmp_path.name}-{os.getpid()}', 'w+b'); f.truncate(4096); m = mmap.mmap(f.fileno(), 4096)\n"
        "time.sleep(2)\n"
    )
    run = launch(tmp_path, python(leaves), every=0.2)
    socket = wait_for(lambda: next(Path(tempfile_of(tmp_path)).glob(f"{PREFIX}*/a-socket"), None))
    assert run.wait(30) == 0
    assert not socket.parent.exists()
    assert not Path(f"/dev/shm/{tmp_path.name}-{os.getpid()}").exists()


def tempfile_of(folder: Path) -> str:
    """Where a run's own folder is made: a long TMPDIR would make a socket's path too long."""
    return str(folder) if len(str(folder)) <= LONGEST_BASE else "/tmp"


def test_a_killed_launcher_leaves_no_temporary_folder(tmp_path, mark):  # noqa: F811
    run = launch(
        tmp_path, python(f"import tempfile, time; print(tempfile.gettempdir(), flush=True); time.sleep(300) # {mark}")
    )
    wait_for(lambda: (tmp_path / "run/train.log").exists() and (tmp_path / "run/train.log").read_text().endswith("\n"))
    folder = Path((tmp_path / "run/train.log").read_text().strip())
    assert folder.name.startswith(PREFIX) and folder.is_dir()
    run.kill()
    run.wait()
    wait_for(lambda: not folder.exists() and not marked(mark))


SEGMENT = """
import mmap, sys, time
f = open(sys.argv[1], 'w+b'); f.truncate(4096); m = mmap.mmap(f.fileno(), 4096)
print('mapped', flush=True)
time.sleep(300)
"""


@pytest.fixture
def segment(tmp_path):
    path = Path(f"/dev/shm/{tmp_path.name}-{os.getpid()}")
    yield path
    path.unlink(missing_ok=True)


def test_a_killed_launcher_leaves_no_shared_memory(tmp_path, mark, segment):  # noqa: F811
    run = launch(tmp_path, python(SEGMENT, str(segment), mark))
    wait_for(lambda: (tmp_path / "run/train.log").exists() and "mapped" in (tmp_path / "run/train.log").read_text())
    run.kill()
    run.wait()
    wait_for(lambda: not marked(mark) and not segment.exists(), seconds=15)


def test_the_next_start_clears_after_a_run_of_which_all_was_killed(tmp_path, mark, segment, monkeypatch):  # noqa: F811
    monkeypatch.setenv("TMPDIR", base := tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    run = launch(tmp_path, python(SEGMENT, str(segment), mark), every=0.1)
    folder = wait_for(lambda: next(Path(base).glob(f"{PREFIX}*/segments"), None)).parent
    clear_left(Path(base))
    assert folder.exists() and segment.exists()  # the run is at work
    for process in [run.pid, *(process.pid for process in psutil.Process(run.pid).children(recursive=True))]:
        os.kill(process, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not marked(mark))
    assert folder.exists() and segment.exists()
    with segment.open("rb"):  # another program holds it
        clear_left(Path(base))
        assert not folder.exists() and segment.exists()
    Path(base).rmdir()


def test_only_what_the_run_made_is_its_own(segment):
    segment.write_bytes(bytes(4096))
    time.sleep(0.02)
    scratch = Scratch()
    folder = Path(f"{segment}.d")
    folder.mkdir()
    (folder / "model").write_bytes(bytes(4096))
    try:
        with segment.open("r+b") as one, (folder / "model").open("r+b") as two:
            maps = [mmap.mmap(file.fileno(), 4096) for file in (one, two)]
            scratch.look([psutil.Process()])
            assert scratch.segments == set()  # kept there before, and in a folder of somebody
            del maps
        scratch.clear()
        assert not scratch.folder.exists() and segment.exists() and (folder / "model").exists()
    finally:
        (folder / "model").unlink()
        folder.rmdir()


def test_two_starts_in_one_second(tmp_path):
    folders = {new_folder(tmp_path) for _ in range(3)}
    assert len(folders) == 3 and all(folder.is_dir() for folder in folders)


def test_a_nearly_full_disk_stops_before_a_checkpoint_is_torn(tmp_path, monkeypatch, capsys):
    whole = checkpoint(tmp_path / "out/v0-1/checkpoint-5")
    part = Part("swift rlhf", None, tmp_path / "train.log")
    looks = supervision.Supervision([part], [], Scratch(), tmp_path / "out")
    needed = supervision.size(whole)
    for free, fault in ((10 * needed, False), (1.1 * needed, False), (0.9 * needed, True)):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr(supervision.shutil, "disk_usage", lambda path, usage=usage: usage)
        assert bool(looks._disk()) == fault
    assert "getting full" in capsys.readouterr().err
    looks.scratch.clear()
