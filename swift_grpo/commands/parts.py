"""What the commands on top of the sampler share: rows in, samples drawn, mistakes in one line. Imports nothing but typer."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from swift_grpo.commands import terminal
from swift_grpo.commands.sampling_options import Asked
from swift_grpo.printable import printable

if TYPE_CHECKING:
    from swift_grpo.sampling.sampler import Summary


def read(file: Path) -> list[dict[str, Any]]:
    """All rows; what could not be read is counted on stderr. Raises ValueError for none."""
    from swift_grpo.formats.rows import read_rows

    rows = read_rows(file)
    read = list(rows)
    if rows.unreadable:
        say(rows.complaint())
    if not read:
        raise ValueError(f"{file} has no rows")
    return read


def draw(rows: list[dict[str, Any]], asked: Asked, folder: Path, concurrency: int, timeout: float) -> "Summary":
    from swift_grpo.formats.rows import prompt_of
    from swift_grpo.sampling.sampler import Patience, sample

    model, parameters = asked.who(), asked.how()
    asking = [row for row in rows if prompt_of(row)]
    if len(asking) < len(rows):
        say(f"{len(rows) - len(asking)} of {len(rows)} rows have no question and are passed over")
    drawn = sample(asking, model, parameters, folder, concurrency, Patience(timeout=timeout))
    say(str(drawn))
    return drawn


def readable(rows: list[dict[str, Any]], file: Path) -> list[dict[str, Any]]:
    """The rows whose gold the grader can read: the others cannot be graded, so they are not sampled. Raises ValueError."""
    from grpo_rewards.grading import accepted_answers

    readable = [row for row in rows if accepted_answers(row.get("solution"))]
    if not readable:
        raise ValueError(
            f"no row of {file} has a gold in `solution` that can be read: swift-grpo data prepare puts it there"
        )
    if len(readable) < len(rows):
        say(f"{len(rows) - len(readable)} of {len(rows)} golds cannot be read; swift-grpo data audit lists them")
    return readable


def load_plugins(plugins: list[Path]) -> None:
    from swift_grpo.evaluation.score import load_plugin

    for path in plugins:
        load_plugin(path)


def check_rewards(names: list[str], rows: list[dict[str, Any]], file: Path) -> None:
    """Raises RewardError for a reward that there is none of, or whose column no row has: before anything is sampled."""
    from grpo_rewards import settings
    from grpo_rewards.contract import RewardError

    known = settings.load()
    for name in names:
        if name not in known:
            raise RewardError(f"--require {name}: there is no such reward; there are {', '.join(sorted(known))}")
        for column in known[name][0].needs:
            if column != "messages" and all(row.get(column) is None for row in rows):
                raise RewardError(f"--require {name} needs the column `{column}`, which no row of {file} has")


def summary_json(drawn: "Summary") -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(drawn).items()}


@contextlib.contextmanager
def clear_errors() -> Iterator[None]:
    """What the user got wrong, a server that gives nothing, and a full disk: one line and exit code 2; Ctrl-C 130, SIGTERM 143.

    A SIGTERM unwinds as a Ctrl-C does, so that servers which were started are stopped.
    """
    from swift_grpo.sampling.models import SamplingError

    def stop(*_: object) -> None:
        raise SystemExit(143)

    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except (OSError, ValueError, SamplingError) as error:
        say(terminal.line(error))
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        say("stopped; what is finished is kept: run the same command to go on")
        raise typer.Exit(130) from None


def say(message: str) -> None:
    print(f"swift-grpo: {printable(' '.join(message.split()))}", file=sys.stderr)


def print_json(value: object) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode() + "\n")
