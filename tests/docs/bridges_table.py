"""What is bridged on a machine without a GPU, as Markdown, from the table of bridges."""

import inspect

from swift_grpo.cpu.bridges import BRIDGES
from tests.docs.markdown import row

HEAD = "| bridge | in | what it stands in for, and why |\n|---|---|---|\n"


def table() -> str:
    rows = ((bridge.__name__, module, " ".join(inspect.getdoc(bridge).split())) for module, bridge in BRIDGES)
    return HEAD + "".join(row(f"`{name}`", f"`{module}`", why.removeprefix("For ")) for name, module, why in rows)
