"""The flags and reward names of the installed ms-swift, asked of ms-swift itself once per version and then remembered."""

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# Runs in a process of its own: importing ms-swift takes 10 s and all of torch.
ASK = """
import json, sys
from swift import arguments
from swift.rewards import orms
from transformers import HfArgumentParser
classes = {"rlhf": "RLHFArguments", "sft": "SftArguments", "rollout": "RolloutArguments",
           "infer": "InferArguments", "export": "ExportArguments", "deploy": "DeployArguments"}
flags = {}
for command, name in classes.items():
    flags[command] = {
        option[2:]: {
            "type": getattr(action.type, "__name__", "") if action.nargs is None else "",
            "choices": [str(c) for c in action.choices or []],
        }
        for action in HfArgumentParser([getattr(arguments, name)])._actions
        for option in action.option_strings if option.startswith("--")
    }
json.dump({"flags": flags, "rewards": sorted(orms)}, open(sys.argv[1], "w"))
"""


def known() -> dict[str, Any]:
    """`{"flags": {command: {flag: {"type", "choices"}}}, "rewards": [name, ...]}` of the installed ms-swift.

    Raises RuntimeError when ms-swift cannot be imported; its message ends in the reason.
    """
    cache = _cache_file()
    if not cache.exists():
        print("swift-grpo: reading ms-swift's flags (15 s, once per version)", file=sys.stderr, flush=True)
        cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = cache.with_name(f"{cache.name}.{os.getpid()}")
        asked = subprocess.run([sys.executable, "-c", ASK, str(fresh)], capture_output=True, text=True)
        if asked.returncode:
            raise RuntimeError((asked.stderr.strip().splitlines() or ["no output"])[-1])
        fresh.replace(cache)
    return json.loads(cache.read_text(encoding="utf-8"))


def _cache_file() -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "-".join(importlib.metadata.version(p) for p in ("ms-swift", "transformers", "trl"))
    asked = hashlib.blake2b(ASK.encode(), digest_size=4).hexdigest()
    return root / "swift-grpo" / f"flags-{versions}-{asked}.json"
