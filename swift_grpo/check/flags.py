"""Are these flags that the installed ms-swift knows, with values that it takes, and that do not end the run later?"""

import difflib
import json
import math
import re
from collections.abc import Iterator
from typing import Any

from swift_grpo.check.names import FOREIGN, GONE, NOT_GRPO, OTHER_SIDE, RENAMED
from swift_grpo.check.problem import ERROR, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import FALSE, TRUE, Command, path_of

SHOWN = 16  # names of a long list that a message shows
ATTENTION = "eager sdpa flash_attn flash_attention_2 flash_attention_3 flash_attention_4 flex_attention".split()
BACKENDS = "nccl gloo mpi ccl hccl cncl mccl".split()
# flag -> where its values are listed, and what refuses another one
REGISTRIES = {
    "loss_type": ("losses", "rlhf_trainers/grpo_trainer.py: Unknown loss type, after the first rollout"),
    "tuner_type": ("tuners", "pipelines/train/tuner.py: Unknown tuner_type, after the model is loaded"),
    "lr_scheduler_type": ("schedulers", "transformers SchedulerType"),
    "eval_strategy": ("intervals", "transformers IntervalStrategy"),
    "teacher_model_type": ("models", "model/register.py: MODEL_MAPPING"),
    "ref_model_type": ("models", "model/register.py: MODEL_MAPPING"),
    "reward_model_type": ("models", "model/register.py: MODEL_MAPPING"),
    "reward_template": ("templates", "template/register.py: TEMPLATE_MAPPING"),
    "reward_model_plugin": ("reward_model_plugins", "rlhf_trainers/grpo_trainer.py: rm_plugin is not implemented"),
    "multi_turn_scheduler": ("multi_turn_schedulers", "rlhf_trainers/rollout_mixin.py: assert in multi_turns"),
    "optimizer": ("optimizers", "optimizers/mapping.py"),
    "callbacks": ("callbacks", "callbacks/mapping.py"),
    "attn_impl": (ATTENTION, "transformers attention implementations"),
    "ddp_backend": (BACKENDS, "torch.distributed backends"),
    "report_to": ("reporters", "transformers integration_utils.py"),
}
ALSO = {"report_to": ["none", "all"]}  # also accepted
# by plugins: plugins.py LOOKED_UP
EXTENSIBLE = {"multi_turn_scheduler", "optimizer", "callbacks", "reward_model_plugin", "tuner_type"}
BITS = {"bnb": {"4", "8"}, "hqq": {"1", "2", "3", "4", "8"}, "eetq": {"8"}, "quanto": {"2", "4", "8", "float8"}}
CATCH_ALL = re.compile(r"all[-_ ]?linears?|all", re.IGNORECASE)
OFTEN = {  # a value that people write -> the one they mean
    "vanilla": "grpo",
    "ppo": "grpo",
    "cosine_annealing": "cosine",
    "adamw": "adamw_torch",
    "adam": "adamw_torch",
    "bf16": "bfloat16",
    "fp16": "float16",
    "fp32": "float32",
    "half": "float16",
    "qlora": "lora",
    "dora": "lora",
    "bitsandbytes": "bnb",
    "true": "group",
    "false": "none",
}
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
EMPTY, GIVE = "--{name} is an empty text (a variable that is not set?)", "give it a value, or leave the flag out"
rules(
    Rule("flags/blank", ERROR,
         "a blank is a word of the command: a backslash is followed by a blank, or is in the middle of a line",
         "let each backslash be the last character of its line", "the shell joins lines at a backslash that ends one"),
    Rule("flags/dash", ERROR, "{word} has {dash}, so ms-swift does not take it for a flag", "write --{flag}",
         "utils/utils.py parse_args: remaining_argv"),
    Rule("flags/stray-word", ERROR, "the word {word} belongs to no flag", "put it after the flag it is meant for, or remove it",
         "utils/utils.py parse_args: remaining_argv"),
    Rule("flags/env-in-small-letters", ERROR, "--env is not a flag: only ENV, in capitals, is read from a configuration",
         "write ENV:", "cli/main.py parse_yaml_args"),
    Rule("flags/nested", ERROR, "`{name}` in {file} is not a flag, but holds others",
         "the file is flat: write the flags at the top level, without indent",
         "cli/main.py parse_yaml_args makes a flag of each key at the top"),
    Rule("flags/other-side", ERROR, "--{name} is a flag of the other side, not of `swift {kind}`", "use {other}",
         "ms-swift ends at a flag that it does not know"),
    Rule("flags/renamed", ERROR, "--{name} is a flag of ms-swift 3", "in ms-swift 4 write {new}",
         "ms-swift ends at a flag that it does not know"),
    Rule("flags/gone", ERROR, "--{name} is a flag of ms-swift 3", "{instead}", "ms-swift ends at a flag that it does not know"),
    Rule("flags/foreign", ERROR, "--{name} is not a flag of `swift {kind}`: it has another name here", "write --{right}",
         "a name of TRL, open-r1, verl, OpenRLHF or LLaMA-Factory"),
    Rule("flags/ambiguous", ERROR, "--{name} is ambiguous: {count} flags begin with it", "write --{flags}",
         "argparse accepts the beginning of a flag if only one has it"),
    Rule("flags/other-command", ERROR, "--{name} is not a flag of `swift {kind}`",
         "it is one of `swift {owner}`: give it there, or remove it", "ms-swift ends at a flag that it does not know"),
    Rule("flags/unknown", ERROR, "--{name} is not a flag of `swift {kind}`", "{hint}",
         "ms-swift ends at a flag that it does not know"),
    Rule("flags/no-value", ERROR, "--{name} has no value", "give it one{such}", "argparse: expected one argument"),
    Rule("flags/several-values", ERROR, "--{name} takes one value, not {count} ({values})", "{instead}",
         "argparse does not read the others"),
    Rule("flags/not-bool", ERROR, "--{name} {value} is neither true nor false", "write --{name} true or false",
         "transformers HfArgumentParser string_to_bool"),
    Rule("flags/not-number", ERROR, "--{name} {value} is not a {kind}", "{instead}", "argparse: invalid value"),
    Rule("flags/no-choice", ERROR, "--{name} {value} is not a choice{by}", "use one of {listed}{quoted}",
         "argparse, or the part of ms-swift or transformers that looks the name up"),
    Rule("flags/quant-bits", ERROR, "--quant_method {method} has no --quant_bits {value}", "use {bits}",
         "arguments/base_args/quant_args.py get_quantization_config"),
    Rule("flags/target-modules-commas", ERROR, "--target_modules {value} is one word with commas, and no module has that name (peft)",
         "separate them with blanks: --target_modules {words}", "peft: target modules not found in the base model"),
    Rule("flags/target-modules-all", ERROR, "--target_modules {value} names no module (peft, after the model is loaded)",
         "write all-linear", "peft: target modules not found in the base model"),
    Rule("flags/fsdp", ERROR, "--fsdp {value} is neither fsdp2 nor a file", "write fsdp2, or name a JSON file",
         "arguments/sft_args.py _init_fsdp"),
    Rule("flags/deepspeed-not-json", ERROR, "the DeepSpeed configuration of --{name} is not a JSON object", "fix it, or use {example}",
         "utils/utils.py json_parse_to_dict"),
    Rule("flags/deepspeed-missing", ERROR, "the DeepSpeed configuration {value} is not there", "name a file that exists, or {names}",
         "utils/utils.py json_parse_to_dict"),
    Rule("flags/other-algorithm", WARNING, "--{name} belongs to another algorithm: GRPO ignores it", "{instead}",
         "arguments/rlhf_args.py: fields of PPO, DPO, KTO, SimPO, CPO and GKD"),
    Rule("flags/null", ERROR, "{where} the word None as its value", "leave it out",
         "cli/main.py parse_yaml_args writes None for a null; argparse takes it for a text"),
    Rule("flags/empty", ERROR, EMPTY, GIVE, "ms-swift looks up the empty text, and ends"),
    Rule("flags/empty-ignored", WARNING, EMPTY, GIVE, "an empty text is false for ms-swift, as if the flag were left out"),
    Rule("flags/not-json", ERROR, "--{name} {text} is neither a JSON object nor a file that holds one", "write --{name} '{json}'",
         "utils/utils.py json_parse_to_dict"),
)  # fmt: skip


def check_flags(command: Command, known: dict[str, Any]) -> Iterator[Problem]:
    """Unknown and renamed flags, values that ms-swift's parser would refuse, and words that belong to no flag."""
    for name, values in command.flags.items():
        if name in command.specs:
            yield from _check_value(command, name, values)
            yield from _check_registry(command, name, values, known)
        elif command.specs:
            yield _unknown(command, name, known)
    for word in command.strays:
        flag = word.lstrip("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212").partition("=")[0]
        if not word.strip(" \t\r\n\\"):
            yield found("flags/blank")
        elif flag != word and flag in command.specs:
            dash = "one dash" if word.startswith("-") else "a long dash, as web pages write it"
            yield found("flags/dash", word=word, dash=dash, flag=flag)
        else:
            yield found("flags/stray-word", word=word)
    if command.grpo:
        yield from _not_grpo(command)
    yield from _values(command)


def _unknown(command: Command, name: str, known: dict[str, Any]) -> Problem:
    kind = command.kind
    if name == "env" and command.config:
        return found("flags/env-in-small-letters")
    if isinstance(command.config.get(name), dict):
        return found("flags/nested", name=name, file=command.config_file)
    begun = [flag for flag in command.specs if flag.startswith(name) and not flag.startswith("no_")]
    if other := OTHER_SIDE.get(kind, {}).get(name):
        return found("flags/other-side", name=name, kind=kind, other=other)
    if name in RENAMED and RENAMED[name].split()[0][2:] in command.specs:
        return found("flags/renamed", name=name, new=RENAMED[name])
    if name in GONE:
        return found("flags/gone", name=name, instead=GONE[name])
    if name in FOREIGN and FOREIGN[name] in command.specs:
        return found("flags/foreign", name=name, kind=kind, right=FOREIGN[name])
    if len(begun) > 1:
        return found("flags/ambiguous", name=name, count=len(begun), flags=" or --".join(begun[:4]))
    near = difflib.get_close_matches(name, command.specs, n=1, cutoff=0.7)
    near = near or [flag for flag in command.specs if flag.endswith(f"_{name}") or name.endswith(f"_{flag}")][:1]
    if not near and (owners := [k for k in ("rlhf", "rollout", "sft") if name in known["flags"].get(k, {})]):
        return found("flags/other-command", name=name, kind=kind, owner=owners[0])
    hint = f"did you mean --{near[0]}?" if near else f"`swift {kind} --help` lists them all"
    return found("flags/unknown", name=name, kind=kind, hint=hint)


def _check_value(command: Command, name: str, values: list[str]) -> Iterator[Problem]:
    spec = command.specs[name]
    default = spec["default"]
    example = default[0] if isinstance(default, list) and default else default
    if not values and not spec["bare"]:
        yield found("flags/no-value", name=name, such="" if example in (None, "") else f", such as {example}")
        return
    if len(values) > 1 and not spec["many"]:
        listed = isinstance(command.config.get(name), list)
        instead = f"give only one, or put it in quotes: --{name} '{' '.join(values)}'"
        if values[-1].endswith((".yaml", ".yml")):
            instead = f"put the configuration {values[-1]} first, right after `swift {command.kind}`"
        elif listed:
            instead = "write it without brackets"
        shown = " ".join(values[:4])
        yield found("flags/several-values", name=name, count=len(values), values=shown, instead=instead)
        return
    for value in values:
        if problem := _bad(command, name, value, spec, example):
            yield problem


def _bad(command: Command, name: str, value: str, spec: dict[str, Any], example: Any) -> Problem | None:
    if spec["choices"]:
        return None if value in spec["choices"] else _no_choice(command, name, value, spec["choices"], "")
    if spec["type"] == "bool":
        if value.lower() in TRUE | FALSE:
            return None
        return found("flags/not-bool", name=name, value=value)
    convert = {"int": int, "float": float}.get(spec["type"])
    if convert is None:
        return None
    try:
        convert(value)
    except ValueError:
        kind = "whole number (integer)" if convert is int else "number (float)"
        instead = _number_instead(command, name, value, convert, example)
        return found("flags/not-number", name=name, value=value, kind=kind, instead=instead)
    return None


def _number_instead(command: Command, name: str, value: str, convert: type, example: Any) -> str:
    """What to write instead of a text that is not a number."""
    if value == "None":
        return "give a number, or remove the flag" + ("" if example is None else f" (default {example})")
    if "," in value and len(parts := [p for p in value.strip("[]()").split(",") if p.strip()]) > 1:
        return f"separate several with blanks: --{name} {' '.join(p.strip() for p in parts)}"
    begins = re.match(r"\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", value)
    if begins:
        number = float(begins[0])
        good = str(int(number)) if convert is int and math.isfinite(number) else begins[0].strip()
        return f"--{name} takes {convert.__name__}: write {good}"
    words = "zero one two three four five six seven eight nine ten".split()
    such = words.index(value.lower()) if value.lower() in words else example
    return f"--{name} takes {convert.__name__}" + ("" if such in (None, "") else f", such as {such}")


def _no_choice(
    command: Command, name: str, value: str, choices: list[str], why: str, id: str = "flags/no-choice"
) -> Problem:
    """A value that is not one of `choices`, the likely ones first; `why` says what refuses it."""
    near = difflib.get_close_matches(value.lower(), choices, n=1, cutoff=0.6)
    meant = OFTEN.get(value.lower())
    best = [meant] if meant in choices else near
    rest = [choice for choice in choices if choice not in best][: SHOWN - len(best)]
    listed = ", ".join([*best, *rest]) + (", …" if len(choices) > SHOWN else "")
    quoted = ""
    if value in ("False", "True") and isinstance(command.config.get(name), bool):
        word = "no" if value == "False" else "yes"
        quoted = f' (YAML reads {word} as {value.lower()}: write "{word}" in quotes)'
    return found(id, name=name, value=value, by=f" ({why})" if why else "", listed=listed, quoted=quoted)


def _check_registry(command: Command, name: str, values: list[str], known: dict[str, Any]) -> Iterator[Problem]:
    """Values that ms-swift refuses only when it uses them, or never."""
    if name == "loss_type" and not command.grpo:
        return
    if name in REGISTRIES:
        listed, why = REGISTRIES[name]
        choices = [*(known[listed] if isinstance(listed, str) else listed), *ALSO.get(name, ())]
        if name in EXTENSIBLE and command.given("external_plugins", "custom_register_path"):
            return
        for value in values:
            if value not in choices and value not in ("None", ""):
                yield _no_choice(command, name, value, choices, why)
    elif name in {"deepspeed", "teacher_deepspeed"}:
        for value in values:
            yield from _deepspeed(command, name, value, known["deepspeed"])
    elif name == "quant_bits" and (method := command.text("quant_method")) in BITS:
        for value in values:
            if value in command.specs[name]["choices"] and value not in BITS[method]:
                yield found("flags/quant-bits", method=method, value=value, bits=" or ".join(sorted(BITS[method])))
    elif name == "target_modules":
        for value in values:
            if "," in value:
                words = " ".join(value.replace(",", " ").split())
                yield found("flags/target-modules-commas", value=value, words=words)
            elif CATCH_ALL.fullmatch(value) and value != "all-linear":
                yield found("flags/target-modules-all", value=value)
    elif name == "fsdp":
        for value in values:
            if (
                value not in ("fsdp2", "None", "")
                and not value.lstrip().startswith("{")
                and not path_of(value).is_file()
            ):
                yield found("flags/fsdp", value=value)


def _deepspeed(command: Command, name: str, value: str, names: list[str]) -> Iterator[Problem]:
    if value in names or value in ("None", ""):
        return
    if command.mapping(name) is not None:
        return
    if value.lstrip().startswith("{") or path_of(value).is_file():
        yield found("flags/deepspeed-not-json", name=name, example=names[2])
    elif path_of(value).suffix == ".json":
        yield found("flags/deepspeed-missing", value=value, names=", ".join(names))
    else:
        yield _no_choice(command, name, value, names, "neither a name nor a file")


def _not_grpo(command: Command) -> Iterator[Problem]:
    for name in command.flags.keys() & NOT_GRPO.keys():
        own = NOT_GRPO[name]
        yield found("flags/other-algorithm", name=name, instead=f"use {own}" if own else "remove it")


def _values(command: Command) -> Iterator[Problem]:
    """Nulls, empty texts and JSON that the parser accepts, but that later end the run or silently change it."""
    for name in NEVER_NONE:
        if name in command.specs and "None" in command.flags.get(name, []):
            value = command.config.get(name, "")
            null = value is None or (isinstance(value, list) and None in value)
            file = f"`{name}` is null in {command.config_file}: ms-swift reads"
            yield found("flags/null", where=file if null else f"--{name} None: ms-swift reads")
    for name in (*NEVER_EMPTY, *BETTER_NOT_EMPTY):
        if name in command.specs and "" in command.flags.get(name, []):
            yield found("flags/empty" if name in NEVER_EMPTY else "flags/empty-ignored", name=name)
    for name, example in JSON_FLAGS.items():
        if name in command.specs and command.given(name) and command.mapping(name) is None:
            text = command.text(name) or ""
            pairs = {key: _word(word) for key, word in PAIR.findall(text)}
            yield found("flags/not-json", name=name, text=text, json=json.dumps(pairs) if pairs else example)


def _word(word: str) -> object:
    try:
        return json.loads(WORDS.get(word.lower(), word))
    except ValueError:
        return word
