"""Greedy answers to the held-out questions by transformers, graded as the training is.

`python -m benchmarks.smollm2.judge MODEL TRAINED ROWS SYSTEM` prints {"accuracy": 0.41, "questions": 95, "tokens": 5.2}.
TRAINED is a model, or an adapter of MODEL. All kinds are judged by it, in float32 and in one batch.
Raises ValueError where ms-swift would ask in other tokens than TRL does: then nothing could be compared.
"""

import json
import sys
from pathlib import Path

TOKENS = 16  # of an answer, as in training


def same_prompt(model: str, messages: list[dict], ids: list[int]) -> None:
    from swift import get_processor, get_template

    template = get_template(get_processor(model))
    template.set_mode("transformers")
    theirs = template.encode({"messages": messages})["input_ids"]
    if list(theirs) != ids:
        raise ValueError(f"ms-swift asks in {theirs}, the chat template in {ids}")


def main(model: str, trained: str, rows: str, system: str) -> None:
    import torch
    from grpo_rewards.grading import grade_batch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    questions = [json.loads(line) for line in Path(rows).read_text(encoding="utf-8").splitlines()]
    chats = [[{"role": "system", "content": system}, *question["messages"]] for question in questions]
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    same_prompt(model, chats[0], tokenizer.apply_chat_template(chats[0], add_generation_prompt=True)["input_ids"])
    asked = tokenizer.apply_chat_template(
        chats, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
    )
    policy = AutoModelForCausalLM.from_pretrained(trained, dtype=torch.float32).eval()
    with torch.inference_mode():
        answers = policy.generate(**asked, max_new_tokens=TOKENS, do_sample=False)[:, asked["input_ids"].shape[1] :]
    texts = tokenizer.batch_decode(answers, skip_special_tokens=True)
    verdicts = grade_batch(texts, [question["solution"] for question in questions])
    tokens = (answers != tokenizer.pad_token_id).sum(1).float().mean().item()
    print(json.dumps({"accuracy": verdicts.count(1.0) / len(verdicts), "questions": len(verdicts), "tokens": tokens}))


if __name__ == "__main__":
    main(*sys.argv[1:])
