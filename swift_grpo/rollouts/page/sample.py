"""The groups that a page holds: a stratified sample of the run's."""

from swift_grpo.rollouts.facts.browse import in_full
from swift_grpo.rollouts.index import Index, numbers
from swift_grpo.rollouts.page.embedded import dumps
from swift_grpo.rollouts.page.formulas import Formulas, texts_of

SAMPLE, SAMPLE_BYTES, SAMPLE_CHARS = 400, 5_500_000, 6_000
_SECONDS = 1.0  # for setting formulas; the groups that findings link to come first
_PARTS = 20  # stretches of the run that the sample is spread over


def sample(index: Index, first_ids: list[int]) -> list[str]:
    """Groups as JSON texts: those of the rollouts `first_ids`, and a stratified sample of the rest, in the run's order.

    Strata are twenty stretches of the run by outcome; within one the order is random and the same each time. Ends at
    400 groups, or when the texts' bytes are used up.
    """
    rows = index.dicts(
        f"""WITH linked AS (SELECT DISTINCT group_id FROM rollouts WHERE id IN ({numbers(first_ids)})),
                 parts AS (SELECT *, ntile({_PARTS}) OVER (ORDER BY place) AS part FROM browse),
                 ranked AS (SELECT *, row_number() OVER (PARTITION BY part, outcome ORDER BY hash(group_id)) AS r FROM parts)
            SELECT * FROM ranked ORDER BY group_id NOT IN (FROM linked), r, part, outcome LIMIT {SAMPLE}"""
    )
    taken: list[tuple[int, str]] = []
    size, formulas = 0, Formulas(_SECONDS)
    for start in range(0, len(rows), 20):
        batch = rows[start : start + 20]
        for row, group in zip(batch, in_full(index, batch, SAMPLE_CHARS), strict=True):
            text = dumps(group | {"math": formulas.of(texts_of(group))})
            size += len(text.encode())
            if size > SAMPLE_BYTES:
                return _in_order(taken)
            taken.append((row["place"], text))
    return _in_order(taken)


def _in_order(taken: list[tuple[int, str]]) -> list[str]:
    return [text for _, text in sorted(taken)]
