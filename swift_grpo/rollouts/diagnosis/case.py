"""What the checks look at: series by step, the start and the end of the run, and a bounded sample of texts."""

import math
from functools import cached_property

import numpy as np

from swift_grpo.rollouts.diagnosis.finding import Missing
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.reading.rollout_text import RolloutText

FEWEST_STEPS = 10  # for a comparison of start and end
TRAIN = "NOT duplicate AND NOT is_eval"
_SAMPLED_STEPS, _OF_A_STEP = 20, 12  # per window: text costs 1 ms a line, so the sample is bounded


class Case:
    """A run under examination. `start` and `end` are the first and the last fifth of its steps."""

    def __init__(self, index: Index) -> None:
        self.index = index

    @cached_property
    def steps(self) -> list[int]:
        """Steps that have training completions, in order."""
        return [row[0] for row in self.query(f"SELECT DISTINCT step FROM rollouts WHERE {TRAIN} ORDER BY step")]

    @property
    def start(self) -> list[int]:
        return self._enough()[: max(1, len(self.steps) // 5)]

    @property
    def end(self) -> list[int]:
        return self._enough()[-max(1, len(self.steps) // 5) :]

    def _enough(self) -> list[int]:
        if len(self.steps) < FEWEST_STEPS:
            raise Missing(f"{FEWEST_STEPS} steps (the log has {len(self.steps)})")
        return self.steps

    def query(self, sql: str) -> list[tuple]:
        return self.index.query(sql)

    # --- logging.jsonl ---

    def logged(self, key: str, flag: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Steps and finite values of a key of logging.jsonl in training. Raises Missing if it is nowhere."""
        pairs = [(e.step, e.values[key]) for e in self.index.events if e.kind == "train" and key in e.values]
        if not pairs:
            raise Missing(f"`{key}` in logging.jsonl" + (f" ({flag} writes it)" if flag else ""))
        steps, values = np.array(pairs, dtype=float).T
        finite = np.isfinite(values)
        return steps[finite].astype(int), values[finite]

    def start_and_end(self, key: str, flag: str = "") -> tuple[float, float]:
        """Mean of a logged key over the first and the last fifth of its lines."""
        _, values = self.logged(key, flag)
        if len(values) < FEWEST_STEPS:
            raise Missing(f"{FEWEST_STEPS} lines with `{key}` in logging.jsonl (it has {len(values)})")
        fifth = max(1, len(values) // 5)
        return float(values[:fifth].mean()), float(values[-fifth:].mean())

    # --- completions.jsonl ---

    def mean(self, expression: str, steps: list[int], where: str = "true") -> float:
        """Mean of an SQL expression over training completions of these steps; NaN if there are none."""
        value = self.query(f"SELECT avg({expression}) FROM rollouts WHERE {TRAIN} AND {where} AND {within(steps)}")[0][
            0
        ]
        return math.nan if value is None else float(value)

    def share(self, condition: str, steps: list[int]) -> float:
        return self.mean(f"({condition})::INTEGER", steps)

    def examples(self, condition: str, order: str = "step DESC, id") -> list[int]:
        """Ids of three training rollouts, of three different groups where there are three."""
        return [
            row[0]
            for row in self.query(
                f"""SELECT any_value(id) AS one FROM (SELECT * FROM rollouts WHERE {TRAIN} AND ({condition})
                    ORDER BY {order} LIMIT 300) GROUP BY group_id ORDER BY max(step) DESC, one LIMIT 3"""
            )
        ]

    def need_solved(self) -> None:
        """Raises Missing where no reward tells right from wrong."""
        if self.index.accuracy_name is None and self.index.reward_names:
            raise Missing(f"a reward class named for accuracy (there are {', '.join(self.index.reward_names)})")
        self.need_rewards()

    def need_rewards(self) -> None:
        if not self.query("SELECT 1 FROM rollouts WHERE reward IS NOT NULL LIMIT 1"):
            raise Missing("a reward column in completions.jsonl")

    def solved_change(self) -> tuple[float, float, float]:
        """Solved share at the start and at the end, and the standard error of the difference (by step)."""
        self.need_solved()
        self._enough()
        rows = self.query(
            f"SELECT step, avg(solved::INTEGER) FROM rollouts WHERE {TRAIN} AND solved IS NOT NULL GROUP BY step ORDER BY step"
        )
        values = np.array([row[1] for row in rows])
        if len(values) < FEWEST_STEPS:
            raise Missing(f"{FEWEST_STEPS} steps with a reward")
        third = len(values) // 3
        first, last = values[:third], values[-third:]
        error = math.sqrt((first.var(ddof=1) + last.var(ddof=1)) / third)
        return float(first.mean()), float(last.mean()), error

    # --- texts ---

    @cached_property
    def start_texts(self) -> list[RolloutText]:
        return self.sample(self.start)

    @cached_property
    def end_texts(self) -> list[RolloutText]:
        return self.sample(self.end)

    def sample(self, steps: list[int]) -> list[RolloutText]:
        """Up to 12 rollouts of each of up to 20 steps, spread over groups; the same ones each time."""
        chosen = [steps[k] for k in np.unique(np.linspace(0, len(steps) - 1, _SAMPLED_STEPS).astype(int))]
        ids = self.query(
            f"""SELECT id FROM rollouts WHERE {TRAIN} AND step IN ({", ".join(map(str, chosen))})
                QUALIFY row_number() OVER (PARTITION BY step ORDER BY member, hash(group_id)) <= {_OF_A_STEP} ORDER BY id"""
        )
        return self.index.texts(row[0] for row in ids)


def within(steps: list[int]) -> str:
    """SQL: step lies in this stretch."""
    return f"step BETWEEN {min(steps)} AND {max(steps)}"
