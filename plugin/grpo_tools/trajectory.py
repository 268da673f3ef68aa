"""The record of one rollout: its turns and counts, for rewards, trajectories.jsonl and the decision to stop."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grpo_tools import runner
from grpo_tools.calls import Call, calls
from grpo_tools.runner import Result

ROOM = 16  # tokens: the least that a further generation is worth, and what a template puts around a turn
BEGIN, END = "<tool_response>\n", "\n</tool_response>"


@dataclass
class Trajectory:
    """`sampled` tokens are the policy's own, `masked` ones those of results. `waiting` goes to the model next."""

    prompt_tokens: int = 0
    turns: list[dict[str, Any]] = field(default_factory=list)
    sampled: int = 0
    masked: int = 0
    stopped_by: str | None = None
    waiting: str = ""
    inline: bool = False  # the result continues the assistant's turn, instead of a turn of the user
    continued: bool = False  # the last generation continued an assistant's turn

    def say(self, text: str, tokens: int) -> None:
        """The policy wrote `text` of this many tokens."""
        self.turns.append({"role": "assistant", "text": text, "tokens": tokens, "calls": []})
        self.sampled += tokens

    def to_run(self, finish_reason: str | None, last: bool) -> list[Call]:
        """The calls of what was just said. None where the trajectory ends with it; `stopped_by` then says why.

        `last`: no further generation is allowed.
        """
        found = calls(self.turns[-1]["text"])
        if finish_reason == "length" or not found or last:
            self.stopped_by = "length" if finish_reason == "length" else "max_turns" if found else "answer"
            self.record(found, [None] * len(found))
            return []
        return found

    def wait(self, calls: Sequence[Call], results: Sequence[Result]) -> None:
        """The calls gave these results, which wait to be heard."""
        self.record(calls, results)
        self.waiting = inline(blocks(results)) if self.inline else blocks(results)

    def record(self, calls: Sequence[Call], results: Sequence[Result | None]) -> None:
        """The calls of the last turn with their results; None for one that did not run."""
        for call, result in zip(calls, results, strict=True):
            known = result or Result("", call.error)
            arguments = call.text.strip() if call.error else json.dumps(call.arguments, ensure_ascii=False)
            asked = {"name": call.name and _utf8(call.name), "arguments": _utf8(arguments)}
            given = {"error": known.error, "result": known.text, "seconds": known.seconds, "cut": known.cut}
            self.turns[-1]["calls"].append(asked | given)

    def hear(self, text: str, tokens: int) -> None:
        """The results went to the policy as `text` of this many masked tokens."""
        self.turns.append({"role": "tool", "text": text, "tokens": tokens})
        self.masked += tokens

    def fits(self, further: int, window: int | None) -> bool:
        """Whether `further` tokens and a generation fit into a window of so many tokens; None means no limit."""
        return window is None or self.prompt_tokens + self.sampled + self.masked + further + 2 * ROOM <= window

    def infos(self) -> dict[str, Any]:
        """ms-swift's `rollout_infos`: a column of rewards, and the source of trajectories.jsonl. JSON throughout."""
        tokens = {"sampled_tokens": self.sampled, "masked_tokens": self.masked}
        return counts(self.turns) | tokens | {"stopped_by": self.stopped_by, "turns": self.turns}


def window(scheduler: Any) -> int | None:
    """Tokens that a conversation of a scheduler of ms-swift may have: vLLM's window, and `--max_length` where the template
    has it. None means no limit."""
    engine = scheduler.infer_engine
    template = scheduler._template or getattr(engine, "template", None)
    limits = (getattr(engine, "max_model_len", None), getattr(template, "max_length", None), runner.window)
    return min((limit for limit in limits if isinstance(limit, int)), default=None)


def _utf8(text: str) -> str:
    """JSON can spell half a surrogate pair, which neither a log nor a server's answer can hold."""
    return text.encode("utf-8", "replace").decode()


def calls_of(turns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The calls of all turns, each with its result and `error`."""
    return [call for turn in turns for call in turn.get("calls", [])]


def counts(turns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The number of calls, of those with an error, and the seconds they took."""
    made = calls_of(turns)
    failed = sum(call["error"] is not None for call in made)
    seconds = round(sum(call["seconds"] for call in made), 6)
    return {"tool_calls": len(made), "tool_errors": failed, "tool_seconds": seconds}


def inline(text: str) -> str:
    """Results as a part of the assistant's turn; unchanged if they were one."""
    return "\n" + text.strip("\n") + "\n"


def blocks(results: Sequence[Result]) -> str:
    """The results as the model reads them: one <tool_response> block for each call."""
    return "\n".join(BEGIN + result.text + END for result in results)
