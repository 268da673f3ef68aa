"""Files that appear whole or not at all: written under a temporary name, and renamed when all of them are done."""

import contextlib
import fcntl
import glob
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE


def json_line(row: dict[str, Any]) -> bytes:
    """A row as one line of JSON; decimals and bytes become text. Raises ValueError for half a surrogate pair.

    >>> json_line({"a": "½", "b": float("nan")})
    b'{"a":"\\xc2\\xbd","b":null}\\n'
    """
    try:
        return orjson.dumps(row, default=_text, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"a row cannot be written as JSON: {error}") from None


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        import base64

        return base64.b64encode(value).decode()
    return str(value)


@contextlib.contextmanager
def whole_files(targets: Sequence[Path], may_be_empty: Sequence[Path] = ()) -> Iterator[list[BinaryIO]]:
    """Open files that get their names together at the end. After an error no new file exists and old ones are kept.

    A file of `may_be_empty` that stays empty is not created, and an old one is removed. After a SIGKILL only
    `.NAME.….part` is left, never half a file under its name; the next run removes it.
    """
    with contextlib.ExitStack() as stack:
        parts, files = [], []
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(target)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
            fcntl.flock(handle, fcntl.LOCK_EX)
            parts.append(Path(name))
            stack.callback(parts[-1].unlink, missing_ok=True)
            files.append(stack.enter_context(os.fdopen(handle, "w+b", buffering=1 << 20)))
        yield files
        umask = _umask()
        for file in files:
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o666 & ~umask)
        for part, target in zip(parts, targets, strict=True):
            if target in may_be_empty and not part.stat().st_size:
                target.unlink(missing_ok=True)
            else:
                part.replace(target)


def _remove_abandoned(target: Path) -> None:
    """Remove parts of a dead process, which nobody locks."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(OSError), part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
