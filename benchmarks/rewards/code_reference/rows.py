"""Rows in the raw formats of seven sets, with right and changed programs for each; all draws are seeded.

HumanEval and MBPP are the published rows. The rows with calls are built of their functions and asserts; those with
stdin are our own (`stdin_rows`).
"""

import ast
import gzip
import json
import random
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rewards.code_reference import mutate, stdin_rows


@dataclass(frozen=True)
class Row:
    """A program of one row. `tests` is the raw column; `columns` is what the reference harness needs besides."""

    format: str
    name: str
    change: str  # of the right program; "" for none
    program: str
    tests: str
    columns: dict


def _varied(rng: random.Random, source: str, kinds: list[str], n: int) -> list[tuple[str, str]]:
    """The right program, and `n` changed ones of different kinds."""
    changed = [(kind, text) for kind, text in mutate.mutants(source, rng, kinds) if text != source]
    slow = [one for one in changed if one[0] == "endless"]  # each takes the whole time limit, twice
    quick = [one for one in changed if one[0] != "endless"]
    chosen = rng.sample(quick, min(n, len(quick)))
    if slow and rng.random() < 0.06:
        chosen.append(slow[0])
    return [("", source), *chosen]


def humaneval(folder: Path, rng: random.Random, n: int) -> list[Row]:
    """HumanEval.jsonl.gz of openai/human-eval."""
    with gzip.open(folder / "HumanEval.jsonl.gz", "rt") as lines:
        problems = rng.sample([json.loads(line) for line in lines], n)
    made = []
    for problem in problems:
        tests = json.dumps({key: problem[key] for key in ("test", "entry_point", "prompt")})
        source = problem["prompt"] + problem["canonical_solution"]
        for change, text in _varied(rng, source, mutate.CODE, 2):
            made.append(Row("HumanEval", problem["task_id"], change, text, tests, problem))
    return made


def _mbpp(folder: Path) -> list[dict]:
    """Test split of mbpp.jsonl of google-research/google-research (task 11 to 510)."""
    rows = [json.loads(line) for line in (folder / "mbpp.jsonl").read_text().splitlines()]
    return [row for row in rows if 11 <= row["task_id"] <= 510]


def mbpp(folder: Path, rng: random.Random, n: int) -> list[Row]:
    made = []
    for problem in rng.sample(_mbpp(folder), n):
        tests = json.dumps({key: problem[key] for key in ("test_list", "test_setup_code")})
        source = problem["code"].replace("\r\n", "\n")
        for change, text in _varied(rng, source, mutate.CODE, 2):
            made.append(Row("MBPP", str(problem["task_id"]), change, text, tests, problem))
    return made


def _calls(problem: dict) -> tuple[str, list[tuple[list, object]]] | None:
    """Function, arguments and expected values of asserts `f(…) == value`, if JSON holds all of them."""
    found, names = [], set()
    for line in problem["test_list"]:
        try:
            test = ast.parse(line).body[0].test
            call, value = test.left, test.comparators[0]
            names.add(call.func.id)
            given = [ast.literal_eval(one) for one in call.args]
            expected = ast.literal_eval(value)
            json.dumps([given, expected])
        except (AttributeError, ValueError, SyntaxError, TypeError, KeyError):
            return None
        found.append((given, expected))
    return (names.pop(), found) if len(names) == 1 else None


def calls(folder: Path, rng: random.Random, n: int) -> list[Row]:
    """Every program in the formats of APPS, TACO, LiveCodeBench and verl; half of them as `class Solution`."""
    problems = [(p, parsed) for p in _mbpp(folder) if (parsed := _calls(p)) and not p["test_setup_code"]]
    made = []
    for problem, (name, cases) in rng.sample(problems, n):
        source = problem["code"].replace("\r\n", "\n")
        wrapped = rng.random() < 0.5
        for change, text in _varied(rng, source, mutate.CODE, 2):
            if wrapped:
                text += f"\nclass Solution:\n    def {name}(self, *given):\n        return {name}(*given)\n"
            in_list = rng.random() < 0.5
            apps = {
                "fn_name": name,
                "inputs": [given for given, _ in cases],
                "outputs": [[out] if in_list or not isinstance(out, list) else out for _, out in cases],
            }
            lines = [
                {"input": "\n".join(map(json.dumps, given)), "output": json.dumps(out), "testtype": "functional"}
                for given, out in cases
            ]
            made += _formats(str(problem["task_id"]), change, text, apps, lines, name)
    return made


def stdin(rng: random.Random, n: int, per_row: int) -> list[Row]:
    """Every program in the formats of APPS, TACO, LiveCodeBench, verl and open-r1."""
    made = []
    for name in sorted(rng.sample(sorted(stdin_rows.ROWS), min(n, len(stdin_rows.ROWS)))):
        draw, source = stdin_rows.ROWS[name]
        tests = stdin_rows.cases(draw, source, rng, 3)
        for change, text in _varied(rng, source, list(mutate.KINDS), per_row):
            apps = {"inputs": [t["input"] for t in tests], "outputs": [t["output"] for t in tests]}
            lines = [t | {"testtype": "stdin"} for t in tests]
            made += _formats(name, change, text, apps, lines, None)
            info = {"language": "python", "test_cases": [t | {"type": "stdin_stdout"} for t in tests]}
            made.append(Row("open-r1 stdin", name, change, text, json.dumps(info), info))
    return made


def _formats(name: str, change: str, text: str, apps: dict, lines: list[dict], function: str | None) -> list[Row]:
    kind = "call" if function else "stdin"
    joined: dict = {"inputs": [line["input"] for line in lines], "outputs": [line["output"] for line in lines]}
    if function:
        joined["fn_name"] = function
    livecode = {
        "public_test_cases": json.dumps(lines),
        "metadata": json.dumps({"func_name": function} if function else {}),
    }
    return [
        Row(f"APPS {kind}", name, change, text, json.dumps(apps), apps),
        Row(f"TACO {kind}", name, change, text, json.dumps(apps), apps),
        Row(f"LiveCodeBench {kind}", name, change, text, json.dumps(livecode), joined),
        Row(f"verl {kind}", name, change, text, json.dumps(joined), joined),
    ]


def all_rows(folder: Path, seed: int = 0, size: float = 1.0) -> list[Row]:
    rng = random.Random(seed)
    return [
        *humaneval(folder, rng, int(30 * size)),
        *mbpp(folder, rng, int(30 * size)),
        *calls(folder, rng, int(20 * size)),
        *stdin(rng, 20, int(4 * size)),
    ]
