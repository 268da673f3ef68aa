"""Are the datasets there, and have they the columns the run needs?"""

import csv
import json
from itertools import islice
from pathlib import Path
from typing import Any

from swift_grpo.check.hub import HUB_ID, on_hub
from swift_grpo.check.problem import Problem

ROWS_READ = 1000
# the columns from which ms-swift's AutoPreprocessor makes a conversation (swift/dataset/preprocessor/core.py)
PROMPT_COLUMNS = (
    "messages",
    "conversation",
    "conversations",
    "query",
    "question",
    "problem",
    "prompt",
    "instruction",
    "input",
    "user",
    "text",
)


def check_dataset(name: str, columns: dict[str, str], needy: list[str], use_hf: bool) -> list[Problem]:
    """`name` as ms-swift takes it: path or hub id, then `:subset` and `#rows`. `columns` maps columns to their new names.

    `needy` are the rewards of the run that read the column `solution`.
    """
    path = Path(name.rsplit("#", 1)[0] if "#" in name else name)
    if not path.exists():
        identifier = str(path).split(":")[0]
        if not HUB_ID.fullmatch(identifier) or path.suffix in {".jsonl", ".json", ".csv", ".parquet"}:
            return [
                Problem(
                    f"the dataset {path} is not there", "give DATASET a file or a hub id such as AI-MO/NuminaMath-TIR"
                )
            ]
        reason = on_hub(identifier, "dataset", use_hf)
        return (
            [
                Problem(
                    f"the dataset {identifier} {reason}",
                    "give DATASET a file, correct the id, or set USE_HF=1 for Hugging Face",
                )
            ]
            if reason
            else []
        )
    if path.is_dir() or path.suffix not in {".jsonl", ".json", ".csv"}:
        return []
    try:
        rows = read_rows(path)
    except (OSError, ValueError) as error:
        return [
            Problem(
                f"the dataset {path} cannot be read ({error})",
                "mend the file: JSON Lines, a JSON list, or CSV, in UTF-8",
            )
        ]
    if not rows:
        return [Problem(f"the dataset {path} has no rows", "give DATASET a file with at least one")]
    return _check_columns(path, rows, columns, needy)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The first ROWS_READ rows. Raises ValueError naming the line that is no JSON object."""
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            return list(islice(csv.DictReader(file), ROWS_READ))
        if path.suffix == ".json":
            rows = json.load(file)
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ValueError("not a list of objects")
            return rows[:ROWS_READ]
        rows = []
        for number, line in enumerate(islice(file, ROWS_READ), start=1):
            if line.strip():
                rows.append(_row(number, line))
        return rows


def _row(number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: not an object")
    return row


def _check_columns(path: Path, rows: list[dict[str, Any]], columns: dict[str, str], needy: list[str]) -> list[Problem]:
    names = {columns.get(column, column) for row in rows for column in row}
    problems = []
    if not names & set(PROMPT_COLUMNS):
        problems.append(
            Problem(
                f"the dataset {path} has no column with the prompt (it has {', '.join(sorted(names))})",
                """name one `messages` or `query`, or map it: --columns '{"your_column": "query"}'""",
            )
        )
    if needy and "solution" not in names:
        gold = next((c for c in ("answer", "gold", "target", "label", "response") if c in names), "your_column")
        problems.append(
            Problem(
                f"the dataset {path} has no column `solution`, which the reward {needy[0]} needs",
                f"""map it: --columns '{{"{gold}": "solution"}}'""",
            )
        )
    elif needy:
        empty = sum(1 for row in rows if {columns.get(k, k): v for k, v in row.items()}.get("solution") in (None, ""))
        if empty == len(rows):
            problems.append(Problem(f"every `solution` of the dataset {path} is empty", "fill in the gold answers"))
    return problems
