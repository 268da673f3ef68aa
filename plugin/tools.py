"""The scheduler `tools`: a policy calls tools while it answers. For `--external_plugins` of server and trainer.

    swift rollout --external_plugins plugin/weight_sync.py plugin/tools.py --multi_turn_scheduler tools --max_turns 4 ...
    swift rlhf --rlhf_type grpo --external_plugins plugin/plugin.py plugin/tools.py \\
        --multi_turn_scheduler tools --max_turns 4 --stop_words '</tool_call>' ...

ms-swift runs it in the server (`MultiTurnScheduler.run`), or in the trainer with vLLM or transformers (`run_multi_turn`
in swift/rollout/agent_loop.py). How a generation ended decides where the result goes:

- A stop word ended it, after `</tool_call>`: the result continues the assistant's turn (as in ReTool and ToRL), mask 0.
- The model ended its turn: the result is a turn of the user with `<tool_response>`, as Hermes renders it.

It is never a turn of role `tool`. ms-swift 4.6.0 then doubles the separator (`<|im_end|><|im_end|>`), trains the two
tokens that nobody sampled, and drops the server's log-probabilities because the counts differ: the sampling correction
is silently off (`_remove_response_separator_overlap` in swift/template/base.py does not cover that separator).
"""

import functools
import logging
from typing import Any

from grpo_tools.registry import offered, with_tools
from grpo_tools.runner import Limits, Toolbox, markup_of
from grpo_tools.trajectory import ROOM, Trajectory, window
from swift.rollout.multi_turn import MultiTurnScheduler, multi_turns

logger = logging.getLogger("grpo_tools")


class ToolScheduler(MultiTurnScheduler):
    """Runs the calls of each turn and decides when a trajectory ends. `open` has those that are not at their end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tools, self.limits = offered(), Limits.of_environment()
        self.open: dict[str, Trajectory] = {}

    async def run(self, infer_request: Any, request_config: Any, **kwargs: Any) -> Any:
        """On the server: also forgets a trajectory whose engine raises or whose request is cancelled."""
        try:
            return await super().run(infer_request, request_config, **kwargs)
        finally:
            self.open.pop(infer_request.uuid, None)

    async def on_trajectory_start(self, requests: list) -> None:
        for request in requests:
            for message in request.messages:
                if message["role"] == "system":
                    message["content"] = with_tools(message["content"], self.tools)
            texts = [m["content"] for m in request.messages if isinstance(m.get("content"), str)]
            # without the template, which differs in each driver; ROOM is more than any puts around a turn
            self.open[request.uuid] = Trajectory(sum(len(self._ids(text)) + ROOM for text in texts))

    async def on_turn_end(self, infer_request: Any, response_choice: Any, current_turn: int) -> dict[str, Any]:
        """Awaited in the server and gathered in the trainer, so a slow tool stops no other trajectory."""
        trajectory = self.open.setdefault(infer_request.uuid, Trajectory())
        try:
            await self._turn(trajectory, response_choice, current_turn)
        except Exception:  # an exception here ends the whole run
            logger.exception("a trajectory ends at turn %d", current_turn)
            trajectory.stopped_by = "error"
        if trajectory.stopped_by is None:
            return {"done": False}
        del self.open[infer_request.uuid]
        return {"done": True, "rollout_infos": trajectory.infos()}

    async def _turn(self, trajectory: Trajectory, choice: Any, turn: int) -> None:
        ids = list(choice.token_ids or [])
        trajectory.say(self.tokenizer.decode(ids, skip_special_tokens=True), len(ids))
        # not by the text: a token may go on after the stop word; after any other end a turn of the user would train a
        # separator that nobody sampled
        trajectory.continued, trajectory.inline = trajectory.inline, ids[-1:] != self._end_of_turn or not ids
        found = trajectory.to_run(choice.finish_reason, bool(self.max_turns) and turn >= self.max_turns)
        if not found:
            return
        trajectory.wait(found, await self._box.answers(found))
        tokens = len(self._ids(trajectory.waiting))
        if trajectory.fits(tokens, window(self)):
            trajectory.hear(trajectory.waiting, tokens)
        else:
            trajectory.stopped_by = "context"

    def step(self, infer_request: Any, response_choice: Any, current_turn: int) -> dict[str, Any]:
        trajectory = self.open[infer_request.uuid]
        if not trajectory.inline:
            infer_request.messages.append({"role": "user", "content": trajectory.waiting})
            return {"infer_request": infer_request}
        known, mask = self.get_response_token_data(infer_request, response_choice, trajectory.continued)
        told = self._ids(trajectory.waiting)
        infer_request.messages[-1]["content"] += trajectory.waiting
        tokens = {"response_token_ids": known + told, "response_loss_mask": mask + [0] * len(told)}
        return {"infer_request": infer_request} | tokens

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)

    @functools.cached_property
    def _end_of_turn(self) -> list[int]:
        """The id that begins the template's separator of turns, such as <|im_end|>; ms-swift sees only that one twice."""
        template = self._template or getattr(self.infer_engine, "template", None)
        separator = template.template_meta.chat_sep if template else None
        return self._ids("".join(separator or ()))[:1]

    @functools.cached_property
    def _box(self) -> Toolbox:
        markup = markup_of(self.tokenizer.get_added_vocab())
        return Toolbox(self.tools, self.limits, self._ids, self.tokenizer.decode, markup)


multi_turns["tools"] = ToolScheduler
