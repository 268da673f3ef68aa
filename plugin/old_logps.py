"""Skips the forward pass for the old policy's log-probabilities where its result is known.

ms-swift always runs it over every micro-batch (`_prepare_batch_inputs`). Where each rollout is used for one optimizer
step, the pass has the same weights as the gradient's pass, so the ratio of the two is 1. The loss supports this: where
the old values are None it takes those of the gradient's pass. So this module passes None, unless something else reads
the values or the two passes differ: KEPT lists these cases, and the log names the one that applies. Evaluations are
unchanged. SKIP_OLD_LOGPS=0 always runs the pass.
"""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

READ = "old_per_token_logps"
# ms-swift's version, and how many times its grpo_trainer.py has that name. One more may be a reader that KEPT lacks.
VERSION, MENTIONS = "4.6.", 23
SKIPPED = "skipped"
LOSSES = {"grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "fipo", "real"}  # they use only the ratio
NOISE = ("drop", "jitter", "noise")  # dropout of any kind, a router's jitter, NEFTune


def noise(model: Any) -> str | None:
    """The first setting of a model that makes two training passes differ, as `NAME VALUE`; None where there is none.

    ms-swift makes both passes in training mode, so each draws its own mask.
    """
    settings = [([name], value) for name, value in model.config.to_dict().items()]
    for path, module in model.named_modules():
        settings += [([type(module).__name__, *path.split("."), name], value) for name, value in vars(module).items()]
    for names, value in settings:
        telling = [name for name in names if any(word in name.lower() for word in NOISE)]
        if telling and isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return f"{telling[-1]} {value}"
    return None


# a test of the trainer (falsy: the row does not apply) | why the pass stays | the line of grpo_trainer.py behind it
KEPT: list[tuple[Callable[[Any], Any], str, str]] = [
    (lambda t: os.environ.get("SKIP_OLD_LOGPS") == "0", "SKIP_OLD_LOGPS=0",
     "grpo_batch.old_per_token_logps = (\n                    self._get_per_token_logps_and_entropies("),
    (lambda t: t.num_iterations > 1 and t.num_iterations, "--num_iterations {} uses a rollout for several optimizer steps",
     "generate_every = num_rollout_samples * self.num_iterations"),
    (lambda t: t.args.gradient_accumulation_steps % t.args.steps_per_generation and t.args.steps_per_generation,
     "--steps_per_generation {} spans more than one optimizer step",
     "micro_batch = self._buffered_inputs[self._step % num_rollout_samples]"),
    (lambda t: not hasattr(t.train_dataset, "__len__"), "the data set is streamed: an epoch may end amid a rollout's batches",
     "if self._step % generate_every == 0 or self._buffered_inputs is None:"),
    (lambda t: t.kl_in_reward and t.beta, "--kl_in_reward with --beta {} takes the KL from it",
     "per_token_kl = grpo_batch.old_per_token_logps - grpo_batch.ref_per_token_logps"),
    (lambda t: t._has_teacher_explicit(), "the teacher is compared with it",
     "policy_per_token_logps=grpo_batch.old_per_token_logps"),
    (lambda t: ", ".join(c for c in ("teacher_prompt", "teacher_images") if c in t.train_dataset.column_names),
     "the column {} makes the policy its own teacher, which is compared with it",
     "is_opsd = (has_opsd_batch and (self._has_teacher_explicit() or self._is_dynamic_self_distillation))"),
    (lambda t: t.rollout_importance_sampling_mode, "--rollout_importance_sampling_mode {} weighs tokens by it",
     "rollout_log_ratio = old_per_token_logps - rollout_per_token_logps"),
    (lambda t: t.log_rollout_offpolicy_metrics, "--log_rollout_offpolicy_metrics true compares it with the server's",
     "self._compute_rollout_offpolicy_metrics(old_per_token_logps,"),
    (lambda t: t.off_policy_sequence_mask_delta is not None, "--off_policy_sequence_mask_delta compares it with the policy",
     "if grpo_batch.rollout_per_token_logps is not None else old_per_token_logps)"),
    (lambda t: t.use_liger_loss, "--use_liger_kernel true passes it to a separate loss",
     "            old_per_token_logps=old_per_token_logps,"),
    (lambda t: t.loss_type not in LOSSES and t.loss_type, "--loss_type {} is not known here",
     "raise ValueError(f'Unknown loss type: {self.loss_type}')"),
    (lambda t: t.template.sequence_parallel_size > 1, "--sequence_parallel_size above 1 is not tried without it",
     "sequence_parallel.prepare_inputs(model_inputs)"),
    (lambda t: t.is_multimodal, "a multimodal model is not tried without it",
     "self.is_multimodal = model.model_meta.is_multimodal"),
    (lambda t: noise(t.model), "{} draws a mask in each pass, so the ratio is not 1",
     "mode = 'train' if self.model.training else 'eval'"),
]  # fmt: skip


def why_computed(trainer: Any) -> str:
    """Why the pass stays for a trainer; empty where it is skipped."""
    found = ((holds(trainer), reason) for holds, reason, _ in KEPT)
    return next((reason.format(value) for value, reason in found if value), "")


def install() -> None:
    """Skip the pass from now on; later calls do nothing. Called when a reward is built, after the trainer's import."""
    from swift.rlhf_trainers import grpo_trainer
    from swift.utils import get_logger
    from swift.version import __version__

    trainer = grpo_trainer.GRPOTrainer
    if hasattr(trainer, "old_logps"):
        return
    trainer.old_logps, trainer.left_out = "", None  # for step_times.jsonl; the last batch without a pass
    prepare, logps = trainer._prepare_batch_inputs, trainer._get_per_token_logps_and_entropies
    known = __version__.startswith(VERSION) and inspect.getsource(grpo_trainer).count(READ) == MENTIONS

    def decide(self: Any) -> str:
        if not known or type(self) is not trainer:
            reason = f"{type(self).__name__} of ms-swift {__version__} is not known here"
        else:
            reason = why_computed(self)
        reasons = grpo_trainer.gather_object([reason])  # with ZeRO-3 a different number of passes on a rank hangs
        reason = next(filter(None, reasons), "")
        text = f"computed: {reason}" if reason else SKIPPED
        get_logger().info(f"Log-probabilities of the old policy, whose ratio is 1: {text}")
        return text

    @functools.wraps(prepare)
    def prepare_without(self: Any, samples: list) -> list:
        if self.model.training and not self.old_logps:
            self.old_logps = decide(self)
        self.preparing = self.model.training and self.old_logps == SKIPPED
        try:
            return prepare(self, samples)
        finally:
            self.preparing = False

    @functools.wraps(logps)
    def logps_without(self: Any, model: Any, inputs: dict, batch: Any, *args: Any, **kwargs: Any) -> tuple:
        if self.preparing and self.left_out is not batch:  # the first pass over a batch is the old policy's
            self.left_out = batch
            return None, None
        return logps(self, model, inputs, batch, *args, **kwargs)

    trainer.preparing = False
    trainer._prepare_batch_inputs, trainer._get_per_token_logps_and_entropies = prepare_without, logps_without
