"""Rewards and plugins."""

from benchmarks.preflight.second.base import *

KIND = "rewards"


def plugin(text: str, name: str = "mine.py") -> dict:
    return MODEL | DATA | {name: text}


HEAD = "from swift.rewards import ORM, orms\n\n\n"
GOOD = "class Short(ORM):\n    def __call__(self, completions, **kwargs):\n        return [float(len(c) < 200) for c in completions]\n\n\n"
mistake(KIND, "reward-instance-for-class", train(external_plugins="mine.py", reward_funcs=["short"]), ["short"], "class|Short()|without", "orms holds an object; orms[name](args=args) calls it without completions: TypeError", files=plugin(HEAD + GOOD + "orms['short'] = Short()\n"))
mistake(KIND, "reward-never-registered", train(external_plugins="mine.py", reward_funcs=["short"]), ["short"], "orms|regist", "the class is written and never put into orms", files=plugin(HEAD + GOOD))
mistake(
    KIND,
    "reward-column-missing",
    train(external_plugins="mine.py", reward_funcs=["near"]),
    ["reference", "data.jsonl|column"],
    "reference",
    "the reward asks for a column that the data set has not: TypeError at the first rollout",
    files=plugin(HEAD + "class Near(ORM):\n    def __call__(self, completions, reference, **kwargs):\n        return [float(r in c) for c, r in zip(completions, reference)]\n\n\norms['near'] = Near\n"),
)
mistake(KIND, "reward-none-at-all", train(reward_funcs=None, external_plugins=None), ["reward_funcs"], "math_accuracy|accuracy|reward_funcs", "grpo_trainer.py: You must specify reward_funcs or reward_model")
mistake(KIND, "reward-ours-without-plugin", train(external_plugins=None), ["math_accuracy|r1_format"], "plugin/plugin.py|external_plugins", "math_accuracy and r1_format are registered by plugin/plugin.py, which is not given")
mistake(
    KIND,
    "reward-parameters-key",
    train(reward_funcs=["math_accuracy", "target_length"], env="CUDA_VISIBLE_DEVICES=0 GRPO_REWARDS=rewards.yaml"),
    ["rewards.yaml|target_length", "ideel"],
    "ideal",
    "a parameter that target_length has not (plugin/README.md names `ideal`)",
    files=MODEL | DATA | {"rewards.yaml": "target_length: {ideel: 200}\n"},
)
mistake(KIND, "reward-weights-zero", train(reward_weights=[0, 0]), ["reward_weights"], "1|above 0|non-zero|nonzero|positive", "every reward is 0 whatever is said: no advantage, no gradient", level="warning")
