"""`check --full`: ms-swift's own arguments, built in a process of their own, without a network and without asking a server."""

import os
import subprocess
import sys

from swift_grpo.check.problem import Problem, skipped

LIMIT_SECONDS = 120
CLASSES = {"rlhf": "RLHFArguments", "sft": "SftArguments", "rollout": "RolloutArguments"}
BUILD = """
import sys
from swift import arguments
from swift.cli.main import parse_yaml_args
from swift.utils import parse_args
name, argv = sys.argv[1], sys.argv[2:]
parse_yaml_args(argv)
kind = getattr(arguments, name)
kind._init_external_vllm = lambda self: None  # asks the server
kind._add_version = lambda self: None         # makes the output folder
kind._check_device_count = lambda self: None  # counts cards
try:
    _, rest = parse_args(kind, argv)
    if rest:
        raise ValueError(f"remaining_argv: {rest}")
except SystemExit:
    raise
except BaseException as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def build(commands: list[list[str]], environ: dict[str, str]) -> list[Problem]:
    """What ms-swift itself refuses of each command, one at a time; SKIPPED for commands that it cannot build here."""
    problems = []
    for argv in commands:
        words = argv[argv.index("swift") + 1 :] if "swift" in argv else []
        kind = words[0] if words else ""
        if kind not in CLASSES:
            problems.append(skipped(f"ms-swift's arguments of `swift {kind}` are not built"))
            continue
        offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "MODELSCOPE_OFFLINE": "1"}
        assigned = dict(word.split("=", 1) for word in argv[: argv.index("swift")] if "=" in word)
        ranks = {"NPROC_PER_NODE", "NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"}
        environment = {k: v for k, v in (environ | assigned | offline).items() if k not in ranks}
        try:
            done = subprocess.run(
                [sys.executable, "-c", BUILD, CLASSES[kind], *words[1:]],
                env=environment | {"PYTHONPATH": environ.get("PYTHONPATH", os.pathsep.join(p for p in sys.path if p))},
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            problems.append(skipped(f"ms-swift's arguments of `swift {kind}` were not built within {LIMIT_SECONDS} s"))
            continue
        if done.returncode:
            last = ([line for line in done.stderr.splitlines() if line.strip()] or ["no output"])[-1]
            problems.append(Problem(f"ms-swift refuses `swift {kind}`: {last[:400]}", "mend what it names", id="full"))
    return problems
