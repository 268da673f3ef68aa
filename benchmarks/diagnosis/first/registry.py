"""Kinds by name. A kind registers itself with `@illness("name")` or `@healthy("name")` in `open/` or `held_out/`."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.diagnosis.first.run import Run


@dataclass(frozen=True)
class Kind:
    """`ill` is false for a run that only looks suspicious; `part` is `open` or `held_out` by the folder it stands in."""

    name: str
    ill: bool
    part: str
    plant: Callable[[Run], None]


KINDS: dict[str, Kind] = {}


def _add(name: str, ill: bool):
    def register(plant):
        part = plant.__module__.split(".")[-2]
        KINDS[name] = Kind(name, ill, part, plant)
        return plant

    return register


def illness(name: str):
    return _add(name, True)


def healthy(name: str):
    return _add(name, False)


def load(part: str) -> dict[str, Kind]:
    """The kinds of one part, `open` or `held_out`, read from its folder."""
    package = importlib.import_module(f"benchmarks.diagnosis.first.{part}")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "names":
            importlib.import_module(f"{package.__name__}.{module.name}")
    return {name: kind for name, kind in KINDS.items() if kind.part == part}
