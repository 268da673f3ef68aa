"""Checks whether a model holds the weights that it received; `plugin/weight_sync.py` runs it after every load.

vLLM's `load_weights` skips unknown names, and a replaced loader may drop its input: neither raises.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

SAMPLE = 65_536  # elements of a tensor that are compared, spread over all of it: a sync is checked in milliseconds
COMPARABLE = ("torch.float32", "torch.bfloat16", "torch.float16")  # a quantized parameter is no longer the received one


class WeightsDiffer(Exception):
    """The model does not hold what it received."""


def comparable(received: Iterable[tuple[str, Any]], parameters: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """(name, received, parameter) of each received tensor that the model holds under the same name in the same shape.

    Fused (q, k and v in one), sharded and quantized ones have another name, shape or type, and are left out.
    """
    pairs = [(name, tensor, parameters[name]) for name, tensor in received if name in parameters]
    return [(n, t, p) for n, t, p in pairs if t.shape == p.shape and str(p.dtype) in COMPARABLE]


def differing(pairs: Iterable[tuple[str, Any, Any]]) -> list[str]:
    """The names of the parameters that differ from the received tensor, rounded to the parameter's type."""
    return [name for name, tensor, parameter in pairs if not _equal(tensor, parameter)]


def _sample(tensor: Any) -> Any:
    return tensor.detach().reshape(-1)[:: max(1, tensor.numel() // SAMPLE)]


def _equal(tensor: Any, parameter: Any, scale: float = 1) -> bool:
    held = _sample(parameter)
    given = _sample(tensor).to(device=held.device, dtype=held.dtype) * scale
    return bool(((held == given) | (held.isnan() & given.isnan())).all())


def checked_adapter(
    add_lora: Callable, layers: Callable[[], Mapping[str, Any]], scale: Callable[[str], float]
) -> Callable:
    """Wraps a vLLM worker's `add_lora(request)`; raises WeightsDiffer where the worker does not hold what was sent.

    `layers()` are those of the held adapter, by module (empty: it is not held): `lora_a` (rank, in) and `lora_b` (out,
    rank), which vLLM has multiplied by `scale(module)`, alpha / rank. Fused layers (q, k and v in one) hold lists and
    are left out.
    """

    def add(request: Any) -> Any:
        sent = {name: tensor.clone() for name, tensor in request.lora_tensors.items()}  # vLLM scales them in place
        done = add_lora(request)
        held = layers()
        if not held:
            raise WeightsDiffer("the server does not hold the adapter that it received")
        pairs = [pair for name, tensor in sent.items() if (pair := _adapter_pair(name, tensor, held, scale))]
        if wrong := [name for name, *pair in pairs if not _equal(*pair)]:
            more = f"{wrong[0]} and {len(wrong) - 1} more of {len(pairs)}"
            raise WeightsDiffer(f"{more} tensors of the adapter have other values than were sent")
        return done

    return add


def _adapter_pair(
    name: str, tensor: Any, layers: Mapping[str, Any], scale: Callable[[str], float]
) -> tuple[str, Any, Any, float] | None:
    """(name, sent, held, factor) of `base_model.model.<module>.lora_A.weight`; None if not held in that shape."""
    module, _, part = name.removeprefix("base_model.model.").removesuffix(".weight").rpartition(".")
    held = getattr(layers.get(module), {"lora_A": "lora_a", "lora_B": "lora_b"}.get(part, ""), None)
    if getattr(held, "shape", None) != tensor.shape:
        return None
    return name, tensor, held, scale(module) if part == "lora_B" else 1


class Sync:
    """One weight sync of several loads; each load is compared at once, the known names are counted until the end."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.known = 0

    def checked(self, load_weights: Callable, parameters: Callable[[], Mapping[str, Any]]) -> Callable:
        """Wraps a vLLM model's `load_weights(weights)`; raises WeightsDiffer where the model does not hold them."""

        def load(weights: Iterable[tuple[str, Any]], **options: Any) -> Any:
            received = list(weights)
            loaded = load_weights(weights=received, **options)
            pairs = comparable(received, parameters())
            self.received += [name for name, _ in received]
            self.known += len(loaded) if isinstance(loaded, set) else len(received)  # not every model reports the names
            if wrong := differing(pairs):
                more = f"{wrong[0]} and {len(wrong) - 1} more of {len(pairs)}"
                raise WeightsDiffer(f"{more} parameters kept other values than were sent")
            return loaded

        return load

    def end(self) -> None:
        """Raises WeightsDiffer where the model knew none of the names. A model may skip one, such as a tied lm_head."""
        if self.received and not self.known:
            raise WeightsDiffer(f"the model knows none of {len(self.received)} received names ({self.received[0]} …)")
