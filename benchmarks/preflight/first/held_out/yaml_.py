"""The YAML file in front (swift/cli/main.py `parse_yaml_args`)."""

from ..base import *  # noqa: F403

CASES = []
add = adder("YAML", CASES)
BODY = """\
tuner_type: lora
lora_rank: 8
num_generations: 4
per_device_train_batch_size: 4
learning_rate: 1.0e-5
reward_funcs: [accuracy, format]
"""
IN_YAML = dict.fromkeys(["tuner_type", "lora_rank", "num_generations", "per_device_train_batch_size", "learning_rate", "reward_funcs"])


def Y(text, name="run.yaml", **changes):
    return {"command": grpo(config=name, **(IN_YAML | changes)), "files": F({name: text})}


add("yaml-colon", "error", mention=["run.yaml", "line|pars|YAML|colon"], fix="line|colon|:|quote", why="yaml: mapping values are not allowed here", **Y(BODY + "output_dir: runs: first\n"))
add("yaml-missing", "error", grpo(config="configs/run.yaml"), "configs/run.yaml", "exist|found|not there|no such|path", "cli/main.py:46: FileNotFoundError")
add("yaml-type", "error", mention=["num_generations"], fix="integer|int|4|number|whole", why="argparse: invalid int value 'four'", **Y(BODY.replace("num_generations: 4", "num_generations: four")))
add("yaml-not-first", "error", ["env", "CUDA_VISIBLE_DEVICES=0", "swift", "rlhf", *words(GRPO), "run.yaml"], "run.yaml", "first|front|before|behind", "only the first argument is expanded: remaining_argv (or the last flag swallows it)", files=F({"run.yaml": "beta: 0.01\n"}))
add("yaml-json-broken", "error", mention=["run.json"], fix="line|json|comma|quote|pars", why="cli/main.py:44: JSONDecodeError", **Y('{"tuner_type": "lora",\n "lora_rank": 8,\n}', "run.json"))
