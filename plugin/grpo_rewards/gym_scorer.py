"""Scores answers with reasoning-gym's own functions, inside a `worker` process, which limits time and memory."""

import ast
import functools
import importlib
import json
import re
from collections.abc import Callable
from typing import Any

from grpo_rewards.gym_tasks import FORMULAS, GRIDS, LITERAL_MODULES, GymRow

_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc asin acos atan sinh cosh tanh asinh acosh atanh exp log ln sqrt Abs pi".split()
)
_NAME = re.compile(r"[^\W\d]\w*")
_NOT_A_FORMULA = re.compile(r"[^\w\s+\-*/^%|&~<>!(),.]|_|\.\s*[^\W\d]")  # quotes, brackets, attributes


def scorer(item: dict[str, Any]) -> Callable[[], float | dict[str, str]]:
    """A function that scores `item`, {"gym": the row's text, "answer": text}; the caller runs it within the budget.

    It returns the task's score unchanged, or {"broken": why} for a row that cannot be scored.
    """
    try:
        row = GymRow.read(item["gym"])
        dataset = _dataset(row.task, json.dumps(row.config))
        entry = {"question": "", "answer": row.answer, "metadata": _restored(row)}
        if not all(is_formula(str(row.metadata[name])) for name in FORMULAS.get(row.task, ())):
            raise ValueError("its metadata do not match the task")
    except Exception as error:  # a task may raise anything on a row's config
        return functools.partial(dict, broken=f"{type(error).__name__}: {error}"[:200])
    if row.task in FORMULAS and not is_formula(item["answer"]):
        return lambda: 0.0
    return lambda: float(dataset.score_answer(item["answer"], entry))


@functools.lru_cache(maxsize=256)  # all tasks, some with several configs
def _dataset(task: str, config: str) -> Any:
    """The task with its config. The first call imports reasoning-gym, which takes four seconds."""
    import reasoning_gym

    for name in LITERAL_MODULES:
        vars(importlib.import_module(f"reasoning_gym.{name}"))["eval"] = ast.literal_eval
    return reasoning_gym.create_dataset(task, **{**json.loads(config), "seed": 0, "size": 1})


def _restored(row: GymRow) -> dict[str, Any]:
    """The metadata, with the types that JSON cannot hold."""
    if row.task not in GRIDS:
        return row.metadata
    return {**row.metadata, "output": tuple(map(tuple, row.metadata["output"]))}


def is_formula(text: str) -> bool:
    """Whether a text can only calculate when evaluated: numbers, single letters, known functions and operators.

    >>> is_formula("-x**3*exp(2*x)/3 + C"), is_formula("(0x1f + 0xa) >> 2"), is_formula("open(x)"), is_formula("x.diff()")
    (True, True, False, False)
    """
    names = _NAME.findall(re.sub(r"\b0x[0-9a-fA-F]+", "0", text))
    return not _NOT_A_FORMULA.search(text) and all(len(name) == 1 or name in _FUNCTIONS for name in names)
