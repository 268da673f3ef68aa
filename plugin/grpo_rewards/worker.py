r"""A grading worker: `python -m grpo_rewards.worker` answers each line [answer, gold] with a line true, false or null.

A process of its own, because math-verify and sympy can hang in C code or eat all memory, and because math-verify's own
time limit (SIGALRM) needs a main thread. It starts from nothing: `multiprocessing` would import the trainer's main module
into every worker when spawning, and copy threads and CUDA state when forking.
"""

import json
import logging
import os
import resource
import signal
import sys
import threading
import time

MEMORY = 3 * 2**30  # bytes of address space
CPU_SECONDS = 1.0  # an item; of computing, not of waiting, so that a busy machine changes no verdict


def judge(answer: str, gold: str) -> bool | None:
    """math-verify's verdict on two answers, both boxed alike; None if it cannot read the gold.

    Symbols are compared with their case, and text that is no LaTeX is not searched for a number.
    """
    from math_verify import LatexExtractionConfig, parse, verify

    config = [LatexExtractionConfig(boxed_match_priority=0)]
    golds, answers = (
        parse(f"\\boxed{{{text}}}", config, fallback_mode="no_fallback", parsing_timeout=None)
        for text in (gold, answer)
    )
    if not golds:
        return None
    return bool(answers) and bool(verify(golds, answers, timeout_seconds=None))


def predict_by_sll() -> None:
    """ANTLR parses by SLL prediction first and by LL where that fails: the verdicts are the same, the time is a third.

    latex2sympy2_extended builds its parser in `latex2sympy2.py` and starts it by `parser.math()`.
    """
    from antlr4.atn.PredictionMode import PredictionMode
    from latex2sympy2_extended.antlr_parser import PSParser

    by_ll = PSParser.math

    def math(parser):
        parser._interp.predictionMode = PredictionMode.SLL
        try:
            return by_ll(parser)
        except Exception:
            parser.reset()
            parser._interp.predictionMode = PredictionMode.LL
            return by_ll(parser)

    PSParser.math = math


def limit(trainer: int) -> None:
    """Leave Ctrl-C to the trainer, stay below the memory limit, and go when the trainer is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, and C code with it
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=leave_with, args=(trainer,), daemon=True).start()


def leave_with(trainer: int) -> None:
    """End this process when its parent has: a fork of the trainer may hold the pipe open, so its end is no sign."""
    while os.getppid() == trainer:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    limit(int(sys.argv[1]))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable()  # math-verify warns of every item without a time limit
    import math_verify  # noqa: F401  half a second, before the clock runs

    predict_by_sll()
    sys.setrecursionlimit(2000)
    print("ready", file=replies, flush=True)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        try:
            verdict = judge(*json.loads(line))
        except Exception:  # whatever sympy raises on hostile text, RecursionError and MemoryError among it
            verdict = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(verdict), file=replies, flush=True)


if __name__ == "__main__":
    main()
