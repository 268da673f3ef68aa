"""The command `swift-grpo`. Each subcommand imports what it needs when it runs, so that `--help` answers at once."""

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="GRPO training with ms-swift: check, launch, evaluate, inspect.",
)


@app.callback()
def _root() -> None:
    """Keeps `swift-grpo NAME` a subcommand even while there is only one."""


def main() -> None:
    app()
