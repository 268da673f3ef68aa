"""Data sets."""

from ..base import *  # noqa: F403

CASES = []
add = adder("data", CASES)


def D(content, name="data.jsonl"):
    return F({name: content}, drop=() if name == "data.jsonl" else ("data.jsonl",))


def changed(change, which=lambda n: True):
    """The data with `change(row)` done to the rows of a number that `which` takes."""
    out = rows()
    for n, row in enumerate(out):
        if which(n):
            change(row)
    return D(jsonl(out))


add("data-misspelt", "error", grpo(dataset="./dta.jsonl"), "dta.jsonl", "data.jsonl|exist|found|not there", "taken for a hub id: three tries at a download")
add("data-gold-list", "error", grpo(), ["solution"], "text|string|str|math_accuracy", "rewards/orm.py MathAccuracy: re.search on a list, TypeError at the first step", files=changed(lambda r: r.update(solution=[r["solution"]])))
add("data-prompts-long-delete", "error", grpo(max_length=32, truncation_strategy="delete", system=None), ["max_length"], "larger|raise|longer|64|more|tokens", "every prompt is longer than 32 tokens: each is deleted and resampled without end", files=changed(lambda r: r["messages"][0].update(content="word " * 100)))
add("data-prompts-long-left", "warning", grpo(max_length=512), ["max_length"], "larger|raise|longer|token", "the third of the prompts with 2000 tokens loses its beginning, the system prompt with it", files=changed(lambda r: r["messages"][0].update(content="word " * 400), lambda n: n % 3 == 0))
add("data-parquet-columns", "error", grpo(dataset="data.parquet"), ["solution"], "--columns|columns|solution", "the parquet file calls the gold `gold`", files=D(parquet([{"query": q, "gold": f"${a}$"} for q, a in questions()]), "data.parquet"))
add("data-sample-more", "warning", grpo(dataset="data.jsonl#1000"), ["1000"], "64|repeat|fewer|#64", "dataset/utils.py:40: 64 rows are repeated to 1000")
add("data-columns-both", "error", grpo(columns='{"gold": "solution", "short": "solution"}'), ["solution|columns"], "one|either|twice|both|single", "safe_rename_columns drops every mapping onto a name that is used twice", files=D(jsonl([{"query": q, "gold": f"${a}$", "short": f"${a}$"} for q, a in questions()])))
add("data-sft-no-answer", "error", sft(dataset="data.jsonl"), ["assistant|response|answer"], "assistant|response|answer", "rows without an assistant's turn teach nothing", files=D(jsonl([{"messages": r["messages"]} for r in rows()])))
