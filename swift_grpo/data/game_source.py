"""`env:guess_number`: a source of rows for an environment of plugin/environments.py."""

from collections.abc import Callable
from typing import Any

from grpo_environments import guess_number

from swift_grpo.data.gym_source import ROWS
from swift_grpo.formats.rows import Rows, from_iterable

PREFIX = "env:"
GAMES = {guess_number.NAME: guess_number.rows}


def open_tasks(source: str, config: dict[str, Any], seed: int, n: int | None) -> tuple[Rows, Callable[[], dict]]:
    """`n` rows {messages, solution, env_config} of the game in `source`, as `gym_source.open_tasks`. Raises ValueError."""
    if (name := source.removeprefix(PREFIX)) not in GAMES:
        raise ValueError(f"{source} is not a source of rows; there is {PREFIX}{', '.join(GAMES)}")
    n = ROWS if n is None else n
    about = {"environment": name, "config": config, "seed": seed, "n": n}
    return from_iterable(source, iter(GAMES[name](config, seed, n))), lambda: about
