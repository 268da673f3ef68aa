"""What the other training ranks know."""

import sys
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def from_all_ranks(items: Sequence[T]) -> list[T]:
    """The items of all training ranks, in the order of the ranks; the own ones where there is one process only.

    A collective call: every rank has to make it, as often as the others, or all wait for ever. torch is not imported for it.
    """
    distributed = getattr(sys.modules.get("torch"), "distributed", None)
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return list(items)
    ranks: list[Sequence[T]] = [()] * distributed.get_world_size()
    distributed.all_gather_object(ranks, list(items))
    return [item for rank in ranks for item in rank]
