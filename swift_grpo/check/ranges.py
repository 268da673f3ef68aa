"""Numbers out of range: an interval per flag, what to write instead, and the line that refuses or ignores the rest.

Paths are below ms-swift 4.6.0 (`swift/`) unless they name another package.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from swift_grpo.check.problem import ERROR, SEVERITIES, WARNING, Problem
from swift_grpo.check.rule import Rule, found, rules
from swift_grpo.formats.command_line import Command


@dataclass(frozen=True)
class Range:
    """The values of a flag that work, as an interval: [ and ] include the end, ( and ) do not."""

    id: str
    flag: str
    interval: str
    instead: str
    why: str
    severity: str = ERROR
    also: tuple[float, ...] = ()  # other values that are meant, such as -1 for "off"
    when: str = ""  # a key of CONDITIONS: the commands that it holds for

    def holds(self, value: float) -> bool:
        """
        >>> Range("", "top_p", "(0, 1]", "1", "").holds(0), Range("", "top_p", "(0, 1]", "1", "").holds(1)
        (False, True)
        """
        low, high = (float(end) for end in self.interval[1:-1].split(","))
        above = value > low if self.interval[0] == "(" else value >= low
        below = value < high if self.interval[-1] == ")" else value <= high
        return above and below and not math.isnan(value)


R = Range
POSITIVE, WHOLE, SHARE = "(0, inf)", "[1, inf)", "[0, 1]"
RANGES = (
    # ---- the optimizer
    R("ranges/learning-rate", "learning_rate", POSITIVE, "1e-6 (all parameters) or 1e-5 (LoRA), above 0", "torch.optim: Invalid learning rate"),
    R("ranges/learning-rate-high", "learning_rate", "(-inf, 0.1)", "1e-6 (all parameters) or 1e-5 (LoRA), below 0.01", "it diverges at the first step"),
    R("ranges/learning-rate-unusual", "learning_rate", "(-inf, 0.01]", "1e-6 (all parameters) or 1e-5 (LoRA), below 0.01", "it diverges at the first step", WARNING),
    R("ranges/weight-decay", "weight_decay", "[0, inf)", "0.1", "torch.optim: Invalid weight_decay"),
    R("ranges/weight-decay-unusual", "weight_decay", "(-inf, 1]", "0.1", "it pulls all weights to zero", WARNING),
    R("ranges/adam-beta1", "adam_beta1", "[0, 1)", "0.9", "torch.optim: Invalid beta parameter at index 0"),
    R("ranges/adam-beta2", "adam_beta2", "[0, 1)", "0.95 or 0.999", "torch.optim: Invalid beta parameter at index 1"),
    R("ranges/adam-epsilon", "adam_epsilon", "[0, inf)", "1e-8", "torch.optim: Invalid epsilon value"),
    R("ranges/max-grad-norm", "max_grad_norm", "[0, inf)", "1", "a negative norm reverses every gradient"),
    R("ranges/warmup-ratio", "warmup_ratio", "[0, 1)", "0.05, or --warmup_steps for a number of steps; below 1", "trainers/arguments.py:234: must be less than 1"),
    R("ranges/warmup-steps", "warmup_steps", "[0, inf)", "0, or a positive number of steps", "transformers training_args.py: warmup_steps must be positive"),
    R("ranges/num-train-epochs", "num_train_epochs", POSITIVE, "1", "no step is done", also=()),
    R("ranges/max-steps", "max_steps", WHOLE, "100, or -1 to go by epochs", "no step is done", also=(-1,)),
    R("ranges/max-epochs", "max_epochs", WHOLE, "1", "no step is done"),
    R("ranges/seed", "seed", "[0, 4294967295]", "42", "numpy: Seed must be between 0 and 2**32 - 1"),
    R("ranges/data-seed", "data_seed", "[0, 4294967295]", "42", "numpy: Seed must be between 0 and 2**32 - 1"),
    # ---- batches
    R("ranges/per-device-train-batch-size", "per_device_train_batch_size", WHOLE, "4 (at least 1)", "division by zero in the batch arithmetic"),
    R("ranges/per-device-eval-batch-size", "per_device_eval_batch_size", WHOLE, "4 (at least 1)", "torch DataLoader: batch_size should be a positive integer", when="evaluates"),
    R("ranges/gradient-accumulation-steps", "gradient_accumulation_steps", WHOLE, "1 (at least)", "rlhf_trainers/args_mixin.py:221: steps_per_generation must be > 0"),
    R("ranges/steps-per-generation", "steps_per_generation", WHOLE, "1 (at least), or leave it out", "rlhf_trainers/args_mixin.py:221: must be > 0"),
    R("ranges/generation-batch-size", "generation_batch_size", WHOLE, "a multiple of the batch of all ranks", "rlhf_trainers/args_mixin.py: no completion is made"),
    R("ranges/num-iterations", "num_iterations", WHOLE, "1 (at least)", "rlhf_trainers/grpo_trainer.py: no update is made from a rollout"),
    R("ranges/num-iterations-unusual", "num_iterations", "(-inf, 16]", "1 to 4", "the policy drifts far from the one that wrote the rollouts", WARNING),
    R("ranges/num-generations", "num_generations", WHOLE, "4 or 8 (at least 1)", "division by zero in the batch arithmetic", when="grpo"),
    R("ranges/num-generations-low", "num_generations", "[2, inf)", "4 or 8 (at least 2)", "arguments/rlhf_args.py:409: must be greater than 1; a group of one has advantage 0", when="grpo without a teacher"),
    R("ranges/num-generations-eval", "num_generations_eval", WHOLE, "1 (at least)", "no completion is made in evaluation"),
    # ---- lengths
    R("ranges/max-length", "max_length", WHOLE, "1024 (at least 1)", "every prompt is longer and cut to nothing"),
    R("ranges/max-completion-length", "max_completion_length", WHOLE, "512 (at least 1)", "vllm/sampling_params.py: max_tokens must be at least 1"),
    R("ranges/soft-max-length", "soft_max_length", WHOLE, "--max_completion_length", "rewards/orm.py SoftOverlong"),
    R("ranges/soft-cache-length", "soft_cache_length", WHOLE, "a fifth of --max_completion_length", "rewards/orm.py SoftOverlong: divides by it"),
    R("ranges/cosine-max-len", "cosine_max_len", WHOLE, "--max_completion_length", "rewards/orm.py CosineReward: divides by it"),
    R("ranges/repetition-n-grams", "repetition_n_grams", WHOLE, "3", "rewards/orm.py RepetitionPenalty"),
    R("ranges/repetition-max-penalty", "repetition_max_penalty", "(-inf, 0]", "-1.0", "rewards/orm.py RepetitionPenalty: a positive penalty rewards repetition"),
    R("ranges/max-turns", "max_turns", WHOLE, "2 (at least 1)", "rollout/multi_turn.py: no turn is taken"),
    # ---- sampling
    R("ranges/temperature", "temperature", POSITIVE, "0.9 or 1.0 (above 0)", "greedy: all completions of a group are the same, no advantage, nothing learned", when="grpo"),
    R("ranges/temperature-high", "temperature", "(-inf, 2]", "1.0 (2 at most)", "vllm/sampling_params.py: temperature must be in [0, 2]"),
    R("ranges/temperature-unusual", "temperature", "[0.3, inf)", "0.9 or 1.0", "the completions of a group are nearly the same: little is learned", WARNING, also=(0,), when="grpo"),
    R("ranges/top-p", "top_p", "(0, 1]", "1.0 or 0.95", "vllm/sampling_params.py: top_p must be in (0, 1]"),
    R("ranges/top-k", "top_k", WHOLE, "-1 (off), or 50", "vllm/sampling_params.py: top_k must be 0 (off), -1 (off) or at least 1", also=(-1, 0)),
    R("ranges/top-k-low", "top_k", "[2, inf)", "-1 (off), or 50", "greedy: all completions of a group are the same", also=(-1, 0), when="grpo"),
    R("ranges/min-p", "min_p", SHARE, "0 (off), or 0.05; at most 1", "vllm/sampling_params.py: min_p must be in [0, 1]"),
    R("ranges/repetition-penalty", "repetition_penalty", POSITIVE, "1.0 (off), above 0", "vllm/sampling_params.py: repetition_penalty must be greater than zero"),
    R("ranges/repetition-penalty-unusual", "repetition_penalty", "[0.5, 2]", "1.0 (off)", "the text falls apart", WARNING),
    R("ranges/presence-penalty", "presence_penalty", "[-2, 2]", "0", "vllm/sampling_params.py: presence_penalty must be in [-2, 2]"),
    R("ranges/frequency-penalty", "frequency_penalty", "[-2, 2]", "0", "vllm/sampling_params.py: frequency_penalty must be in [-2, 2]"),
    # ---- the algorithm
    R("ranges/beta", "beta", "[0, inf)", "0 (no reference model), or 0.04", "rlhf_trainers/grpo_trainer.py:1064: per_token_loss + beta * per_token_kl; a negative weight drives the policy away from the reference", when="grpo"),
    R("ranges/beta-unusual", "beta", "(-inf, 1]", "0, or 0.04", "rlhf_trainers/grpo_trainer.py:1064: the KL term outweighs every reward", WARNING, when="grpo"),
    R("ranges/epsilon", "epsilon", POSITIVE, "0.2", "every gradient is clipped away", when="grpo"),
    R("ranges/epsilon-unusual", "epsilon", "(-inf, 1)", "0.2 (below 1)", "a ratio is never below 0: nothing is clipped", WARNING, when="grpo"),
    R("ranges/epsilon-high", "epsilon_high", POSITIVE, "0.28", "every gradient is clipped away", when="grpo"),
    R("ranges/delta", "delta", "(1, inf)", "1.2 or more, above 1 + epsilon", "two-sided clipping below 1 + epsilon clips everything", when="grpo"),
    R("ranges/top-entropy-quantile", "top_entropy_quantile", "[0, 1]", "0.2 (a share between 0 and 1)", "rlhf_trainers/grpo_trainer.py:960: torch.nanquantile"),
    R("ranges/top-entropy-quantile-low", "top_entropy_quantile", POSITIVE, "0.2", "no token is left in the loss", also=()),
    R("ranges/rollout-importance-sampling-threshold", "rollout_importance_sampling_threshold", POSITIVE, "2.0", "every weight is cut to zero"),
    R("ranges/max-resample-times", "max_resample_times", WHOLE, "3", "rlhf_trainers/grpo_trainer.py: no group is sampled again"),
    R("ranges/rlsd-lambda", "rlsd_lambda", SHARE, "0.5 (between 0 and 1)", "arguments/rlhf_args.py _check_rlsd: must be in [0, 1]"),
    R("ranges/rlsd-reweight-clip-range", "rlsd_reweight_clip_range", "[0, inf)", "0.2", "arguments/rlhf_args.py _check_rlsd: must be >= 0"),
    R("ranges/sdar-gate-beta", "sdar_gate_beta", POSITIVE, "5.0", "arguments/rlhf_args.py _check_sdar: must be > 0"),
    R("ranges/sdar-loss-coef", "sdar_loss_coef", "[0, inf)", "0.1, or 0 (off)", "arguments/rlhf_args.py _check_sdar: below 0 it is silently off"),
    R("ranges/tau-pos", "tau_pos", POSITIVE, "1.0", "rlhf_trainers/grpo_trainer.py: SAPO divides by it"),
    R("ranges/tau-neg", "tau_neg", POSITIVE, "1.05", "rlhf_trainers/grpo_trainer.py: SAPO divides by it"),
    R("ranges/real-tau", "real_tau", POSITIVE, "0.5", "rlhf_trainers/grpo_trainer.py: REAL divides by it"),
    R("ranges/ref-model-sync-steps", "ref_model_sync_steps", WHOLE, "512", "trl SyncRefModelCallback: modulo by zero"),
    R("ranges/ref-model-mixup-alpha", "ref_model_mixup_alpha", SHARE, "0.6", "trl SyncRefModelCallback: no mixture"),
    R("ranges/chord-mu-peak", "chord_mu_peak", SHARE, "0.5", "rlhf_trainers/grpo_trainer.py: a weight of the mixture"),
    R("ranges/chord-mu-valley", "chord_mu_valley", SHARE, "0.02", "rlhf_trainers/grpo_trainer.py: a weight of the mixture"),
    # ---- vLLM
    R("ranges/vllm-gpu-memory-utilization", "vllm_gpu_memory_utilization", "(0, 1]", "0.4 (colocate) or 0.7 to 0.9 (server), in (0, 1]", "vllm/config/cache.py: Field(gt=0, le=1)"),
    R("ranges/vllm-max-model-len", "vllm_max_model_len", WHOLE, "2048 (positive: prompt and completion together)", "vllm/config/model.py: Field(ge=-1)", also=(-1,)),
    R("ranges/vllm-tensor-parallel-size", "vllm_tensor_parallel_size", WHOLE, "1 (at least)", "vllm/config/parallel.py: Field(ge=1)"),
    R("ranges/vllm-data-parallel-size", "vllm_data_parallel_size", WHOLE, "1 (at least)", "vllm/config/parallel.py: Field(ge=1)"),
    R("ranges/vllm-pipeline-parallel-size", "vllm_pipeline_parallel_size", WHOLE, "1", "vllm/config/parallel.py: Field(ge=1)"),
    R("ranges/vllm-max-num-seqs", "vllm_max_num_seqs", WHOLE, "256, or leave it out", "vllm/config/scheduler.py: Field(ge=1)"),
    R("ranges/vllm-max-lora-rank", "vllm_max_lora_rank", WHOLE, "16", "vllm/config/lora.py: MaxLoRARanks"),
    R("ranges/vllm-server-timeout", "vllm_server_timeout", POSITIVE, "240 (seconds)", "rlhf_trainers/vllm_client.py: gives up at once"),
    R("ranges/vllm-server-port", "vllm_server_port", "[1, 65535]", "8000 (1 to 65535)", "not a TCP port"),
    R("ranges/vllm-server-group-port", "vllm_server_group_port", "[1, 65535]", "51216 (1 to 65535)", "not a TCP port"),
    R("ranges/port", "port", "[1, 65535]", "8000 (1 to 65535)", "not a TCP port"),
    R("ranges/sleep-level", "sleep_level", "[0, 2]", "0, 1 or 2", "vllm: sleep level must be 1 or 2"),
    R("ranges/move-model-batches", "move_model_batches", WHOLE, "16, or leave it out", "rlhf_trainers/rollout_mixin.py: no part to move"),
    # ---- LoRA
    R("ranges/lora-rank", "lora_rank", WHOLE, "8 (at least 1)", "peft/tuners/lora/layer.py: r should be a positive integer", when="lora"),
    R("ranges/lora-alpha", "lora_alpha", POSITIVE, "32 (above 0)", "the adapter is scaled by alpha / rank: no effect and no gradient", when="lora"),
    R("ranges/lora-dropout", "lora_dropout", "[0, 1)", "0.05", "torch.nn.Dropout: probability between 0 and 1", when="lora"),
    # ---- data, loops
    R("ranges/split-dataset-ratio", "split_dataset_ratio", "[0, 1)", "0.01 (a share below 1)", "dataset/dataset_meta.py: nothing is left to train on"),
    R("ranges/dataset-num-proc", "dataset_num_proc", WHOLE, "4 (at least 1)", "datasets: num_proc must be > 0"),
    R("ranges/dataloader-num-workers", "dataloader_num_workers", "[0, inf)", "0 or 4", "torch DataLoader: num_workers should be non-negative"),
    R("ranges/dataloader-prefetch-factor", "dataloader_prefetch_factor", WHOLE, "2 (at least 1)", "torch DataLoader: prefetch_factor should be positive"),
    R("ranges/shuffle-buffer-size", "shuffle_buffer_size", WHOLE, "1000", "datasets: buffer_size must be positive"),
    R("ranges/interleave-prob", "interleave_prob", SHARE, "shares between 0 and 1 that add up to 1", "datasets interleave_datasets: probabilities"),
    R("ranges/packing-length", "packing_length", WHOLE, "--max_length", "dataset packing"),
    R("ranges/logging-steps", "logging_steps", POSITIVE, "1 (at least)", "transformers training_args.py: requires non-zero --logging_steps"),
    R("ranges/save-steps", "save_steps", POSITIVE, "100, or a share below 1", "transformers: a step is never a multiple of it"),
    R("ranges/eval-steps", "eval_steps", POSITIVE, "100, or a share below 1", "transformers: evaluation strategy steps requires non-zero --eval_steps"),
    R("ranges/save-total-limit", "save_total_limit", WHOLE, "2 (at least 1), or leave it out to keep all", "transformers: with 0 or less nothing is deleted", WARNING),
    R("ranges/sequence-parallel-size", "sequence_parallel_size", WHOLE, "1", "sequence_parallel: world size modulo it"),
    R("ranges/ddp-timeout", "ddp_timeout", POSITIVE, "1800 (seconds)", "torch.distributed: timeout"),
    R("ranges/max-new-tokens", "max_new_tokens", WHOLE, "512", "max_completion_length takes its value"),
    R("ranges/early-stop-interval", "early_stop_interval", WHOLE, "3", "callbacks/early_stop.py"),
    R("ranges/neftune-noise-alpha", "neftune_noise_alpha", "[0, inf)", "5", "transformers"),
)  # fmt: skip
CONDITIONS = {
    "": lambda c: True,
    "grpo": lambda c: c.grpo,
    "grpo without a teacher": lambda c: c.grpo and not c.given("teacher_model", "teacher_model_server"),
    "lora": lambda c: c.lora,
    "evaluates": lambda c: c.evaluates,
}


for row in RANGES:
    says = f"--{row.flag} {{value}} is outside {row.interval} ({{why}})"
    rules(Rule(row.id, row.severity, says, f"use {row.instead}", row.why))


def check_ranges(command: Command) -> Iterator[Problem]:
    """Every number of the command against its intervals: the worst problem per flag. Defaults are not checked."""
    wrong: dict[str, list[Problem]] = {}
    for row in RANGES:
        if row.flag in command.flags and CONDITIONS[row.when](command):
            bad = [text for text in command.values(row.flag) if _outside(row, text)]
            wrong.setdefault(row.flag, []).extend(found(row.id, value=text) for text in bad[:1])
    for problems in filter(None, wrong.values()):
        yield min(problems, key=lambda problem: SEVERITIES.index(problem.severity))


def _outside(row: Range, text: str) -> bool:
    try:
        value = float(text)
    except ValueError:  # reported by the flag check
        return False
    return value not in row.also and not row.holds(value)
