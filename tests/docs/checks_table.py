"""The checks of the diagnosis as Markdown, from their tables."""

from swift_grpo.rollouts.diagnosis.checks import SUBJECTS
from tests.docs.markdown import row

HEAD = "| id | what it is | threshold and source | fix |\n|---|---|---|---|\n"


def table() -> str:
    """A table for each subject, a row for each check."""
    parts = []
    for subject, checks in SUBJECTS.items():
        rows = (row(f"`{c.name}`", c.summary, c.threshold, c.fix_from()) for c in checks)
        parts.append(f"\n## {subject}\n\n{HEAD}{''.join(rows)}")
    return "".join(parts)
