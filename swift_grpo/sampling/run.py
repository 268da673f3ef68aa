"""Draws the samples that a set does not hold yet, and says how it went."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from swift_grpo.sampling.model import Model
from swift_grpo.sampling.samples import SamplingParameters


@dataclass
class Summary:
    """How a call went. `prompts` counts distinct ones; `wanted` = prompts x n = `kept` (were there) + `new` + failed."""

    path: Path  # the file of the set
    prompts: int = 0
    duplicates: int = 0  # rows whose prompt another row has too: sampled once
    kept: int = 0
    new: int = 0
    truncated: int = 0  # of the new ones, cut off at max_tokens
    prompt_tokens: int = 0
    completion_tokens: int = 0
    retries: int = 0
    seconds: float = 0.0
    failed: dict[str, int] = field(default_factory=dict)  # reason -> samples that could not be had; the next call tries again


def sample(
    rows: Iterable[dict[str, Any]],
    model: Model,
    parameters: SamplingParameters,
    folder: Path,
    concurrency: int = 64,
    quiet: bool = False,
) -> Summary:
    """Sees to it that `folder` holds `parameters.n` samples of each row's prompt, and returns how it went.

    A row is ms-swift's: `messages` (answers at the end are left out), or `query`. The set's file is
    `folder/samples-<set>.jsonl`, where <set> is a hash of the model's name and the parameters; another temperature is another
    file. Each sample is appended as one line when it arrives, so a kill loses what was in flight and nothing else; the next
    call goes on. Progress goes to stderr unless `quiet`.

    `concurrency` is the number of requests in flight at once, over all endpoints.

    Raises SamplingError where it cannot start or go on (a wrong key, a wrong name, no answer for five minutes, a full disk, a
    set that another process is writing), in one line that says how to mend it.
    """
