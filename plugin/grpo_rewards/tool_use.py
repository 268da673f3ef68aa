"""Rewards for the use of tools. They need the scheduler `tools`, whose `rollout_infos` say what was called."""

from collections.abc import Mapping
from typing import Any

from grpo_rewards.contract import register_reward


@register_reward("tool_parsed")
def tool_parsed(completion: str, rollout_infos: Mapping[str, Any]) -> float | None:
    """1 if the completion has a tool call and each of its calls could run: it parsed, the tool exists, the arguments fit.

    Else 0. A call that ran and failed counts as one that could run. Teaches the format of calls; take it away, or give
    it a small weight, when calls parse. None without the scheduler `tools`.

    >>> calls = [{"error": None}, {"error": "unparsed"}]
    >>> [tool_parsed("", {"turns": [{"role": "assistant", "calls": calls[:n]}]}) for n in (0, 1, 2)]
    [0.0, 1.0, 0.0]
    """
    calls = _calls(rollout_infos)
    if calls is None:
        return None
    return float(bool(calls) and all(call.get("error") in (None, "raised", "time") for call in calls))


@register_reward("tool_economy", range=(-1.0, 0.0))
def tool_economy(completion: str, rollout_infos: Mapping[str, Any], *, free: int = 1, most: int = 4) -> float | None:
    """0 up to `free` calls, then linear down to -1 at `most` calls and beyond: no needless calls.

    None without the scheduler `tools`.

    >>> [tool_economy("", {"turns": [{"role": "assistant", "calls": [{}] * n}]}) for n in (0, 1, 2, 4, 9)]
    [0.0, 0.0, -0.3333333333333333, -1.0, -1.0]
    """
    calls = _calls(rollout_infos)
    if calls is None:
        return None
    return -min(1.0, max(0, len(calls) - free) / max(1, most - free)) + 0.0


def _calls(infos: Any) -> list[dict[str, Any]] | None:
    from grpo_tools.trajectory import calls_of

    turns = infos.get("turns") if isinstance(infos, Mapping) else None
    return None if turns is None else calls_of(turns)
