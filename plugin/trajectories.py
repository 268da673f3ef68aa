"""Writes trajectories.jsonl beside completions.jsonl: the turns of each rollout, line for line in the same order.

    {"step": "7", "trajectories": [{"turns": [{"role": "assistant", "text": ..., "tokens": 31, "calls": [...]}, ...],
     "tool_calls": 1, ..., "stopped_by": "answer", "num_turns": 2}, ...]}

ms-swift logs the last turn and the number of turns. The other turns are in `rollout_infos`, where the scheduler
`tools` puts them; for any other scheduler they are made from messages, ids and masks. ms-swift gathers and orders
the rest of its log in `_log_rollout` and writes it in `log`; this module adds one column there and takes it out again
before the line is written. Runs without a scheduler write no file.
"""

import functools
import json
from collections import deque
from pathlib import Path
from typing import Any

FILE = "trajectories.jsonl"
COLUMN = "trajectory"
KEPT = """tool_calls tool_errors tool_seconds sampled_tokens masked_tokens stopped_by num_turns
total_reward step_rewards""".split()  # of rollout_infos


def trajectory(sample: Any, tokenizer: Any) -> dict[str, Any] | None:
    """The trajectory of one of ms-swift's samples; None for one without `rollout_infos`."""
    if not (infos := sample.rollout_infos):
        return None
    turns = infos["turns"] if "turns" in infos else _of_messages(sample, tokenizer)
    return {"turns": turns, **{name: infos[name] for name in KEPT if name in infos}}


def _of_messages(sample: Any, tokenizer: Any) -> list[dict[str, Any]]:
    first = next((k for k, m in enumerate(sample.messages) if m["role"] == "assistant"), len(sample.messages))
    ids, masks = iter(sample.response_token_ids or []), iter(sample.response_loss_mask or [])
    turns: list[dict[str, Any]] = []
    for message in sample.messages[first:]:
        text = _text(message.get("content"), tokenizer)
        if message["role"] == "assistant":
            own: list[int] = next(ids, [])
            turns.append({"role": "assistant", "text": text, "tokens": sum(next(masks, [1] * len(own))), "calls": []})
        else:
            turns.append({"role": message["role"], "text": text, "tokens": len(tokenizer.encode(text))})
    return turns


def _text(content: Any, tokenizer: Any) -> str:
    """The text of a message; ms-swift replaces the content of earlier turns by token ids."""
    if isinstance(content, dict):
        content = content.get("token_ids") or content.get("input_ids") or []
    if isinstance(content, list) and all(isinstance(token, int) for token in content):
        return tokenizer.decode(content)
    return content if isinstance(content, str) else json.dumps(content, default=str)


def install() -> None:
    """Write from now on; later calls do nothing. Called when a reward is built, before the first step."""
    from swift.rlhf_trainers.grpo_trainer import GRPOTrainer

    log_rollout = GRPOTrainer._log_rollout
    if hasattr(log_rollout, "__wrapped__"):
        return

    @functools.wraps(log_rollout)
    def with_trajectories(self: Any, samples: list) -> None:
        log_rollout(self, samples)
        if getattr(self, "multi_turn_scheduler", None) is None and not getattr(self, "enable_server_multi_turn", False):
            return
        if COLUMN not in self._logs:
            self._logs[COLUMN] = deque(maxlen=self.args.generation_batch_size)
            self.jsonl_writer.append = _beside(self.jsonl_writer.append, Path(self.args.output_dir) / FILE)
        found = [trajectory(sample, self.processing_class) for sample in samples]
        self._logs[COLUMN].extend(self._gather_and_flatten(found, flatten_level=0))

    GRPOTrainer._log_rollout = with_trajectories


def _beside(append: Any, path: Path) -> Any:
    """`append` of the writer of completions.jsonl, which also writes the line's trajectories; it runs on one rank."""

    def both(table: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        found = table.pop(COLUMN, [])
        line = {"step": (table.get("step") or [None])[0], "trajectories": found}
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            # Half a line of a killed run joins this one: a line number stays that of completions.jsonl, which lacks it too
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return append(table, *args, **kwargs)

    return both
