"""What all commands share: the console, JSON, a line on stderr, and the one way to end. Imports nothing but typer."""

import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer
from typer.core import TyperGroup

from swift_grpo.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
FORM = Annotated[str, typer.Option("--format", metavar="text|json|md", help="How to print the result.")]
_VALUES = {  # what --help writes for the value of an option; the others have their name
    "N": "n most count last limit best shortest longest copies tensor_parallel seed concurrency restarts node",
    "X": "temperature top_p threshold split",
    "TOKENS": "max_length max_tokens",
    "SECONDS": "timeout stall_timeout meet_within",
    "A,B,…": "rewards names nodes",
    "COMMAND|URL": "alert",
    "PORT": "port meet_at",
    "RULE": "no_check explain",
    "MODEL": "model tokenizer",
    "PATH": "output data also watched page html plugin logs adapter samples before after system",
}
_PIPED_WIDTH = 140  # columns if stdout is not a terminal


class Group(TyperGroup):
    """A group whose commands all run inside `ending`; its --help lists them below the headings of `jobs`."""

    jobs: ClassVar[dict[str, str]] = {}  # heading -> names of commands

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        order = " ".join(self.jobs.values()).split()
        self.commands = {**{name: self.commands[name] for name in order}, **self.commands}
        words = {name: word for word, names in _VALUES.items() for name in names.split()}
        for command in self.commands.values():
            command.help = (command.help or "").replace("\n\nExample", "\n\n\b\nExample")  # \b: not to be wrapped
            for one in command.params:
                if one.name and not getattr(one, "is_flag", False):
                    one.metavar = one.metavar or words.get(one.name, one.name.upper())

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        jobs = {job: names.split() for job, names in self.jobs.items()} or {"Commands": [*self.commands]}
        wide = max(len(name) for names in jobs.values() for name in names)  # one column below all headings
        for job, names in jobs.items():
            with formatter.section(job):
                formatter.write_dl([(name.ljust(wide), self.commands[name].get_short_help_str(200)) for name in names])

    def invoke(self, ctx: Any) -> Any:
        with ending():
            return super().invoke(ctx)


def group(text: str = "", kind: type[Group] = Group, jobs: dict[str, str] | None = None) -> typer.Typer:
    """An application whose --help begins with `text`. It has no Rich boxes, which take 0.15 s to import."""
    looks: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": None}
    cls = type("Jobs", (kind,), {"jobs": jobs or {}})
    return typer.Typer(cls=cls, help=text or None, no_args_is_help=True, **looks)


def defaults_to(command: str, alone: bool = False) -> type[Group]:
    """A kind of group in which `GROUP WORDS…` without a command is `GROUP command WORDS…`; `alone`: without words, too."""

    class Default(Group):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            as_it_is = (args[0] in ("--help", *self.commands)) if args else not alone
            return super().parse_args(ctx, args if as_it_is else [command, *args])

    return Default


@contextlib.contextmanager
def ending(stopped: str = "stopped") -> Iterator[None]:
    """How every command ends, also as a decorator; `stopped` is the message on Ctrl-C.

    A user's mistake, a missing extra, a failed server and a full disk: one line and exit code 2. Ctrl-C: 130. SIGTERM:
    143; it unwinds like Ctrl-C, so that started servers are stopped. A closed pipe: 1, without a message.
    """
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, _unwind)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:  # `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        say(stopped)
        raise SystemExit(130) from None
    except Exception as error:
        if (what := mistake(error)) is None:
            raise
        say(what)
        raise SystemExit(2) from None


def _unwind(*_: object) -> None:
    raise SystemExit(143)


def mistake(error: Exception) -> str | None:
    """The message for a user's mistake; for an OSError the file and the reason. None for a bug, which keeps its
    traceback.

    >>> mistake(FileNotFoundError(2, "No such file or directory", "rows.jsonl")), mistake(ValueError("--seed is negative"))
    ('rows.jsonl: no such file or directory', '--seed is negative')
    >>> mistake(KeyError("x"))
    """
    from swift_grpo.sampling.models import SamplingError

    if isinstance(error, ModuleNotFoundError):
        from swift_grpo.commands.extras import advice

        return advice(error, sys.argv)
    if "duckdb" in sys.modules and isinstance(error, sys.modules["duckdb"].Error):
        return str(error).split("\n\n")[0]
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    return str(error) if isinstance(error, OSError | ValueError | SamplingError | re.error) else None


def say(message: str) -> None:
    """One line on stderr."""
    print(f"swift-grpo: {printable(' '.join(message.split()))}", file=sys.stderr)


def print_json(value: object) -> None:
    """One line on stdout; NaN becomes null, a value that JSON cannot hold becomes text."""
    import orjson

    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    try:
        text = orjson.dumps(value, default=str, option=options).decode()
    except TypeError:  # a lone surrogate in a model's text
        text = json.dumps(value, default=str)
    sys.stdout.write(text + "\n")


def console(whole_lines: bool = False) -> "Console":
    """The console for tables and coloured text: as wide as the terminal, else 140. `whole_lines`: no wrapping."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _PIPED_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width, soft_wrap=whole_lines)
