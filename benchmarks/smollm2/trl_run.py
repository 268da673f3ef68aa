"""The benchmark's training by TRL's GRPOTrainer: `python -m benchmarks.smollm2.trl_run JSON`; see bench.py for JSON."""

import json
import sys
from typing import Any

import benchmarks.smollm2.stopwatch  # noqa: F401  measures from here on


def reward(prompts: list, completions: list[list[dict]], solution: list[str], **columns: Any) -> list[float | None]:
    from grpo_rewards.accuracy import math_accuracy

    return math_accuracy([completion[0]["content"] for completion in completions], solution)


def main() -> None:
    asked = json.loads(sys.argv[1])

    import torch
    from datasets import load_dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    def row(messages: list[dict], solution: str) -> dict:
        return {"prompt": [{"role": "system", "content": asked["system"]}, *messages], "solution": solution}

    rows = load_dataset("json", data_files=asked["data"], split="train")
    rows = rows.map(row, input_columns=["messages", "solution"], remove_columns=["messages"])
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(asked["model"], dtype=torch.float32),
        processing_class=AutoTokenizer.from_pretrained(asked["model"]),
        reward_funcs=reward,
        train_dataset=rows,
        args=GRPOConfig(output_dir=asked["out"], use_cpu=True, save_strategy="no", **asked["settings"]),
        peft_config=LoraConfig(task_type="CAUSAL_LM", **asked["lora"]) if asked["lora"] else None,
    )
    trainer.train()
    trainer.save_model(asked["out"])


if __name__ == "__main__":
    main()
