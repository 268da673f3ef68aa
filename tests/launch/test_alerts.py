"""Alerts: what is sent, what is not, and that nothing about them ends a run. Real launchers, a local webhook."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.diagnosis.own import illnesses
from benchmarks.launch.alerts import TRAINER, watch
from swift_grpo.launch import critical
from swift_grpo.launch.alerts import Alerts, target
from swift_grpo.launch.causes import CAUSES
from swift_grpo.launch.end import CRITICAL, End
from swift_grpo.launch.post import post
from swift_grpo.rollouts.diagnosis import CHECKS
from tests.conftest import ROOT, clean_environ
from tests.launch.stubs import Hook, launch, python, record
from tests.launch.test_launch import wait_for

SECRET = "SECRET-TOKEN"
OFTEN = "alerts.EVERY_SECONDS, alerts.SHARE = 2, 0"


@pytest.fixture
def hook():
    with Hook() as one:
        yield one
        one.shutdown()


# ---- what --alert may be
@pytest.mark.parametrize(
    "text",
    [
        f"ftp://host/{SECRET}",
        f"https:///{SECRET}",
        f"https://host:port/{SECRET}",
        f"https://ho st/{SECRET}",
        f"https://host/{SECRET}\n",
        f"no-such-program {SECRET}",
        f"'{SECRET}",
        f"hooks.slack.com/{SECRET}",
        " ",
    ],
)
def test_what_cannot_be_used_is_refused_without_its_text(text):
    with pytest.raises(
        ValueError, match=r"^--alert \(ALERT\): its (URL is malformed|command was not found); give"
    ) as why:
        target(text)
    assert SECRET not in str(why.value) and "\n" not in str(why.value)


def test_commands_and_urls():
    assert target("sh -c 'cat >x'") == (["sh", "-c", "cat >x"], "")
    assert target("curl -d @- https://host/x")[1] == "" or not shutil.which("curl")
    assert target("https://hooks.slack.com:443/a?b=c")[1] == "https://hooks.slack.com:443/a?b=c"


@pytest.mark.slow
def test_the_recipe_refuses_it_before_the_start(tmp_path):
    environ = clean_environ() | {"ALERT": f"https:///{SECRET}", "DEVICE": "cpu", "OUTPUT_DIR": str(tmp_path / "out")}
    script = ["bash", str(ROOT / "scripts/train_single_gpu.sh"), "--dry-run"]
    done = subprocess.run(script, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and not (tmp_path / "out").exists()
    assert [line for line in done.stderr.splitlines() if "--alert (ALERT): its URL is malformed" in line]
    assert SECRET not in done.stdout + done.stderr


# ---- how it ended
QUOTING = "ValueError: cannot read 'My name is Ada'"


@pytest.mark.parametrize(
    ("end", "event", "line"),
    [
        (End(0, "finished"), "ended", "finished"),
        (End(143, "stopped by SIGTERM, a checkpoint saved"), "ended", "stopped by SIGTERM, a checkpoint saved"),
        (End(1, f"the rollout server failed: {QUOTING} (rollout.log)"), "failed", "the rollout server failed (ValueError)"),
        (
            End(1, f"node 1 (10.0.0.2): swift rlhf ended with code 1: {QUOTING}"),
            "failed",
            "node 1 (10.0.0.2): swift rlhf ended with code 1 (ValueError)",
        ),
        (End(1, "lost node 0 (10.0.0.1): its launcher ended"), "failed", "lost node 0 (10.0.0.1)"),
        (End(1, "the rollout server lost its VLLM::EngineCore (process 3)"), "failed",
         "the rollout server lost its VLLM::EngineCore (process 3)"),
        (End(1, "the run made no progress for 9 s (limit 2 s): swift rlhf (train): waits; stacks in /x"), "stalled",
         "the run made no progress for 9 s (limit 2 s): swift rlhf (train): waits; stacks in /x"),
    ],
)  # fmt: skip
def test_how_it_ended_quotes_no_log(tmp_path, end, event, line):
    alerts = Alerts("cat", None, tmp_path / "launches/1")
    alerts.look = lambda diagnose: None
    alerts.end(end, None, again=False)
    assert [(one["event"], one["line"]) for one in alerts.waiting] == [(event, line)]


def test_the_cause_is_told_in_our_words(tmp_path):
    (log := tmp_path / "train.log").write_text(f"{QUOTING}\n")
    alerts = Alerts("cat", tmp_path / "out", tmp_path / "launches/1")
    alerts.look = lambda diagnose: None
    alerts.end(End(1, "swift rlhf ended with code 1", log), CAUSES[0], again=True)
    (one,) = alerts.waiting
    assert one["line"] == f"swift rlhf ended with code 1 (ValueError): {CAUSES[0].words}; a restart follows"
    assert one["run"] == str(tmp_path / "out") and one["text"] == f"{one['run']} failed: {one['line']}"
    assert "Ada" not in json.dumps(one)


# ---- what was found
def test_a_title_with_a_text_is_not_sent():
    for name, check in CHECKS.items():
        assert "{" not in check.summary, name
    title = "53% of the completions give one answer to different prompts: My name is Ada"
    assert critical.sentence("same_answer", title) == CHECKS["same_answer"].summary
    assert critical.sentence("truncation", "53% of the completions are cut off") == "53% of the completions are cut off"


def test_a_finding_is_told_once_in_all_launches_of_a_run(tmp_path):
    found = {"run": "out/v0", "first": "out/v0", "found": [{"check": "truncation", "step": 3, "line": "x"}]}
    words = ["a warning", json.dumps(found), "another"]
    alerts = Alerts("cat", tmp_path, tmp_path / "launches/1")
    alerts._take(0, words)
    alerts._take(0, words)
    assert [one["check"] for one in alerts.waiting] == ["truncation"]
    (tmp_path / "launches/1").mkdir(parents=True)
    (tmp_path / "launches/1/alerts.jsonl").write_text("torn\n" + json.dumps(alerts.waiting[0] | {"sent": True}) + "\n")
    later = Alerts("cat", tmp_path, tmp_path / "launches/2")
    later._take(0, words)
    assert later.waiting == []
    later._take(0, [json.dumps(found | {"first": "out/v1"})])
    assert len(later.waiting) == 1


def test_a_diagnosis_that_fails_is_one_line(tmp_path, capsys):
    alerts = Alerts("cat", tmp_path, tmp_path / "launches/1")
    for _ in range(3):
        alerts._take(1, ["Traceback", "ModuleNotFoundError: No module named 'duckdb'"])
    assert capsys.readouterr().err.count("the diagnosis failed: ModuleNotFoundError") == 1
    alerts._diagnose = lambda folder: 1 / 0
    alerts.look()
    assert "an alert failed: ZeroDivisionError" in capsys.readouterr().err


@pytest.mark.parametrize(("answer", "tries"), [(200, 1), (302, 1), (404, 1), (500, 3), (429, 3)])
def test_posts_are_tried_again_where_that_may_help(answer, tries, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with Hook(answer) as one:
        assert post(one.url, '{"line": "é"}') == ("" if answer == 200 else f"the answer is {answer}")
        one.shutdown()
    assert one.alerts() == [{"line": "é"}] * tries and {path for _, path, _ in one.got} == {f"/hook/{SECRET}"}
    assert post(one.url, "{}") == ("ConnectError")


# ---- whole launches
def finished(run, seconds: float = 60) -> str:
    return run.communicate(timeout=seconds)[1]


def kept(folder) -> str:
    return "".join(path.read_text(errors="replace") for path in (folder / "run").rglob("*") if path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "event", "line"),
    [
        ("pass", "ended", "finished"),
        (f"raise ValueError({QUOTING[12:]!r})", "failed", "(ValueError)"),
        ("import time; time.sleep(60)", "stalled", "the run made no progress"),
    ],
    ids=["ends", "fails", "stalls"],
)
def test_how_a_run_ended_arrives(tmp_path, hook, code, event, line):
    trainer = python(code, "--output_dir", str(tmp_path / "out"))
    how = {"stall_timeout": 1, "every": 0.2} if event == "stalled" else {}
    said = finished(launch(tmp_path, trainer, alert=hook.url, **how))
    (one,) = hook.alerts()
    assert one["event"] == event and line in one["line"] and "Ada" not in json.dumps(one)
    assert (one["run"], one["logs"]) == (str(tmp_path / "out"), str(tmp_path / "run"))
    assert SECRET not in said + kept(tmp_path)


@pytest.mark.slow
def test_a_command_gets_the_alert_on_stdin_without_a_shell(tmp_path):
    keep = f"""{sys.executable} -c 'import sys; open(sys.argv[1], "w").write(sys.argv[2] + sys.stdin.read())'"""
    finished(launch(tmp_path, python("pass"), alert=f"{keep} {tmp_path}/got '$(id) ; '"))
    words, _, alert = (tmp_path / "got").read_text().partition("{")
    assert words == "$(id) ; " and json.loads("{" + alert)["event"] == "ended"


@pytest.mark.slow
@pytest.mark.parametrize("how", ["exit 3", "refused", "hangs", "ignores stdin"])
def test_an_alert_that_fails_is_one_line_and_the_run_goes_on(tmp_path, how):
    with Hook() as closed:
        closed.shutdown()
    hangs = f"""{sys.executable} -c 'import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)'"""
    alert = {"exit 3": f"sh -c 'exit 3' {SECRET}", "refused": closed.url, "hangs": hangs, "ignores stdin": "true"}[how]
    run = launch(tmp_path, python("print('trained')"), alert=alert)
    said = finished(run, 90)
    assert run.returncode == 0 and "trained" in kept(tmp_path)
    lines = [line for line in said.splitlines() if "alert" in line]
    wanted = {
        "exit 3": ["swift-grpo: an alert did not reach sh: exit code 3"],
        "refused": ["swift-grpo: an alert did not reach 127.0.0.1: ConnectError"],
        "hangs": [f"swift-grpo: an alert did not reach {target(hangs)[0][0].rpartition('/')[2]}: it took too long"],
        "ignores stdin": [],
    }
    assert lines == wanted[how] and SECRET not in said + kept(tmp_path)


@pytest.mark.slow
def test_a_run_that_starts_again_says_so(tmp_path, hook):
    finished(launch(tmp_path, python("raise ValueError('x')"), alert=hook.url, restarts=1))
    said = [one["line"].partition(" (ValueError)")[2] for one in hook.alerts()]
    assert said == ["; a restart follows", ""]
    assert hook.alerts()[1]["logs"] == str(tmp_path / "run-restart1")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Gibberish", "NotANumber", "SameAnswer"])
def test_a_fault_is_told_while_the_run_trains(tmp_path, name):
    kind = next(kind for kind in illnesses.ILL if kind.__name__ == name)
    seen = watch(kind(), tmp_path, 0.05, healthy=False, patience=OFTEN)
    found = [one for one in (alert for _, _, alert in seen.got) if one["event"] == "finding"]
    assert kind.expected in {one["check"] for one in found}
    assert len({one["check"] for one in found}) == len(found)
    assert {one["run"] for one in found} == {str(tmp_path / "out/v0-1")}
    assert seen.got[-1][2]["event"] == "ended"


@pytest.mark.slow
def test_a_critical_finding_ends_a_run_that_asks_for_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    whole = illnesses.NotANumber().write(tmp_path / "whole")
    trainer = python(TRAINER, str(whole), "--output_dir", str(tmp_path / "out"), "0.05")
    run = launch(tmp_path, trainer, patience=OFTEN, stop_critical=True, restarts=2)
    assert "stopped: the diagnosis found: " in finished(run) and run.returncode == CRITICAL
    kept = record(tmp_path)
    assert kept["exit_code"] == CRITICAL and kept["cause"].startswith("stopped: the diagnosis found: ")
    assert not (tmp_path / "run-restart1").exists()


@pytest.mark.slow
def test_a_healthy_run_is_diagnosed_and_tells_only_its_end(tmp_path):
    seen = watch(illnesses.Healthy(), tmp_path, 0.05, healthy=True, patience=OFTEN)
    assert [one["event"] for _, _, one in seen.got] == ["ended"]
    assert json.loads((tmp_path / "run/diagnosis.log").read_text())["found"] == []


@pytest.mark.slow
def test_a_stop_signal_does_not_wait_for_the_diagnosis(tmp_path, hook):
    whole = illnesses.Healthy().write(tmp_path / "whole")
    run = launch(tmp_path, python(TRAINER, str(whole), "--output_dir", str(tmp_path / "out"), "0.05"), alert=hook.url)
    wait_for(lambda: (tmp_path / "run/diagnosis.log").exists())
    run.send_signal(signal.SIGTERM)
    assert "diagnosis" not in finished(run)
    assert [(one["event"], one["line"]) for one in hook.alerts()] == [("ended", "stopped by SIGTERM")]


@pytest.mark.slow
def test_the_variable_is_read_and_not_passed_on(tmp_path, hook):
    environ = clean_environ() | {"SWIFT_GRPO_ALERT": hook.url}
    unchecked = (
        "from swift_grpo.commands import checking, main; checking.check_or_exit = lambda *x, **y: 0; main.main()"
    )
    words = [*python(unchecked), "launch", "--logs", str(tmp_path / "logs")]
    shows = "import os, pathlib; pathlib.Path('environ').write_text(str(os.environ))"
    done = subprocess.run([*words, "--", *python(shows)], env=environ, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [one["event"] for one in hook.alerts()] == ["ended"]
    assert SECRET not in (tmp_path / "environ").read_text()
