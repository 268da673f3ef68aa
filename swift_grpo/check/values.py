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
    "eval_generation_config": '{"max_tokens": 512}',
}
# an empty text ends the run, or (resume_from_checkpoint) begins another one than is meant
NEVER_EMPTY = """model reward_model dataset val_dataset adapters ref_adapters external_plugins custom_register_path reward_funcs
    resume_from_checkpoint""".split()
# an empty text is passed over in silence
BETTER_NOT_EMPTY = """teacher_model ref_model deepspeed output_dir template model_type vllm_server_host multi_turn_scheduler
    attn_impl""".split()
# the word None is taken for a name, or (system, response_prefix) for the text itself
NAMES = "report_to callbacks optimizer lr_scheduler_type target_modules loss_scale agent_template columns system response_prefix"
NEVER_NONE = [*NAMES.split(), *NEVER_EMPTY, *BETTER_NOT_EMPTY, *JSON_FLAGS]
PAIR = re.compile(r"""["']?(\w+)["']?\s*[=:]\s*["']?([\w.+-]+)""")
WORDS = {"true": "true", "false": "false", "none": "null"}


def check_values(command: Command) -> Iterator[Problem]:
    """Every flag of the tables above that is given."""
    for name in NEVER_NONE:
        if name in command.specs and "None" in command.flags.get(name, []):
            value = command.config.get(name, "")
            null = value is None or (isinstance(value, list) and None in value)
            where = (
                f"`{name}` is null in {command.config_file}, of which ms-swift makes" if null else f"--{name} None is"
            )
            yield Problem(f"{where} the word None, and takes that for what is meant", "leave it out")
    for names, severity in ((NEVER_EMPTY, ERROR), (BETTER_NOT_EMPTY, WARNING)):
        for name in names:
            if name in command.specs and "" in command.flags.get(name, []):
                what = f"--{name} is an empty text (a variable that is not set?)"
                yield Problem(what, "give it a value, or leave the flag out", severity)
    for name, example in JSON_FLAGS.items():
        if name in command.specs and command.given(name):
            yield from _json(name, command.text(name) or "", example)


def _json(name: str, text: str, example: str) -> Iterator[Problem]:
    if path_of(text).is_file():
        return
    try:
        if not isinstance(json.loads(text), dict):
            yield Problem(f"--{name} {text} is no JSON object", f"write --{name} '{example}'")
    except (ValueError, RecursionError):
        pairs = {key: _value(word) for key, word in PAIR.findall(text)}
        fix = f"write --{name} '{json.dumps(pairs) if pairs else example}'"
        if pairs and text.lstrip().startswith("{"):
            yield advice(f"--{name} {text} is no JSON, and ms-swift guesses what is meant (json_repair)", fix)
        else:
            yield Problem(f"--{name} {text} is no JSON (JSONDecodeError, after the parser)", fix)


def _value(word: str) -> object:
    try:
        return json.loads(WORDS.get(word.lower(), word))
    except ValueError:
        return word
