"""The reference of the command `swift-grpo` as Markdown, from the typer application."""

import re
from collections.abc import Iterator
from functools import cache
from textwrap import dedent
from typing import Any

import typer.main

from swift_grpo.commands.main import app
from tests.docs.markdown import NEEDS, escaped, row

HEAD = "| option | default | what |\n|---|---|---|\n"


def reference() -> str:
    """Every command in the order of `--help`, those of a group below it."""
    return "\n" + "\n".join(_page(name, command) for name, command in commands())


@cache
def commands() -> list[tuple[str, Any]]:
    """(words, click command) of every command that does something."""

    def below(words: str, group: Any) -> Iterator[tuple[str, Any]]:
        for name, command in group.commands.items():
            whole = f"{words} {name}"
            yield from below(whole, command) if hasattr(command, "commands") else [(whole, command)]

    return list(below("swift-grpo", typer.main.get_command(app)))


def _page(words: str, command: Any) -> str:
    about, _, rest = command.help.partition("\n\n")
    parameters = [p for p in command.params if p.name != "help"]
    rows = "".join(map(_row, parameters))
    parts = [f"## {words}\n", escaped(about.replace("\n", " ")) + "\n", HEAD + rows if rows else "", _examples(rest)]
    return "\n".join(part for part in parts if part)


def _row(parameter: Any) -> str:
    """An argument in capitals, an option with all its names."""
    option = parameter.param_type_name == "option"
    names = [*parameter.opts, *parameter.secondary_opts] if option else [parameter.metavar]
    return row(", ".join(f"`{n}`" for n in names), _default(parameter), " ".join((parameter.help or "").split()))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "needed"
    silent = parameter.default is None or parameter.default is False or parameter.default in ("", (), [])
    return "" if silent else f"`{parameter.default}`"


def _examples(rest: str) -> str:
    """The commands that the help shows last, as a block."""
    shown = re.search(r"^Examples?:\n(.+)", rest, re.MULTILINE | re.DOTALL)
    return f"```bash\n{NEEDS}a run, a model or a data set of yours\n{dedent(shown[1])}\n```\n" if shown else ""
