"""The manifest of a data file: its sources, how it was made, the rows after each stage, and the versions.

It has no time and no absolute path, so the same inputs give the same bytes.
"""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from swift_grpo.formats.outputs import whole_files

_PACKAGES = (
    "swift-grpo",
    "ms-swift",
    "math-verify",
    "orjson",
    "pyarrow",
    "datasketch",
    "datasets",
    "modelscope",
    "tokenizers",
    "reasoning-gym",
)


def path_of(output: Path) -> Path:
    """The path of a file's manifest.

    >>> path_of(Path("data/train.jsonl")).as_posix()
    'data/train.jsonl.manifest.json'
    """
    return output.with_name(output.name + ".manifest.json")


def describe(file: Path) -> dict[str, Any]:
    """Name, size and SHA-256 of a file, at about 1.5 GB per second."""
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    return {"name": file.name, "bytes": file.stat().st_size, "sha256": digest}


def write(
    output: Path,
    *,
    sources: list[dict[str, Any]],
    counts: Mapping[str, int],
    parameters: Mapping[str, Any],
    made_by: str,
    **more: Any,
) -> Path:
    """Write the manifest of a finished `output`, whole or not at all.

    `sources`: from `describe`, or the name of a hub's set. `counts`: rows after each stage, in order. `made_by`: the
    command. The entry `output` has the file's hash, so that the manifest of an older file is recognised.
    """
    manifest = {
        "made_by": made_by,
        "output": describe(output),
        "sources": sources,
        "counts": dict(counts),
        "parameters": dict(parameters),
        **more,
        "versions": versions(),
    }
    with whole_files([path_of(output)]) as (file,):
        file.write(json.dumps(manifest, indent=2, ensure_ascii=False, default=str).encode() + b"\n")
    return path_of(output)


def write_all(outputs: Sequence[Path], **about: Any) -> list[Path]:
    """Write a manifest for each output that exists, and remove old ones of the others. Returns the existing outputs."""
    for output in outputs:
        path_of(output).unlink(missing_ok=True)
    there = [output for output in outputs if output.exists()]
    for output in there:
        write(output, **about)
    return there


def versions() -> dict[str, str]:
    """Installed versions of the packages that a data file depends on."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
