"""Sends the student's tokens to a teacher's server in the form that it takes.

The trainer sends an answer as a list of token ids (`build_teacher_requests` in swift/rlhf_trainers/gkd_helpers.py), and
`swift deploy` of ms-swift 4.6.0 takes a list for texts and images (`_prepare_request_media` in
swift/pipelines/infer/deploy.py): HTTP 500, `'int' object has no attribute 'get'`, in the first step. Both also have a form
with a mask, which passes.
"""

import functools
from typing import Any


def install() -> None:
    """Send the other form from now on; later calls do nothing. Called when a reward is built, after the trainer's import."""
    from swift.rlhf_trainers import grpo_trainer

    build = grpo_trainer.build_teacher_requests
    if hasattr(build, "__wrapped__"):
        return

    @functools.wraps(build)
    def masked(*args: Any, **kwargs: Any) -> list:
        requests = build(*args, **kwargs)
        for message in (message for request in requests for message in request.messages):
            ids = message["content"]
            if isinstance(ids, list) and all(isinstance(id, int) for id in ids):
                message["content"] = {"token_ids": ids, "loss_scale": [1] * len(ids)}
        return requests

    grpo_trainer.build_teacher_requests = masked
