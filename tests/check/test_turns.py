"""Several turns: each rule with a launch that breaks it and one beside it that does not."""

import json
import re

import pytest

from swift_grpo import sandbox
from swift_grpo.check.problem import ERROR
from swift_grpo.check.rule import RULES
from tests.check.conftest import BASE
from tests.check.test_rules import STANDS_FOR
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PLUGIN = """
from swift.rollout.gym_env import Env, envs
from swift.rollout.multi_turn import GYMScheduler, MultiTurnScheduler, multi_turns

class Asks(MultiTurnScheduler):
    def step(self, infer_request, response_choice, current_turn):
        infer_request.messages.append({"role": "user", "content": "Are you sure?"})
        return {"infer_request": infer_request}

class Twice(Asks):
    def check_finished(self, infer_request, response_choice, current_turn):
        return current_turn > 1

class Reads(Twice):
    async def on_turn_end(self, infer_request, response_choice, current_turn):
        return {"done": infer_request.data_dict["solution"] in response_choice.message.content}

class Tool(Twice):
    def step(self, infer_request, response_choice, current_turn):
        infer_request.messages.append({"role": "tool", "content": "408"})
        return {"infer_request": infer_request}

class Keyword(Twice):
    def step(self, infer_request, response_choice, current_turn):
        infer_request.messages.append(dict(content="408", role="tool"))
        return {"infer_request": infer_request}

class Heir(Tool):
    pass

class Game(GYMScheduler):
    pass

multi_turns |= dict(asks=Asks, twice=Twice, reads=Reads, tool=Tool, keyword=Keyword, heir=Heir, game=Game)
multi_turns["made"] = lambda **words: Asks(**words)
envs["play"] = Env
"""
SEARCH = '''
from grpo_tools import register_tool

@register_tool
def search(query: str) -> str:
    """Searches."""
    return query
'''
ROWS = {
    "gym": [{"env_config": {"name": "play"}}] * 2,
    "some": [{"env_config": {"name": "play"}}, {}],
    "text": [{"env_config": '{"name": "play"}'}],
    "nameless": [{"env_config": {"seed": 1}}],
    "other": [{"env_config": {"name": "chess"}}],
    "long": [{}, {"messages": [{"role": "user", "content": "word " * 400}]}],
}
WORDS = STANDS_FOR | {
    "V": f"{STANDS_FOR['V']} --external_plugins p.py --vllm_server_pass_dataset true",
    "S": f"{STANDS_FOR['S']} --external_plugins p.py",
    "C": f"{STANDS_FOR['C']} --external_plugins p.py --vllm_gpu_memory_utilization 0.4",
    "V0": STANDS_FOR["V"],
    "S0": STANDS_FOR["S"],
    "T": f"--external_plugins {ROOT}/plugin/tools.py --multi_turn_scheduler tools --max_turns 4",
    "MT": "--multi_turn_scheduler",
    "GYM": "--multi_turn_scheduler gym_scheduler --max_turns 3",
    "IS": "--rollout_importance_sampling_mode token_truncate",
    "LONG": "--dataset long.jsonl --max_completion_length 100",
    "WINDOW": "--vllm_max_model_len",
    "G1": f"env CUDA_VISIBLE_DEVICES=1 {BASE}",  # beside a server
    "G0": BASE.replace("--reward_funcs accuracy ", ""),
    "P": "--external_plugins p.py",
    "PLAY": "--gym_env play",
    "PAID": "--use_gym_env true",
    "OPEN": "--multi_turn_scheduler openenv_scheduler --use_gym_env true",
    "TWICE4": "--multi_turn_scheduler twice --max_turns 4",
    "TIP": "--multi_turn_scheduler math_tip_trick --max_turns",
    "SPLIT": "--multi_turn_scheduler thinking_tips_scheduler",
    "TOTAL": "--completion_length_limit_scope total",
    "SEARCH": f"--external_plugins search.py {ROOT}/plugin/tools.py",
}  # @name: --dataset name.jsonl
# rule | what breaks it | what does not
CASES = """
turns/lock-step             | S :: G V MT twice                              | S MT twice :: G V
turns/lock-step             | S :: G V MT twice --max_turns 2                | G V MT twice
turns/no-columns            | S0 TIP 2 :: G V0                               | S0 TIP 2 :: G V
turns/no-columns            | S SPLIT --max_turns 2 :: G V0 | S MT twice :: G V0
turns/no-columns            | S GYM PLAY :: G V0 @gym                        | S GYM PLAY :: G V @gym
turns/columns-not-passed    | S MT reads :: G V0                             | S MT reads :: G V
turns/columns-not-passed    | S MT reads :: G V0                             | S MT reads :: G V0 MT reads P
turns/plugin-on-one-side    | S0 MT twice :: G V MT twice                    | S MT twice :: G V MT twice
turns/plugin-on-one-side    | S MT twice :: G V0 MT twice                    | S MT twice :: G V0
turns/different             | S MT twice --max_turns 3 :: G V MT twice --max_turns 2 | S MT twice --max_turns 3 :: G V MT twice
turns/different             | S MT twice :: G V MT asks                      | S --max_turns 3 :: G V MT twice --max_turns 2
turns/different             | S GYM PLAY :: G V --gym_env math_env           | S GYM PLAY :: G V PLAY
turns/endless               | G C MT asks                                    | G C MT asks --max_turns 2
turns/endless               | S MT asks :: G V MT asks --max_turns 2         | S MT asks --max_turns 2 :: G V
turns/endless               | G C MT asks                                    | G C MT twice
turns/endless               | G C MT asks                                    | G C MT made
turns/split-padding-free    | S SPLIT :: G V --padding_free true             | G C SPLIT --padding_free true
turns/window-ends-run       | G C LONG TWICE4 WINDOW 700                     | G C LONG TWICE4 WINDOW 701
turns/window-ends-run       | S TWICE4 WINDOW 700 :: G V LONG                | S TWICE4 WINDOW 701 :: G V LONG
turns/window-ends-run       | S WINDOW 700 :: G V LONG TWICE4                | S WINDOW 700 :: G V LONG MT twice --max_turns 3
turns/window-ends-run       | G C LONG TIP 9 WINDOW 500                      | G C LONG TIP 9 WINDOW 501
turns/window-ends-run       | G C LONG T --max_length 1700 WINDOW 1400       | G C LONG T --max_length 1400 WINDOW 1400
turns/window-stops-turns    | S T WINDOW 1567 :: G V LONG                    | S T WINDOW 1568 :: G V LONG
turns/window-stops-turns    | env TOOL_TOKENS=30 S T WINDOW 889 :: G V LONG  | env TOOL_TOKENS=30 S T WINDOW 890 :: G V LONG
turns/window-stops-turns    | G C LONG T --max_length 1567                   | G C LONG T --max_length 1568
turns/history-cut           | G C LONG TWICE4 --max_length 699               | G C LONG TWICE4 --max_length 700
turns/history-cut           | G LONG P TWICE4 --max_length 500               | S TWICE4 :: G V LONG --max_length 500
turns/tool-role             | G C MT tool                                    | G C MT twice
turns/tool-role             | G MT keyword P IS                              | G C T
turns/tool-role-correction  | G C MT heir IS                                 | G C MT twice IS
turns/tool-role-correction  | S MT keyword :: G V IS                         | S MT keyword :: G V
turns/gym-unpaid            | S GYM :: G V @gym                              | S GYM PLAY :: G V @gym
turns/gym-unpaid            | G P GYM PLAY                                   | G C GYM PLAY
turns/gym-unpaid            | G C MT game --max_turns 2 @gym                 | G C MT game --max_turns 2 @some --use_gym_env false
turns/gym-no-reward         | G C PAID                                       | G C GYM PAID @gym
turns/gym-no-reward         | S T :: G V PAID                                | S MT reads :: G V PAID
turns/gym-no-reward         | G C TIP 2 PLAY                                 | G V PAID
turns/no-environment        | G C GYM PAID                                   | G C GYM PLAY
turns/no-environment        | G C GYM PLAY @some                             | G C GYM PLAY @gym
turns/no-environment        | G C GYM PLAY @text                             | G C GYM PLAY @nameless
turns/no-environment        | G C GYM PAID @nameless                         | G C OPEN @nameless
turns/no-environment        | G C OPEN @some                                 | G C OPEN
turns/no-environment        | S GYM PLAY --use_gym_env false :: G V PAID     | S GYM PLAY :: G V PAID
turns/unknown-environment   | G C GYM PLAY @other                            | G C GYM PLAY @gym
turns/unknown-tool          | env TOOLS=search G C T                         | env TOOLS='calculator python' G C T
turns/unknown-tool          | env TOOLS=search S T :: G V                    | env TOOLS=search G C T SEARCH
contradictions/length-scope | G V TOTAL                                      | G C MT twice TOTAL
contradictions/length-scope | G MT twice P TOTAL                             | G C MT twice
contradictions/max-turns-without-scheduler| S --max_turns 2 :: G V                         | S MT twice --max_turns 2 :: G V
rewards/none-named          | G0 PAID                                        | G0 C GYM PLAY
rewards/weight-count        | G C GYM PLAY --reward_weights 1                | G C GYM PLAY --reward_weights 1 1
"""
CASES = [[part.strip() for part in line.split("|")] for line in CASES.strip().splitlines()]
HAVE_CASES = {case[0] for case in CASES} | {"turns/tool-cannot-run"}


@pytest.fixture
def ids(examine, tmp_path):
    """The severity of what is said of a launch, by rule."""
    (tmp_path / "p.py").write_text(PLUGIN)
    (tmp_path / "search.py").write_text(SEARCH)
    for name, rows in ROWS.items():
        rows = [
            {"messages": [{"role": "user", "content": f"{n} + 1?"}], "solution": "2"} | row
            for n, row in enumerate(rows)
        ]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows * 4))  # fmt: skip

    def run(launch: str) -> dict[str, str]:
        words = [WORDS.get(word, re.sub(r"^@(.*)", r"--dataset \1.jsonl", word)) for word in launch.split(" ")]
        return {problem.id: problem.severity for problem in examine(" ".join(words))}

    return run


@pytest.mark.parametrize(("rule", "broken", "kept"), CASES)
def test_a_rule_is_broken_and_kept(ids, rule, broken, kept):
    assert ids(broken).get(rule) == RULES[rule].severity
    assert rule not in ids(kept)


@pytest.mark.parametrize(
    "launch",
    [
        "S MT twice --max_turns 2 WINDOW 4096 :: G1 V MT twice --max_turns 2",
        "S MT twice --max_turns 2 WINDOW 4096 :: G1 V",
        "S T WINDOW 8192 :: G1 V0 T IS --stop_words </tool_call>",
        "G C T --max_length 4096 WINDOW 8192",
        "S GYM PLAY :: G1 V",
        "G C GYM PLAY @gym",
        "G0 C GYM PLAY",
    ],
)
def test_a_right_launch_of_several_turns_is_told_nothing(ids, launch):
    assert {id: severity for id, severity in ids(launch).items() if severity != "SKIPPED"} == {}


def test_a_tool_that_cannot_run_here(ids, monkeypatch):
    def none():
        raise sandbox.NoSandbox("no sandbox holds here")

    monkeypatch.setattr(sandbox, "choose", none)
    assert ids("env TOOLS=run_python S T :: G V").get("turns/tool-cannot-run") == ERROR
    for kept in ("S T :: G V", "env TOOLS=run_python G C GYM PLAY @gym"):
        assert not {"turns/tool-cannot-run", "turns/unknown-tool"} & ids(kept).keys()
    monkeypatch.setattr(sandbox, "choose", lambda: None)
    assert not {"turns/tool-cannot-run", "turns/unknown-tool"} & ids("env TOOLS=run_python S T :: G V").keys()
