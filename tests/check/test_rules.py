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


def written(call: str = "") -> Counter:
    """Every text of the form `subject/name` in the code, or those that stand first in calls of `call`, and how many times."""
    nodes = [node for file in FILES for node in ast.walk(ast.parse(file.read_text()))]
    if call:
        calls = (node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == call)
        nodes = [one for node in calls if node.args for one in ast.walk(node.args[0])]
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return Counter(text for text in texts if text.partition("/")[0] in CHECKS and text.count("/") == 1)


def test_ids_are_subject_and_name():
    assert {rule.subject for rule in checking.catalogue()} <= set(CHECKS)
    assert {rule.severity for rule in RULES.values()} <= set(SEVERITIES)
    words = set(string.ascii_lowercase + string.digits + "-")
    assert [id for id in RULES if id.count("/") != 1 or not set(id.partition("/")[2]) <= words] == []


def test_every_rule_is_used_and_every_id_in_use_is_declared():
    by_interval = {id for id, rule in RULES.items() if rule.subject == "ranges"}
    declared = written("Rule")
    assert set(written("found")) <= set(declared) == set(RULES) - by_interval
    used = set(written() - declared)
    assert set(declared) - used - {id for id, rule in RULES.items() if rule.when} == set()


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
