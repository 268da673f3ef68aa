"""Data sets."""

from benchmarks.preflight.second.base import *

KIND = "data"


def of(content, name: str = "data.jsonl") -> dict:
    return MODEL | {name: content}


def questions(number: int = 64) -> list[str]:
    return [row["messages"][0]["content"] for row in rows(number)]


mistake(KIND, "data-csv-named-jsonl", train(), ["data.jsonl"], "csv|json|1", "comma-separated lines under a name that says JSON lines", files=of("question,solution\n" + "".join(f'"What is {n} + 2?",{n + 2}\n' for n in range(64))))
mistake(KIND, "data-content-null", train(), ["data.jsonl", "content"], "content|null|text", "_check_messages asserts content is not None: each such row is deleted, here all", files=of(jsonl(rows(64, messages=[{"role": "user", "content": None}]))))
mistake(KIND, "data-messages-empty", train(), ["data.jsonl", "messages"], "messages|user|empty", "_check_messages asserts len(messages) > 0: deleted, here all", files=of(jsonl(rows(64, messages=[]))))
mistake(KIND, "data-duplicates", train(), ["data.jsonl|rows"], "duplicate|same|repeat|identical|dedup", "64 times one question", files=of(jsonl(rows(1) * 64)), level="warning")
mistake(KIND, "data-folder-empty", train(dataset="sets"), ["sets"], "empty|no |file|data.jsonl", "a folder without a data file: datasets finds nothing to load", files=MODEL | {"sets/": ""})
mistake(KIND, "data-eval-is-training", train(val_dataset="data.jsonl", per_device_eval_batch_size=4), ["data.jsonl"], "val_dataset|held|other|same|split_dataset_ratio|also", "the validation set is the training set: what it says of the model means nothing", level="warning")
mistake(
    KIND,
    "data-solution-mixed",
    train(),
    ["solution"],
    "string|text|type|one kind|int",
    "strings in most rows and lists in the rest: a list is no gold, these rows are graded None or end the built-in reward (TypeError)",
    level="warning",
    files=of(jsonl([*rows(40), *({"messages": r["messages"], "solution": [r["solution"]]} for r in rows(64)[40:])])),
)
