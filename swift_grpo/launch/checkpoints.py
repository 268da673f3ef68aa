"""Finds checkpoints: each start of ms-swift, a resumed one too, makes a `vN-<time>` folder of its own."""

import re
from pathlib import Path


def last_checkpoint(output_dir: Path) -> Path:
    """The checkpoint written last below `output_dir`. Raises ValueError if there is none."""
    found = [path for path in output_dir.glob("**/checkpoint-*") if re.fullmatch(r"checkpoint-\d+", path.name)]
    if not found:
        raise ValueError(f"no checkpoint below {output_dir}; --save_steps says when one is written")
    return max(found, key=lambda path: (path.stat().st_mtime, int(path.name.split("-")[1])))
