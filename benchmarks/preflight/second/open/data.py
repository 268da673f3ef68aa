"""Data sets."""

from benchmarks.preflight.second.base import *

KIND = "data"


def of(content, name: str = "data.jsonl") -> dict:
    return MODEL | {name: content}


def questions(number: int = 64) -> list[str]:
    return [row["messages"][0]["content"] for row in rows(number)]


mistake(KIND, "data-missing", train(dataset="datta.jsonl"), "datta.jsonl", "data.jsonl|path|exist|not there", "no such file: taken for a hub id, which is none either")
mistake(KIND, "data-missing-absolute", train(dataset="/srv/sets/gsm8k_train.jsonl"), "/srv/sets/gsm8k_train.jsonl", "path|exist|not there", "loader.py: the local path does not exist")
mistake(KIND, "data-empty", train(), "data.jsonl", "empty|no row|0 rows", "no row to train on", files=of(""))
mistake(KIND, "data-broken-line", train(), ["data.jsonl", "17"], "17", "line 17 is cut off: datasets' JSON reader raises", files=of(jsonl([*rows(16), '{"messages": [{"role": "user", "content": "How m\n', *rows(64)[16:]])))
mistake(KIND, "data-lfs-pointer", train(), ["data.jsonl"], "git lfs|lfs", "what git leaves without git-lfs: three lines of pointer", files=of("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 7473\n"))
mistake(
    KIND, "data-no-prompt-column", train(reward_funcs=["r1_format"]), ["data.jsonl|column"], "messages|query|question|columns", "neither messages nor a name that ms-swift takes for the question: every row has a prompt of nothing", level="warning", files=of(jsonl([{"exercise": q, "solution": "4"} for q in questions()]))
)
mistake(KIND, "data-role-unknown", train(), ["data.jsonl", "role|student"], "user", "_check_messages asserts a known role: each such row is deleted, here all", files=of(jsonl([r | {"messages": [{"role": "student", "content": r["messages"][0]["content"]}]} for r in rows()])))
mistake(KIND, "data-gold-empty", train(), ["solution"], "audit|unreadable|empty|drop|math", "an empty gold cannot be read: None for each, nothing is learned", files=of(jsonl(rows(64, solution=""))), level="warning")
mistake(KIND, "data-gold-null", train(), ["solution"], "null|none|empty|unreadable", "no gold in any row", files=of(jsonl(rows(64, solution=None))), level="warning")
mistake(
    KIND,
    "data-too-long-delete",
    train(max_length=256, truncation_strategy="delete", system="Answer."),
    ["max_length", "256"],
    "2048|4096|1024|longer|raise|larger|max_length",
    "each prompt has about 3,000 tokens (a byte is one): resampling finds no row that fits, RuntimeError (rollout_mixin.py:1842)",
    files=of(jsonl([{"messages": [{"role": "user", "content": q + " Note." * 500}], "solution": "4"} for q in questions()])),
)
mistake(
    KIND,
    "data-too-long-left",
    train(max_length=512),
    ["max_length", "512"],
    "2048|4096|longer|raise|larger|max_length",
    "each prompt is cut from the left to its filler; the question stands at the front",
    level="warning",
    files=of(jsonl([{"messages": [{"role": "user", "content": q + " Note." * 500}], "solution": "4"} for q in questions()])),
)
mistake(KIND, "data-latin-1", train(), ["data.jsonl"], "utf-8|utf8|encoding", "bytes of Latin-1: the JSON reader wants UTF-8", files=of("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows(64, note="caf\u00e9")).encode("latin-1")))
mistake(KIND, "data-columns-absent", train(columns='{"answer": "solution"}'), ["answer|columns", "solution|final"], "final|solution", "the mapping names a column that is not there (it is `final`), and solution stays missing", files=of(jsonl([{"messages": r["messages"], "final": r["solution"]} for r in rows()])))
mistake(KIND, "data-sample-no-number", train(dataset="data.jsonl#all"), ["data.jsonl#all|#all"], "#64|number|#100|#1000|data.jsonl|#n", "DatasetSyntax.parse: int('all') raises, or the file named so does not exist")
