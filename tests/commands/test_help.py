"""What --help and the Tab key show."""

import os
import re
import subprocess
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from swift_grpo.commands.main import app
from tests.docs.commands_page import commands

ROOT = typer.main.get_command(app)
GROUPS = {"": ROOT} | {name: one for name, one in ROOT.commands.items() if hasattr(one, "commands")}


def shown(words: str) -> str:
    return CliRunner().invoke(app, [*words.split(), "--help"], env={"COLUMNS": "80"}, catch_exceptions=False).stdout


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_lists_each_command_once_in_one_line(group):
    rows = re.findall(r"^  (\S+) +(.*)$", re.sub(r"(?s).*?--help.*?\n", "", shown(group)), re.MULTILINE)
    assert [name for name, _ in rows] == [name for name, one in GROUPS[group].commands.items() if not one.hidden]
    assert all(re.fullmatch(r"[A-Z].*[^.]\.", about) for _, about in rows)


def test_the_first_help_says_what_the_command_is_for_and_groups_by_job():
    headings = re.findall(r"^(\S.*):$", shown(""), re.MULTILINE)
    assert headings == ["Options", "Prepare data", "Train", "Evaluate", "Look at a run"]
    assert shown("").splitlines()[2].startswith("  Train with GRPO")


@pytest.mark.parametrize("words", [words.removeprefix("swift-grpo ") for words, _ in commands()])
def test_a_help_fits_80_columns_and_its_examples_can_be_copied(words):
    text, command = shown(words), dict(commands())[f"swift-grpo {words}"]
    assert max(map(len, text.splitlines())) <= 80
    options = text.partition("Options:")[2]
    assert "range>" not in options and "list[" not in options  # words of typer for kinds of values
    for line in command.help.partition("\b\n")[2].splitlines():
        assert line.strip() in text  # as it is written, not wrapped
    assert all(one.help for one in command.params)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("swift-grpo in", "inspect"),
        ("swift-grpo data pre", "prepare"),
        ("swift-grpo inspect di", "diagnose diff"),
        ("swift-grpo eval wa", "watch"),
        ("swift-grpo eval MODEL --da", "--data"),
        ("swift-grpo launch --logs x --st", "--strict --stall-timeout --stop-critical"),
        ("swift-grpo work", ""),  # only scripts call it
        ("swift-grpo score outp", ""),  # bash completes names of files
    ],
)
def test_the_tab_key_completes_in_bash(typed, completed, tmp_path):
    """With the script that the command prints, as bash calls it; nothing is written."""
    script = (
        "source <(swift-grpo --show-completion); complete -p swift-grpo; COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))"
        '; _swift_grpo_completion swift-grpo; echo "${COMPREPLY[*]}"'
    )
    env = os.environ | {"HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", script, "-", typed], capture_output=True, text=True, env=env)
    assert done.stdout.split("\n")[1:] == [completed, ""] and not done.stderr and not [*tmp_path.iterdir()]
    assert done.stdout.startswith("complete -o default -F _swift_grpo_completion swift-grpo\n")


def test_a_completion_imports_nothing_heavy():
    code = (
        "import sys, runpy\ntry: from swift_grpo.commands.main import main; main()\nfinally: print(sorted(sys.modules))"
    )
    env = os.environ | {"_SWIFT_GRPO_COMPLETE": "complete_bash", "COMP_WORDS": "swift-grpo in", "COMP_CWORD": "1"}
    code = (
        "import sys\nsys.argv[0] = 'swift-grpo'\nfrom swift_grpo.commands.main import main\n"
        "try: main()\nfinally: print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.stdout.startswith("inspect\n"), done
    assert not {"torch", "swift", "numpy", "duckdb", "rich.table"} & set(re.findall(r"'([\w.]+)'", done.stdout))
