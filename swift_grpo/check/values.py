"""Values that ms-swift's parser takes, and that end the run later or change it in silence: nulls, empty texts, JSON."""

import json
import re
from collections.abc import Iterator

from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.formats.command_line import Command

# flags that ms-swift reads as JSON, or as the name of a JSON file, after its parser (utils/utils.py json_parse_to_dict)
JSON_FLAGS = {
    "columns": '{"answer": "solution"}',
    "vllm_limit_mm_per_prompt": '{"image": 5}',
    "vllm_engine_kwargs": '{"max_num_batched_tokens": 8192}',
    "vllm_speculative_config": '{"method": "ngram", "num_speculative_tokens": 3}',
    "model_kwargs": '{"max_pixels": 1003520}',
    "gradient_checkpointing_kwargs": '{"use_reentrant": false}',
    "lr_scheduler_kwargs": '{"min_lr": 1e-7}',
    "max_memory": '{"0": "20GB"}',
    "eval_generation_config": '{"max_tokens": 512}',
}
# an empty text ends the run
NEVER_EMPTY = """model reward_model dataset val_dataset adapters ref_adapters external_plugins custom_register_path reward_funcs
    columns model_kwargs max_memory vllm_engine_kwargs vllm_limit_mm_per_prompt vllm_speculative_config""".split()
# an empty text is false for ms-swift, as if the flag were left out
BETTER_NOT_EMPTY = """resume_from_checkpoint deepspeed fsdp teacher_deepspeed teacher_model ref_model output_dir template
    model_type vllm_server_host multi_turn_scheduler attn_impl""".split()
# the word None is taken for a name, or (system, response_prefix) for the text itself
NAMES = (
    "report_to callbacks optimizer lr_scheduler_type target_modules loss_scale agent_template system response_prefix"
)
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
        if name in command.specs and command.given(name) and command.mapping(name) is None:
            text = command.text(name) or ""
            pairs = {key: _value(word) for key, word in PAIR.findall(text)}
            yield Problem(
                f"--{name} {text} is no JSON object, nor a file that holds one",
                f"write --{name} '{json.dumps(pairs) if pairs else example}'",
            )


def _value(word: str) -> object:
    try:
        return json.loads(WORDS.get(word.lower(), word))
    except ValueError:
        return word
