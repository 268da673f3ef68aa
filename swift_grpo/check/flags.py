"""Are these flags that the installed ms-swift knows, with values that it takes?"""

import difflib
import math
import re
from collections.abc import Iterator
from typing import Any

from swift_grpo.check.names import FOREIGN, GONE, NOT_GRPO, OTHER_SIDE, RENAMED
from swift_grpo.check.problem import Problem, warning
from swift_grpo.formats.command_line import FALSE, TRUE, Command, path_of

SHOWN = 16  # names of a long list that a message holds
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
}
# by plugins: registered.py
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
            yield Problem(
                "a blank is a word of the command: a backslash has a blank behind it, or stands in the middle of a line",
                "let each backslash be the last character of its line",
            )
        elif flag != word and flag in command.specs:
            dash = "one dash" if word.startswith("-") else "a long dash, as web pages write it"
            yield Problem(f"{word} has {dash}, so ms-swift leaves it over", f"write --{flag}")
        else:
            yield Problem(f"the word {word} belongs to no flag", "put it behind the flag it is meant for, or remove it")
    if command.grpo:
        yield from _not_grpo(command)


def _unknown(command: Command, name: str, known: dict[str, Any]) -> Problem:
    kind = command.kind
    if name == "env" and command.config:
        return Problem("--env is no flag: only ENV, in capitals, is taken out of a configuration", "write ENV:")
    if isinstance(command.config.get(name), dict):
        return Problem(
            f"`{name}` in {command.config_file} is no flag, but holds others",
            "the file is flat: write the flags at the top level, without indent",
        )
    begun = [flag for flag in command.specs if flag.startswith(name) and not flag.startswith("no_")]
    if other := OTHER_SIDE.get(kind, {}).get(name):
        return Problem(f"--{name} is a flag of the other side, not of `swift {kind}`", f"use {other}")
    if name in RENAMED and RENAMED[name].split()[0][2:] in command.specs:
        return Problem(f"--{name} is a flag of ms-swift 3", f"in ms-swift 4 write {RENAMED[name]}")
    if name in GONE:
        return Problem(f"--{name} is a flag of ms-swift 3", GONE[name])
    if name in FOREIGN and FOREIGN[name] in command.specs:
        return Problem(f"--{name} is no flag of `swift {kind}`: it has another name here", f"write --{FOREIGN[name]}")
    if len(begun) > 1:
        return Problem(f"--{name} is ambiguous: it begins {len(begun)} flags", f"write --{' or --'.join(begun[:4])}")
    near = difflib.get_close_matches(name, command.specs, n=1, cutoff=0.7)
    near = near or [flag for flag in command.specs if flag.endswith(f"_{name}") or name.endswith(f"_{flag}")][:1]
    if not near and (owners := [k for k in ("rlhf", "rollout", "sft") if name in known["flags"].get(k, {})]):
        return Problem(
            f"--{name} is no flag of `swift {kind}`", f"it is one of `swift {owners[0]}`: give it there, or remove it"
        )
    hint = f"did you mean --{near[0]}?" if near else f"`swift {kind} --help` lists them all"
    return Problem(f"--{name} is no flag of `swift {kind}`", hint)


def _check_value(command: Command, name: str, values: list[str]) -> Iterator[Problem]:
    spec = command.specs[name]
    default = spec["default"]
    example = default[0] if isinstance(default, list) and default else default
    if not values and not spec["bare"]:
        yield Problem(f"--{name} has no value", f"give it one{'' if example in (None, '') else f', such as {example}'}")
        return
    if len(values) > 1 and not spec["many"]:
        listed = isinstance(command.config.get(name), list)
        yield Problem(
            f"--{name} takes one value, not {len(values)} ({' '.join(values[:4])})",
            f"put the configuration {values[-1]} first, right after `swift {command.kind}`"
            if values[-1].endswith((".yaml", ".yml"))
            else "write it without brackets"
            if listed
            else f"give only one, or put it in quotes: --{name} '{' '.join(values)}'",
        )
        return
    for value in values:
        if problem := _bad(command, name, value, spec, example):
            yield problem
            return


def _bad(command: Command, name: str, value: str, spec: dict[str, Any], example: Any) -> Problem | None:
    if spec["choices"]:
        return None if value in spec["choices"] else _no_choice(command, name, value, spec["choices"], "")
    if spec["type"] == "bool":
        if value.lower() in TRUE | FALSE:
            return None
        return Problem(f"--{name} {value} is neither true nor false", f"write --{name} true or false")
    convert = {"int": int, "float": float}.get(spec["type"])
    if convert is None:
        return None
    try:
        convert(value)
    except ValueError:
        kind = "whole number (integer)" if convert is int else "number (float)"
        return Problem(f"--{name} {value} is no {kind}", _number_instead(command, name, value, convert, example))
    return None


def _number_instead(command: Command, name: str, value: str, convert: type, example: Any) -> str:
    """What to write in place of a text that is no number."""
    if value == "None":
        return "give a number, or remove the flag" + ("" if example is None else f" (default {example})")
    if "," in value and len(parts := [p for p in value.strip("[]()").split(",") if p.strip()]) > 1:
        return f"separate several with blanks: --{name} {' '.join(p.strip() for p in parts)}"
    found = re.match(r"\s*[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", value)
    if found:
        number = float(found[0])
        good = str(int(number)) if convert is int and math.isfinite(number) else found[0].strip()
        return f"--{name} takes {convert.__name__}: write {good}"
    words = "zero one two three four five six seven eight nine ten".split()
    such = words.index(value.lower()) if value.lower() in words else example
    return f"--{name} takes {convert.__name__}" + ("" if such in (None, "") else f", such as {such}")


def _no_choice(command: Command, name: str, value: str, choices: list[str], why: str) -> Problem:
    near = difflib.get_close_matches(value.lower(), choices, n=1, cutoff=0.6)
    meant = OFTEN.get(value.lower())
    best = [meant] if meant in choices else near
    rest = [choice for choice in choices if choice not in best][: SHOWN - len(best)]
    listed = ", ".join([*best, *rest]) + (", …" if len(choices) > SHOWN else "")
    quoted = ""
    if value in ("False", "True") and isinstance(command.config.get(name), bool):
        word = "no" if value == "False" else "yes"
        quoted = f' (YAML reads {word} as {value.lower()}: write "{word}" in quotes)'
    return Problem(f"--{name} {value} is no choice{f' ({why})' if why else ''}", f"use one of {listed}{quoted}")


def _check_registry(command: Command, name: str, values: list[str], known: dict[str, Any]) -> Iterator[Problem]:
    """Values that ms-swift refuses when it uses them, or never."""
    if name == "loss_type" and not command.grpo:
        return
    if name in REGISTRIES:
        listed, why = REGISTRIES[name]
        choices = known[listed] if isinstance(listed, str) else listed
        if name in EXTENSIBLE and command.given("external_plugins", "custom_register_path"):
            return
        for value in values:
            if value not in choices and value not in ("None", ""):
                yield _no_choice(command, name, value, list(choices), why)
    elif name in {"deepspeed", "teacher_deepspeed"}:
        for value in values:
            yield from _deepspeed(command, name, value, known["deepspeed"])
    elif name == "quant_bits" and (method := command.text("quant_method")) in BITS:
        for value in values:
            if value in command.specs[name]["choices"] and value not in BITS[method]:
                yield Problem(
                    f"--quant_method {method} has no --quant_bits {value}", f"use {' or '.join(sorted(BITS[method]))}"
                )
    elif name == "target_modules":
        for value in values:
            if "," in value:
                yield Problem(
                    f"--target_modules {value} is one word with commas, which no module is called (peft)",
                    f"separate them with blanks: --target_modules {' '.join(value.replace(',', ' ').split())}",
                )
            elif CATCH_ALL.fullmatch(value) and value != "all-linear":
                yield Problem(
                    f"--target_modules {value} names no module (peft, after the model is loaded)", "write all-linear"
                )
    elif name == "fsdp":
        for value in values:
            if (
                value not in ("fsdp2", "None", "")
                and not value.lstrip().startswith("{")
                and not path_of(value).is_file()
            ):
                yield Problem(f"--fsdp {value} is neither fsdp2 nor a file", "write fsdp2, or name a JSON file")


def _deepspeed(command: Command, name: str, value: str, names: list[str]) -> Iterator[Problem]:
    if value in names or value in ("None", ""):
        return
    if command.mapping(name) is not None:
        return
    if value.lstrip().startswith("{") or path_of(value).is_file():
        yield Problem(f"the DeepSpeed configuration of --{name} is no JSON object", f"fix it, or use {names[2]}")
    elif path_of(value).suffix == ".json":
        yield Problem(
            f"the DeepSpeed configuration {value} is not there", f"name a file that is, or {', '.join(names)}"
        )
    else:
        yield _no_choice(command, name, value, names, "neither a name nor a file")


def _not_grpo(command: Command) -> Iterator[Problem]:
    for name in command.flags.keys() & NOT_GRPO.keys():
        own = NOT_GRPO[name]
        yield warning(f"--{name} is of another algorithm: GRPO ignores it", f"use {own}" if own else "remove it")
