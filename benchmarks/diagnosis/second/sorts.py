"""The kinds of run by name, and what a fair judge takes as naming each illness."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.diagnosis.second.simulation import Trial

MODULES = ("wrecked_texts", "wrecked_lengths", "wrecked_rewards", "wrecked_data", "wrecked_figures", "sound")


@dataclass(frozen=True)
class Sort:
    """`accepted` are ids of the catalogue; none for a run that only looks ill."""

    name: str
    accepted: tuple[str, ...]
    plant: Callable[[Trial], None]


SORTS: dict[str, Sort] = {}


def ill(*accepted: str):
    """Registers an illness under its function's name."""

    def register(plant):
        SORTS[plant.__name__] = Sort(plant.__name__, accepted, plant)
        return plant

    return register


def sound(plant):
    """Registers a healthy kind under its function's name."""
    SORTS[plant.__name__] = Sort(plant.__name__, (), plant)
    return plant


def load() -> dict[str, Sort]:
    for module in MODULES:
        importlib.import_module(f"{__package__}.{module}")
    return SORTS
