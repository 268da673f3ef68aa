"""How every command ends: on a user's mistake, on a closed pipe, on Ctrl-C and on SIGTERM."""

import os
import signal
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from swift_grpo.commands import terminal
from swift_grpo.commands.main import app
from tests.docs.commands_page import commands

FILE = "none.jsonl"  # which is not there
MISTAKES = {
    "launch": "--logs logs --device tpu -- swift rlhf",
    "check": "--device tpu -- swift rlhf",
    "last-checkpoint": "none",
    "sweep": "none.yaml",
    "sample": f"{FILE} --model m --url http://127.0.0.1:9/v1",
    "score": FILE,
    "accuracy": f"{FILE} {FILE}",
    "story": f"none {FILE} before={FILE}",
    "report-card": "none",
    "data prepare": f"{FILE} -o rows.jsonl",
    "data audit": FILE,
    "data decontaminate": f"{FILE} --against {FILE}",
    "data difficulty": f"{FILE} --model m",
    "data distill": f"{FILE} --model m -o traces.jsonl",
    "eval run": f"./none --data {FILE}",
    "eval diff": "none none",
    "eval watch": f"none --data {FILE}",
    "eval benchmark": "./none --on nothing",
    "inspect summary": "none",
    "inspect diagnose": "none",
    "inspect tail": "none",
    "inspect show": "1 none",
    "inspect grep": "x none",
    "inspect filter": "x none",
    "inspect prompts": "none",
    "inspect diff": "none none",
    "inspect export": "csv none",
    "inspect sql": "x none",
    "inspect report": "none",
    "inspect serve": "none",
    "inspect tui": "none",
    "runs list": "none",
    "runs diff": "none none",
    "runs page": "none",
    "config-flags": "none.yaml",
    "this-node": "192.0.2.1",
    "address": "nothing0",
    "thought-and-answer": FILE,
}
WITHOUT = {"plugin"}  # a command that its user can only misspell
EVERY = pytest.mark.parametrize(
    "words", [[*name.split(), *rest.split()] for name, rest in MISTAKES.items()], ids=" ".join
)


def test_every_command_is_here():
    shown = {name.removeprefix("swift-grpo ") for name, command in commands() if not command.hidden}
    assert shown - WITHOUT <= MISTAKES.keys()


@EVERY
def test_a_mistake_is_one_line_and_exit_code_2(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, words)
    lines = done.stderr.splitlines()
    assert (done.exit_code, done.stdout, len(lines)) == (2, "", 1), done.output
    assert lines[0].startswith("swift-grpo: ")


@EVERY
def test_a_closed_pipe_is_quiet(words, monkeypatch, capsys):
    """`… | head`: what the command prints is more than the reader wants."""
    root = command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word] if hasattr(command, "commands") else command
    monkeypatch.setattr(command, "callback", lambda *_, **__: print("x" * 100_000))
    assert ends(root, words, monkeypatch) == 1
    assert capsys.readouterr().err == ""


def ends(command, words: list[str], monkeypatch) -> int:
    """The exit code of a command whose stdout is a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as end:
            command.main(words)
    return end.value.code


def test_ctrl_c_and_sigterm(capsys):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background is started with it ignored
    for number, code, said in ((signal.SIGINT, 130, "swift-grpo: nothing is lost\n"), (signal.SIGTERM, 143, "")):
        with pytest.raises(SystemExit) as end, terminal.ending("nothing is lost"):
            signal.raise_signal(number)
        assert (end.value.code, capsys.readouterr().err) == (code, said)


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError), terminal.ending():
        raise ZeroDivisionError


def test_a_folder_with_the_name_of_a_command_is_evaluated_by_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("diff").mkdir()
    for words in (["run", "diff"], ["./diff"]):
        done = CliRunner().invoke(app, ["eval", *words, "--data", FILE])
        assert "no complete checkpoint" in done.stderr or "holds no" in done.stderr or "diff" in done.stderr, (
            done.output
        )
        assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    assert "run diff" in CliRunner().invoke(app, ["eval", "--help"]).stdout
