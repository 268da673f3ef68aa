"""TRL's log, a parquet file for each logged step, as the completions.jsonl that everything else here reads."""

import json
import re
from pathlib import Path

from swift_grpo.rollouts.reading.cache import cache_folder


def as_jsonl(folder: Path) -> Path | None:
    """A completions.jsonl in the cache with a line for each `completions/completions_<step>.parquet` of a TRL output folder.

    None if there are none. What was converted before is kept, unless the first file is another one. A file that cannot be
    read becomes a line that cannot be read; the newest one may still be written and is left for the next call.
    Written by TRL 0.29.1, `trainer/grpo_trainer.py`, `log`.
    """
    parts = sorted((folder / "completions").glob("completions_*.parquet"), key=_step)
    if not parts:
        return None
    first = parts[0].stat()
    log = cache_folder(parts[0].resolve(), Path(f"{first.st_ino}-{first.st_mtime_ns}")) / "completions.jsonl"
    done = log.read_bytes().count(b"\n") if log.exists() else 0
    with log.open("ab") as file:
        for part in parts[done:]:
            line = _line(part)
            if line is None and part == parts[-1]:
                break
            file.write(b"%s\n" % (line or b"unreadable"))
    return log


def _line(part: Path) -> bytes | None:
    """A step's columns as JSON, None if the file cannot be read."""
    import pyarrow
    import pyarrow.parquet

    try:
        columns = pyarrow.parquet.read_table(part).to_pydict()
        return json.dumps(columns, default=str).encode()
    except (OSError, pyarrow.ArrowException):
        return None


def _step(part: Path) -> int:
    digits = re.search(r"(\d+)$", part.stem)
    return int(digits[1]) if digits else 0
