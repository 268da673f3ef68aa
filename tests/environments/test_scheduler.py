"""`gym_scheduler` of plugin/environments.py in both of ms-swift's loops: closed at every end, and no failure ends a run."""

import json

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow  # ms-swift is imported

# `play(driver, texts, cases)` runs one trajectory for each case, whose environment does what the case says
HEAD = (
    f"""
import asyncio, json, logging, sys
from types import SimpleNamespace
sys.path.insert(0, {str(ROOT / "plugin")!r})
import environments
from swift.infer_engine.protocol import *
from swift.rollout.agent_loop import run_multi_turn
from swift.rollout.gym_env import envs
from swift.rollout.multi_turn import multi_turns
"""
    + """
opened, closed = [], []

class Case:
    '''An environment that fails or ends where env_config says: {"raises": WHERE, "done": TURN, "says": TEXT, "pays": VALUE}.'''
    def __init__(self, config):
        self.config, self.turn = config, 0
        self.fail("init")
        opened.append(self)
    def fail(self, where):
        if self.config.get("raises") == where:
            raise RuntimeError(f"{where} fails")
    async def wait(self, where):
        self.fail(where)
        await asyncio.sleep(60 if self.config.get("hangs") == where else 0)
    async def reset(self, request):
        await self.wait("reset")
        return self.config.get("asks", "Begin."), {}, self.config.get("system", "")
    async def step(self, messages):
        assert all(isinstance(turn["content"], str) for turn in messages), messages
        self.turn += 1
        await self.wait(f"step{self.turn}")
        return self.config.get("says", "Go on."), self.config.get("pays", 0.25), self.turn == self.config.get("done"), {}
    async def close(self):
        closed.append(self)
        await self.wait("close")

envs["case"] = Case
TOKENIZER = SimpleNamespace(encode=lambda text, **kw: list(text), decode=lambda ids, **kw: "said")

def response(finish="stop", tokens=4):
    message = ChatMessage(role="assistant", content="said")
    choice = ChatCompletionResponseChoice(0, message, finish, token_ids=[7] * tokens)
    return ChatCompletionResponse(model="m", choices=[choice], usage=None)

class Engine:
    max_model_len, template, tokenizer = 2000, None, TOKENIZER
    def __init__(self, finish="stop"):
        self.finish = finish
    async def infer_async(self, request, config, **kwargs):
        await asyncio.sleep(0)
        if self.finish == "raises":
            raise ValueError("the engine fails")
        return response(self.finish)

def requests(cases):
    def one(number, case):
        asked = [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}]
        return RolloutInferRequest(messages=asked, uuid=f"u{number}", data_dict={"env_config": {"name": "case", **case}})
    return [one(number, case) for number, case in enumerate(cases)]

def play(driver, cases, finish="stop", max_turns=3, engine=None):
    asked, config = requests(cases), RequestConfig(max_tokens=8)
    if driver == "server":
        scheduler = multi_turns["gym_scheduler"](infer_engine=engine or Engine(finish), max_turns=max_turns)
        async def all_of_them():
            return await asyncio.gather(*(scheduler.run(one, config) for one in asked), return_exceptions=True)
        outputs = asyncio.run(all_of_them())
    else:
        template = SimpleNamespace(max_length=2000, _get_response_prefix=lambda inputs: "")
        scheduler = multi_turns["gym_scheduler"](max_turns=max_turns, tokenizer=TOKENIZER, template=template)
        asyncio.run(scheduler.on_trajectory_start(asked))
        answer = lambda asked, config: [RolloutOutput(response=response(finish)) for _ in asked]
        outputs = run_multi_turn(asked, answer(asked, config), scheduler, answer, config, max_turns)
    kept = [scheduler._envs, scheduler._step_rewards, scheduler._pending_obs, scheduler._errors, scheduler._total_rewards]
    assert kept == [{}] * 5, kept
    assert len(opened) == len(closed) == len({*map(id, closed)}), (len(opened), len(closed))
    return outputs

def told(output):
    return json.loads(output.model_dump_json())["rollout_infos"]  # as the server sends it
"""
)
DRIVERS = pytest.mark.parametrize("driver", ["server", "trainer"])


@pytest.fixture
def played(ms_swift):
    def run(driver: str, cases: list[dict], **settings) -> list[dict]:
        code = f"{HEAD}\nprint('TOLD', json.dumps([told(one) for one in play({driver!r}, {cases!r}, **{settings!r})]))"
        done = ms_swift.run(code)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.split("TOLD ")[-1])

    return run


@DRIVERS
def test_an_environment_is_closed_at_each_end(played, driver):
    done, out_of_turns = played(driver, [{"done": 2}, {}])
    end = {"gym_done": True, "stopped_by": "done", "num_turns": 2}
    assert done == {"total_reward": 0.5, "step_rewards": [0.25, 0.25], **end}
    end = {"gym_done": False, "stopped_by": "max_turns", "num_turns": 3}
    assert out_of_turns == {"total_reward": 0.75, "step_rewards": [0.25] * 3, **end}
    (cut,) = played(driver, [{}], finish="length")
    assert (cut["stopped_by"], cut["num_turns"], cut["total_reward"]) == ("length", 1, 0.25)
    (full,) = played(driver, [{"says": "x" * 900}], max_turns=9)  # 2 of 900 tokens fit into 2000 beside the rest
    assert (full["stopped_by"], full["num_turns"], full["total_reward"]) == ("context", 3, 0.75)


@DRIVERS
def test_a_hundred_environments_that_fail_end_nothing_and_leave_nothing(played, driver):
    kinds = [
        {"raises": "init"}, {"raises": "reset"}, {"raises": "step1"}, {"raises": "step3"}, {"raises": "close", "done": 2},
        {"says": 5}, {"asks": 5}, {"system": ["S"]}, {"pays": "nan"}, {"says": "\ud800"}, {"asks": "x" * 2000}, {"name": "no"},
    ]  # fmt: skip
    told = played(driver, kinds * 9)
    first = told[: len(kinds)]
    assert len(told) == 108 and told == first * 9
    assert [one["stopped_by"] for one in first] == ["error"] * 4 + ["done"] + ["error"] * 7
    assert [one["total_reward"] for one in first] == [0, 0, 0, 0.5, 0.5] + [0] * 7
    assert [one["num_turns"] for one in first] == [1, 1, 1, 3, 2] + [1] * 7
    assert [one["error"] for one in first if "error" in one] == [
        "reset: RuntimeError: init fails",
        "Case.reset: RuntimeError: reset fails",
        "Case.step: RuntimeError: step1 fails",
        "Case.step: RuntimeError: step3 fails",
        "Case.step: TypeError: an observation must be text, not int",
        "Case.reset: TypeError: an observation must be text, not int",
        "Case.reset: TypeError: an observation must be text, not list",
        "Case.step: ValueError: a reward must be a finite number, not nan",
        "Case.step: UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed",
        "Case.reset: ValueError: the question does not fit into the context",
        "reset: ValueError: Environment 'no' not found. Available: ['math_env', 'guess_number', 'reasoning_gym', 'case']",
    ]


@DRIVERS
def test_one_that_hangs_holds_nobody_up(ms_swift, driver):
    cases = [{"hangs": "reset"}, {"hangs": "step2"}, {"hangs": "close", "done": 1}, {"done": 1}]
    code = f"environments.SECONDS = 0.2\nprint('TOLD', json.dumps([told(one) for one in play({driver!r}, {cases!r})]))"
    done = ms_swift.run(HEAD + code)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.split("TOLD ")[-1])
    assert [one["stopped_by"] for one in told] == ["error", "error", "done", "done"]
    assert [one.get("error") for one in told] == ["Case.reset: TimeoutError: ", "Case.step: TimeoutError: ", None, None]


def test_an_engine_that_raises_leaves_no_environment_open(ms_swift):
    code = "print('TOLD', [str(one) for one in play('server', [{}, {}], finish='raises')])"
    done = ms_swift.run(HEAD + code)
    assert done.stdout.split("TOLD ")[-1].strip() == "['the engine fails', 'the engine fails']", done.stderr[-3000:]


def test_an_env_config_that_is_text_ends_its_trajectory_only(ms_swift):
    code = """
scheduler = multi_turns["gym_scheduler"](max_turns=2, tokenizer=TOKENIZER)
row = RolloutInferRequest(messages=[{"role": "user", "content": "Q"}], uuid="t", data_dict={"env_config": '{"name": "case"}'})
asyncio.run(scheduler.on_trajectory_start([row]))
ended = asyncio.run(scheduler.on_turn_end(row, response().choices[0], 1))
print("TOLD", ended["done"], ended["rollout_infos"]["error"], scheduler._errors)
"""
    done = ms_swift.run(HEAD + code)
    assert "TOLD True reset: AttributeError: 'str' object has no attribute 'items' {}" in done.stdout, done.stderr[
        -3000:
    ]


def test_failures_are_told_once_then_ever_more_rarely(ms_swift):
    cases = [{"raises": "step1"}] * 100
    code = f"play('server', {cases!r})"
    done = ms_swift.run(HEAD + code)
    lines = [line for line in done.stderr.splitlines() if "step1 fails" in line]
    assert len(lines) == 7 and "64 so far" in lines[-1], done.stderr[-2000:]


def test_the_rows_messages_and_names(ms_swift):
    """The row's system turn stays unless the environment has one; `gym` alone names the environment; None is no setting."""
    code = """
scheduler = multi_turns["gym_scheduler"](max_turns=2, tokenizer=TOKENIZER)
own, kept = requests([{"system": "Mine.", "number": None}, {}])
asyncio.run(scheduler.on_trajectory_start([own, kept]))
assert [turn["content"] for turn in own.messages] == ["Mine.", "Begin."], own.messages
assert [turn["content"] for turn in kept.messages] == ["S", "Begin."], kept.messages
assert "number" not in scheduler._envs["u0"].config
row = RolloutInferRequest(messages=[{"role": "user", "content": "3 + 4 ="}], uuid="g", data_dict={"gym": "{}"})
none = RolloutInferRequest(messages=[{"role": "user", "content": "Q"}], uuid="n", data_dict={})
asyncio.run(scheduler.on_trajectory_start([row, none]))
assert type(scheduler._envs["g"]).__name__ == "GymQuestion" and row.messages[-1]["content"] == "3 + 4 ="
print(scheduler._errors["n"])
named = multi_turns["gym_scheduler"](max_turns=2, tokenizer=TOKENIZER, gym_env="case")
asyncio.run(named.on_trajectory_start([none]))
assert type(named._envs["n"]) is Case
"""
    done = ms_swift.run(HEAD + code)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "reset: ValueError: Environment 'None' not found" in done.stdout and "guess_number" in done.stdout
