"""A sync that raises nothing and changes nothing is found; what cannot be compared is no alarm."""

from types import SimpleNamespace

import pytest
import torch
from synced_weights import Sync, WeightsDiffer, checked_adapter


def model(dtype=torch.bfloat16) -> dict[str, torch.Tensor]:
    return {"norm.weight": torch.zeros(8, dtype=dtype), "embed.weight": torch.zeros(300_000, 2, dtype=dtype)}


def load_into(parameters, skip=()):
    def load_weights(weights):
        known = {name: tensor for name, tensor in weights if name in parameters and name not in skip}
        for name, tensor in known.items():
            parameters[name].copy_(tensor)
        return set(known)

    return load_weights


def test_what_was_received_is_held():
    parameters = model()
    load = Sync().checked(load_into(parameters), lambda: parameters)
    given = [
        ("norm.weight", torch.randn(8)),
        ("embed.weight", torch.randn(300_000, 2)),
        ("q_proj.weight", torch.ones(2)),
    ]
    assert load(given) == {"norm.weight", "embed.weight"}  # float32 in, bfloat16 held; q_proj is fused in the model
    assert load([("norm.weight", torch.full((8,), torch.nan))]) == {"norm.weight"}  # nan was sent and nan is held


def test_a_load_that_changes_nothing_is_found():
    parameters = model()
    load = Sync().checked(load_into(parameters, skip={"embed.weight"}), lambda: parameters)
    with pytest.raises(WeightsDiffer, match=r"embed\.weight and 0 more of 2 parameters"):
        load([("norm.weight", torch.ones(8)), ("embed.weight", torch.ones(300_000, 2))])


def test_names_that_the_model_does_not_know_are_found():
    parameters, sync = model(), Sync()
    load = sync.checked(load_into(parameters), lambda: parameters)
    load([("base_model.norm.weight", torch.ones(8))])
    with pytest.raises(WeightsDiffer, match="knows none of 1 received names"):
        sync.end()
    load([("norm.weight", torch.ones(8))])
    sync.end()


def test_quantized_and_sharded_parameters_are_left_out():
    parameters = {"norm.weight": torch.zeros(8, dtype=torch.uint8), "o_proj.weight": torch.zeros(4, 2)}
    load = Sync().checked(lambda weights: {name for name, _ in weights}, lambda: parameters)
    load([("norm.weight", torch.ones(8)), ("o_proj.weight", torch.ones(4, 4))])


class Adapters:
    """What vLLM's worker does with an adapter: q, k and v fused, `lora_B` scaled in place; a stale one stays where asked."""

    def __init__(self, stale: bool = False) -> None:
        self.stale, self.layers = stale, {}

    def add_lora(self, request) -> bool:
        if not (self.stale and self.layers):
            given = request.lora_tensors
            a, b = (given[f"base_model.model.layers.0.o_proj.lora_{part}.weight"] for part in "AB")
            b *= 4
            fused = SimpleNamespace(lora_a=[a, a, None], lora_b=[b, b, None])
            self.layers = {"layers.0.o_proj": SimpleNamespace(lora_a=a, lora_b=b), "layers.0.qkv_proj": fused}
        return True


def adapter(value: float):
    parts = {"A": torch.full((8, 96), value), "B": torch.full((96, 8), value)}
    names = ("o_proj", "q_proj")
    tensors = {
        f"base_model.model.layers.0.{name}.lora_{part}.weight": t.clone() for name in names for part, t in parts.items()
    }
    return SimpleNamespace(lora_tensors=tensors)


@pytest.mark.parametrize("stale", [False, True])
def test_an_adapter_that_is_not_replaced_is_found(stale):
    worker = Adapters(stale)
    add = checked_adapter(worker.add_lora, lambda: worker.layers, lambda module: 4.0)
    assert add(adapter(0.5))
    if stale:
        with pytest.raises(WeightsDiffer, match=r"o_proj\.lora_A\.weight and 1 more of 2 tensors"):
            add(adapter(0.25))
    else:
        assert add(adapter(0.25))


def test_an_adapter_that_is_not_held_is_found():
    add = checked_adapter(lambda request: False, dict, lambda module: 1.0)
    with pytest.raises(WeightsDiffer, match="does not hold the adapter"):
        add(adapter(0.5))
