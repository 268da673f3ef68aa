"""The header of a safetensors file, read without torch: which tensors of which shape, and whether the file is whole.

Format: 8 bytes of length (little-endian), that many bytes of JSON, then the data (https://github.com/huggingface/safetensors).
"""

import json
import struct
from pathlib import Path
from typing import Any

LARGEST_HEADER = 100_000_000  # as the safetensors library has it
LFS = b"version https://git-lfs"


def read_header(path: Path) -> dict[str, list[int]]:
    """Shapes by tensor. Raises ValueError that says how the file is torn, and OSError."""
    size = path.stat().st_size
    if size < 8:
        raise ValueError("is empty" if not size else f"has only {size} bytes")
    with path.open("rb") as file:
        start = file.read(8)
        if LFS.startswith(start):
            raise ValueError("is a pointer of Git LFS, not the file: `git lfs pull`, or download it")
        (length,) = struct.unpack("<Q", start)
        if length > min(size - 8, LARGEST_HEADER):
            raise ValueError(
                f"is torn or no safetensors file (its header would have {length} bytes, the file has {size})"
            )
        text = file.read(length)
    try:
        header = json.loads(text)
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
        end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        shapes = {name: [int(n) for n in entry["shape"]] for name, entry in entries.items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        raise ValueError("has a header that is no safetensors header") from None
    if not isinstance(end, int) or size < 8 + length + end:
        raise ValueError(
            f"is torn: {size} bytes, its header speaks of {8 + length + end if isinstance(end, int) else '?'}"
        )
    return shapes


def torn(path: Path) -> str:
    """Why a weight file cannot be read, '' if it can be as far as its ends tell."""
    try:
        if path.suffix == ".safetensors":
            read_header(path)
        else:
            return torn_archive(path)
    except ValueError as error:
        return str(error)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def torn_archive(path: Path) -> str:
    """Why a file of torch.save (a zip archive) cannot be read, '' if its directory is there. Old pickles are let pass."""
    import zipfile

    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(LFS))
    if not size:
        return "is empty"
    if start == LFS:
        return "is a pointer of Git LFS, not the file: `git lfs pull`, or download it"
    if start[:2] == b"PK" and not zipfile.is_zipfile(path):
        return f"is torn: {size} bytes of an archive without its end"
    return ""


def read_json(path: Path) -> Any:
    """A JSON file. Raises ValueError that names the file, also for one that cannot be opened."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON ({error})") from None
