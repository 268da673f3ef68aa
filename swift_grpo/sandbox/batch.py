"""Many programs at a time."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from swift_grpo.sandbox.choice import Sandbox
from swift_grpo.sandbox.jobs import LIMITS, Limits, Outage, Outcome, Program


def run_all(
    sandbox: Sandbox,
    programs: Sequence[Program],
    limits: Limits = LIMITS,
    workers: int = 0,
    seconds: float = math.inf,
) -> list[list[Outcome] | None]:
    """The outcomes of each program; None where its sandbox failed, or where it had not begun after `seconds`.

    `workers`: how many run at a time; 0 for the sandbox's own number.
    """
    until = time.monotonic() + seconds

    def one(program: Program) -> list[Outcome] | None:
        if time.monotonic() > until:
            return None
        try:
            return sandbox.run(program, limits)
        except Outage:
            return None

    pool = ThreadPoolExecutor(min(workers or sandbox.workers, len(programs)) or 1)
    try:
        return list(pool.map(one, programs))
    finally:
        pool.shutdown(cancel_futures=True)  # after Ctrl-C no further one begins
