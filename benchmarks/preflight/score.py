"""Tries the preflight on planted mistakes and on clean commands, and prints a table by kind.

    python -m benchmarks.preflight.score [SET] [--held-out] [--rows] [--fresh] [--only NAME-PART...]

The cases are independently written. A mistake is *found* if the check says anything (an error: exit code 2), *named* if
what it says holds one of each of the case's words, and has *a value* if it also holds one of its fixes. A clean command has a
false alarm if anything is said but SKIPPED. A case of a recipe runs it with `--dry-run`. Cards are a stub of nvidia-smi, ports
are real, free disk is simulated, but not for a recipe.
`--rows` shows what was said of those that failed; `--fresh` starts a process for each (and leaves out simulated disks),
which gives the time that a person waits.
"""

import argparse
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

from typer.core import TyperGroup

from tests.conftest import ROOT, clean_environ

ROOMY_GB = 2000  # free disk where a case does not say
COLUMNS = ("found", "named", "value")
RUN = [sys.executable, "-c", "from swift_grpo.commands.main import main; main()"]
NVIDIA_SMI = """#!/bin/sh
# answers --query-gpu=… from the file beside it: index memory.total memory.used in MiB
fields=index
for word in "$@"; do case $word in --query-gpu=*) fields=${word#*=} ;; esac; done
[ -s "$0.cards" ] || { echo "No devices were found"; exit 6; }
awk -v fields="$fields" '{
  value["index"] = $1; value["memory.total"] = $2; value["memory.used"] = $3; value["memory.free"] = $2 - $3
  value["name"] = "stub"; value["uuid"] = "GPU-" $1
  n = split(fields, name, ","); line = ""
  for (i = 1; i <= n; i++) line = line (i > 1 ? ", " : "") value[name[i]]
  print line }' "$0.cards"
"""


@dataclass
class Seen:
    """What the check made of one case."""

    code: int
    said: list[str]  # problems, without those SKIPPED
    traceback: bool
    ms: float


def look(case, make_files, fresh: bool) -> Seen:
    """The check on one case, in a folder of its own."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="planted-")))
        work = folder / "work"
        work.mkdir()
        make_files(case, work, ROOT)
        environ = _environ(case, folder)
        for port in case.ports:
            taken = stack.enter_context(socket.socket())
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
            taken.listen()
        words = [word.replace("{ROOT}", str(ROOT)) for word in case.command]
        if getattr(case, "recipe", False):
            return _recipe(words, work, environ)
        argv = ["check", "--", *words]
        return _fresh(argv, work, environ) if fresh else _forked(argv, work, environ, case.disk_free_gb)


def _environ(case, folder: Path) -> dict[str, str]:
    left_over = {"NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT", "USE_HF", "GRPO_REWARDS"}
    environ = {name: value for name, value in clean_environ().items() if name not in left_over}
    stub = folder / "bin" / "nvidia-smi"
    stub.parent.mkdir()
    if case.cards is not None:
        stub.write_text(NVIDIA_SMI)
        stub.chmod(0o755)
        lines = [
            f"{n} {round(c['memory_gb'] * 1024)} {round(c.get('used_gb', 0) * 1024)}\n"
            for n, c in enumerate(case.cards)
        ]
        stub.with_name("nvidia-smi.cards").write_text("".join(lines))
    environ |= {"PATH": f"{stub.parent}:{environ['PATH']}", "PYTHONPATH": f"{ROOT}:{ROOT / 'plugin'}"}
    return environ | {name: value.replace("{ROOT}", str(ROOT)) for name, value in case.env.items()}


def _fresh(argv: list[str], work: Path, environ: dict[str, str]) -> Seen:
    begin = time.perf_counter()
    done = subprocess.run([*RUN, *argv], cwd=work, env=environ, capture_output=True, text=True, timeout=120)
    return _seen(done.returncode, done.stdout, done.stderr, time.perf_counter() - begin)


def _recipe(words: list[str], work: Path, environ: dict[str, str]) -> Seen:
    """A recipe, which must hold `--dry-run`; what it says itself begins with its name, and what ends it may be in a box."""
    if "--dry-run" not in words:
        raise ValueError(f"{words} would start for real")
    begin = time.perf_counter()
    done = subprocess.run(words, cwd=work, env=environ, capture_output=True, text=True, timeout=120)
    anything = r"^(?!swift-grpo:)[\W_]*(?=\w)" if done.returncode else rf"^{re.escape(Path(words[1]).name)}: "
    said = re.sub(anything, "swift-grpo: ", done.stderr, flags=re.MULTILINE)
    return _seen(done.returncode, done.stdout, said, time.perf_counter() - begin)


def _forked(argv: list[str], work: Path, environ: dict[str, str], disk_free_gb: float | None) -> Seen:
    """As a child of this process, which has the modules loaded; nothing it does reaches the next case."""
    _command()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        gc.disable()  # a collection would copy all pages that are shared with the parent
        os.close(read)
        with os.fdopen(write, "w") as pipe:
            json.dump(asdict(_inside(argv, work, environ, disk_free_gb)), pipe)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return Seen(**json.loads(text)) if text else Seen(-1, [], True, 0)


@functools.cache
def _command() -> TyperGroup:
    """The command `swift-grpo`, with what a check imports only when it runs: most of the time of a case."""
    import grpo_rewards.catalogue  # noqa: F401
    from typer.main import get_command

    from swift_grpo.commands import checking, main  # noqa: F401

    command = get_command(main.app)
    command.make_context("swift-grpo", ["check"])  # what reads the options is imported when the first is read
    return command


def _inside(argv: list[str], work: Path, environ: dict[str, str], disk_free_gb: float | None) -> Seen:
    import traceback

    os.chdir(work)
    os.environ.clear()
    os.environ.update(environ)
    out, err, code = io.StringIO(), io.StringIO(), 0
    free = round((disk_free_gb or ROOMY_GB) * 1e9)
    disk = mock.patch("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(2 * free, free, free))
    begin = time.perf_counter()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), disk:
        try:
            _command()(argv, standalone_mode=False)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            code = 1
            traceback.print_exc(file=err)
    return _seen(code, out.getvalue(), err.getvalue(), time.perf_counter() - begin)


def _seen(code: int, out: str, err: str, seconds: float) -> Seen:
    said = [line for line in err.splitlines() if line.startswith("swift-grpo:") and "SKIPPED" not in line]
    said = [line for line in said if "reading ms-swift's flags" not in line]
    return Seen(code, said, "Traceback (most recent call last)" in out + err, seconds * 1000)


def holds(text: str, words: list[str]) -> bool:
    """Whether one of the words is in the text; numbers of one digit as whole numbers."""
    return any(
        re.search(rf"(?<![\d.]){word}(?![\d.]*\d)", text) if _digit(word) else word.lower() in text for word in words
    )


def _digit(word: str) -> bool:
    return len(word) == 1 and word.isdigit()


def judge(case, seen: Seen) -> dict[str, bool]:
    """Which of COLUMNS the case earns."""
    text = "\n".join(seen.said).lower()
    found = bool(seen.said) and (seen.code == 2 if case.severity == "error" else seen.code in (0, 2))
    named = found and all(holds(text, words) for words in case.mention)
    return {"found": found, "named": named, "value": named and holds(text, case.fix)}


def load(name: str, part: str):
    """The CASES, CLEAN and make_files of one part of a set."""
    package = importlib.import_module(f"benchmarks.preflight.{name}.{part}")
    return package.CASES, package.CLEAN, package.make_files


def run(cases, clean, make_files, fresh: bool = False, rows: bool = False) -> dict:
    """The table, by kind: {kind: {count, found, named, value, alarms, tracebacks, ms}}."""
    from swift_grpo.check import known_flags

    known_flags.known()  # asked once per version, not part of a check
    table: dict = defaultdict(lambda: defaultdict(int) | {"ms": []})
    for case in [*cases, *clean]:
        if fresh and case.disk_free_gb:
            continue
        seen = look(case, make_files, fresh)
        earned = judge(case, seen) if case.kind != "clean" else {"alarms": bool(seen.said) or seen.code != 0}
        for kind in (case.kind, *(("all mistakes",) if case.kind != "clean" else ())):
            row = table[kind]
            row["count"] += 1
            row["tracebacks"] += seen.traceback
            row["ms"].append(seen.ms)
            for name, value in earned.items():
                row[name] += value
        failed = earned["alarms"] if case.kind == "clean" else not earned["value"]
        if rows and (failed or seen.traceback):
            print(f"{case.id} [{case.severity}] {earned} exit {seen.code}{' TRACEBACK' * seen.traceback}")
            print("".join(f"    {line}\n" for line in seen.said), end="")
    return {kind: row | {"ms": statistics.median(row["ms"])} for kind, row in table.items()}


def show(table: dict) -> str:
    """The table as Markdown."""
    lines = ["| kind | cases | found | named | with a value that works | false alarms | tracebacks | median ms |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    order = sorted(table, key=lambda kind: (kind == "clean", kind == "all mistakes"))
    for kind in order:
        row = table[kind]
        cells = [row.get(name, "") for name in (*COLUMNS, "alarms")]
        lines.append(
            f"| {kind} | {row['count']} | {' | '.join(map(str, cells))} | {row['tracebacks']} | {row['ms']:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", nargs="?", choices=("first", "second"), default="first")
    parser.add_argument("--held-out", action="store_true", help="the part that is scored, not read")
    parser.add_argument("--only", nargs="+", default=[], help="cases with one of these in their id or kind")
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    asked = parser.parse_args()
    cases, clean, make_files = load(asked.set, "held_out" if asked.held_out else "open")
    if asked.only:
        cases, clean = (
            [c for c in some if any(n in c.id or n in c.kind for n in asked.only)] for some in (cases, clean)
        )
    print(show(run(cases, clean, make_files, asked.fresh, asked.rows)))


if __name__ == "__main__":
    main()
