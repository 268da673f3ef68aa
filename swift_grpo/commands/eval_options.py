"""What the commands of `swift-grpo eval` share beside the sampler's options. Imports nothing but typer."""

from pathlib import Path
from typing import Annotated, Any

import typer

DATA = Annotated[
    list[Path], typer.Option(help="A prepared set: rows with `messages` and the gold in `solution`. May be repeated.")
]
REWARDS = Annotated[str, typer.Option(help="Further rewards, separated by commas; `all` for every one.")]
FOLDER = Annotated[
    Path, typer.Argument(help="What `swift-grpo eval` wrote: an output folder, or one set's folder in it.")
]


def named(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if not equals or not Path(file).is_file():
        raise ValueError(f"--local {text} is not NAME=FILE with a file that is there")
    return name, Path(file)


def served(device: str, copies: int, tensor_parallel: int, flags: list[str], folder: Path) -> Any:
    from swift_grpo.sampling.servers import Served

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
