"""All facts of a run: named series over common steps, each computed once, on demand."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from swift_grpo.formats.events import reward_classes
from swift_grpo.rollouts.facts import prompts, step_table, text_sample, trajectories
from swift_grpo.rollouts.facts.accuracy import need_accuracy, settle_accuracy
from swift_grpo.rollouts.index import Index


class Missing(Exception):
    """Missing data; the message names it, and the flag that makes ms-swift write it."""


class Facts:
    """A run's facts. `steps`: ascending steps of training, shape (n,). Every series has a value per step, NaN where the
    log has none for it.

    Names of series: every key of logging.jsonl (`kl`, `completions/clipped_ratio`, `eval_reward`); those of
    `step_table.computed`, from all completions; `tools/…` and `stopped/…`, from trajectories.jsonl; `text/…` of
    `text_sample.SERIES`, from the sample.
    """

    def __init__(self, index: Index) -> None:
        settle_accuracy(index)
        self.index = index

    @cached_property
    def steps(self) -> np.ndarray:
        return step_table.step_table(self.index).all_steps

    @cached_property
    def logged(self) -> dict[str, np.ndarray]:
        """Series of logging.jsonl; values that are not finite are NaN here and in `nonfinite`."""
        return step_table.logged(self.index, self.steps)

    @cached_property
    def computed(self) -> dict[str, np.ndarray]:
        """Series of all completions, from the index; from logging.jsonl where there are none."""
        if not self.index.rows:
            return step_table.standing_in(self.logged, self.steps)
        return step_table.computed(self.index, self.steps)

    @cached_property
    def reward_names(self) -> list[str]:
        """Reward classes: those of the completions, else those that logging.jsonl names."""
        return self.index.reward_names or reward_classes(self.index.events)

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the total reward within groups: the median of the steps in which it is not 0."""
        values = self.logged.get("reward_std", np.zeros(0))
        if not (values > 0).any():
            values = np.sqrt(sum(v for key, v in self.computed.items() if key.startswith("within/")) + np.zeros(1))
        known = values[values > 0]
        if len(known):
            return float(np.median(known))
        return float(np.nanstd(self.computed.get("total_reward", np.ones(1)))) or 1.0

    @cached_property
    def trajectories(self) -> trajectories.ToolFacts:
        """What trajectories.jsonl says of all completions."""
        return trajectories.read(self.index)

    @cached_property
    def turns(self) -> dict[str, np.ndarray]:
        """Series of trajectories.jsonl."""
        return self.trajectories.series(self.steps)

    @cached_property
    def read(self) -> text_sample.Reading:
        """The sampled texts with their measures."""
        return text_sample.read(self.index, np.array(step_table.step_table(self.index).steps, dtype=np.int64))

    @cached_property
    def sampled(self) -> dict[str, np.ndarray]:
        """Series of the sample."""
        return self.read.series(self.steps)

    @cached_property
    def prompts(self) -> prompts.Prompts:
        """Visits and outcomes of each prompt over the whole run."""
        return prompts.prompts(self.index)

    @cached_property
    def mixed(self) -> tuple[float, int, list[tuple[int, int]]]:
        """Groups of different prompts, see `prompts.mixed`."""
        return prompts.mixed(self.index)

    @cached_property
    def series(self) -> Mapping[str, np.ndarray]:
        """All prompts."""
        return {**self.logged, **self.computed, **self.turns, **self.sampled}

    def need(self, key: str, fewest: int = 1, flag: str = "") -> np.ndarray:
        """A series with `fewest` values or more. Raises Missing."""
        for source in ("logged", "computed", "turns", "sampled"):
            if source == "sampled" and not key.startswith("text/"):
                break
            if key in getattr(self, source):
                values = getattr(self, source)[key]
                known = int(np.isfinite(values).sum())
                if known >= fewest:
                    return values
                raise Missing(f"{fewest} steps with `{key}` (the log has {known})")
        if not self.index.rows and (
            key.startswith("text/") or key in {*step_table.COMPUTED, *step_table.GROUPED, "shared"}
        ):
            raise Missing("completions.jsonl (--log_completions true writes it)")
        if key.startswith(trajectories.PREFIXES):
            raise Missing(self.trajectories.lacks)
        if key in step_table.OF_SOLVED or key == "total_reward":
            raise Missing(need_accuracy(self.index))
        if key == "against" or key.startswith("text/"):  # there are groups and texts, but none that can be measured
            raise Missing("groups whose rewards differ" if key == "against" else "more or longer completions")
        raise Missing(f"`{key}` in logging.jsonl" + (f" ({flag} writes it)" if flag else ""))

    def step_at(self, place: int) -> int:
        return int(self.steps[place])
