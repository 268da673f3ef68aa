"""The table with a row per step: figures of its completions and groups, and logging.jsonl. Every view reads it."""

from collections.abc import Iterable, Mapping

import numpy as np

from swift_grpo.formats.events import reward_classes
from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.index.sql import ZERO_STD

LONG = 100  # characters; equal completions of this length are not a coincidence
TINY = 12  # characters, about four tokens
LOOP = 4  # occurrences of the last 24 characters within the last 1000

# Means over a step's completions of an SQL expression. NULL is left out.
COMPUTED = {
    "solved": "solved::INTEGER",
    "total_reward": "CASE WHEN isinf(reward) THEN NULL ELSE reward END",
    "chars": "chars",
    "chars_right": "CASE WHEN solved THEN chars END",
    "chars_wrong": "CASE WHEN NOT solved THEN chars END",
    "several_answers": "(answers > 1)::INTEGER",
    "ends_in_loop": f"(tail_repeats >= {LOOP})::INTEGER",
    "empty": "(chars = 0)::INTEGER",
    "tiny": f"(chars > 0 AND chars < {TINY})::INTEGER",
    "open_thought": "(thought_chars = chars AND chars > 0)::INTEGER",
    "short": "(chars < (SELECT median(chars) FROM train WHERE step <= {early}) / 3)::INTEGER",  # early: a fifth of the steps
}
# Means over a step's groups of two or more of an expression on the rows of `_GROUPS`.
GROUPED = {
    "flat": "flat::INTEGER",
    "all_wrong": "(flat AND best = 0)::INTEGER",
    "all_right": "(flat AND best = 1)::INTEGER",
    "distinct": "(known - 1) / (n - 1)",
    "against": "CASE WHEN NOT flat AND isfinite(reward_std) THEN (agrees <= 0)::INTEGER END",  # advantages against rewards
}
# For each reward class, as PREFIX/<Class>: its mean, its variance within groups, the share without a reward.
REWARD = ("mean", "within", "none")
OF_SOLVED = {"solved", "chars_right", "chars_wrong", "all_wrong", "all_right"}
# `best` of a group where nothing tells right from wrong: 1 if it earns at least 0.9 of the range of all rewards.
_EARNS_MOST = "CASE WHEN top > low THEN (reward_mean >= low + 0.9 * (top - low))::INTEGER WHEN top = low THEN 0 END"
_GROUPS = f"""(
    SELECT *, CASE WHEN reward_mean IS NOT NULL THEN {ZERO_STD} END AS flat, {{best}} AS best FROM
    (SELECT any_value(step) AS step, count(*) AS n, avg(solved::INTEGER) AS solved, avg(reward) AS reward_mean,
            spread(reward) AS reward_std, covar_pop(reward, advantage) FILTER (NOT isinf(reward)) AS agrees,
            count(DISTINCT completion_hash)::DOUBLE AS known{{variances}} FROM train GROUP BY group_id),
    (SELECT min(reward) AS low, max(reward) AS top FROM train WHERE NOT isinf(reward)))"""
_TEXTS = f"""(SELECT step, count(*) AS n, count(DISTINCT group_id) AS groups FROM train WHERE chars >= {LONG}
              GROUP BY step, completion_hash)"""
# Keys of logging.jsonl that replace figures of the completions where there are none.
_STANDS_FOR = {"total_reward": "reward", "flat": "frac_reward_zero_std", "all_wrong": "frac_reward_zero_std"}
# Columns in a row of `step_rows` -> their names there; and its keys of logging.jsonl.
_ROW = {
    "completions": "completions", "reward": "reward", "solved": "solved", "flat": "flat", "all_right": "right",
    "all_wrong": "wrong", "chars": "chars",
}  # fmt: skip
_LOGGED = {
    "clipped": "completions/clipped_ratio",
    "kl": "kl",
    "teacher_kl": "teacher_kl",
    "entropy": "entropy/mean",
    "grad_norm": "grad_norm",
    "step_time": "step_time",
}


class StepTable:
    """The requested columns, each computed once, over the steps with training completions, ascending.

    Names: those of COMPUTED, GROUPED and REWARD; completions and groups (counts), reward, reward_std and entropy of the
    completions, shared (the share of the long ones that occur in several groups of the step). As ms-swift logs them:
    batch_std and std/<Class>, and over groups of any size group_reward, group_std, zero_std. flat_mixed: the share of
    groups without variance that are neither all right nor all wrong.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self.steps: list[int] = [row[0] for row in index.query("SELECT DISTINCT step FROM train ORDER BY step")]
        self._sources = _sources(index, self.all_steps)
        self._known: dict[str, list] = {}

    @property
    def all_steps(self) -> np.ndarray:
        """Steps of training, of completions and of logging.jsonl, ascending."""
        events = [event.step for event in self.index.events if event.kind != "end"]
        return np.union1d(np.array(self.steps, dtype=np.int64), np.array(events, dtype=np.int64))

    def values(self, *names: str) -> list[list]:
        """Columns as lists over `steps`, None where a value is not known."""
        for source, expressions in self._sources.items():
            if asked := [name for name in names if name in expressions and name not in self._known]:
                wanted = ", ".join(expressions[name] for name in asked)
                rows = self.index.query(f"SELECT step, {wanted} FROM {source} GROUP BY step")
                of_step = {step: row for step, *row in rows}
                for k, name in enumerate(asked):
                    self._known[name] = [of_step[step][k] if step in of_step else None for step in self.steps]
        return [self._known[name] for name in names]

    def over(self, at: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
        """Columns over the steps `at`, which include the table's; NaN where a value is not known."""
        names = list(names)
        return {name: _placed(at, self.steps, column) for name, column in zip(names, self.values(*names), strict=True)}


def step_table(index: Index) -> StepTable:
    """The table of the index as it is now; cached until something is added."""
    kept = index.kept
    if "steps" not in kept:
        kept["steps"] = StepTable(index)
    return kept["steps"]


def _sources(index: Index, at: np.ndarray) -> dict[str, dict[str, str]]:
    """The source that is aggregated by step -> column names and their SQL. `at`: the run's steps."""
    early = int(at[max(0, len(at) // 5 - 1)]) if len(at) else 0
    train = {
        "completions": "count(*)",
        "reward": "avg(reward)",
        "reward_std": "spread(reward)",
        "entropy": "avg(entropy)",
    }
    train |= {"batch_std": "coalesce(spread(reward), 0)"}
    train |= {name: f"avg({sql.replace('{early}', str(early))})" for name, sql in COMPUTED.items()}
    groups = {
        "groups": "count(*) FILTER (n > 1)",
        "group_reward": "avg(reward_mean)",
        "zero_std": f"avg(({ZERO_STD})::INTEGER)",
    }
    groups |= {"group_std": "avg(coalesce(reward_std, 0))"}
    mixed = {"flat_mixed": "(flat AND coalesce(solved NOT IN (0, 1), true))::INTEGER"}
    groups |= {name: f"avg({sql}) FILTER (n > 1)" for name, sql in (GROUPED | mixed).items()}
    variances = ""
    for k, name in enumerate(index.reward_names):
        column = index.reward_column(name)
        train |= {
            f"mean/{name}": f"avg({column})",
            f"std/{name}": f"CASE WHEN count({column}) > 0 THEN coalesce(spread({column}), 0) END",
        }
        train[f"none/{name}"] = f"1 - count({column}) / count(*)"
        groups[f"within/{name}"] = f"avg(v{k}) FILTER (n > 1)"
        variances += f", var_pop({column}) FILTER (NOT isinf({column})) AS v{k}"
    rows = _GROUPS.format(best="solved" if index.knows_right else _EARNS_MOST, variances=variances)
    shared = {"shared": "sum(CASE WHEN groups > 1 THEN n ELSE 0 END) / sum(n)"}
    return {"train": train, rows: groups, _TEXTS: shared}


def _placed(at: np.ndarray, steps: Iterable[int], values: list) -> np.ndarray:
    """Values of some steps as an array over all of them."""
    series = np.full(len(at), np.nan)
    series[np.searchsorted(at, np.array(steps, dtype=np.int64))] = [np.nan if v is None else v for v in values]
    return series


def logged(index: Index, at: np.ndarray) -> dict[str, np.ndarray]:
    """Every key of logging.jsonl as a series over the steps `at`; a later line of a step wins."""
    place = {int(step): k for k, step in enumerate(at)}
    series: dict[str, np.ndarray] = {}
    for event in index.events:
        if event.kind == "end":
            continue
        for key, value in event.values.items():
            if event.kind == "eval" and not key.startswith("eval_"):
                continue
            if key not in series:
                series[key] = np.full(len(at), np.nan)
            series[key][place[event.step]] = value if np.isfinite(value) else np.nan
    return series


def computed(index: Index, at: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of a diagnosis over the steps `at`: COMPUTED, GROUPED, REWARD, shared, completions and groups."""
    each = {what: [f"{what}/{name}" for name in index.reward_names] for what in REWARD}
    paired = [one for pair in zip(each["mean"], each["none"], strict=True) for one in pair]
    names = ["completions", *COMPUTED, *paired, "groups", *GROUPED, *each["within"], "shared"]
    series = step_table(index).over(at, names)
    counts = {name: np.nan_to_num(series[name]) for name in ("completions", "groups")}
    known = {name: values for name, values in (series | counts).items() if np.isfinite(values).any()}
    return {name: values for name, values in known.items() if name != "groups" or values.any()}


def standing_in(logged: Mapping[str, np.ndarray], at: np.ndarray) -> dict[str, np.ndarray]:
    """Series of logging.jsonl for a run without completions, under the names of `computed`."""
    series = {name: logged[key] for name, key in _STANDS_FOR.items() if key in logged}
    for key, values in logged.items():
        name, _, what = key.removeprefix("rewards/").rpartition("/")
        if key.startswith("rewards/") and what in ("mean", "std"):
            series[f"{'mean' if what == 'mean' else 'within'}/{name}"] = values if what == "mean" else values**2
    return series | {"completions": np.zeros(len(at))}


def step_rows(index: Index, after: int | None = None) -> list[dict]:
    """Rows with step, completions, reward, solved, flat (share of groups without variance), right and wrong (its parts,
    None where nothing tells right from wrong), chars, one key per reward class, and clipped, kl, entropy, grad_norm and
    step_time where logging.jsonl has them. Training only. A run without completions has the rewards of logging.jsonl.
    """
    trained = [event for event in index.events if event.kind == "train"]
    if index.rows:
        table, names, logged = step_table(index), index.reward_names, {event.step: event.values for event in trained}
        columns = table.values(*_ROW, *(f"mean/{name}" for name in names))
        found = [
            (step, row, dict(zip(names, row[len(_ROW) :], strict=True)), logged.get(step, {}))
            for step, *row in zip(table.steps, *columns, strict=True)
        ]
    else:
        found = [
            (one.step, [0, one.values.get("reward"), None, one.values.get("frac_reward_zero_std"), None, None, None],
             {name: one.values.get(f"rewards/{name}/mean") for name in reward_classes([one])}, one.values)
            for one in trained
        ]  # fmt: skip
    result = []
    for step, values, rewards, logged_values in found:
        if after is None or step > after:
            row = {"step": step, **dict(zip(_ROW.values(), values, strict=False)), "rewards": rewards}
            row |= {} if index.knows_right else {"right": None, "wrong": None}
            result.append(row | {name: logged_values.get(key) for name, key in _LOGGED.items()})
    return result
