"""What the installed ms-swift knows: flags with types, choices and defaults, and the names in its registries.

Asked of ms-swift itself once per version and then remembered, so that a check needs neither torch nor swift.
"""

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

# Runs in a process of its own: importing ms-swift takes 10 s and all of torch.
ASK = r"""
import dataclasses, enum, inspect, json, pathlib, re, sys
from swift import arguments
from swift.agent_template.mapping import agent_template_map
from swift.callbacks.mapping import callbacks_map
from swift.loss_scale.base import ALL_BASE_STRATEGY
from swift.loss_scale.mapping import loss_scale_map
from swift.model import MODEL_MAPPING
from swift.optimizers.mapping import optimizers_map
from swift.rewards import orms, rm_plugins
from swift.rlhf_trainers import grpo_trainer
from swift.rollout.gym_env import envs
from swift.rollout.multi_turn import multi_turns
from swift.template import TEMPLATE_MAPPING
from transformers import HfArgumentParser
from transformers.integrations import INTEGRATION_TO_CALLBACK
from transformers.trainer_utils import IntervalStrategy
from transformers.trainer_utils import SchedulerType

def plain(value):
    if isinstance(value, enum.Enum):
        value = value.value
    return value if isinstance(value, (int, float, str, bool, list, type(None))) else str(value)

def flag(action):
    bools = getattr(action.type, "__name__", "") == "string_to_bool" or action.nargs == 0
    kind = "bool" if bools else getattr(action.type, "__name__", "")
    return {"type": kind, "many": action.nargs in ("+", "*"), "bare": action.nargs in ("?", 0, "*"),
            "choices": [str(c) for c in action.choices or []], "default": plain(action.default)}

classes = {"rlhf": "RLHFArguments", "sft": "SftArguments", "rollout": "RolloutArguments",
           "infer": "InferArguments", "export": "ExportArguments", "deploy": "DeployArguments"}
flags = {}
for command, name in classes.items():
    flags[command] = {option[2:]: flag(action)
                      for action in HfArgumentParser([getattr(arguments, name)])._actions
                      for option in action.option_strings if option.startswith("--")}
source = inspect.getsource(grpo_trainer)
losses = re.findall(r"self\.loss_type (?:==|in) (\[[^\]]*\]|'[a-z_]+')", source)
losses = set(re.findall(r"'([a-z_]+)'", " ".join(losses))) | set(getattr(grpo_trainer, "WINDOW_NORMALIZED_LOSS_TYPES", ()))
needs = {}
for name, reward in orms.items():
    parameters = inspect.signature(reward.__call__).parameters.values()
    needs[name] = [p.name for p in parameters if p.name != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
                   and p.default is p.empty]
names = {}  # the last part of a listed model's id -> its type, and its template where that is one
for kind, meta in MODEL_MAPPING.items():
    for group in meta.model_groups:
        for one in group.models:
            for listed in filter(None, (one.ms_model_id, one.hf_model_id, one.model_path)):
                names.setdefault(listed.rsplit("/", 1)[-1].lower(), [str(kind), group.template or meta.template])
folder = pathlib.Path(arguments.__file__).parent.parent / "config"
known = {
    "flags": flags,
    "rewards": sorted(orms),
    "reward_needs": needs,
    "reward_classes": {name: reward.__name__ for name, reward in orms.items()},
    "reward_model_plugins": sorted(rm_plugins),
    "losses": sorted(losses),
    "multi_turn_schedulers": sorted(multi_turns),
    "agent_templates": sorted(agent_template_map),
    "gym_envs": sorted(envs),
    "loss_scales": sorted({*ALL_BASE_STRATEGY, *loss_scale_map}),
    "optimizers": sorted(optimizers_map),
    "callbacks": sorted(callbacks_map),
    "reporters": sorted(INTEGRATION_TO_CALLBACK),
    "schedulers": sorted(s.value for s in SchedulerType),
    "intervals": sorted(s.value for s in IntervalStrategy),
    "tuners": sorted(arguments.base_args.base_args.get_supported_tuners()),
    "deepspeed": sorted(p.stem for p in folder.glob("zero*.json")),
    "templates": {str(name): [bool(meta.is_thinking), meta.thinking_prefix or "", meta.non_thinking_prefix or ""]
                  for name, meta in TEMPLATE_MAPPING.items()},
    "models": {str(name): sorted(meta.architectures or []) for name, meta in MODEL_MAPPING.items()},
    "model_templates": {str(name): [meta.template] if meta.template else meta.candidate_templates
                        for name, meta in MODEL_MAPPING.items()},
    "model_names": names,
}
json.dump(known, open(sys.argv[1], "w"))
"""


@cache
def known() -> dict[str, Any]:
    """What ASK writes: `flags[command][flag]` has type ("int", "float", "bool", "str", …), many, bare, choices and default.

    Raises RuntimeError when ms-swift cannot be imported; its message ends in the reason.
    """
    cache_file = _cache_file()
    if not cache_file.exists():
        print("swift-grpo: reading ms-swift's flags (15 s, once per version)", file=sys.stderr, flush=True)
        cache_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = cache_file.with_name(f"{cache_file.name}.{os.getpid()}")
        asked = subprocess.run([sys.executable, "-c", ASK, str(fresh)], capture_output=True, text=True)
        if asked.returncode:
            raise RuntimeError((asked.stderr.strip().splitlines() or ["no output"])[-1])
        fresh.replace(cache_file)
    return json.loads(cache_file.read_text(encoding="utf-8"))


def _cache_file() -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "-".join(importlib.metadata.version(p) for p in ("ms-swift", "transformers", "trl"))
    asked = hashlib.blake2b(ASK.encode(), digest_size=4).hexdigest()
    return root / "swift-grpo" / f"flags-{versions}-{asked}.json"
