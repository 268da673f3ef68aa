"""Writes a run folder as ms-swift 4.6.0 does: `args.json`, `completions.jsonl`, `logging.jsonl`."""

import json
import os
from datetime import datetime, timedelta
from math import cos, exp, pi
from pathlib import Path

import numpy as np

from benchmarks.diagnosis.first.problems import pool
from benchmarks.diagnosis.first.run import SYSTEMS, Run
from benchmarks.diagnosis.first.sample import Policy, Sample, Settings
from benchmarks.diagnosis.first.scoring import REWARDS, advantages, reward_figures

WARMUP = 0.05


def duration(seconds: float) -> str:
    """As ms-swift's `format_time`: `11s`, `2m 5s`, `1h 3m 9s`."""
    seconds = int(seconds)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(hours or minutes) + [f"{seconds % 60}s"]
    return " ".join(parts)


def rate(s: Settings, step: int) -> float:
    """The learning rate that the log shows at a step: a linear rise, then the scheduler's way."""
    warm = max(1, round(WARMUP * s.steps))
    if step <= warm:
        return s.learning_rate * step / warm
    way = (step - warm) / max(1, s.steps - warm)
    return s.learning_rate * {"cosine": 0.5 * (1 + cos(pi * way)), "linear": 1 - way}.get(s.scheduler, 1.0)


def arguments(run: Run, folder: Path, system: str) -> dict:
    """The part of `args.json` that describes the training; the rest of its 400 keys are library defaults."""
    s = run.settings
    batch = s.generations * s.prompts
    return {
        "output_dir": str(folder),
        "per_device_train_batch_size": batch // 2 if batch % 2 == 0 else batch,
        "num_train_epochs": 1.0,
        "max_steps": s.steps,
        "learning_rate": s.learning_rate,
        "lr_scheduler_type": s.scheduler,
        "warmup_steps": 0,
        "warmup_ratio": WARMUP,
        "optim": "adamw_torch_fused",
        "weight_decay": 0.1,
        "adam_beta1": 0.9,
        "adam_beta2": 0.95,
        "gradient_accumulation_steps": 1,
        "max_grad_norm": 1.0,
        "bf16": True,
        "fp16": False,
        "gradient_checkpointing": True,
        "logging_strategy": "steps",
        "logging_steps": s.logging_steps,
        "logging_first_step": True,
        "logging_nan_inf_filter": True,
        "report_to": ["tensorboard"],
        "run_name": str(folder),
        "eval_strategy": "steps" if s.eval_every else "no",
        "eval_steps": float(s.eval_every or 200),
        "per_device_eval_batch_size": s.generations,
        "save_strategy": "steps",
        "save_steps": 50.0,
        "save_only_model": False,
        "seed": 42 + run.seed,
        "data_seed": 42,
        "dataloader_drop_last": False,
        "resume_from_checkpoint": None,
        "tuner_type": s.tuner,
        "lora_rank": 8,
        "lora_alpha": 32,
        "target_modules": ["all-linear"],
        "model": "Qwen/Qwen2.5-1.5B-Instruct",
        "model_type": "qwen2",
        "torch_dtype": "bfloat16",
        "template": "qwen2_5",
        "system": system,
        "max_length": s.max_length,
        "truncation_strategy": "left",
        "dataset": ["data/train.jsonl"],
        "val_dataset": ["data/val.jsonl"] if s.eval_every else [],
        "split_dataset_ratio": 0.0,
        "dataset_shuffle": True,
        "columns": {},
        "temperature": s.temperature,
        "top_k": 50,
        "top_p": 0.9,
        "repetition_penalty": 1.0,
        "external_plugins": ["plugin/plugin.py"],
        "rlhf_type": "grpo",
        "beta": s.beta,
        "loss_type": s.loss_type,
        "epsilon": 0.2,
        "epsilon_high": None,
        "delta": None,
        "scale_rewards": "group",
        "advantage_estimator": "grpo",
        "importance_sampling_level": "token",
        "num_iterations": s.iterations,
        "num_generations": s.generations,
        "num_generations_eval": None,
        "steps_per_generation": None,
        "generation_batch_size": None,
        "max_completion_length": s.limit,
        "reward_funcs": [REWARDS[name][0] for name in s.rewards],
        "reward_weights": s.weights,
        "reward_model": None,
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": 0.4,
        "vllm_tensor_parallel_size": 1,
        "log_completions": True,
        "log_entropy": s.log_entropy,
        "top_entropy_quantile": 1.0,
        "dynamic_sample": False,
        "overlong_filter": False,
        "soft_cache_length": None,
        "soft_max_length": None,
        "repetition_n_grams": 3,
        "repetition_max_penalty": -1.0,
        "kl_in_reward": False,
        "sync_ref_model": False,
        "async_generate": False,
        "rollout_importance_sampling_mode": "token_truncate" if s.correction else None,
        "log_rollout_offpolicy_metrics": s.correction,
        "global_world_size": 2,
        "swift_version": "4.6.0",
        "add_version": True,
        "create_checkpoint_symlink": False,
    }


def correction(run: Run, policy: Policy) -> dict[str, float]:
    """The keys `rollout_correction/*` of `grpo_trainer.py` for a distance between trainer and rollout engine."""
    r, gap = run.rng, policy.mismatch
    log_ppl = 0.25 * policy.entropy + 0.08
    drift = gap * r.uniform(0.6, 1.4)
    row = {
        "training_ppl": exp(log_ppl + drift),
        "training_log_ppl": log_ppl + drift,
        "kl": gap * r.uniform(0.8, 1.2),
        "k3_kl": gap,
        "rollout_ppl": exp(log_ppl),
        "rollout_log_ppl": log_ppl,
        "log_ppl_diff": drift,
        "log_ppl_abs_diff": drift + 0.5 * gap**0.5 * 0.1,
        "log_ppl_diff_max": drift + 0.3 * gap**0.5,
        "log_ppl_diff_min": drift - 0.3 * gap**0.5,
        "ppl_ratio": exp(drift),
        "chi2_token": 2 * gap * r.uniform(0.9, 1.3),
        "chi2_seq": 2.2 * drift + gap**2,
        "is_weight_mean": 1 - min(0.6, 0.7 * gap),
        "ess": 1 / (1 + 2 * gap),
        "clipped_frac": min(0.9, 0.15 * gap),
    }
    return {f"rollout_correction/{key}": value for key, value in row.items()}


class Writer:
    """Writes one run below `folder`, in one version folder or, when it was resumed, in two."""

    def __init__(self, run: Run, folder: Path):
        self.run, self.folder = run, folder
        r = run.rng
        self.began = datetime(2026, 3, 1) + timedelta(minutes=r.randint(0, 150_000))
        s = run.settings
        self.system = r.choice(SYSTEMS[s.style])
        self.step_cost = r.uniform(4, 40)
        self.memory = r.uniform(28, 75)
        self.elapsed = 0.0
        self.started_at = 0
        self.history: list[dict] = []

    def write(self) -> Path:
        run, s = self.run, self.run.settings
        run.prepare()
        self._open(0)
        rows, samples, table, line = [], [], None, ""
        # A resumed run does the steps between its checkpoint and its end a second time, in a new folder.
        before = range(1, s.resumed_at + s.lost + 1)
        for index, step in enumerate([*before, *range(s.resumed_at + 1, s.steps + 1)]):
            if s.resumed_at and index == len(before):
                self._resume(step)
            fresh = (step - 1) % s.iterations == 0
            policy = run.policy(step)
            if fresh:
                samples = run.batch(step, run.groups(step), policy)
                table = run.scores(step, samples)
            row, adv = self._figures(step, samples, table, policy, fresh)
            rows.append(row)
            logged = step == 1 or step % s.logging_steps == 0
            if logged or step == s.steps:
                line = self._line(step, samples, table, adv)
            if logged:
                self._log(step, rows)
                # A process that dies while it writes leaves the scalars of its last step and a part of the texts.
                torn = run.torn and step == run.ends_at
                self.completions.write(line[: int(len(line) * run.rng.uniform(0.2, 0.8))] if torn else line)
                rows = []
            if s.eval_every and step % s.eval_every == 0:
                line = self._evaluate(step)
            if run.ends_at == step:
                break
        self._close(line)
        return self.folder

    # files ----------------------------------------------------------------------------------------------------------
    def _open(self, version: int) -> None:
        name = f"v{version}-{self.began:%Y%m%d-%H%M%S}"
        self.here = self.folder / name
        self.here.mkdir(parents=True)
        args = arguments(self.run, self.here, self.system)
        if version:
            args["resume_from_checkpoint"] = f"{self.previous}/checkpoint-{self.run.settings.resumed_at}"
        (self.here / "args.json").write_text(json.dumps(args, indent=2), encoding="utf-8")
        self.completions = (self.here / "completions.jsonl").open("w", encoding="utf-8", newline="\n")
        self.logging = (self.here / "logging.jsonl").open("w", encoding="utf-8", newline="\n")

    def _resume(self, step: int) -> None:
        self._end_files()
        self.previous = self.here
        self.began += timedelta(seconds=self.elapsed + 5400)
        self.elapsed, self.started_at = 0.0, step - 1
        self._open(1)

    def _end_files(self) -> None:
        self.completions.close()
        self.logging.close()
        ended = (self.began + timedelta(seconds=self.elapsed)).timestamp()
        for path in self.here.iterdir():
            os.utime(path, (ended, ended))

    def _close(self, line: str) -> None:
        run, s = self.run, self.run.settings
        if run.ends_at is None:
            n = s.generations * s.prompts * s.steps
            summary = {
                "train_runtime": self.elapsed,
                "train_samples_per_second": n / self.elapsed,
                "train_steps_per_second": s.steps / self.elapsed,
                "total_flos": 0.0,
                "train_loss": float(np.mean([row["loss"] for row in self.history if "loss" in row])),
                "epoch": self.history[-1]["epoch"],
            }
            self._append(s.steps, summary)
            self.completions.write(
                line
            )  # the buffers are never cleared: the last batch once more, be it of an evaluation
            dump = {
                "model_parameter_info": "Qwen2ForCausalLM: 1543.7143M Params (1543.7143M Trainable [100.0000%]), 0M Buffers.",
                "last_model_checkpoint": f"{self.here}/checkpoint-{s.steps}",
                "best_model_checkpoint": None,
                "best_metric": None,
                "global_step": s.steps,
                "log_history": self.history,
                "memory": round(self.memory, 2),
            }
            self.logging.write(json.dumps(dump) + "\n")
        self._end_files()

    def _append(self, step: int, row: dict) -> None:
        """One line of `logging.jsonl`, with what ms-swift's progress callback adds."""
        s = self.run.settings
        speed = self.elapsed / max(1, step - self.started_at)
        self.history.append({**row, "step": step})
        line = {
            **{key: round(value, 8) if isinstance(value, float) else value for key, value in row.items()},
            "global_step/max_steps": f"{step}/{s.steps}",
            "elapsed_time": duration(self.elapsed),
            "remaining_time": duration((s.steps - step) * speed),
            "memory(GiB)": round(self.memory, 2),
            "train_speed(s/it)": round(speed, 6),
        }
        self.logging.write(json.dumps(line) + "\n")

    # figures --------------------------------------------------------------------------------------------------------
    def _figures(
        self, step: int, samples: list[Sample], table, policy: Policy, fresh: bool
    ) -> tuple[dict, list[float]]:
        """The logged scalars of one step in the trainer's order, and the advantages."""
        run, s, r = self.run, self.run.settings, self.run.rng
        weights = np.array(s.weights or [1.0] * len(s.rewards), dtype=np.float32)
        adv, rewards = advantages(table, weights, s.generations)
        lengths = np.array([sample.tokens for sample in samples], dtype=np.float32)
        # With equal weights per completion the surrogate sums to zero; by tokens, long ones weigh more.
        surrogate = 0.0 if s.loss_type == "grpo" else -float((adv * lengths).sum() / lengths.sum())
        loss = surrogate + s.beta * policy.kl + r.gauss(0, 2e-8)
        alive = float((np.abs(adv) > 1e-3).mean())
        grad = policy.grad * (0.05 + 0.95 * alive**0.5) if s.beta else policy.grad * alive**0.5
        row = {"loss": loss, "grad_norm": grad, "learning_rate": rate(s, step)}
        if fresh:
            row |= self._lengths(samples, lengths)
            row |= reward_figures(table, rewards, s.rewards, s.generations)
        if s.log_entropy:
            self.entropies = [max(0.0, policy.entropy * exp(r.gauss(0, 0.22))) for _ in samples]
            row |= {
                "entropy/mean": sum(self.entropies) / len(self.entropies),
                "entropy/max": max(self.entropies),
                "entropy/min": min(self.entropies),
            }
        if s.beta:
            row["kl"] = policy.kl
        if s.correction:
            row |= correction(run, policy)
        row |= {
            "clip_ratio/low_mean": 0.4 * policy.clip,
            "clip_ratio/low_min": 0.0,
            "clip_ratio/high_mean": 0.6 * policy.clip,
            "clip_ratio/high_max": 1.4 * policy.clip,
            "clip_ratio/region_mean": policy.clip,
        }
        cost = (
            self.step_cost
            * (0.35 + 0.65 * float(lengths.max()) / s.limit)
            * exp(r.gauss(0, 0.05))
            * (1 if fresh else 0.4)
        )
        self.elapsed += cost
        row["step_time"] = cost
        row["epoch"] = step * s.prompts / (len(run.pool) * s.iterations)
        for hook in run.on_log:
            hook(step, row)
        return row, adv.tolist()

    @staticmethod
    def _lengths(samples: list[Sample], lengths: np.ndarray) -> dict[str, float]:
        return {
            "completions/mean_length": float(lengths.mean()),
            "completions/min_length": float(lengths.min()),
            "completions/max_length": float(lengths.max()),
            "completions/clipped_ratio": sum(sample.truncated for sample in samples) / len(samples),
        }

    def _log(self, step: int, rows: list[dict]) -> None:
        """Means of the steps since the last log; the gradient norm and the rate are those of the last step."""
        keys = {key: None for row in rows for key in row}
        row = {}
        for key in keys:
            values = [each[key] for each in rows if key in each]
            last_only = key in ("grad_norm", "learning_rate", "epoch")
            row[key] = values[-1] if last_only or len(values) == 1 else sum(values) / len(values)
        self._append(step, row)

    # completions ----------------------------------------------------------------------------------------------------
    def _prompt(self, sample: Sample) -> str:
        turns = f"<|im_start|>system\n{self.system}<|im_end|>\n<|im_start|>user\n{self.run.question(sample.problem)}<|im_end|>"
        return f"{turns}\n<|im_start|>assistant\n"

    def _line(self, step: int, samples: list[Sample], table, adv: list[float]) -> str:
        s = self.run.settings
        g = s.generations
        prompts = [prompt for sample in samples[::g] for prompt in [self._prompt(sample)] * g]
        columns = {
            "step": [str(step)] * len(samples),
            "prompt": prompts,
            "completion": [sample.text for sample in samples],
            **dict(zip(s.rewards, table.T.tolist(), strict=True)),
            "advantages": adv,
        }
        if s.log_entropy:
            columns["entropy"] = self.entropies
        columns["solution"] = [sample.problem.answer for sample in samples]
        return json.dumps(columns, ensure_ascii=False) + "\n"

    def _evaluate(self, step: int) -> str:
        """An evaluation: `eval_` keys in the log, its last batch in the file under the same step number. Gives that line."""
        run, s = self.run, self.run.settings
        if not hasattr(self, "eval_pool"):
            size = max(s.prompts, -(-s.eval_questions // s.prompts) * s.prompts)
            self.eval_pool = pool(run.rng, size, s.language, s.spread)
        noise, walk = run._noise, run._walk_length
        policy = run.policy(step)
        run._noise, run._walk_length = noise, walk
        for hook in run.on_eval:
            hook(step, policy)
        figures, line = [], ""
        for start in range(0, len(self.eval_pool), s.prompts):
            samples = run.batch(step, self.eval_pool[start : start + s.prompts], policy)
            table = run.scores(step, samples)
            row, adv = self._figures(step, samples, table, policy, True)
            figures.append(row)
            line = self._line(step, samples, table, adv)
        first = figures[0]
        skipped = ("loss", "grad_norm", "learning_rate", "step_time", "epoch")
        seconds = sum(row["step_time"] for row in figures)
        count = len(self.eval_pool) * s.generations
        row = {
            "eval_loss": float(np.mean([each["loss"] for each in figures])),
            "eval_runtime": seconds,
            "eval_samples_per_second": count / seconds,
            "eval_steps_per_second": len(figures) / seconds,
        }
        for key in first:
            if key not in skipped:
                values = [each[key] for each in figures if key in each]
                row[f"eval_{key}"] = sum(values) / len(values)
        row["epoch"] = first["epoch"]
        self._append(step, row)
        self.completions.write(line)
        return line
