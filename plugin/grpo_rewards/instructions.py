"""Pays for instructions that a program can verify: rows of google/IFEval, checked by `instruction_checks`."""

import importlib.util
import json
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from grpo_rewards import verdict_log
from grpo_rewards.contract import NotInstalled, register_reward
from grpo_rewards.extract import CLOSE, OPEN, after_thought
from grpo_rewards.instruction_checks import CHECKS

logger = logging.getLogger("grpo_rewards")
_logged: set[str] = set()


def _installed(whole: bool, loose: bool) -> None:
    if importlib.util.find_spec("py3langid") is None:
        message = (
            "the reward instructions needs py3langid, which is not installed: pip install 'swift-grpo[instructions]'"
        )
        raise NotInstalled(message)


@register_reward("instructions", check=_installed)
def instructions(
    completions: Sequence[str],
    instruction_id_list: Sequence[Any],
    kwargs: Sequence[Any],
    trainer_state: Any = None,
    *,
    whole: bool = False,
    loose: bool = False,
) -> list[float | None]:
    """The share of a row's instructions that the text after the thought follows; with `whole`, 1 only for all of them.

    IFEval (arXiv 2311.07911). With `loose`, an instruction is also followed if it is without the text's first line,
    last line or asterisks, as in the paper. None for a row that cannot be read, such as one of an unknown kind.

    >>> instructions(["<think>Yes, no</think>No"], [["punctuation:no_comma", "startend:quotation"]], [[{}, {}]])
    [0.5]
    """
    paid: list[float | None] = []
    entries = []
    for completion, names, arguments in zip(completions, instruction_id_list, kwargs, strict=True):
        try:
            checks = read(names, arguments)
        except ValueError as error:
            value, reason = None, str(error)
            if reason not in _logged and len(_logged) < 100:
                _logged.add(reason)
                logger.warning("instructions: a row is left out: %s", reason[:300])
        else:
            texts = readings(completion, loose)
            missed = [name for name, check in checks if not any(map(check, texts))]
            value = float(not missed) if whole else 1 - len(missed) / len(checks)
            reason = f"{len(checks) - len(missed)} of {len(checks)} followed; not {missed}"
        paid.append(value)
        entries.append(verdict_log.entry(completion, value, reason, trainer_state))
    verdict_log.write("instructions", entries)
    return paid


def read(names: Any, arguments: Any) -> list[tuple[str, Callable[[str], bool]]]:
    """The checks of a row, with their names. Raises ValueError where an instruction is unknown or lacks an argument."""
    names, arguments = _plain(names), _plain(arguments)
    if not isinstance(names, list) or not isinstance(arguments, list) or not 0 < len(names) == len(arguments):
        raise ValueError("`instruction_id_list` and `kwargs` are not two lists of one length")
    checks: list[tuple[str, Callable[[str], bool]]] = []
    for name, given in zip(names, map(_plain, arguments), strict=True):
        if not isinstance(name, str) or name not in CHECKS:
            raise ValueError(f"there is no check for the instruction {name!r}")
        check = partial(CHECKS[name], a=given or {})
        try:
            check("x")  # raises whatever the text
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise ValueError(f"{name} cannot use its arguments ({error}): {given!r}") from None
        checks.append((name, check))
    return checks


def readings(completion: str, loose: bool = False) -> list[str]:
    """The text to judge, the content of `<answer>` if that is all; with `loose`, the paper's variants too. No empty one."""
    text = after_thought(completion).strip().removeprefix(OPEN).removesuffix(CLOSE).strip()
    lines = text.split("\n")
    cuts = [lines, lines[1:], lines[:-1], lines[1:-1]] if loose else [lines]
    texts = ["\n".join(cut) for cut in cuts]
    texts += [text.replace("*", "") for text in texts] if loose else []
    return [text.strip() for text in texts if text.strip()]


def _plain(value: Any) -> Any:
    """The value, read if it is JSON text."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return None
