"""Why runs end, as Markdown, from the table that the launcher itself looks up."""

from swift_grpo.launch.causes import CAUSES
from tests.docs.markdown import row

HEAD = (
    "| it means | what treats it | `RESTARTS` starts again | the log says (a regular expression) |\n|---|---|---|---|\n"
)


def table() -> str:
    return HEAD + "".join(row(c.words, c.advice, "yes" if c.again else "no", f"`{c.pattern}`") for c in CAUSES)
