"""Values that ms-swift's parser takes, and that end the run later or change it in silence: nulls, empty texts, JSON."""

import json
import re
from collections.abc import Iterator

from swift_grpo.check.commandline import Command, path_of
from swift_grpo.check.problem import ERROR, WARNING, Problem, advice

# flags that ms-swift reads as JSON, or as the name of a JSON file, after its parser (utils/utils.py json_parse_to_dict)
JSON_FLAGS = {
    "vllm_limit_mm_per_prompt": '{"image": 5}',
    "vllm_engine_kwargs": '{"max_num_batched_tokens": 8192}',
    "vllm_speculative_config": '{"method": "ngram", "num_speculative_tokens": 3}',
    "model_kwargs": '{"max_pixels": 1003520}',
    "gradient_checkpointing_kwargs": '{"use_reentrant": false}',
    "lr_scheduler_kwargs": '{"min_lr": 1e-7}',
    "max_memory": '{"0": "20GB"}',
    "eval_dataset_args": "{}",
    "eval_generation_config": '{"max_tokens": 512}',
    "extra_eval_args": "{}",
}
# flag -> what its text names, and whether an empty text ends the run or is passed over in silence
NAMED = {
    "model": ("a model", ERROR),
    "teacher_model": ("a model", WARNING),
    "ref_model": ("a model", WARNING),
    "reward_model": ("a model", ERROR),
    "dataset": ("a data set", ERROR),
    "val_dataset": ("a data set", ERROR),
    "adapters": ("an adapter", ERROR),
    "ref_adapters": ("an adapter", ERROR),
    "external_plugins": ("a plugin", ERROR),
    "custom_register_path": ("a Python file", ERROR),
    "deepspeed": ("a DeepSpeed configuration", WARNING),
    "resume_from_checkpoint": ("a checkpoint", ERROR),  # passed over: the run starts at step 0
    "output_dir": ("a folder", WARNING),
    "reward_funcs": ("a reward", ERROR),
    "template": ("a template", WARNING),
    "model_type": ("a type of models", WARNING),
    "vllm_server_host": ("an address", WARNING),
    "multi_turn_scheduler": ("a scheduler", WARNING),
    "attn_impl": ("an implementation of attention", WARNING),
    "report_to": ("a reporter", ""),
    "callbacks": ("a callback", ""),
    "optimizer": ("an optimizer", ""),
    "lr_scheduler_type": ("a schedule", ""),
    "target_modules": ("a module", ""),
    "loss_scale": ("a loss scale", ""),
    "agent_template": ("a template", ""),
    "response_prefix": ("the beginning of every completion", ""),  # empty: none
    "columns": ("JSON", ""),
    "system": ("the system prompt", ""),  # empty: system_prompt.py
} | dict.fromkeys(JSON_FLAGS, ("JSON", ""))
PAIR = re.compile(r"""["']?(\w+)["']?\s*[=:]\s*["']?([\w.+-]+)""")
WORDS = {"true": True, "false": False, "none": None, "null": None}


def check_values(command: Command) -> Iterator[Problem]:
    """Every flag of the tables above that is given."""
    for name, (what, empty) in NAMED.items():
        values = command.flags.get(name, [])
        if name not in command.specs or not values:
            continue
        if "None" in values:
            null = command.config.get(name, "") is None or None in _listed(command.config.get(name))
            where = (
                f"`{name}` is null in {command.config_file}, of which ms-swift makes" if null else f"--{name} None is"
            )
            yield Problem(
                f"{where} the word None, and takes that for {what}", "leave the line out" if null else "leave it out"
            )
        elif "" in values and empty:
            silent = (
                ""
                if empty == ERROR and name != "resume_from_checkpoint"
                else ", and ms-swift passes over it in silence"
            )
            yield Problem(
                f"--{name} is an empty text (a variable that is not set?){silent}",
                f"name {what}, or leave the flag out",
                empty,
            )
    for name, example in JSON_FLAGS.items():
        if name in command.specs and command.given(name):
            yield from _json(name, command.text(name) or "", example)


def _listed(value: object) -> list:
    return value if isinstance(value, list) else []


def _json(name: str, text: str, example: str) -> Iterator[Problem]:
    if path_of(text).is_file():
        return
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        pairs = {key: _value(word) for key, word in PAIR.findall(text)}
        meant = json.dumps(pairs) if pairs else example
        if text.lstrip().startswith("{") and pairs:
            yield advice(
                f"--{name} {text} is no JSON, and ms-swift guesses what is meant (json_repair)", f"write '{meant}'"
            )
        else:
            yield Problem(
                f"--{name} {text} is no JSON (JSONDecodeError, after the parser)", f"write --{name} '{meant}'"
            )
        return
    if not isinstance(value, dict):
        yield Problem(f"--{name} {text} is no JSON object", f"write --{name} '{example}'")


def _value(word: str) -> object:
    if word.lower() in WORDS:
        return WORDS[word.lower()]
    try:
        return json.loads(word)
    except ValueError:
        return word
