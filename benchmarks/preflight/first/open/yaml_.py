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


add("yaml-tab", "error", mention=["run.yaml", "line|tab|pars|YAML"], fix="line|tab|space|blank", why="yaml: found character that cannot start any token", **Y(BODY.replace("lora_rank", "\tlora_rank")))
add("yaml-key-twice", "error", mention=["learning_rate", "twice|duplicate|again|two"], fix="once|one|remove|twice|line", why="yaml.safe_load keeps the last in silence", **Y(BODY + "learning_rate: 1.0e-3\n"))
add("yaml-unknown-key", "error", mention=["num_generation"], fix="num_generations", why="argparse: ambiguous option; the key becomes a flag", **Y(BODY.replace("num_generations", "num_generation")))
add("yaml-v3-key", "error", mention=["train_type"], fix="tuner_type", why="name of ms-swift 3; remaining_argv", **Y(BODY.replace("tuner_type", "train_type")))
add("yaml-list", "error", mention=["run.yaml"], fix="key|mapping|:|list|dash", why="cli/main.py:53: a list has no pop('ENV', None)", **Y("".join(f"- {line}\n" for line in BODY.splitlines())))
add("yaml-empty", "error", grpo(config="run.yaml"), "run.yaml", "empty|remove|drop|key", "config is None: the file's name stays in the command, remaining_argv", files=F({"run.yaml": "# nothing yet\n"}))
add("yaml-nested", "error", mention=["training"], fix="flat|level|top|nest|indent|unknown|without", why="becomes --training '{…}', a flag that does not exist", **Y("training:\n" + "".join(f"  {line}\n" for line in BODY.splitlines()), num_generations=4))
add("yaml-null", "error", mention=["max_length"], fix="number|integer|int|remove|drop|leave|1024", why="null becomes the word None: invalid int value", **Y(BODY + "max_length:\n", max_length=None))
add("yaml-no-is-false", "error", mention=["save_strategy"], fix="\"no\"|'no'|quote", why="YAML reads no as false: 'False' is no SaveStrategy", **Y(BODY + "save_strategy: no\n", save_steps=None))
add("yaml-rewards-text", "error", mention=["reward_funcs|accuracy format"], fix="[accuracy, format]|list|- accuracy", why="one word `accuracy format`: not implemented", **Y(BODY.replace("[accuracy, format]", "accuracy format")))
add("yaml-env-lower", "error", mention=["env"], fix="ENV", why="only ENV is taken out; env becomes a flag that does not exist", **Y(BODY + "env:\n  CUDA_DEVICE_MAX_CONNECTIONS: 1\n"))
