"""Registers the rewards of `grpo_rewards` in ms-swift's `orms`. ms-swift loads this file with `--external_plugins`.

    swift rlhf --rlhf_type grpo --external_plugins plugin/plugin.py --reward_funcs math_accuracy r1_format ...

ms-swift builds a reward as `cls(args=args)` and logs it under its class name, so each reward is a class with the name
of its column: `rewards/AnswerAccuracy/mean`.
"""

import old_logps
import stage_end  # noqa: F401  registers the callback
import step_times
import teacher_ids
import trajectories
import unjudged
from grpo_rewards import settings, verdict_log
from grpo_rewards.contract import Reward, RewardError
from grpo_tools import runner
from swift.rewards import ORM, AsyncORM, orms


def reward_class(reward: Reward, parameters: dict) -> type:
    """The class that ms-swift builds; it checks its parameters at that moment, before the first step."""

    base = AsyncORM if reward.is_async else ORM

    def build(self, args=None, **kwargs) -> None:
        base.__init__(self, args)
        runner.window = getattr(args, "vllm_max_model_len", None)
        step_times.install()
        teacher_ids.install()
        old_logps.install()
        trajectories.install()
        unjudged.install()
        verdict_log.open_in(getattr(args, "output_dir", None))  # the folder of the run, v0-…
        self.rewarder = settings.build(reward, parameters, args)

    def pay(self, completions: list[str], **columns) -> list[float | None]:
        return self.rewarder(completions, **columns)

    async def ask(self, completions: list[str], **columns) -> list[float | None]:
        return await self.rewarder.ask(completions, **columns)

    call = ask if reward.is_async else pay
    return type(reward.column, (base,), {"__init__": build, "__call__": call, "__doc__": reward.function.__doc__})


for name, (reward, parameters) in settings.load().items():
    if name in orms:
        raise RewardError(f"ms-swift already has a reward {name}; choose another name for yours")
    orms[name] = reward_class(reward, parameters)
