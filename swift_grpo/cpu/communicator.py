"""Replaces vLLM's `PyNcclCommunicator` on machines without NCCL."""

from typing import Any

import torch
from vllm.distributed.utils import StatelessProcessGroup


class TcpCommunicator:
    """Broadcasts tensors over the process group's own TCP store.

    It has the attributes of `PyNcclCommunicator` that ms-swift and vLLM read: group, rank, world_size, device,
    available, disabled. Slower than NCCL by orders of magnitude, but fast enough for a small model.
    """

    def __init__(self, group: StatelessProcessGroup, device: Any = None, **_: Any) -> None:
        self.group = group
        self.rank = group.rank
        self.world_size = group.world_size
        self.device = torch.device("cpu")
        self.available = True
        self.disabled = False

    def broadcast(self, tensor: torch.Tensor, src: int, stream: Any = None) -> None:
        """Overwrite `tensor` in place with rank `src`'s; every rank calls it with the same shape and dtype."""
        if self.rank == src:
            self.group.broadcast(tensor, src)
        else:
            tensor.copy_(self.group.broadcast(None, src))
