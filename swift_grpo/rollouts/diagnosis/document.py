"""The catalogue of illnesses as Markdown.

python -m swift_grpo.rollouts.diagnosis.document docs/diagnosis.md   brings it up to date there
"""

import sys
from pathlib import Path

from swift_grpo.rollouts.diagnosis.catalogue import SUBJECTS

BEGIN, END = "<!-- catalogue: generated -->\n", "<!-- end of the catalogue -->\n"


def catalogue() -> str:
    """A table for each subject, between marks."""
    parts = [BEGIN]
    for subject, rows in SUBJECTS.items():
        parts.append(
            f"\n### {subject}\n\n| id | what it is | warn | critical | rule and source | treatment |\n|---|---|---|---|---|---|\n"
        )
        for row in rows:
            cells = (f"`{row.name}`", row.about, _limit(row.warn), _limit(row.critical), row.rule, row.treat.format())
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join([*parts, "\n", END])


def _limit(value: float) -> str:
    return f"{value:.0%}" if value < 1 else f"{value:g}"


def main() -> None:
    path = Path(sys.argv[1])
    text = path.read_text()
    before, after = text[: text.index(BEGIN)], text[text.index(END) + len(END) :]
    path.write_text(before + catalogue() + after)


if __name__ == "__main__":
    main()
