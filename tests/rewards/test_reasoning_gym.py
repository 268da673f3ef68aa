"""The reward reasoning_gym: every task's own answers and nonsense, scorers that raise or hang, broken rows, hostile answers."""

import json
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from grpo_rewards import gym
from grpo_rewards.contract import REGISTRY, RewardError
from grpo_rewards.gym_tasks import FORMULAS, LEFT_OUT, LITERAL_MODULES, WHOLE_ONLY, GymRow
from grpo_rewards.rewarder import Rewarder
from typer.testing import CliRunner

needs_gym = pytest.mark.skipif(
    not find_spec("reasoning_gym"), reason="reasoning-gym: pip install --no-deps -r requirements/gym.txt"
)
LONG = "word " * 400
NONSENSE = ("", "xyzzy", "0", LONG, "nan", "True", "[]", "{}")
A_CALL = "__import__('pathlib').Path('{0}').write_text('x')"
HOSTILE = (
    A_CALL,
    f"[{A_CALL}]",
    f"2 + {A_CALL}",
    '"".join(open("{0}", "w").name)',
    "open(chr(47)+chr(116)+chr(109)+chr(112)+chr(47)+chr(120), chr(119))",
    '{{"a": "{0}"}}',
)


def row(task: str = "chain_sum", answer: str = "7", config: dict | None = None, **metadata) -> str:
    return GymRow(task, 1, 0, config or {}, answer, metadata).text


def paid(answer: str, text: str, **parameters) -> float | None:
    return gym.reasoning_gym([f"<think>t</think><answer>{answer}</answer>"], [text], **parameters)[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "is not what"),
        ("", "is not what"),
        ("[1]", "is not what"),
        ('{"task": "chain_sum"}', "is not what"),
        (row(answer=""), "has no answer"),
        (row(config=3), "has no config"),
        (row("puzzle24", "1 + 2"), "is left out: `1\\*2\\*3\\*4"),
    ],
)
def test_a_row_of_another_kind_is_left_out_with_a_word(text, why, caplog, monkeypatch):
    monkeypatch.setattr(gym, "_counts", Counter())
    assert gym.reasoning_gym(["<answer>7</answer>"], [text]) == [None]
    (said,) = caplog.messages
    assert re.search(why, said)


def test_without_the_package_the_reward_says_what_to_install(monkeypatch):
    monkeypatch.setattr(gym.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RewardError, match=r"pip install 'swift-grpo\[gym\]'"):
        Rewarder(REGISTRY["reasoning_gym"])


@needs_gym
@pytest.mark.slow
class TestInWorkers:
    def test_answers_are_found_as_the_other_rewards_find_them(self):
        texts = [
            "<think>7</think>",
            "it is \\boxed{7}",
            "<answer>7</answer><answer>8</answer>",
            "<answer>07.0</answer>",
        ]
        assert gym.reasoning_gym(texts, [row()] * 4) == [0.0, 1.0, 0.0, 1.0]

    def test_what_lies_at_the_floor_is_cut_and_exact_cuts_all_but_the_whole(self):
        countdown = row("countdown", "3*4", numbers=[3, 4], target=12)
        assert [paid(text, countdown) for text in ("4*3", "3+4", "x")] == [1.0, 0.0, 0.0]
        assert paid("17", row()) == 0.5  # a text that holds the answer
        assert paid("17", row(), exact=True) == 0.0
        assert (paid("7", row(), exact=True), paid("7.5", row("rectangle_count"))) == (1.0, 0.0)

    @pytest.mark.parametrize(
        ("task", "answer", "near"), [("rectangle_count", "7", "8"), ("spell_backward", "abc", "abd")]
    )
    def test_partial_scores_that_mean_nothing_are_cut(self, task, answer, near):
        assert task in WHOLE_ONLY
        assert (paid(answer, row(task, answer)), paid(near, row(task, answer))) == (1.0, 0.0)

    def test_a_scorer_that_raises_or_hangs_costs_its_answer_only(self, caplog, monkeypatch):
        monkeypatch.setattr(gym, "_counts", Counter())
        life, countdown = row("game_of_life", "[[1]]"), row("countdown", "3*4", numbers=[3, 4], target=12)
        texts = ["<answer>{}</answer>", "<answer>99999**9999999 + 3*4</answer>", "<answer>3*4</answer>"]
        assert gym.reasoning_gym(texts, [life, countdown, countdown]) == [0.0, 0.0, 1.0]
        assert "KeyError" in caplog.text and "over budget" in caplog.text

    @pytest.mark.parametrize(
        "text",
        [
            row("no_such_task"),
            row(config={"no_such_key": 1}),
            row("countdown", "3*4"),  # without its metadata
            row("countdown", "3*5", numbers=[3, 4], target=12),  # of another question
            row("bitwise_arithmetic", "1", problem="print(1)"),
        ],
    )
    def test_a_row_whose_own_answer_does_not_score_is_left_out(self, text):
        assert paid("3*4", text) is None

    @pytest.mark.parametrize(
        ("task", "answer", "metadata"),
        [
            ("binary_matrix", "0 1", {}),
            ("spiral_matrix", "1 2", {}),
            ("string_insertion", "ABCDE", {}),
            ("number_sorting", "['1']", {"direction": "ascending"}),
            ("n_queens", "Q _", {"valid_answers": ["Q _"]}),
            ("countdown", "3*4", {"numbers": [3, 4], "target": 12}),
            ("polynomial_multiplication", "x**2", {}),
            ("simple_integration", "x**2 + C", {"integrand": "2*x", "variable": "x"}),
            ("bitwise_arithmetic", "0x2", {"problem": "0x1 + 0x1"}),
        ],
    )
    def test_no_answer_is_run(self, task, answer, metadata, tmp_path):
        text = row(task, answer.replace("'", '"'), **metadata)
        assert paid(answer, text) == 1.0
        for hostile in HOSTILE:
            assert paid(hostile.format(tmp_path / "touched"), text) == 0.0
        assert list(tmp_path.iterdir()) == []

    def test_no_integral_is_answered_by_itself(self):
        text = row("simple_integration", "x**2 + C", integrand="2*x", variable="x")
        assert [paid(answer, text) for answer in ("x*x + 3", "Integral(2*x, x)")] == [1.0, 0.0]


@needs_gym
def test_the_scorers_that_evaluate_text_are_those_that_are_known():
    """An upgrade that brings one more shows here; `exec` and the rest are of generators."""
    root = Path(find_spec("reasoning_gym").origin).parent
    found = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in root.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\b(eval|exec|parse_expr|sympify|parse_latex)\(|pickle|__import__", line)
    }
    generators = {
        "code.codeio",
        "arithmetic.basic_arithmetic",
        "arithmetic.gsm_symbolic.generators_00_49",
        "arithmetic.gsm_symbolic.generators_50_99",
        "logic.propositional_logic",
    }
    left_out = {"algebra.intermediate_integration", "games.puzzle24"}
    assert {path for path in found if not path.startswith("arc.rearc")} == {
        *LITERAL_MODULES,
        *generators,
        *left_out,
        *("algebra.polynomial_multiplication", "algebra.simple_integration", "arithmetic.bitwise_arithmetic"),
        "games.countdown",
    }
    assert len(FORMULAS) == 4


@pytest.mark.slow
@needs_gym
def test_a_file_of_completions_with_the_column_is_scored(tmp_path):
    from swift_grpo.commands.main import app

    lines = [{"completion": f"<answer>{n}</answer>", "gym": row()} for n in (7, 8)]
    (tmp_path / "done.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = CliRunner().invoke(app, ["score", "--rewards", "reasoning_gym", "--json", str(tmp_path / "done.jsonl")])
    assert (summary := json.loads(done.stdout)["rewards"][0])["mean"] == 0.5, summary


@needs_gym
@pytest.mark.slow
def test_every_kept_task_pays_its_own_answers_and_no_nonsense():
    from reasoning_gym.factory import DATASETS

    from swift_grpo.data.gym_source import open_tasks

    kept = sorted(DATASETS.keys() - LEFT_OUT.keys())
    assert len(kept) == 93 and DATASETS.keys() > LEFT_OUT.keys()
    rows = [r for r in open_tasks(f"gym:{','.join(kept)}", {}, 5, 900)[0] if r["solution"]]
    assert {json.loads(r["gym"])["task"] for r in rows} == set(kept)
    columns = [json.loads(json.dumps(r))["gym"] for r in rows]
    own = gym.reasoning_gym([f"<answer>\n{r['solution']}\n</answer>" for r in rows], columns)
    assert [r for r, value in zip(rows, own, strict=True) if value != 1.0] == []
    for nonsense in NONSENSE:
        values = gym.reasoning_gym([f"<answer>{nonsense}</answer>"] * len(rows), columns)
        wrong = [
            (r["solution"], nonsense[:9], value)
            for r, value in zip(rows, values, strict=True)
            if value != 0 and not _is_it(nonsense, r["solution"])
        ]
        assert wrong == []


def _is_it(text: str, gold: str) -> bool:
    """Whether a text is the answer or one of the numbers of it, in which case it is not nonsense."""
    return text.lower() == gold.lower() or re.search(rf"(?<![\d.-]){re.escape(text)}(\.0+)?(?![\d.])", gold) is not None
