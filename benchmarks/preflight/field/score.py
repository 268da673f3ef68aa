"""Runs the commands of a file of field cases and says what holds: mistakes found, false alarms, by kind.

    python -m benchmarks.preflight.field.score FILE.jsonl [--rows] [PART-OF-AN-ID...]

The first line of the file is a note on how its cases run: each by bash in a folder of its own, with `rows.jsonl` and the case's
`files`, `{project}` for this repository, and a stand-in `nvidia-smi` of `cards` cards of `mib` MiB first on PATH. A case holds if
its exit code is `exit` (with `either` 0 or 2), one of the alternatives in `says` has all its fragments in what was printed, no
fragment of `not_says` is in it, and nothing is a traceback. A case whose only right value is `expected`, in words, is run and
shown, not judged; for those estimates, SKIPPED, the advice on 0.0.0.0 and the disk are left out.
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
LEFT_OUT = re.compile(r"SKIPPED|0\.0\.0\.0|the disk of|reading ms-swift's flags|^\s*$")
TORCHRUN = ("NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT", "USE_HF", "GRPO_REWARDS")


def stand_in(folder: Path, cards: int, mib: int = 81559) -> Path:
    """The folder, with an `nvidia-smi` that lists so many cards."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(NVIDIA_SMI.format(cards=cards, mib=mib))
    program.chmod(0o755)
    return folder


def run(case: dict, folder: Path) -> tuple[int, str]:
    """Exit code and what was printed, without the lines of estimates."""
    work, programs = folder / "work", folder / "bin"
    work.mkdir()
    for name, text in (case.get("files") or {}).items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{project}", str(ROOT)), encoding="utf-8")
    turns = [[{"role": "user", "content": f"Compute {n} + {3 * n + 2}."}] for n in range(300)]
    rows = [json.dumps({"messages": turn, "solution": str(4 * n + 2)}) + "\n" for n, turn in enumerate(turns)]
    (work / "rows.jsonl").write_text("".join(rows))
    programs.mkdir()
    if case.get("cards"):
        stand_in(programs, case["cards"], case.get("mib") or 81559)
    environ = {name: value for name, value in clean_environ().items() if name not in TORCHRUN}
    environ |= {"PATH": f"{programs}:{ROOT}/.venv/bin:{os.environ['PATH']}", "HF_ENDPOINT": "http://127.0.0.1:9"}
    environ |= {"MODELSCOPE_DOMAIN": "127.0.0.1:9", "HF_HOME": str(folder), "MODELSCOPE_CACHE": str(folder)}
    words = ["bash", "-c", case["command"].replace("{project}", str(ROOT))]
    done = subprocess.run(words, cwd=work, env=environ, capture_output=True, text=True, timeout=300)
    return done.returncode, "\n".join(
        line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("#")
    )


def faults(case: dict, code: int, said: str) -> list[str]:
    """What of the right values does not hold."""
    text = said.lower()
    codes = (0, 2) if case.get("either") else (case.get("exit", code),)
    wrong = [] if code in codes else [f"exit {code}"]
    alternatives = [one if isinstance(one, list) else [one] for one in case.get("says") or []]
    if alternatives and not any(all(fragment.lower() in text for fragment in one) for one in alternatives):
        wrong.append(f"says none of {alternatives}")
    wrong += [f"says {fragment!r}" for fragment in case.get("not_says") or [] if fragment.lower() in text]
    return wrong + ["a traceback"] * ("traceback (most recent call last)" in text)


def main(file: Path, parts: list[str], show: bool) -> None:
    cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    counts: dict[str, Counter] = {}
    for case in cases:
        if "command" not in case or (parts and not any(part in case["id"] for part in parts)):
            continue
        with tempfile.TemporaryDirectory(prefix="field-") as folder:
            code, said = run(case, Path(folder))
        judged, mistake = "exit" in case, case.get("mistake", case.get("exit") == 2)
        wrong = faults(case, code, said) if judged else []
        outcome = ("missed" if wrong else "found") if mistake else "alarm" if wrong else "clean"
        counts.setdefault(case["kind"], Counter())[outcome if judged else "not judged"] += 1
        if wrong or show or not judged:
            shown = [line for line in said.splitlines() if judged or not LEFT_OUT.search(line)]
            print(f"{case['id']}: exit {code}  {'; '.join(wrong)}\n  right: {case.get('expected')}")
            print("".join(f"    {line[:400]}\n" for line in shown[:12]) or "    nothing said\n", flush=True)
    columns = ("found", "missed", "clean", "alarm", "not judged")
    print(f"{'kind':<44}" + "".join(f"{name:>12}" for name in columns))
    for kind, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        print(f"{kind[:43]:<44}" + "".join(f"{count[name]:>12}" for name in columns))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not words:
        sys.exit(__doc__)
    main(Path(words[0]), words[1:], "--rows" in sys.argv)
