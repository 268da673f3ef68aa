"""Where a step's time goes, by the file of plugin/step_times.py, and which flags shorten the longest part."""

from dataclasses import dataclass

import orjson

from swift_grpo.rollouts.index import Index

FILE, OLD = "step_times.jsonl", "old_logps"
# As plugin/step_times.py names them; `between` is the time from one step to the next.
PARTS = ("generation", "weight sync", "rewards", "teacher", "log-probabilities", "gradient", "other", "between")
TREATED = {
    "generation": "server mode: more cards for it (SERVE_GPUS), --async_generate true generates while the last batch trains (one "
    "step off policy, so with --rollout_importance_sampling_mode token_truncate); --vllm_enable_prefix_caching true where "
    "prompts are long, --max_completion_length down",
    "weight sync": "fewer syncs: --steps_per_generation or --num_iterations up; a LoRA with --vllm_enable_lora true sends the "
    "adapter alone",
    "rewards": "`swift-grpo score` gives the time of each reward; an asynchronous one (AsyncORM) waits for all at once",
    "teacher": "a card of its own with vLLM (TEACHER_GPUS of scripts/distill_on_policy.sh), more of them, or a smaller teacher",
    "log-probabilities": "--beta 0 needs no reference; without dropout (--lora_dropout 0) and with one step a rollout the old "
    "policy needs no pass; --per_device_train_batch_size up, --padding_free true",
    "gradient": "more cards to train on (fewer SERVE_GPUS), --per_device_train_batch_size up with --gradient_accumulation_steps "
    "down, --gradient_checkpointing false where memory is left, --padding_free true, --attn_impl flash_attn",
    "other": "templates and gathering between ranks: shorter prompts, --dataloader_num_workers up",
    "between": "optimizer, logging, saving, evaluation: --save_steps and --eval_steps up, --save_only_model true",
}
_AGREES = 0.05  # the sum and logging.jsonl's step_time measure the same time independently


@dataclass(frozen=True)
class Times:
    """Seconds by part of each of `steps`, in order. `checked`: steps whose sum is within 5% of step_time."""

    steps: list[int]
    parts: dict[str, list[float]]
    checked: tuple[int, int]  # and the number of steps that logging.jsonl has too
    old_logps: str = ""  # the result of plugin/old_logps.py at the last step; empty in older logs

    @property
    def shares(self) -> dict[str, float]:
        """Each part's share of the whole time, largest first. Of three steps or more the first (warm-up) is skipped."""
        since = 1 if len(self.steps) > 2 else 0
        sums = {name: sum(values[since:]) for name, values in self.parts.items()}
        total = sum(sums.values()) or 1.0
        return {name: value / total for name, value in sorted(sums.items(), key=lambda pair: -pair[1]) if value > 0}

    @property
    def saved(self) -> str:
        """Whether each step skips the pass for old log-probabilities, or why not; empty where the log does not say."""
        if self.old_logps == "skipped":
            return "each step skips the pass for old log-probabilities, whose ratio is 1 by construction"
        return self.old_logps and f"each step makes the pass for old log-probabilities ({self.old_logps})"

    @property
    def advice(self) -> str:
        """What the run waits for, and how to shorten it."""
        part, share = next(iter(self.shares.items()))
        return f"the run waits for {part} ({share:.0%} of its time): {TREATED[part]}"


def times(index: Index) -> Times | None:
    """The times of step_times.jsonl for the steps that count; None without them. Skips lines that cannot be read."""
    found: dict[int, dict] = {}
    for log, last in zip(index.run.logs, index.run.last_steps, strict=True):
        for line in _lines(log.with_name(FILE)):
            if last is None or line["step"] <= last:
                found[int(line["step"])] = line
    if not found:
        return None
    steps = sorted(found)
    parts = {name: [float(found[step].get(name, 0.0)) for step in steps] for name in PARTS}
    logged = {event.step: event.values.get("step_time") for event in index.events if event.kind == "train"}
    compared = [(found[step]["seconds"], theirs) for step in steps if (theirs := logged.get(step))]
    agree = sum(abs(ours - theirs) <= _AGREES * theirs for ours, theirs in compared)
    return Times(steps, parts, (agree, len(compared)), found[steps[-1]][OLD])


def _lines(path) -> list[dict]:
    try:
        raw = path.read_bytes().split(b"\n")
    except OSError:
        return []
    lines = []
    for line in raw:
        try:
            data = orjson.loads(line)
            old = str(data.pop(OLD, ""))
            lines.append({name: float(value) for name, value in data.items()} | {OLD: old})
        except (ValueError, TypeError, AttributeError):
            continue
    return [line for line in lines if "step" in line and "seconds" in line]
