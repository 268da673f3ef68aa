"""HumanEval's and MBPP's own programs against their tests, as `data audit` runs them, and the same with empty functions.

`python -m benchmarks.data.references` reads HumanEval.jsonl.gz, mbpp.jsonl and sanitized-mbpp.json from ../shared/data or
SWIFT_GRPO_DATA. An empty function that passed would show tests that test nothing, or a sandbox that sees nothing.
"""

import ast
import math

from grpo_rewards.code import verdicts

from swift_grpo.data import code_sets
from swift_grpo.formats.rows import read_rows
from tests.conftest import DATA


def emptied(program: str) -> str:
    """The program with `return None` as the body of each function."""
    tree = ast.parse(program)
    for one in ast.walk(tree):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            one.body = [ast.Return(ast.Constant(None))]
    return ast.unparse(ast.fix_missing_locations(tree))


def main() -> None:
    for name in ("HumanEval.jsonl.gz", "mbpp.jsonl", "sanitized-mbpp.json"):
        rows = [code_sets.standard(row) for row in read_rows(DATA / name)]
        tests = [row["tests"] for row in rows]
        for what, programs in (
            ("references", [row["solution"] for row in rows]),
            ("with empty functions", [emptied(row["solution"]) for row in rows]),
        ):
            found = verdicts(programs, tests, batch_seconds=math.inf)
            print(f"{name}, {what}: {sum(one.share == 1 for one in found)} of {len(found)} pass all tests")
            for row, one in zip(rows, found, strict=True):
                if (one.share == 1) != (what == "references"):
                    print(f"  {row['task_id']}: {one.reason or 'passed'}")


if __name__ == "__main__":
    main()
