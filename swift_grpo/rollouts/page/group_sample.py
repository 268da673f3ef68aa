"""The groups in a page: a stratified sample of the run's groups."""

from swift_grpo.page_kit.json_values import dumps
from swift_grpo.rollouts.facts.browse import in_full
from swift_grpo.rollouts.facts.reasons import Reasons
from swift_grpo.rollouts.index import Index, numbers
from swift_grpo.rollouts.page.formulas import Formulas, texts_of

SAMPLE, SAMPLE_BYTES, SAMPLE_CHARS = 400, 5_500_000, 6_000
_SECONDS = 1.0  # for converting formulas
_REASON_SECONDS = 3.0  # for the grader; both times go to the first groups first
_PARTS = 20  # stretches of the run that the sample covers
# the first and the last group of prompts
ENDS = """SELECT unnest([arg_min(group_id, place), arg_max(group_id, place)]) FROM browse
          WHERE prompt_hash IN ({}) AND NOT is_eval GROUP BY prompt_hash"""


def sample(index: Index, first_ids: list[int], prompts: list[int]) -> list[str]:
    """Groups as JSON texts, in the run's order: the groups of the rollouts `first_ids`, the first and the last group of
    each of `prompts` (hashes), and a stratified sample of the rest.

    Strata are twenty stretches of the run by outcome; within one the order is random with a fixed seed. Ends at 400
    groups, or when the budget of bytes is used up.
    """
    rows = index.dicts(
        f"""WITH linked AS (SELECT group_id FROM rollouts WHERE id IN ({numbers(first_ids)})
                            UNION {ENDS.format(numbers(prompts))}),
                 parts AS (SELECT *, ntile({_PARTS}) OVER (ORDER BY place) AS part FROM browse),
                 ranked AS (SELECT *, row_number() OVER (PARTITION BY part, outcome ORDER BY hash(group_id)) AS r FROM parts)
            SELECT * FROM ranked ORDER BY group_id NOT IN (FROM linked), r, part, outcome LIMIT {SAMPLE}"""
    )
    taken: list[tuple[int, str]] = []
    size, formulas, reasons = 0, Formulas(_SECONDS), Reasons(_REASON_SECONDS)
    for start in range(0, len(rows), 20):
        batch = rows[start : start + 20]
        for row, group in zip(batch, in_full(index, batch, SAMPLE_CHARS, reasons), strict=True):
            text = dumps(group | {"math": formulas.of(texts_of(group))})
            size += len(text.encode())
            if size > SAMPLE_BYTES:
                return _in_order(taken)
            taken.append((row["place"], text))
    return _in_order(taken)


def _in_order(taken: list[tuple[int, str]]) -> list[str]:
    return [text for _, text in sorted(taken)]


def last_of(index: Index, prompts: list[int], reasons: Reasons | None = None, most: int = SAMPLE_CHARS) -> list[dict]:
    """The last group of each of `prompts` (hashes) in another run, texts of at most `most` characters."""
    rows = index.dicts(f"SELECT * FROM browse WHERE group_id IN ({ENDS.format(numbers(prompts))}) ORDER BY place")
    last = {row["prompt_hash"]: row for row in rows}
    return list(in_full(index, list(last.values()), most, reasons or Reasons(_REASON_SECONDS)))
