"""Whether a model holds the weights that it was given: what `plugin/weight_sync.py` asks after every load.

vLLM's `load_weights` skips names that it does not know, and a loader that was replaced may drop what it gets: neither raises.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

SAMPLE = 65_536  # elements of a tensor that are compared, spread over all of it: a sync is checked in milliseconds
COMPARABLE = ("torch.float32", "torch.bfloat16", "torch.float16")  # a quantized parameter is no longer the received one


class WeightsDiffer(Exception):
    """The model does not hold what it received."""


def comparable(received: Iterable[tuple[str, Any]], parameters: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, received, parameter) of each received tensor that the model holds under the same name in the same shape.

    Fused ones (q, k and v in one), sharded ones and quantized ones have another name, shape or type, and are left out.
    """
    pairs = [(name, tensor, parameters[name]) for name, tensor in received if name in parameters]
    return [(n, t, p) for n, t, p in pairs if t.shape == p.shape and str(p.dtype) in COMPARABLE]


def differing(pairs: Iterable[tuple[str, Any, Any]]) -> list[str]:
    """The names of those parameters that are not the received tensor, rounded to the parameter's type."""
    return [name for name, tensor, parameter in pairs if not _equal(tensor, parameter)]


def _equal(tensor: Any, parameter: Any) -> bool:
    stride = max(1, parameter.numel() // SAMPLE)
    held = parameter.detach().reshape(-1)[::stride]
    given = tensor.reshape(-1)[::stride].to(device=held.device, dtype=held.dtype)
    return bool(((held == given) | (held.isnan() & given.isnan())).all())


class Sync:
    """One weight sync: several loads, each compared at once, and the names of all of them counted until its end."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.known = 0

    def checked(self, load_weights: Callable, parameters: Callable[[], Mapping[str, Any]]) -> Callable:
        """`load_weights(weights)` of a vLLM model that raises WeightsDiffer when the model does not hold them afterwards."""

        def load(weights: Iterable[tuple[str, Any]], **options: Any) -> Any:
            received = list(weights)
            loaded = load_weights(weights=received, **options)
            pairs = comparable(received, parameters())
            self.received += [name for name, _ in received]
            self.known += len(loaded) if isinstance(loaded, set) else len(received)  # not every model says
            if wrong := differing(pairs):
                more = f"{wrong[0]} and {len(wrong) - 1} more of {len(pairs)}"
                raise WeightsDiffer(f"{more} parameters kept other values than were sent")
            return loaded

        return load

    def end(self) -> None:
        """Raises WeightsDiffer when the model knew none of the names. A single one may be skipped: a tied lm_head."""
        if self.received and not self.known:
            raise WeightsDiffer(f"the model knows none of {len(self.received)} received names ({self.received[0]} …)")
