"""What the installed ms-swift knows: flags with types, choices and defaults, and the names in its registries.

ms-swift itself is asked once per version, and the answer is kept: a check needs neither torch nor swift.
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

PROGRAM = Path(__file__).with_name("ask_ms_swift.py")


@cache
def known() -> dict[str, Any]:
    """What ask_ms_swift.py writes: `flags[command][flag]` has type ("int", "str", …), many, bare, choices and default.

    Raises RuntimeError when ms-swift cannot be imported; its message ends in the reason.
    """
    cache_file = _cache_file()
    if not cache_file.exists():
        print("swift-grpo: reading ms-swift's flags (15 s, once per version)", file=sys.stderr, flush=True)
        cache_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = cache_file.with_name(f"{cache_file.name}.{os.getpid()}")
        asked = subprocess.run([sys.executable, "-P", str(PROGRAM), str(fresh)], capture_output=True, text=True)
        if asked.returncode:
            raise RuntimeError((asked.stderr.strip().splitlines() or ["no output"])[-1])
        fresh.replace(cache_file)
    return json.loads(cache_file.read_text(encoding="utf-8"))


def _cache_file() -> Path:
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "-".join(importlib.metadata.version(p) for p in ("ms-swift", "transformers", "trl"))
    asked = hashlib.blake2b(PROGRAM.read_bytes(), digest_size=4).hexdigest()
    return root / "swift-grpo" / f"flags-{versions}-{asked}.json"
