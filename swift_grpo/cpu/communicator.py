"""Stands in for vLLM's `PyNcclCommunicator` where there is no NCCL."""

from typing import Any

import torch
from vllm.distributed.utils import StatelessProcessGroup


class TcpCommunicator:
    """Broadcasts tensors over the process group's own TCP store.

    Has the attributes that ms-swift and vLLM read of `PyNcclCommunicator`: group, rank, world_size, device, available,
    disabled. Slower than NCCL by orders of magnitude, and that is no matter for a model of a million parameters.
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
