"""Texts made of pieces of calls: the parser never raises, and what it returns is as documented.

python -m benchmarks.tools.calls.fuzz [COUNT] [SEED]
"""

import json
import random
import sys
import time

from grpo_tools.calls import calls

PIECES = [
    *("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>", "<|im_end|>"),
    *('{"name": "calculator", "arguments": {"expression": "1"}}', '{"name":', '"arguments":', "{", "}", "[", "]"),
    *('"', "'", "\\", "\\u", "\\ud800", ",", ":", "NaN", "Infinity", "1e999", "-", "null", "true"),
    *("\n", "\0", "\u2028", "\ud800", "\U0001f600", " ", "```json", "calculator", "9" * 5000, "[" * 2000, "{" * 500),
]


def text(rng: random.Random) -> str:
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(0, 24)))


def problems(count: int, seed: int) -> list[str]:
    """What went wrong, with its text."""
    rng, found = random.Random(seed), []
    for _ in range(count):
        said = text(rng)
        try:
            for call in calls(said):
                json.dumps(call.arguments)
                if (call.error is None) != (isinstance(call.name, str) and call.name != ""):
                    found.append(f"error and name do not agree: {said!r}")
        except Exception as error:
            found.append(f"{type(error).__name__}: {said!r}")
    return found


if __name__ == "__main__":
    count, seed = (int(word) for word in (*sys.argv[1:], *("100000", "1")[len(sys.argv) - 1 :]))
    begun = time.perf_counter()
    found = problems(count, seed)
    print(*found[:10], sep="\n")
    print(f"{count} texts, {len(found)} problems, {time.perf_counter() - begun:.1f} s")
    sys.exit(bool(found))
