"""`check --full`: builds ms-swift's own arguments in another process, without a network or a server."""

import os
import subprocess
import sys
from pathlib import Path

from swift_grpo.check.problem import ERROR, SKIPPED, Problem
from swift_grpo.check.rule import Rule, found, rules

LIMIT_SECONDS = 120
CLASSES = {"rlhf": "RLHFArguments", "sft": "SftArguments", "rollout": "RolloutArguments"}
PROGRAM = Path(__file__).with_name("build_arguments.py")
rules(
    Rule("full/not-built", SKIPPED, "ms-swift's arguments of `swift {kind}` are not built", why="only those of rlhf, sft and rollout are"),
    Rule("full/late", SKIPPED, "ms-swift's arguments of `swift {kind}` were not built within {seconds} s"),
    Rule("full/refused", ERROR, "ms-swift refuses `swift {kind}`: {line}", "fix what it names", "the last line of ms-swift, which names one mistake at a time"),
)  # fmt: skip


def build(commands: list[list[str]], environ: dict[str, str]) -> list[Problem]:
    """What ms-swift itself refuses of each command; SKIPPED for commands that cannot be built here."""
    problems = []
    for argv in commands:
        words = argv[argv.index("swift") + 1 :] if "swift" in argv else []
        kind = words[0] if words else ""
        if kind not in CLASSES:
            problems.append(found("full/not-built", kind=kind))
            continue
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "MODELSCOPE_OFFLINE": "1"}
        assigned = dict(word.split("=", 1) for word in argv[: argv.index("swift")] if "=" in word)
        ranks = {"NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"}
        environment = {k: v for k, v in (environ | assigned | offline).items() if k not in ranks}
        try:
            done = subprocess.run(
                [sys.executable, "-P", str(PROGRAM), CLASSES[kind], *words[1:]],
                env=environment | {"PYTHONPATH": environ.get("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))},
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            problems.append(found("full/late", kind=kind, seconds=LIMIT_SECONDS))
            continue
        if done.returncode:
            last = ([line for line in done.stderr.splitlines() if line.strip()] or ["no output"])[-1]
            problems.append(found("full/refused", kind=kind, line=last[:400]))
    return problems
