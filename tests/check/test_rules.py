"""The rules of the preflight: each is declared once and used, and can be listed, explained and left out."""

import ast
import string
from collections import Counter

import pytest
from typer.testing import CliRunner

from swift_grpo.check import CHECKS, check_launch
from swift_grpo.check.problem import SEVERITIES
from swift_grpo.check.rule import RULES, found
from swift_grpo.commands import checking
from swift_grpo.commands.main import app
from tests.conftest import ROOT

FILES = [*(ROOT / "swift_grpo" / "check").rglob("*.py"), ROOT / "swift_grpo" / "commands" / "checking.py"]


def called(name: str) -> Counter:
    """The ids that stand first in calls of `name` (two where `if` chooses), and how many times."""
    calls = (node for file in FILES for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    named = (node for node in calls if isinstance(node.func, ast.Name) and node.func.id == name and node.args)
    words = (one.value for node in named for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))
    return Counter(word for word in words if "/" in str(word))


def test_ids_are_subject_and_name():
    assert {rule.subject for rule in checking.catalogue()} <= set(CHECKS)
    assert {rule.severity for rule in RULES.values()} <= set(SEVERITIES)
    words = set(string.ascii_lowercase + string.digits + "-")
    assert [id for id in RULES if id.count("/") != 1 or not set(id.partition("/")[2]) <= words] == []


def test_every_rule_is_used_and_every_id_in_use_is_declared():
    declared, used = called("Rule"), called("found")
    by_predicate = {id for id, rule in RULES.items() if rule.when}
    assert set(used) <= set(declared) <= set(RULES)
    assert set(declared) - set(used) - by_predicate == set()


def test_a_message_says_all_its_fields():
    with pytest.raises(KeyError):
        found("command/check-failed", name="x")
    assert "`x` failed itself (y)" in found("command/check-failed", name="x", error="y").what


@pytest.mark.parametrize(("left_out", "said"), [((), 1), (["cards/npu"], 0), (["cards"], 0), (["ports"], 1)])
def test_a_rule_or_its_subject_is_left_out(left_out, said):
    argv = "env ASCEND_VISIBLE_DEVICES=0 swift rlhf --rlhf_type grpo --model m --dataset d".split()
    problems = check_launch([argv], {"HF_ENDPOINT": "http://127.0.0.1:9", "USE_HF": "1"}, no_check=left_out).problems
    assert sum(problem.id == "cards/npu" for problem in problems) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--list", "cards/npu "),
        ("--explain cards/npu", "leave out  --no-check cards/npu"),
        ("--explain cards/nup", "there is no rule cards/nup; nearest: cards/npu"),
        ("--no-check crads -- swift rlhf", "--no-check crads: there is no rule crads; nearest: cards"),
    ],
)
def test_rules_are_listed_and_explained(words, said):
    done = CliRunner().invoke(app, ["check", *words.split()])
    assert said in done.output
    assert done.exit_code == (2 if "there is no rule" in said else 0)
