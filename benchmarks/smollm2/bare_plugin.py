"""The one reward of the benchmark for bare ms-swift, which is this file and nothing else of this project.

ms-swift 4.6.0 needs nothing more to train on a machine without CUDA where transformers generates: its calls of
`torch.cuda.synchronize` are in the sync of weights with vLLM and in profilers.
"""

from grpo_rewards.accuracy import math_accuracy
from swift.rewards import ORM, orms


class MathAccuracy(ORM):
    def __call__(self, completions, solution, **columns):
        return math_accuracy(completions, solution)


orms["math_accuracy"] = MathAccuracy
