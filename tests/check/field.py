"""Runs the commands of a file of field cases and says what holds: mistakes found, false alarms, by kind.

    python -m tests.check.field FILE.jsonl [--rows] [PART-OF-AN-ID...]

The first line of the file is a note. A case is {id, kind, command, files, cards, mib} and what is right: `exit` (a code, or
several), `says` (each text, or one of its alternatives between `|`, is said), `not_says` (none is). A case whose only right
value is `expected`, in words, is run and shown, not judged. Each runs by bash in a folder of its own, with a stand-in
`nvidia-smi` of `cards` cards of `mib` MiB first on PATH; `rows.jsonl` has 300 rows {messages, solution}, `files` are written
before. `{project}` is this repository. Estimates, SKIPPED, the advice on 0.0.0.0 and the disk are left out.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.conftest import ROOT, clean_environ

NVIDIA_SMI = """#!/bin/sh
n=0
while [ $n -lt {cards} ]; do
  case "$*" in *memory*) echo "$n, {mib}, 4" ;; *) echo $n ;; esac
  n=$((n + 1))
done
"""
LEFT_OUT = re.compile(r"^#|SKIPPED|0\.0\.0\.0|the disk of|reading ms-swift's flags|^\s*$")


def stand_in(folder: Path, cards: int, mib: int = 81559) -> Path:
    """A folder with an `nvidia-smi` that lists so many cards."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(NVIDIA_SMI.format(cards=cards, mib=mib))
    program.chmod(0o755)
    return folder


def run(case: dict, folder: Path) -> tuple[int, str]:
    """Exit code and what was said."""
    work = folder / "work"
    work.mkdir()
    rows = [
        {"messages": [{"role": "user", "content": f"Compute {n} + {3 * n}."}], "solution": str(4 * n)}
        for n in range(300)
    ]
    (work / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, text in (case.get("files") or {}).items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{project}", str(ROOT)))
    path = f"{stand_in(folder / 'bin', case.get('cards') or 0, case.get('mib') or 81559)}:{ROOT}/.venv/bin:{os.environ['PATH']}"
    environ = clean_environ() | {"PATH": path, "HF_ENDPOINT": "http://127.0.0.1:9", "MODELSCOPE_DOMAIN": "127.0.0.1:9"}
    command = case["command"].replace("{project}", str(ROOT))
    done = subprocess.run(
        ["bash", "-c", command], cwd=work, env=environ | (case.get("env") or {}), capture_output=True, text=True, timeout=300
    )  # fmt: skip
    said = [line for line in (done.stdout + done.stderr).splitlines() if not LEFT_OUT.search(line)]
    return done.returncode, "\n".join(said)


def faults(case: dict, code: int, said: str) -> list[str]:
    """What of the right values does not hold."""
    codes = case.get("exit")
    wrong = (
        [f"exit {code}"] if codes is not None and code not in (codes if isinstance(codes, list) else [codes]) else []
    )
    text = " ".join(said.lower().split())
    for words in case.get("says") or []:
        alternatives = words if isinstance(words, list) else words.split("|")
        if not any(" ".join(one.lower().split()) in text for one in alternatives):
            wrong.append(f"does not say {words!r}")
    return wrong + [f"says {words!r}" for words in case.get("not_says") or [] if words.lower() in text]


def quiet(case: dict) -> bool:
    """Whether the case is right, so that what is wrong with it is a false alarm."""
    return case.get("exit") in (0, [0]) and not case.get("says")


def main(file: Path, parts: list[str], show: bool) -> None:
    cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    counts: dict[str, Counter] = {}
    for case in cases:
        if "command" not in case or (parts and not any(part in case["id"] for part in parts)):
            continue
        with tempfile.TemporaryDirectory(prefix="field-") as folder:
            code, said = run(case, Path(folder))
        count = counts.setdefault(case["kind"], Counter())
        judged = "exit" in case or "says" in case or "not_says" in case
        wrong = faults(case, code, said) if judged else []
        outcome = (
            ("clean" if quiet(case) else "found") if judged and not wrong else "alarm" if quiet(case) else "missed"
        )
        count[outcome if judged else "not judged"] += 1
        if wrong or show or not judged:
            right = f"  right: {case['expected']}\n" if case.get("expected") else ""
            print(
                f"{case['id']}: exit {code}  {'; '.join(wrong)}\n{right}  {said[:1500] or 'nothing said'}\n".replace(
                    "\n  swift", "\n    swift"
                )
            )
    columns = ("found", "missed", "clean", "alarm", "not judged")
    print(f"{'kind':<44}" + "".join(f"{name:>12}" for name in columns))
    for kind, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        print(f"{kind[:43]:<44}" + "".join(f"{count[name]:>12}" for name in columns))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not words:
        sys.exit(__doc__)
    main(Path(words[0]), words[1:], "--rows" in sys.argv)
