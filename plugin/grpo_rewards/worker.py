r"""A grading worker: `python -m grpo_rewards.worker` answers each line [answer, gold] with true, false, null (the gold
cannot be read) or {"error": why}, and each object {"gym", "answer"} with the score of `gym_scorer`.

A separate process, because math-verify and sympy can hang in C code or use all memory, and because math-verify's own
time limit (SIGALRM) needs a main thread. It starts fresh: `multiprocessing` would import the trainer's main module
into every worker when spawning, and copy threads and CUDA state when forking.
"""

import functools
import json
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

MEMORY = 3 * 2**30  # bytes of address space
CPU_SECONDS = 2.0  # a text; CPU time, so that a busy machine changes no verdict


def judge(answer: str, gold: str) -> bool | None:
    """The verdict on a normalized pair; None if the gold cannot be read. Compares integrals and series as numbers and
    leaves all else to math-verify."""
    verdict = by_number(answer, gold)
    return by_math_verify(answer, gold) if verdict is None else verdict


def by_number(answer: str, gold: str) -> bool | None:
    """Whether two expressions without variables, or the values that they name, agree to a dozen digits; None where they
    have variables. Raises ValueError where no value can be found for a gold."""
    from grpo_rewards.answers.expression import is_hard, variables
    from grpo_rewards.answers.kinds import Quantity, without_name
    from grpo_rewards.answers.reading import read

    mine, theirs = (without_name(read(text)) for text in (answer, gold))
    if not isinstance(mine, Quantity) or not isinstance(theirs, Quantity):
        return None
    trees = (mine.tree, theirs.tree)
    if not any(is_hard(tree) for tree in trees) or any(variables(tree) for tree in trees):
        return None
    from grpo_rewards import options
    from grpo_rewards.answers.numeric import agree

    values = [worth(gold), worth(answer)]
    if values[0] is None:
        raise ValueError("neither mpmath nor sympy finds the value of an integral, limit or series")
    places = None if mine.places is not None else theirs.places
    if values[1] is None:
        return False
    near = abs(values[1] - values[0]) <= options.current().tolerance * abs(values[0])
    return agree(values[1], values[0], places) or bool(near)


@functools.lru_cache(maxsize=1024)
def worth(text: str) -> Any:
    """The value of an expression from mpmath where that is certain, else from sympy; None if neither finds it."""
    from grpo_rewards.answers.kinds import Quantity, without_name
    from grpo_rewards.answers.numeric import sure_value
    from grpo_rewards.answers.reading import read

    meant = without_name(read(text))
    value = sure_value(meant.tree) if isinstance(meant, Quantity) else None
    if value is not None:
        return value
    import mpmath
    import sympy
    from math_verify import LatexExtractionConfig, parse

    found = parse(f"\\boxed{{{text}}}", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=None)
    number = sympy.N(found[0].doit(), 20) if found and isinstance(found[0], sympy.Expr) else None
    return mpmath.mpmathify(number) if number is not None and number.is_number and number.is_finite else None


def by_math_verify(answer: str, gold: str) -> bool | None:
    """math-verify's verdict on two answers, both boxed alike; None if it cannot read the gold.

    The case of symbols matters. Text that is not LaTeX is not searched for a number.
    """
    from math_verify import LatexExtractionConfig, parse, verify

    config = [LatexExtractionConfig(boxed_match_priority=0)]
    golds, answers = (
        parse(f"\\boxed{{{text}}}", config, fallback_mode="no_fallback", parsing_timeout=None)
        for text in (gold, answer)
    )
    if not golds:
        return None
    if not answers or not verify(golds, answers, timeout_seconds=None, raise_on_error=True):
        return False
    same_letters = set(answer.lower()) == set(gold.lower()) and set(answer) != set(gold)
    return not same_letters  # math-verify ignores the case of a letter


def takes_long(text: str) -> bool:
    """Whether a text has its own budget; the value of a number costs nothing."""
    from grpo_rewards.answers.expression import is_hard
    from grpo_rewards.answers.kinds import Quantity
    from grpo_rewards.answers.reading import read

    meant = read(text)
    return not isinstance(meant, Quantity) or is_hard(meant.tree)


def predict_by_sll() -> None:
    """Makes ANTLR parse with SLL prediction first and LL where that fails: the same verdicts in a third of the time.

    latex2sympy2_extended builds its parser in `latex2sympy2.py` and starts it with `parser.math()`.
    """
    from antlr4.atn.PredictionMode import PredictionMode
    from latex2sympy2_extended.antlr_parser import PSParser

    by_ll = PSParser.math

    def math(parser: Any) -> Any:
        parser._interp.predictionMode = PredictionMode.SLL
        try:
            return by_ll(parser)
        except Exception:
            parser.reset()
            parser._interp.predictionMode = PredictionMode.LL
            return by_ll(parser)

    PSParser.math = math


def limit(trainer: int) -> None:
    """Leave Ctrl-C to the trainer, limit the memory, and end when the trainer is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # ends the process, and C code with it
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=leave_with, args=(trainer,), daemon=True).start()


def leave_with(trainer: int) -> None:
    """End this process when its parent ends. A closed pipe is not enough: a fork of the trainer may keep it open."""
    while os.getppid() == trainer:
        time.sleep(0.5)
    os._exit(0)


def prepared(item: Any) -> tuple[Callable[[], Any], float]:
    """The function that replies to an item, and its seconds; imports happen here, before the clock starts."""
    if isinstance(item, dict):
        from grpo_rewards.gym_scorer import scorer

        return scorer(item), CPU_SECONDS
    return functools.partial(judge, *item), CPU_SECONDS * max(1, sum(map(takes_long, set(item))))


def main() -> None:
    limit(int(sys.argv[1]))
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable()  # math-verify warns of every item without a time limit
    import math_verify  # noqa: F401  half a second, before the clock starts

    predict_by_sll()
    sys.setrecursionlimit(2000)
    print("ready", file=replies, flush=True)
    for line in sys.stdin:
        work, seconds = prepared(json.loads(line))
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            reply = work()
        except Exception as error:  # sympy may raise anything on hostile text, such as RecursionError and MemoryError
            reply = {"error": f"{type(error).__name__}: {error}"[:200]}
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
