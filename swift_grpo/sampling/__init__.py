"""The sampler: (prompts, n, model) -> completions, appended as they arrive, resumed after a kill.

from swift_grpo.sampling.servers import Served
from swift_grpo.sampling.sampler import sample
from swift_grpo.formats.samples import SamplingParameters, read_samples

summary = sample(rows, Served("output/grpo/v0-…/checkpoint-250"), SamplingParameters(n=8), Path("samples"))
for one in read_samples(summary.path):
    print(one.prompt_id, one.index, one.completion)
"""
