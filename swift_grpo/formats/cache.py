"""Where the inspector keeps what it can make again."""

import hashlib
import os
from pathlib import Path


def cache_folder(*names: Path) -> Path:
    """A folder of its own for some paths, below $XDG_CACHE_HOME or ~/.cache. Made if missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.blake2b("\n".join(map(str, names)).encode(errors="surrogateescape"), digest_size=10).hexdigest()
    folder = base / "swift-grpo" / "rollouts" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder
