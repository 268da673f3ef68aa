"""The parts of a memory estimate, counted by hand for Qwen2.5-0.5B: hidden size 896, 24 layers, 4,864 inside, 494 M in all."""

import pytest

from swift_grpo.check import known_flags
from swift_grpo.check.estimate import training
from swift_grpo.formats.command_line import Command

PARAMETERS = 494_032_768
TRAINED = (
    8 * 24 * (2 * (896 + 896) + 2 * (896 + 128) + 3 * (896 + 4864))
)  # rank 8: q and o, k and v, the three of the MLP


def parts(ranks: int, **flags: str) -> dict[str, float]:
    given = {"rlhf_type": "grpo", "model": "Qwen/Qwen2.5-0.5B-Instruct", "torch_dtype": "bfloat16"} | flags
    words = {name: [value] for name, value in given.items()}
    return training(Command("rlhf", words, {"NPROC_PER_NODE": str(ranks)}, known_flags.known()["flags"]["rlhf"])).parts


def test_lora_trains_in_float32_beside_the_weights():
    found = parts(1, lora_rank="8")
    assert found["weights"] == pytest.approx(2 * PARAMETERS, rel=1e-3)
    assert (found["adapter"], found["gradients"], found["optimizer"]) == (4 * TRAINED, 4 * TRAINED, 8 * TRAINED)


@pytest.mark.parametrize(("stage", "of_weights", "of_gradients"), [("zero1", 1, 1), ("zero2", 1, 4), ("zero3", 4, 4)])
def test_what_zero_spreads_over_four_ranks(stage, of_weights, of_gradients):
    found = parts(4, tuner_type="full", deepspeed=stage)
    assert found["weights"] == pytest.approx(2 * PARAMETERS / of_weights, rel=1e-3)
    assert found["gradients"] == pytest.approx(2 * PARAMETERS / of_gradients, rel=1e-3)
    assert found["optimizer"] == pytest.approx(12 * PARAMETERS / 4, rel=1e-3)  # two moments and a float32 copy
