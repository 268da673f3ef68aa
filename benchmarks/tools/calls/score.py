"""How the parser of tool calls reads texts whose calls are known: python -m benchmarks.tools.calls.score [--held-out] [--rows]

A case is a text and the calls that a careful reader sees in it, in order. `{"error": "unparsed"}` is an attempt that is no
call, whatever error the parser gives it. A case with `either` may be read or refused and is not scored; it must only not raise.
Arguments are compared with their types. Hostile texts are made here, not stored: for them a list must come back in `SECONDS`.
`--rows` shows each open case that is read otherwise. Of the held-out part only sums are printed.
"""

import argparse
import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

SECONDS = 2.0
CALL = '<tool_call>{"name": "calculator", "arguments": {"expression": "1 + 1"}}</tool_call>'
HOSTILE = {
    "lists in lists": '<tool_call>{"name": "f", "arguments": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}</tool_call>",
    "objects in objects": '<tool_call>{"name": "f", "arguments": ' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}</tool_call>",
    "lists never closed": '<tool_call>{"name": "f", "arguments": ' + "[" * 200_000,
    "opening tags": "<tool_call>" * 100_000,
    "opening tags, each with a brace": "<tool_call>{" * 50_000,
    "closing tags": "</tool_call>" * 100_000,
    "tags in turn": "<tool_call></tool_call>" * 50_000,
    "tags in tags": "<tool_call>" * 20_000 + CALL + "</tool_call>" * 20_000,
    "ten thousand calls": CALL * 10_000,
    "half a tag, often": "<tool_cal" * 100_000,
    "thoughts in thoughts": "<think>" * 50_000 + CALL + "</think>" * 50_000,
    "thoughts never closed": "<think>" * 100_000 + CALL,
    "an integer of 100,000 digits": '<tool_call>{"name": "f", "arguments": {"n": ' + "9" * 100_000 + "}}</tool_call>",
    "an exponent of 9 digits": '<tool_call>{"name": "f", "arguments": {"n": 1e999999999}}</tool_call>',
    "a megabyte in an argument": '<tool_call>{"name": "f", "arguments": {"x": "' + "ab" * 500_000 + '"}}</tool_call>',
    "a megabyte of blanks": "<tool_call>" + " " * 1_000_000 + "</tool_call>",
    "a megabyte of backslashes": '<tool_call>{"name": "f", "arguments": {"x": "' + "\\" * 1_000_000,
    "a megabyte of quotes": "<tool_call>{" + '"' * 1_000_000 + "</tool_call>",
    "a megabyte of NUL": "<tool_call>" + "\0" * 1_000_000 + "</tool_call>",
    "keys, all the same": '<tool_call>{"name": "f", "arguments": {' + ", ".join(['"a": 1'] * 50_000) + "}}</tool_call>",
    "half pairs": '<tool_call>{"name": "\ud800", "arguments": {"\udfff": "\ud83c"}}</tool_call>',
}  # fmt: skip


def seen(found: list) -> list[dict]:
    """The parser's calls in the form of the cases."""
    return [
        {"error": "unparsed"} if one.error is not None else {"name": one.name, "arguments": one.arguments}
        for one in found
    ]


def same(one: list[dict], other: list[dict]) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)  # 1, 1.0 and true differ


def stop(*_) -> None:
    raise TimeoutError


def read(parse: Callable[[str], list], text: str) -> tuple[list[dict] | None, str]:
    """(calls, "") or (None, why there are none)."""
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    try:
        return seen(parse(text)), ""
    except BaseException as error:  # whatever is raised would have ended a run
        if isinstance(error, KeyboardInterrupt):
            raise
        return None, f"raises {type(error).__name__}: {str(error)[:100]}"
    finally:
        signal.alarm(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tools.calls.score", description=__doc__.splitlines()[0])
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--rows", action="store_true")
    options = parser.parse_args()
    from grpo_tools.calls import calls

    file = Path(__file__).parent / ("held_out" if options.held_out else "open") / "cases.jsonl"
    cases = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    counts: Counter = Counter()
    for case in cases:
        found, wrong = read(calls, case["text"])
        result = "either" if case.get("either") else "right" if same(found or [], case["calls"]) else "wrong"
        result = "raises" if found is None else result
        counts[result] += 1
        if options.rows and not options.held_out and result in ("raises", "wrong"):
            print(f"{case['id']}: {wrong or ascii(found)}\n  right: {case['calls']!a}\n  {case['why']}")
    for name, text in HOSTILE.items():
        begin = time.perf_counter()
        found, wrong = read(calls, text)
        seconds = time.perf_counter() - begin
        late = not wrong and seconds > SECONDS
        counts["hostile, " + ("raises" if wrong else "late" if late else "read")] += 1
        if wrong or late:
            print(f"hostile, {name}: {wrong or f'{seconds:.1f} s'}")
    scored = sum("either" not in case for case in cases)
    print(f"{counts['right']} of {scored} right; {counts['either']} may be either; {counts['raises']} raise")
    print(", ".join(f"{name} {counts[name]}" for name in ("hostile, read", "hostile, late", "hostile, raises")))


if __name__ == "__main__":
    main()
