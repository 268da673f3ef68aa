"""The contract with ms-swift: names, columns, numbers, failures, parameters."""

import asyncio
import json
import logging
import math
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from grpo_rewards import contract, settings
from grpo_rewards.contract import Reward, RewardError
from grpo_rewards.rewarder import Rewarder

from tests.conftest import ROOT


def rewarder(function, low=0.0, high=1.0, **parameters) -> Rewarder:
    return Rewarder(Reward("mine", function, low, high, "Mine"), **parameters)


def test_a_missing_column_is_named():
    with pytest.raises(RewardError, match=r"mine needs the column `solution`.*--columns"):
        rewarder(lambda completion, solution: 1)(["a"])


def test_a_column_of_another_length_is_refused():
    with pytest.raises(RewardError, match="1 values of `solution` for 2"):
        rewarder(lambda completion, solution: 1)(["a", "b"], solution=["1"])


def test_columns_that_nobody_asked_for_are_no_matter():
    assert rewarder(lambda completion: 1)(["a"], trainer_state=object(), messages=[[]]) == [1.0]


def test_an_exception_costs_one_completion(caplog):
    paid = rewarder(lambda completion: 1 / len(completion))(["a", "", "b"])
    assert paid == [1.0, None, 1.0]
    assert "mine failed on ''" in caplog.text


def test_a_reward_that_fails_always_does_not_fill_a_disk(caplog):
    assert rewarder(lambda completion: 1 / 0)(["a"] * 1000) == [None] * 1000
    assert len([record for record in caplog.records if "mine failed on" in record.message]) == 25


def test_an_exception_in_a_batch_is_found_one_by_one(caplog):
    def shortest_first(completions):
        return [1 / len(c) for c in completions]

    assert rewarder(shortest_first)(["a", "", "b"]) == [1.0, None, 1.0]


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, 2, -0.1, "much", [1]], ids=lambda v: str(v)[:9])
def test_a_value_out_of_range_is_left_out(value, caplog):
    assert rewarder(lambda completion: value)(["a"]) == [None]
    assert "mine paid" in caplog.text


def test_an_infinite_value_is_out_of_every_range():
    assert rewarder(lambda completion: -math.inf, low=-math.inf)(["a"]) == [None]


def test_an_exception_on_something_that_is_no_text(caplog):
    assert rewarder(lambda completion: len(completion))([None]) == [None]
    assert "mine failed on 'NoneType'" in caplog.text


def test_an_async_function_of_one_completion(caplog):
    async def mine(completion, solution, *, factor: float = 0.5):
        return factor * solution / len(completion)

    paid = asyncio.run(rewarder(mine).ask(["a", "", "b"], solution=[1, 1, 2]))
    assert paid == [0.5, None, 1.0]
    assert "mine failed on ''" in caplog.text


def test_the_trainers_state_is_handed_on():
    state = SimpleNamespace(global_step=3)
    assert rewarder(lambda completion, trainer_state: trainer_state.global_step, high=9)(
        ["a"], trainer_state=state
    ) == [3]
    batch = rewarder(lambda completions, trainer_state: [trainer_state.global_step] * len(completions), high=9)
    assert batch(["a", "b"], trainer_state=state) == [3, 3]


def test_a_function_that_takes_something_else_first_is_refused():
    with pytest.raises(RewardError, match="takes `prompts` first"):
        contract.register_reward("mine")(lambda prompts, completions: 1)


def test_a_batch_without_values_is_refused():
    with pytest.raises(RewardError, match="returned NoneType"):
        rewarder(lambda completions: None)(["a"])


def test_a_batch_of_another_length_is_refused():
    # ms-swift would broadcast one value to the whole batch
    with pytest.raises(RewardError, match="returned 1 values for 2"):
        rewarder(lambda completions: [1.0])(["a", "b"])


def test_a_rising_share_of_none_is_warned_about(caplog):
    caplog.set_level(logging.WARNING)
    half = rewarder(lambda completion: None if completion == "b" else 1.0)
    for _ in range(100):
        half(["a", "b"])
    assert len([r for r in caplog.records if "left out" in r.message]) == 1
    for _ in range(1000):
        half(["b", "b"])
    assert len([r for r in caplog.records if "left out" in r.message]) == 2


def test_a_share_of_none_that_rises_late_is_warned_about(caplog):
    late = rewarder(lambda completion: None if completion == "b" else 1.0)
    for _ in range(2000):
        late(["a"] * 8)
    late(["b"] * 200)
    assert "left out 20% of the last" in caplog.text


@pytest.mark.parametrize(
    ("ids", "tokens"),
    [([[1, 2, 3]], 3), ([[[1, 2], [3]]], 3), ([[]], 0), ([None], 0)],
    ids=["one turn", "two", "none", "null"],
)
def test_tokens_are_counted_over_turns(ids, tokens):
    assert rewarder(lambda completion, tokens: tokens, high=10)(["a"], response_token_ids=ids) == [float(tokens)]


def test_the_prompt_is_the_conversation_without_its_answer():
    question = {"role": "user", "content": "1+1?"}
    seen = []
    rewarder(lambda completion, prompt: seen.append(prompt) or 1)(
        ["2", "3"],
        messages=[[question, {"role": "assistant", "content": "2"}], [question, {"role": "assistant", "content": "3"}]],
    )
    assert seen[0] == seen[1]
    assert "1+1?" in seen[0]


@pytest.mark.parametrize("ids", [[15, 16], {"input_ids": [15, 16], "loss_scale": [1, 1]}])
def test_the_prompt_has_no_token_ids_of_earlier_turns(ids):
    turns = [
        {"role": "user", "content": "1+1?"},
        {"role": "assistant", "content": ids},
        {"role": "tool", "content": "2"},
    ]
    seen = []
    rewarder(lambda completion, prompt: seen.append(prompt) or 1)(
        ["2"], messages=[[*turns, {"role": "assistant", "content": "2"}]]
    )
    assert "15" not in seen[0] and "an earlier turn" in seen[0] and '"content": "2"' in seen[0]


def test_every_reward_has_a_name_a_column_and_a_docstring_with_an_example():
    rewards = settings.load("")
    columns = [reward.column for reward, _ in rewards.values()]
    assert len(set(columns)) == len(columns)
    for name, (reward, _) in rewards.items():
        assert name == reward.name
        assert reward.function.__doc__
        assert ">>>" in reward.function.__doc__ or reward.is_async


def write(tmp_path, text: str) -> str:
    path = tmp_path / "rewards.yaml"
    path.write_text(text)
    return str(path)


def test_parameters_and_further_instances_come_from_a_file(tmp_path):
    rewards = settings.load(
        write(tmp_path, "target_length: {ideal: 200}\nshort_thought: {reward: target_length, ideal: 50}\n")
    )
    paid = {
        n: settings.build(*rewards[n])(["a"], response_token_ids=[[0] * 100])
        for n in ("target_length", "short_thought")
    }
    assert paid == {"target_length": [-100.0], "short_thought": [-50.0]}
    assert rewards["short_thought"][0].column == "ShortThought"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "target_length: {idael: 200}",
            "section target_length: the reward target_length has no parameter `idael`; it has ideal",
        ),
        (
            "target_length: {ideal: far}",
            "section target_length: the reward target_length wants `ideal` as int, not 'far'",
        ),
        ("target_length: {1: 2, a: 3}", "no parameter `1`"),
        ("mine: {reward: [a]}", "there is no reward ['a']"),
        ("math_cosine: {max_len: long}", "wants `max_len` as int, not 'long'"),
        ("math_cosine: {max_len_value_wrong: .nan}", "wants `max_len_value_wrong` as float, not nan"),
        ("answer_accuracy: {reward: r1_format}", "would be logged as AnswerAccuracy, as math_accuracy is"),
        ("a-b: {reward: r1_format}\na_b: {reward: r1_format}", "would be logged as AB, as a-b is"),
        ("mine: {reward: nothing}", "there is no reward nothing"),
        ("math_accuracy: {reward: r1_format}", "the name is a reward's own"),
        ("- a list", "not a mapping"),
        ("a: [", "cannot be read"),
        ("a: 3", "not a mapping"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path, text, message):
    with pytest.raises(RewardError, match=r"rewards\.yaml") as error:
        settings.load(write(tmp_path, text))
    assert message in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RewardError, match="cannot be read"):
        settings.load(str(tmp_path / "none.yaml"))


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("target_length", {"ideal": "long"}, "wants `ideal` as int, not 'long'"),
        ("target_length", {"ideal": True}, "wants `ideal` as int, not True"),
        ("dapo_overlong", {"max_length": 10, "cache_length": 20}, "--soft_cache_length 20 must be above 0 and below"),
        ("math_cosine", {"max_len": 0}, "max_len is 0"),
        ("math_cosine", {}, "needs the parameter `max_len`, the flag --cosine_max_len"),
        ("dapo_overlong", {"max_length": 10}, "needs the parameter `cache_length`, the flag --soft_cache_length"),
        ("ngram_repetition", {"n_grams": 0}, "--repetition_n_grams is 0"),
        ("ngram_repetition", {"max_penalty": 1.0}, "a penalty is 0 or below"),
        ("language_consistency", {"language": "xx"}, "no script for the language 'xx'"),
        ("llm_judge", {"url": "file:///etc"}, "url is 'file:///etc'"),
    ],
)
def test_parameters_are_checked_when_a_reward_is_built(name, parameters, message):
    reward, _ = settings.load("")[name]
    with pytest.raises(RewardError, match=message):
        settings.build(reward, parameters)


def test_ms_swifts_flags_are_honoured_and_the_file_comes_before_them():
    args = SimpleNamespace(cosine_max_len=50, soft_max_length=100, soft_cache_length=20, repetition_n_grams=2)
    rewards = settings.load("")
    assert settings.build(*rewards["math_cosine"], args).parameters["max_len"] == 50
    unset = SimpleNamespace(cosine_max_len=None, max_completion_length=512, soft_max_length=None, soft_cache_length=100)
    assert settings.build(*rewards["math_cosine"], unset).parameters["max_len"] == 512
    assert settings.build(*rewards["dapo_overlong"], unset).parameters["max_length"] == 512
    assert settings.build(rewards["math_cosine"][0], {"max_len": 70}, args).parameters["max_len"] == 70
    assert settings.build(*rewards["dapo_overlong"], args).parameters == {"max_length": 100, "cache_length": 20}
    assert settings.build(*rewards["ngram_repetition"], args).parameters["n_grams"] == 2


def test_a_name_is_registered_once():
    with pytest.raises(RewardError, match="math_accuracy is registered already"):
        contract.register_reward("math_accuracy")(lambda completion: 1)


def test_rewards_import_neither_torch_nor_swift():
    heavy = ("torch", "swift", "sympy", "httpx", "numpy")
    code = f"import sys, grpo_rewards.catalogue; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "plugin", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# the judge's server is not there
PARAMETERS = """
short_thought: {reward: target_length, ideal: 50}
llm_judge: {url: "http://127.0.0.1:9/v1", tries: 1}
"""


@pytest.mark.slow
def test_ms_swift_builds_calls_and_logs_them(tmp_path, ms_swift):
    """In ms-swift itself: the plugin is loaded, nothing of its own is replaced, and each reward is a class of its own name."""
    code = f"""
import os, sys
os.environ["GRPO_REWARDS"] = {write(tmp_path, PARAMETERS)!r}
sys.path.insert(0, {str(ROOT / "plugin")!r})
from swift.rewards import orms
before = dict(orms)
import plugin
from types import SimpleNamespace
args = SimpleNamespace(cosine_max_len=50, output_dir={str(tmp_path / "v0-1")!r})
assert all(orms[name] is cls for name, cls in before.items())
from swift.rewards import ORM, AsyncORM
assert issubclass(orms["math_accuracy"], ORM) and issubclass(orms["llm_judge"], AsyncORM)
assert orms["math_cosine"](args=args).rewarder.parameters["max_len"] == 50
print(orms["math_accuracy"].__name__, orms["short_thought"].__name__)
import torch
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import compute_rewards_per_func

def sample(answer, tokens, gold):
    turns = [dict(role="user", content="1+1?"), dict(role="assistant", content=answer)]
    return GRPOSample(
        messages=turns, extra=dict(solution=gold), response_token_ids=[[0] * tokens], prompt_id="prompt_0", request_id="r"
    )

samples = [sample("\\\\boxed{{2}}", 10, "2"), sample("\\\\boxed{{3}}", 60, "2"), sample("\\\\boxed{{3}}", 30, None)]
names = ["math_accuracy", "math_cosine", "kimi_length", "short_thought", "llm_judge"]
rewards = [orms[name](args=args) for name in names]
paid = compute_rewards_per_func(samples, rewards, None, torch.device("cpu"), trainer_state=SimpleNamespace(global_step=0))
print([[round(value, 2) for value in row] for row in paid.tolist()])
from grpo_rewards import verdict_log
verdict_log.write("llm_judge", [verdict_log.entry("a", 1.0, "")])
"""
    done = ms_swift.run(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-2:] == [
        "AnswerAccuracy ShortThought",
        "[[1.0, 0.95, 0.5, -40.0, nan], [0.0, 0.0, -0.5, -10.0, nan], [nan, nan, nan, -20.0, nan]]",
    ]
    assert (tmp_path / "v0-1/verdicts/llm_judge.jsonl").is_file()


def lengths(tokens: list[int]) -> list[list[int]]:
    return [[0] * count for count in tokens]


def question(text: str) -> list[dict]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": "its own"}]


@pytest.mark.parametrize(
    "columns",
    [
        {"messages": [question(text) for text in "abab"]},
        {"messages": [question(text) for text in "wxyz"], "prompt_id": ["p0", "p1", "p0", "p1"]},  # several turns
    ],
    ids=["text", "prompt_id"],
)
def test_a_group_is_known_wherever_its_completions_lie(columns):
    group = rewarder(lambda completion, group_tokens: sum(group_tokens), high=1000)
    paid = group(["c"] * 4, response_token_ids=lengths([10, 100, 20, 300]), **columns)
    assert paid == [30.0, 400.0, 30.0, 400.0]


GROUP = """
import sys
sys.path.insert(0, {plugin!r})
import torch.distributed as dist
rank = int(sys.argv[1])
dist.init_process_group("gloo", init_method="file://{store}", rank=rank, world_size=2)
from grpo_rewards import length, settings
grade_batch = length.grade_batch
def fails_once(completions, golds):
    length.grade_batch = grade_batch
    raise MemoryError
if rank == 0:
    length.grade_batch = fails_once
kimi = settings.build(*settings.load("")["kimi_length"])
messages = [[dict(role="user", content=text)] for text in "ab"]
for _ in range(2):
    ids = [[0] * n for n in [[10, 20], [30, 40]][rank]]
    print(kimi(["\\\\boxed{{1}}"] * 2, solution=["1"] * 2, response_token_ids=ids, messages=messages))
dist.destroy_process_group()
"""


@pytest.mark.slow
def test_a_group_spread_over_ranks_and_a_failure_on_one_of_them(tmp_path):
    code = GROUP.format(plugin=str(ROOT / "plugin"), store=tmp_path / "store")
    ranks = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(r)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for r in (0, 1)
    ]
    try:
        outputs = [rank.communicate(timeout=120) for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    assert "paid one by one" in outputs[0][1]
    assert [out.split() for out, _ in outputs] == [["[0.5,", "0.5]"] * 2, ["[-0.5,", "-0.5]"] * 2]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/rewards.md"])
def test_the_pages_own_reward_works(tmp_path, page):
    """Ten lines, run by `swift-grpo score --plugin`."""
    code = (ROOT / page).read_text().split("```python\n")[1].split("```")[0]
    plugin, completions = tmp_path / "my_rewards.py", tmp_path / "completions.jsonl"
    plugin.write_text(code)
    completions.write_text('{"completion": "<answer>4</answer>"}\n{"completion": "a very long answer indeed"}\n')
    score = [Path(sys.executable).with_name("swift-grpo"), "score", "--json", "--rewards", "short_answer"]
    command = [*score, "--plugin", plugin, completions]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (facts,) = json.loads(done.stdout)["rewards"]
    assert (facts["reward"], facts["n"], facts["mean"]) == ("short_answer", 2, 0.5)
