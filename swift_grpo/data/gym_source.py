"""`gym:TASK[:WEIGHT],…`: a source of rows that reasoning-gym generates."""

import difflib
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

from grpo_rewards.gym_tasks import LEFT_OUT

from swift_grpo.formats.row_files import Row
from swift_grpo.formats.rows import Rows, from_iterable

PREFIX = "gym:"
ROWS = 500  # without -n, as in reasoning-gym


def open_tasks(source: str, config: dict[str, Any], seed: int, n: int | None) -> tuple[Rows, Callable[[], dict]]:
    """`n` rows {messages, solution, gym} of the tasks in `source`, and a function that describes where they come from.

    `config` is one task's, or {task: config}. Equal arguments give equal rows. Raises ValueError for an unknown task,
    weight or config, and ModuleNotFoundError without reasoning-gym; the stream raises ValueError if a task fails.
    """
    if importlib.util.find_spec("reasoning_gym") is None:
        raise ModuleNotFoundError("reasoning-gym is not installed", name="reasoning_gym")
    tasks = weights(source)
    by_task = bool(config) and config.keys() <= tasks.keys()
    configs = config if by_task else dict.fromkeys(tasks, config)
    if (config and not by_task and len(tasks) > 1) or not all(isinstance(one, dict) for one in configs.values()):
        raise ValueError(f"""--config: several tasks need an object per task, such as '{{"{[*tasks][-1]}": {{…}}}}'""")
    request = {"weights": tasks, "configs": configs, "seed": seed, "n": ROWS if n is None else n}
    about = {"package": "reasoning-gym", "version": version("reasoning-gym"), **request}
    return from_iterable(source, _made(request)), lambda: about


def weights(source: str) -> dict[str, float]:
    """The tasks of a source with their relative weights. Raises ValueError.

    >>> weights("gym:chain_sum:2,countdown")
    {'chain_sum': 2.0, 'countdown': 1.0}
    """
    found: dict[str, float] = {}
    for part in source.removeprefix(PREFIX).split(","):
        name, _, weight = (word.strip() for word in part.partition(":"))
        try:
            value = float(weight or 1)
        except ValueError:
            value = math.nan
        if not 0 < value < math.inf:
            raise ValueError(f"{source}: the weight {weight} of {name} is not a number above 0")
        if name in LEFT_OUT:
            raise ValueError(f"gym:{name} is not a source of rows: {LEFT_OUT[name]}")
        if name in found or not name:
            raise ValueError(f"{source}: {name} is named twice" if name else f"{source}: write gym:TASK[:WEIGHT],…")
        found[name] = value
    return found


def _made(request: dict[str, Any]) -> Iterator[Row]:
    """The rows from a separate process, `gym_rows`. Five tasks iterate over sets of words, and their order is only
    fixed if PYTHONHASHSEED is set before Python starts."""
    command = [sys.executable, "-m", "swift_grpo.data.gym_rows", json.dumps(request)]
    environ = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=environ) as maker:
            try:
                assert maker.stdout is not None  # a pipe, as asked for
                yield from map(json.loads, maker.stdout)
            except GeneratorExit:
                maker.kill()
                raise
        if maker.returncode:
            said.seek(0)
            raise ValueError((said.read().strip().splitlines() or ["the maker of rows was killed"])[-1])


def nearest(name: str, known: list[str]) -> str:
    """A hint at the intended name.

    >>> nearest("chain_sums", ["chain_sum", "lcm"]), nearest("x", ["lcm", "gcd"])
    ('did you mean chain_sum?', 'there are gcd, lcm')
    """
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
