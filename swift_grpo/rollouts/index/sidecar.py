"""The manifest of a sidecar."""

import json
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

VERSION = 4  # of the sidecar's format; another number rebuilds it


@dataclass
class LogState:
    """How far one completions.jsonl has been read."""

    path: str
    inode: int
    size: int  # bytes, and the time of the last change in ns, at the last reading
    changed: int
    sample: str = ""  # hash of places spread over the part that was read
    read: int = 0  # bytes
    unreadable: int = 0
    unreadable_lines: list[int] = field(default_factory=list)  # the first ones, counted from 1
    place: dict = field(default_factory=dict)


@dataclass
class Manifest:
    """The contents of the sidecar. `key` is everything besides the log that the numbers depend on."""

    version: int
    key: str
    logs: list[LogState] = field(default_factory=list)
    parts: list[dict] = field(default_factory=list)  # {"name", "rows", "file"}
    reward_names: list[str] = field(default_factory=list)
    rows: int = 0
    groups: int = 0
    accuracy: str = ""  # the reward that agrees with our grader
    asked_at: int = 0  # rows at the grader's last run

    @classmethod
    def read(cls, folder: Path) -> "Manifest | None":
        try:
            data = json.loads((folder / "manifest.json").read_bytes())
            return cls(**data | {"logs": [LogState(**log) for log in data["logs"]]})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, folder: Path) -> None:
        temporary = folder / f"manifest.{uuid.uuid4().hex}"
        temporary.write_text(json.dumps(asdict(self)))
        temporary.replace(folder / "manifest.json")
