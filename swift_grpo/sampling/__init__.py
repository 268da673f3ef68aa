"""The one sampler: (prompts, n, model) -> completions, appended as they arrive, continued where it was killed.

    from swift_grpo.sampling import Hosted, SamplingParameters, Served, read_samples, sample

    summary = sample(rows, Served("output/grpo/v0-…/checkpoint-250"), SamplingParameters(n=8), Path("samples"))
    for one in read_samples(summary.path):
        print(one.prompt_id, one.index, one.completion)
"""

from swift_grpo.sampling.model import Endpoint, Hosted, Model, SamplingError, Served
from swift_grpo.sampling.run import Summary, sample
from swift_grpo.sampling.samples import Sample, SamplingParameters, prompt_id, read_samples

__all__ = [
    "Endpoint",
    "Hosted",
    "Model",
    "Sample",
    "SamplingError",
    "SamplingParameters",
    "Served",
    "Summary",
    "prompt_id",
    "read_samples",
    "sample",
]
