"""What goes into a sandbox and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class NoSandbox(RuntimeError):
    """No sandbox holds on this machine. The message says what to install."""


class Outage(RuntimeError):
    """The sandbox itself failed, which says nothing about the program."""


@dataclass(frozen=True)
class Limits:
    """Of one program. `seconds`: wall time, and CPU time, of each case; `total_seconds`: wall time of all its cases;
    `memory_mb`: address space of a process; `output_bytes`: of stdout and of stderr; more ends the case."""

    seconds: float = 5.0
    total_seconds: float = 30.0
    memory_mb: int = 512
    output_bytes: int = 65_536


LIMITS = Limits()


@dataclass(frozen=True)
class Case:
    """One way to run a program, by `kind`.

    - `stdin`: the program runs as `__main__` and reads `stdin`.
    - `call`: `function` ("name", or "Class.method" of an object built without arguments) is called with `args`, which
      are plain values.
    - `assert`: `code` runs in a process of its own. The names that it uses and does not define are the program's, and
      so is `function`.
    """

    kind: str
    stdin: str = ""
    function: str = ""
    args: tuple = ()
    code: str = ""


@dataclass(frozen=True)
class Program:
    """`source` is Python. `files` can be read under these names in the working folder."""

    source: str
    cases: Sequence[Case]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What one case did. An assert case that ended has passed.

    `reason`: ended · raised (a called function) · failed (a test) · time · memory · output (over the limit) · killed
    (by a signal) · not run (`total_seconds` were over). `exit` is the exit status of a program that ended by itself,
    `output` its stdout, `errors` the end of its stderr or its exception, `value` what a called function returned.
    """

    reason: str
    exit: int | None = None
    output: str = ""
    errors: str = ""
    value: Any = None
    seconds: float = 0.0
