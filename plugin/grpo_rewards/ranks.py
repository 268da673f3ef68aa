"""Data from the other training ranks."""

import sys
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def from_all_ranks(items: Sequence[T]) -> list[T]:
    """The items of all training ranks, in rank order; only the given ones in a single process.

    A collective call: every rank has to make it equally often, or all wait forever. It does not import torch.
    """
    distributed = getattr(sys.modules.get("torch"), "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return list(items)
    ranks: list[Sequence[T]] = [()] * distributed.get_world_size()
    distributed.all_gather_object(ranks, list(items))
    return [item for rank in ranks for item in rank]
