"""What the installed ms-swift knows, as JSON: `python ask_ms_swift.py FILE`.

A process of its own, started by known_flags.py: importing ms-swift takes 10 s and all of torch.
"""

import enum
import inspect
import json
import re
import sys
from argparse import Action
from pathlib import Path
from typing import Any

CLASSES = {
    "rlhf": "RLHFArguments",
    "sft": "SftArguments",
    "rollout": "RolloutArguments",
    "infer": "InferArguments",
    "export": "ExportArguments",
    "deploy": "DeployArguments",
}


def flags() -> dict[str, dict[str, dict[str, Any]]]:
    """subcommand -> flag -> type ("int", "float", "bool", "str", …), many, bare, choices and default."""
    from swift import arguments
    from transformers import HfArgumentParser

    found = {}
    for command, name in CLASSES.items():
        actions = HfArgumentParser([getattr(arguments, name)])._actions
        options = ((option, action) for action in actions for option in action.option_strings)
        found[command] = {option[2:]: _flag(action) for option, action in options if option.startswith("--")}
    return found


def _flag(action: Action) -> dict[str, Any]:
    bools = getattr(action.type, "__name__", "") == "string_to_bool" or action.nargs == 0
    return {
        "type": "bool" if bools else getattr(action.type, "__name__", ""),
        "many": action.nargs in ("+", "*"),
        "bare": action.nargs in ("?", 0, "*"),
        "choices": [str(choice) for choice in action.choices or []],
        "default": _plain(action.default),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        value = value.value
    return value if isinstance(value, int | float | str | bool | list | None) else str(value)


def losses() -> list[str]:
    """The loss types that the trainer's code names; no registry lists them."""
    from swift.rlhf_trainers import grpo_trainer

    compared = re.findall(r"self\.loss_type (?:==|in) (\[[^\]]*\]|'[a-z_]+')", inspect.getsource(grpo_trainer))
    named = set(re.findall(r"'([a-z_]+)'", " ".join(compared)))
    return sorted(named | set(getattr(grpo_trainer, "WINDOW_NORMALIZED_LOSS_TYPES", ())))


def rewards() -> dict[str, Any]:
    """The rewards, the columns that each needs, and their classes."""
    from swift.rewards import orms

    needs = {}
    for name, reward in orms.items():
        parameters = inspect.signature(reward.__call__).parameters.values()
        needs[name] = [
            p.name
            for p in parameters
            if p.name != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.default is p.empty
        ]
    classes = {name: reward.__name__ for name, reward in orms.items()}
    return {"rewards": sorted(orms), "reward_needs": needs, "reward_classes": classes}


def models() -> dict[str, Any]:
    """Types of models with their architectures and templates; the last part of a listed model's id with both."""
    from swift.model import MODEL_MAPPING
    from swift.template import TEMPLATE_MAPPING

    names: dict[str, list] = {}
    for kind, meta in MODEL_MAPPING.items():
        for group in meta.model_groups:
            for one in group.models:
                for listed in filter(None, (one.ms_model_id, one.hf_model_id, one.model_path)):
                    names.setdefault(listed.rsplit("/", 1)[-1].lower(), [str(kind), group.template or meta.template])
    return {
        "templates": {
            str(name): [bool(meta.is_thinking), meta.thinking_prefix or "", meta.non_thinking_prefix or ""]
            for name, meta in TEMPLATE_MAPPING.items()
        },
        "models": {str(name): sorted(meta.architectures or []) for name, meta in MODEL_MAPPING.items()},
        "model_templates": {
            str(name): [meta.template] if meta.template else meta.candidate_templates
            for name, meta in MODEL_MAPPING.items()
        },
        "model_names": names,
    }


def registries() -> dict[str, list[str]]:
    """The names that ms-swift and transformers look up, by registry."""
    from swift import arguments
    from swift.agent_template.mapping import agent_template_map
    from swift.callbacks.mapping import callbacks_map
    from swift.loss_scale.base import ALL_BASE_STRATEGY
    from swift.loss_scale.mapping import loss_scale_map
    from swift.optimizers.mapping import optimizers_map
    from swift.rewards import rm_plugins
    from swift.rollout.gym_env import envs
    from swift.rollout.multi_turn import multi_turns
    from transformers.integrations import INTEGRATION_TO_CALLBACK
    from transformers.trainer_utils import IntervalStrategy, SchedulerType

    folder = Path(arguments.__file__).parent.parent / "config"
    return {
        "reward_model_plugins": sorted(rm_plugins),
        "losses": losses(),
        "multi_turn_schedulers": sorted(multi_turns),
        "agent_templates": sorted(agent_template_map),
        "gym_envs": sorted(envs),
        "loss_scales": sorted({*ALL_BASE_STRATEGY, *loss_scale_map}),
        "optimizers": sorted(optimizers_map),
        "callbacks": sorted(callbacks_map),
        "reporters": sorted(INTEGRATION_TO_CALLBACK),
        "schedulers": sorted(one.value for one in SchedulerType),
        "intervals": sorted(one.value for one in IntervalStrategy),
        "tuners": sorted(arguments.base_args.base_args.get_supported_tuners()),
        "deepspeed": sorted(path.stem for path in folder.glob("zero*.json")),
    }


if __name__ == "__main__":
    known = {"flags": flags(), **rewards(), **registries(), **models()}
    Path(sys.argv[1]).write_text(json.dumps(known), encoding="utf-8")
