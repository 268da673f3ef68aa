"""The inspector's cache folders."""

import hashlib
import os
from pathlib import Path


def cache_folder(*names: Path) -> Path:
    """The cache folder of some paths, below $XDG_CACHE_HOME or ~/.cache. Created if missing."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    key = hashlib.blake2b("\n".join(map(str, names)).encode(errors="surrogateescape"), digest_size=10).hexdigest()
    folder = base / "swift-grpo" / "rollouts" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder
