"""Rewards and plugins."""

from ..base import *  # noqa: F403

CASES = []
add = adder("rewards and plugins", CASES)
SHORT = ["accuracy", "short_answer"]


def plugged(text, name="plugin.py", *more, **changes):
    """A command with this plugin, and its files."""
    files = F({name: text}, *more)
    return {"command": grpo(**({"reward_funcs": SHORT, "external_plugins": name} | changes)), "files": files}


add("plugin-no-suffix", "error", grpo(reward_funcs=SHORT, external_plugins="plugin"), ["plugin"], "plugin.py|.py", "import_external_file: no loader for a file without .py")
add("plugin-exits", "error", mention=["plugin.py|exit"], fix="exit|remove|line", why="SystemExit at import ends the trainer without a message", **plugged(PLUGIN + "\nimport sys\n\nsys.exit(0)\n"))
add("reward-weights-model", "error", grpo(reward_weights=[1, 0.5], reward_model="judge", reward_model_plugin="default"), "reward_weights", "3|three", "grpo_trainer.py:2269: a reward model counts as one more", files=F(judge_files()))
add("reward-rm-missing", "error", grpo(reward_model="/models/judge-7b"), "/models/judge-7b", "exist|path|not there|found", "hub_utils.py: the local path does not exist")
add("reward-cosine-zero", "error", grpo(reward_funcs=["accuracy", "cosine"], cosine_max_len=0), "cosine_max_len", "512|max_completion_length|positive|above 0", "rewards/orm.py CosineReward divides by the length")
