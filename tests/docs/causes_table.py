"""Why runs end, as Markdown, from the table that the launcher itself looks up."""

import re

from swift_grpo.launch.causes import CAUSES
from tests.docs.markdown import row

FLAG = re.compile(r"--[a-z][a-z_-]*")
HEAD = (
    "| it means | how to fix it | `RESTARTS` starts again | the log says (a regular expression) |\n|---|---|---|---|\n"
)


def table() -> str:
    return HEAD + "".join(
        row(c.words, FLAG.sub(r"`\g<0>`", c.advice), "yes" if c.again else "no", f"`{c.pattern}`") for c in CAUSES
    )
