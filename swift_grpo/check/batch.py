"""The arithmetic of a GRPO step: completions come in whole groups, and every rank takes the same number."""


def fit_accumulation(ranks: int, per_device: int, num_generations: int, at_least: int = 1) -> int:
    """The smallest accumulation for which ranks x per_device x accumulation is a multiple of `num_generations` and at
    least `at_least` completions.

    ms-swift's generation batch is that product (GRPOTrainer splits it into groups of `num_generations`).

    >>> fit_accumulation(ranks=7, per_device=1, num_generations=7, at_least=14)
    2
    >>> fit_accumulation(ranks=3, per_device=1, num_generations=7, at_least=14)
    7
    """
    accumulation = 1
    while (product := ranks * per_device * accumulation) % num_generations or product < at_least:
        accumulation += 1
    return accumulation
