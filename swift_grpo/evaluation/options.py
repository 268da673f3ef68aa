"""What the commands of `swift-grpo eval` share: their options, and how a mistake ends them. Imports nothing but typer."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

DATA = Annotated[
    list[Path], typer.Option(help="A prepared set: rows with `messages` and the gold in `solution`. May be repeated.")
]
JSON = Annotated[bool, typer.Option("--json", help="For a program to read.")]
N = Annotated[int, typer.Option("--n", "-n", min=1, help="Samples a question.")]
TEMPERATURE = Annotated[float, typer.Option(help="0 is greedy; then one sample says all.")]
TOP_P = Annotated[float, typer.Option()]
MAX_TOKENS = Annotated[int, typer.Option(min=1, help="Longest answer; a longer one is cut off.")]
SYSTEM = Annotated[str, typer.Option(help="The system prompt: a file, or its text. Takes the place of the rows' own.")]
DEVICE = Annotated[str, typer.Option(help="gpu, or cpu for the CPU backend.")]
COPIES = Annotated[int, typer.Option(min=1, help="Servers that share the work, each on cards of its own.")]
TENSOR_PARALLEL = Annotated[int, typer.Option(min=1, help="Cards a server.")]
REWARDS = Annotated[str, typer.Option(help="Further rewards, separated by commas; `all` for every one.")]
PREFILLED = Annotated[
    bool, typer.Option("--prefilled", help="The chat template writes <think>: a thought that never ends has no answer.")
]
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": False}
FOLDER = Annotated[
    Path, typer.Argument(help="What `swift-grpo eval` wrote: an output folder, or one set's folder in it.")
]


def text_of(system: str) -> str | None:
    """What --system says: the content of a file, or a text."""
    return (Path(system).read_text(encoding="utf-8") if system and Path(system).is_file() else system) or None


def named(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if not equals or not Path(file).is_file():
        raise ValueError(f"--local {text} is not NAME=FILE with a file that is there")
    return name, Path(file)


def served(device: str, copies: int, tensor_parallel: int, flags: list[str], folder: Path) -> Any:
    from swift_grpo.sampling.models import Served

    return Served("", None, copies, tensor_parallel, device, tuple(flags), folder / "servers")


def rewards_of(names: str, plugins: list[Path], model: str) -> Any:
    from swift_grpo.evaluation import score
    from swift_grpo.evaluation.evaluate import Rewards

    for path in plugins:
        score.load_plugin(path)
    if not names:
        return Rewards()
    tokenizer = model if (Path(model) / "tokenizer.json").is_file() else ""
    return Rewards(tuple(score.names_of(names)), tuple(score.read_flags(Path(model) / "args.json").items()), tokenizer)


def console() -> Any:
    from rich.console import Console

    return Console(soft_wrap=True)


def print_json(value: Any) -> None:
    import json

    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


@contextlib.contextmanager
def one_line() -> Iterator[None]:
    """A mistake in what was given, or in what was found, as one line and exit code 2; a Ctrl-C as 130, a SIGTERM as 143.

    A SIGTERM unwinds as a Ctrl-C does, so that servers which were started are stopped.
    """
    import signal

    from swift_grpo.sampling.models import SamplingError

    def stop(*_: object) -> None:
        raise SystemExit(143)

    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        print("swift-grpo: stopped; the same command goes on", file=sys.stderr)
        raise typer.Exit(130) from None
    except (OSError, ValueError, SamplingError) as error:
        print(f"swift-grpo: {' '.join(str(error).split())}", file=sys.stderr)
        raise typer.Exit(2) from None
