"""Series of all completions and of logging.jsonl."""

import numpy as np

from swift_grpo.rollouts.index import Index
from swift_grpo.rollouts.index.sql import NO_SPREAD

LONG = 100  # characters, from which equal completions are no coincidence
TINY = 12  # characters, about four tokens
LOOP = 4  # occurrences of the last 24 characters within the last 1000

# Of a step's completions: mean of an SQL expression. NULL is left out.
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
    "short": "(chars < usual / 3)::INTEGER",  # of the usual length in the first fifth of the steps
}
FLAT = f"std {NO_SPREAD}"
# Of a step's groups of two or more: mean of an expression over the view `groups`-like rows below.
GROUPED = {
    "flat": f"({FLAT})::INTEGER",
    "all_wrong": f"({FLAT} AND best = 0)::INTEGER",
    "all_right": f"({FLAT} AND best = 1)::INTEGER",
    "distinct": "(known - 1) / (n - 1)",
    "against": f"CASE WHEN NOT {FLAT} THEN (agrees <= 0)::INTEGER END",  # advantages that do not follow the rewards
}
# Of each reward class, as PREFIX/<Class>: its mean, its variance within groups, the share that has no reward.
REWARD = ("mean", "within", "none")
OF_SOLVED = {"solved", "chars_right", "chars_wrong", "all_wrong", "all_right"}
# `best` of a group where nothing tells right from wrong: 1 if it earns nine tenths of the most that was ever paid.
_EARNS_MOST = "CASE WHEN top > low THEN (mean >= low + 0.9 * (top - low))::INTEGER WHEN top = low THEN 0 END"
# What of logging.jsonl stands for what completions would say where there are none.
_STANDS_FOR = {"total_reward": "reward", "flat": "frac_reward_zero_std", "all_wrong": "frac_reward_zero_std"}


def steps(index: Index) -> np.ndarray:
    """Steps of training, of completions and of logging.jsonl, ascending."""
    events = [event.step for event in index.events if event.kind != "end"]
    return np.union1d(completion_steps(index), np.array(events, dtype=np.int64))


def completion_steps(index: Index) -> np.ndarray:
    """Steps that have training completions, ascending."""
    rows = index.query("SELECT DISTINCT step FROM train")
    return np.unique(np.array([row[0] for row in rows], dtype=np.int64))


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
    """The series of COMPUTED, GROUPED and REWARD, and how many completions and groups a step has, over the steps `at`."""
    names, columns = index.reward_names, [index.reward_column(name) for name in index.reward_names]
    rewards = [f"avg({c}), 1 - count({c}) / count(*)" for c in columns]
    early = int(at[max(0, len(at) // 5 - 1)]) if len(at) else 0
    usual = f"SELECT median(chars) AS usual FROM train WHERE step <= {early}"
    plain = ", ".join([f"avg({sql})" for sql in COMPUTED.values()] + rewards)
    rows = _columns(index.query(f"SELECT step, count(*), {plain} FROM train, ({usual}) GROUP BY step"))
    series = {"completions": np.zeros(len(at))}
    if not rows:
        return series
    series["completions"] = _spread(at, rows[0], rows[1], 0.0)
    values = dict(zip(COMPUTED, rows[2:], strict=False))
    for name, mean, none in zip(names, rows[2 + len(COMPUTED) :: 2], rows[3 + len(COMPUTED) :: 2], strict=True):
        values |= {f"mean/{name}": mean, f"none/{name}": none}
    series |= {name: _spread(at, rows[0], column) for name, column in values.items()}
    variances = ", ".join(f"var_pop({c}) FILTER (NOT isinf({c})) AS v{k}" for k, c in enumerate(columns))
    within = [f"avg(v{k})" for k in range(len(columns))]
    groups = _columns(
        index.query(
            f"""SELECT step, count(*), {", ".join([f"avg({sql})" for sql in GROUPED.values()] + within)}
                FROM (SELECT *, {"solved" if index.knows_right else _EARNS_MOST} AS best FROM
                     (SELECT group_id, any_value(step) AS step, count(*) AS n, avg(solved::INTEGER) AS solved,
                      avg(reward) FILTER (NOT isinf(reward)) AS mean,
                      coalesce(stddev_pop(reward) FILTER (NOT isinf(reward)), CASE WHEN count(reward) > 0 THEN 0 END) AS std,
                      covar_pop(reward, advantage) FILTER (NOT isinf(reward)) AS agrees,
                      count(DISTINCT completion_hash)::DOUBLE AS known{", " + variances if variances else ""}
                      FROM train GROUP BY group_id HAVING count(*) > 1),
                     (SELECT min(reward) AS low, max(reward) AS top FROM train WHERE NOT isinf(reward))) GROUP BY step"""
        )
    )
    if groups:
        series["groups"] = _spread(at, groups[0], groups[1], 0.0)
        keys = [*GROUPED, *(f"within/{name}" for name in names)]
        series |= {key: _spread(at, groups[0], column) for key, column in zip(keys, groups[2:], strict=True)}
    rows = _columns(
        index.query(
            f"""SELECT step, sum(CASE WHEN groups > 1 THEN n ELSE 0 END) / sum(n) FROM (
                    SELECT step, completion_hash, count(*) AS n, count(DISTINCT group_id) AS groups FROM train
                    WHERE chars >= {LONG} GROUP BY step, completion_hash) GROUP BY step"""
        )
    )
    if rows:
        series["shared"] = _spread(at, rows[0], rows[1])  # completions that stand in several groups of a step
    return {key: values for key, values in series.items() if np.isfinite(values).any()}


def standing_in(logged: dict[str, np.ndarray], at: np.ndarray) -> dict[str, np.ndarray]:
    """What logging.jsonl says of a run without completions, by the names that `computed` has."""
    series = {name: logged[key] for name, key in _STANDS_FOR.items() if key in logged}
    for key, values in logged.items():
        name, _, what = key.removeprefix("rewards/").rpartition("/")
        if key.startswith("rewards/") and what in ("mean", "std"):
            series[f"{'mean' if what == 'mean' else 'within'}/{name}"] = values if what == "mean" else values**2
    return series | {"completions": np.zeros(len(at))}


def _columns(rows: list[tuple]) -> list[np.ndarray]:
    return [np.array([np.nan if v is None else v for v in column], dtype=float) for column in zip(*rows, strict=True)]


def _spread(at: np.ndarray, steps: np.ndarray, values: np.ndarray, absent: float = np.nan) -> np.ndarray:
    """Values of some of the steps, over all of them."""
    series = np.full(len(at), absent)
    series[np.searchsorted(at, steps.astype(np.int64))] = values
    return series
