"""Rewards whose parameters do not fit are found before a card is held."""

import pytest

from swift_grpo.check import known_flags
from swift_grpo.check.plugins import begin, collect
from swift_grpo.check.problem import Problem
from swift_grpo.check.rewards import check_rewards, columns_needed
from swift_grpo.formats.command_line import Command
from tests.conftest import ROOT, clean_environ

PLUGIN = {"external_plugins": [str(ROOT / "plugin" / "plugin.py")]}


def checked(flags: dict[str, list[str]], environ: dict[str, str]) -> list[Problem]:
    """What the reward check says of `swift rlhf --rlhf_type grpo` with these flags, plugins imported."""
    known = known_flags.known()
    flags = {"rlhf_type": ["grpo"], "reward_funcs": ["r1_format"]} | flags
    command = Command("rlhf", flags, clean_environ() | environ, known["flags"]["rlhf"])
    plugins = begin(command)
    collect(plugins)
    return [*plugins.problems, *check_rewards(command, known, plugins, [])]


def lines(environ: dict[str, str] | None = None, **flags: list[str]) -> list[str]:
    return [str(problem) for problem in checked(PLUGIN | flags, environ or {})]


@pytest.mark.parametrize(
    "flags",
    [
        {"reward_funcs": ["math_cosine"]},  # --max_completion_length is its length
        {"reward_funcs": ["math_accuracy"], "system": ["You are careful: think, then answer: {x"]},  # no YAML
        {"reward_funcs": ["dapo_overlong"], "soft_cache_length": ["100"]},
    ],
    ids=["default length", "a prompt with colons", "cache length given"],
)
def test_nothing_is_wrong(flags):
    assert lines(**flags) == []


@pytest.mark.parametrize(("vllm", "count"), [({}, 1), ({"use_vllm": ["true"], "vllm_mode": ["colocate"]}, 2)])
def test_the_gym_pays_only_where_vllm_generates(vllm, count):
    """_prepare_vllm of rlhf_trainers/rollout_mixin.py returns without vLLM before it reads --use_gym_env."""
    for given in (1, 2):
        said = " ".join(lines(**vllm, use_gym_env=["true"], reward_weights=["1"] * given))
        assert (f"has {given} values for {count} rewards" in said) is (given != count), said


@pytest.mark.parametrize("page", ["README.md", "docs/rewards.md"])
def test_the_pages_own_reward_is_known(tmp_path, page):
    plugin = tmp_path / "my_rewards.py"
    plugin.write_text((ROOT / page).read_text().split("```python\n")[1].split("```")[0])
    flags = {"external_plugins": [str(plugin), *PLUGIN["external_plugins"]], "reward_funcs": ["short_answer"]}
    assert lines(**flags) == []


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ({"reward_funcs": ["dapo_overlong"]}, "needs the parameter `cache_length`, the flag --soft_cache_length"),
        ({"reward_funcs": ["dapo_overlong"], "soft_cache_length": ["512"]}, "512 must be above 0 and below"),
        ({"reward_funcs": ["math_cosine"], "cosine_max_len": ["far"]}, "wants `max_len` as int, not 'far'"),
    ],
)
def test_one_mistake_is_one_line(flags, what):
    (line,) = lines(**flags)
    assert what in line


def test_a_wrong_file_is_one_line(tmp_path):
    path = tmp_path / "rewards.yaml"
    path.write_text("target_length: {idael: 3}")
    (line,) = lines({"GRPO_REWARDS": str(path)}, reward_funcs=["target_length"])
    assert "section target_length" in line
    assert "`idael`" in line


OWN = """
from grpo_rewards.contract import register_reward

@register_reward("short_answer")
def short_answer(completion: str, *, longest: int = 20) -> float:
    return 1.0
"""


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my_rewards.py"
    path.write_text(OWN)
    return str(path)


def test_parameters_of_an_own_reward_are_no_mistake(own, tmp_path):
    file = tmp_path / "rewards.yaml"
    file.write_text("short_answer: {longest: 9}\nshorter: {reward: short_answer, longest: 3}\n")
    flags = {"external_plugins": [own, *PLUGIN["external_plugins"]]}
    flags |= {"reward_funcs": ["short_answer", "shorter", "math_accuracy"]}
    assert checked(flags, {"GRPO_REWARDS": str(file)}) == []


def test_an_own_reward_after_the_plugin_comes_too_late(own):
    (problem,) = checked({"external_plugins": [*PLUGIN["external_plugins"], own]}, {})
    assert "registers a reward too late" in str(problem)


def test_an_instance_needs_what_its_reward_needs(tmp_path):
    file = tmp_path / "rewards.yaml"
    file.write_text("strict: {reward: math_cosine, max_len: 9}\nsteps: {reward: reasoning_steps}\n")
    flags = PLUGIN | {"reward_funcs": ["strict", "steps", "r1_format"]}
    command = Command("rlhf", flags, clean_environ() | {"GRPO_REWARDS": str(file)})
    plugins = begin(command)
    collect(plugins)
    assert columns_needed(command, plugins) == {"solution": "strict"}


def test_a_machine_without_a_sandbox_is_named_before_the_first_step(monkeypatch):
    from grpo_rewards import code

    def none(url):
        raise code.NotInstalled("the reward code_tests: no sandbox holds here: apt install bubblewrap")

    monkeypatch.setattr(code, "_sandbox", none)
    (found,) = checked(PLUGIN | {"reward_funcs": ["code_tests"]}, {})
    assert "apt install bubblewrap" in str(found) and found.id == "rewards/missing-package"
