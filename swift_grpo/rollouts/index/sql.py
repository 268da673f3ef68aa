"""The SQL of the index's views. Only this module defines how rollouts and groups are counted."""

from collections.abc import Iterable

NO_SPREAD = "<= 1e-8"  # of a standard deviation, as in swift/rl_core/advantage.py for frac_reward_zero_std
ZERO_STD = f"coalesce(reward_std, 0) {NO_SPREAD}"

# The sample standard deviation; NaN where a value is infinite (DuckDB's own raises an error there).
SPREAD = """
    CREATE OR REPLACE MACRO spread(x) AS
    CASE WHEN bool_or(isinf(x)) THEN 'nan'::DOUBLE ELSE stddev_samp(x) FILTER (NOT isinf(x)) END"""
# A completion that the log or a resumed run repeats counts once; evaluations are separate.
COUNTED = "CREATE OR REPLACE VIEW counted AS SELECT * FROM rollouts WHERE NOT duplicate"
TRAIN = "CREATE OR REPLACE VIEW train AS SELECT * FROM counted WHERE NOT is_eval"
GROUPS = f"""
    CREATE OR REPLACE VIEW groups AS
    SELECT *, {ZERO_STD} AS zero_std, n > 1 AND reward_mean IS NOT NULL AND {ZERO_STD} AS flat,
           CASE WHEN solved IS NULL THEN 'unknown' WHEN solved = 1 THEN 'right' WHEN solved = 0 THEN 'wrong'
                ELSE 'mixed' END AS outcome
    FROM (SELECT group_id, any_value(step) AS step, any_value(is_eval) AS is_eval, any_value(prompt_hash) AS prompt_hash,
                 count(*) AS n, avg(reward) AS reward_mean, spread(reward) AS reward_std,
                 avg(solved::INTEGER) AS solved, avg(chars) AS chars, min(id) AS first_id
          FROM counted GROUP BY group_id)"""
TRAIN_GROUPS = "CREATE OR REPLACE VIEW train_groups AS SELECT * FROM groups WHERE NOT is_eval"
VIEWS = (SPREAD, COUNTED, TRAIN, GROUPS, TRAIN_GROUPS)  # in this order, over the view rollouts
EMPTY = """
    SELECT * FROM (SELECT 0::BIGINT AS id, 0::SMALLINT AS file, 0::BIGINT AS line, 0::INTEGER AS step, false AS is_eval,
        false AS duplicate, 0::BIGINT AS group_id, 0::INTEGER AS member, 0::BIGINT AS line_offset,
        0::BIGINT AS line_length, 0::FLOAT AS reward, 0::INTEGER AS i, 0::BIGINT AS prompt_hash,
        0::BIGINT AS completion_hash, 0::FLOAT AS advantage, 0::FLOAT AS entropy, 0::INTEGER AS chars,
        0::INTEGER AS bytes, 0::INTEGER AS thought_chars, 0::INTEGER AS answers, 0::INTEGER AS tail_repeats
    ) WHERE false"""


def column_names(names: list[str]) -> dict[str, str]:
    """Reward class -> column of `rollouts`. DuckDB ignores case, so a second `format` gets a number.

    >>> column_names(["Format", "format"])
    {'Format': 'reward_Format', 'format': 'reward_format_2'}
    """
    columns: dict[str, str] = {}
    for name in names:
        column, number = f"reward_{name}", 2
        while column.lower() in {used.lower() for used in columns.values()}:
            column, number = f"reward_{name}_{number}", number + 1
        columns[name] = column
    return columns


def quoted(name: str) -> str:
    """An SQL identifier.

    >>> quoted('say "x" ')
    '"say ""x"" "'
    """
    return '"' + name.replace('"', '""').replace("\0", "") + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def or_null(column: str) -> str:
    """An SQL expression: the column as a double, NULL for NaN."""
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {column}::DOUBLE END"


def numbers(values: Iterable[int]) -> str:
    """The contents of an SQL list of integers: `x IN (…)`.

    >>> numbers([3, 1]), numbers([])
    ('3, 1', 'NULL')
    """
    return ", ".join(str(int(value)) for value in values) or "NULL"
