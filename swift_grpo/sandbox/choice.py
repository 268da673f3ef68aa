"""Which sandbox holds here: each is tried with a program that must fail to get out."""

import functools
import os
import tempfile
from pathlib import Path
from typing import Protocol

from swift_grpo.sandbox.jobs import LIMITS, Case, Limits, NoSandbox, Outage, Outcome, Program
from swift_grpo.sandbox.local import Local
from swift_grpo.sandbox.remote import Remote

BACKENDS = ("bubblewrap", "landlock")
_TRIAL = """
import os, socket, sys
path = sys.stdin.read()
got_out = []
for name, act in {
    "read a file": lambda: open(path),
    "wrote a file": lambda: open("/tmp/trial", "w"),
    "opened a socket": lambda: socket.socket(),
    "started a process": lambda: os.fork() or os._exit(0),
    "sent a signal": lambda: os.kill(os.getppid(), 0),
}.items():
    try:
        act()
    except OSError:
        continue
    got_out.append(name)
print(", ".join(got_out) or "held")
"""


class Sandbox(Protocol):
    """`workers`: how many programs it runs at a time. `about`: one line for a log."""

    name: str
    workers: int

    @property
    def about(self) -> str: ...

    def run(self, program: Program, limits: Limits = LIMITS) -> list[Outcome]:
        """One outcome for each case. Raises Outage where the sandbox itself failed, ValueError for a wrong program."""


def choose(url: str = "", only: str = "") -> Sandbox:
    """The sandbox of this process: a server's with `url`, else the first of BACKENDS that holds in a trial.

    `only` names one of BACKENDS. Raises NoSandbox, with the reason for each, where none holds: there is not a weaker
    one to fall back to.
    """
    return Remote(url) if url else _chosen(only, os.getuid())


@functools.cache
def _chosen(only: str, user: int) -> Sandbox:
    refused = []
    for name in (only,) if only else BACKENDS:
        try:
            return _tried(Local(name))
        except (NoSandbox, Outage, OSError) as error:
            refused.append(f"{name}: {error}")
    raise NoSandbox("no sandbox holds here, and no program is run without one. " + " · ".join(refused))


def _tried(sandbox: Local) -> Sandbox:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0o644)
        (outcome,) = sandbox.run(Program(_TRIAL, [Case("stdin", stdin=file.name)]), Limits(seconds=20))
    if outcome.output != "held\n":
        raise NoSandbox(f"a trial ended with {outcome.output or outcome.errors or outcome.reason!r}"[-300:])
    return sandbox
