"""The catalogue of checks as Markdown.

python -m swift_grpo.rollouts.diagnosis.document docs/diagnosis.md   updates it there
"""

import sys
from pathlib import Path

from swift_grpo.rollouts.diagnosis.checks import SUBJECTS

BEGIN, END = "<!-- catalogue: generated -->\n", "<!-- end of the catalogue -->\n"
_HEAD = "| id | what it is | threshold and source | fix |\n|---|---|---|---|\n"


def catalogue() -> str:
    """A table for each subject, between marks."""
    parts = [BEGIN]
    for subject, checks in SUBJECTS.items():
        parts.append(f"\n### {subject}\n\n{_HEAD}")
        for check in checks:
            cells = (f"`{check.name}`", check.summary, check.threshold, check.fix_from())
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join([*parts, "\n", END])


def main() -> None:
    path = Path(sys.argv[1])
    text = path.read_text()
    before, after = text[: text.index(BEGIN)], text[text.index(END) + len(END) :]
    path.write_text(before + catalogue() + after)


if __name__ == "__main__":
    main()
