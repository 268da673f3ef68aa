"""How far the log can be trusted: recomputes the logged scalars, and reports what the log leaves out."""

from dataclasses import dataclass, field

from swift_grpo.rollouts.facts.step_table import step_table
from swift_grpo.rollouts.index import Index

# The trainer computes in float32 and rounds logging.jsonl to 8 decimals; sums of a few hundred float32 agree to this.
_ABSOLUTE, _RELATIVE = 1e-6, 3e-6


@dataclass(frozen=True)
class Trust:
    """`reconciled` of `of` steps agree with logging.jsonl: reward, its std, zero-std share, mean and std by class."""

    reconciled: int
    of: int
    duplicates: int
    unreadable: int
    notes: list[str] = field(default_factory=list)
    mismatches: dict[int, str] = field(default_factory=dict)  # step -> the first key that differs, with both values

    @property
    def lines(self) -> list[str]:
        """The banner: one line of counts, then the notes."""
        return [
            f"{self.reconciled} of {self.of} steps reconcile with logging.jsonl · {self.duplicates:,} duplicate completions "
            f"left out · {self.unreadable:,} unreadable line{'' if self.unreadable == 1 else 's'}",
            *self.notes,
        ]

    def __str__(self) -> str:
        return "\n".join(self.lines)


def trust(index: Index) -> Trust:
    """Recomputes every comparable step. Formulas: swift/rl_core/advantage.py, `compute_reward_metrics`.

    A step cannot be compared where its scalars average several generations, because the log has only the last one.
    """
    comparable, averaged = comparable_steps(index)
    computed = recompute(index) if comparable else {}
    mismatches, of = {}, 0
    for step, logged in comparable.items():
        if step not in computed:
            continue
        of += 1
        for key, value in computed[step].items():
            if key in logged and not _equal(value, logged[key]):
                mismatches[step] = f"{key}: {value:.8g} from the completions, {logged[key]:.8g} logged"
                break
    missing = len(comparable.keys() - computed.keys()) if index.rows else 0
    return Trust(
        of - len(mismatches),
        of,
        index.duplicates,
        index.unreadable,
        _notes(index, averaged, missing, mismatches),
        mismatches,
    )


def comparable_steps(index: Index) -> tuple[dict[int, dict], int]:
    """Logged values by step where they are of one generation, and the number of steps that average several."""
    generation = steps_per_generation(index.run.args)
    comparable, averaged, before = {}, 0, index.run.first_step - 1
    for event in index.events:
        if event.kind != "train":
            continue
        if event.has_reward:
            if (event.step - before) / generation <= 1:
                comparable[event.step] = event.values
            else:
                averaged += 1
        before = event.step
    return comparable, averaged


def steps_per_generation(args: dict) -> float:
    """Optimizer steps that share one generation of completions; below 1 where a step needs several.

    >>> steps_per_generation({"gradient_accumulation_steps": 4, "steps_per_generation": 8, "num_iterations": 2})
    4.0
    """
    accumulation = args.get("gradient_accumulation_steps") or 1
    batches = args.get("steps_per_generation")
    if not batches:
        rank_batch = (args.get("global_world_size") or 1) * (args.get("per_device_train_batch_size") or 1)
        total = args.get("generation_batch_size")
        batches = total / rank_batch if total else accumulation
    return batches * (args.get("num_iterations") or 1) / accumulation


def recompute(index: Index) -> dict[int, dict[str, float]]:
    """The reward keys of logging.jsonl by step, from the completions."""
    args, keys = index.run.args, {}
    if not (args.get("kl_in_reward") and args.get("beta")):  # the KL per completion is not in the log
        std = "batch_std" if args.get("scale_rewards") == "batch" else "group_std"
        keys = {"reward": "group_reward", "reward_std": std, "frac_reward_zero_std": "zero_std"}
    for name in index.reward_names:
        keys |= {f"rewards/{name}/mean": f"mean/{name}", f"rewards/{name}/std": f"std/{name}"}
    table = step_table(index)
    columns = table.values(*keys.values())
    computed = {step: dict(zip(keys, row, strict=True)) for step, *row in zip(table.steps, *columns, strict=True)}
    return {step: {k: v for k, v in row.items() if v is not None} for step, row in computed.items()}


def _equal(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= _ABSOLUTE + _RELATIVE * abs(other)


def _notes(index: Index, averaged: int, missing: int, mismatches: dict) -> list[str]:
    args, notes = index.run.args, []
    every = args.get("logging_steps")
    if isinstance(every, (int, float)) and every > steps_per_generation(args):
        seen = round(every / steps_per_generation(args))
        notes.append(f"with logging_steps={every:g} you see one batch in {seen}")
    if averaged:
        notes.append(f"{averaged} logged steps average several batches, but the log has only the last: not compared")
    if not index.rows and index.events:
        notes.append(
            "no completions (--log_completions true writes them): nothing to reconcile, and no checks of texts and prompts"
        )
    if not index.events:
        notes.append("no logging.jsonl next to the log: nothing to reconcile with, evaluation rows not recognised")
    if missing:
        notes.append(f"{missing} logged steps have no completions in the log")
    if mismatches:
        step, what = next(iter(mismatches.items()))
        notes.append(f"{len(mismatches)} steps differ, first step {step}: {what}")
    if index.unreadable:
        places = ", ".join(str(line) for _, line in index.unreadable_lines[:5])
        notes.append(f"unreadable lines: {places}{', …' if index.unreadable > 5 else ''}")
    of_logs = dict(index.query("SELECT file, max(line) + 1 FROM rollouts GROUP BY file"))
    for file, turns in enumerate(index.turns):
        lines, unreadable = turns.lines
        if lines and (unreadable or lines < of_logs.get(file, 0)):
            notes.append(
                f"{turns.path.name}: {lines:,} lines for {of_logs.get(file, 0):,} of the log, {unreadable:,} unreadable; "
                "completions without their line are shown without turns"
            )
    evaluation = index.query("SELECT count(*) FROM counted WHERE is_eval")[0][0]
    if evaluation:
        notes.append(f"{evaluation:,} evaluation completions are kept separate")
    weights = args.get("reward_weights")
    if weights and index.reward_names and len(weights) != len(index.reward_names):
        notes.append(f"{len(weights)} reward_weights for {len(index.reward_names)} columns: reward is the plain sum")
    if args.get("dynamic_sample"):
        notes.append("dynamic_sample: groups without variance were drawn again and are not in the log")
    unfinished = sum(log.stat().st_size for log in index.run.logs) - index.bytes_read
    if unfinished > 0:
        notes.append(f"the last line is still being written ({unfinished:,} bytes)")
    notes.append(f"groups: {index.run.group_rule}")
    return notes
