"""What the audit finds in rows with a column `tests`: by reading them, and by running their reference programs."""

import math
from typing import TYPE_CHECKING

from grpo_rewards import code_rows
from grpo_rewards.contract import NotInstalled

from swift_grpo.formats.row_files import Row

if TYPE_CHECKING:
    from swift_grpo.data.audit import Facts

AT_ONCE = 64  # rows whose programs run before the next rows are read
MOST_CASES = 300  # of a row: at 0.1 s a case, all that code_tests gives a program
MOST_TEXT = 1 << 20  # characters of a row's tests; each rank holds those of its batch


class CodeTests:
    """Adds rows with tests to the facts. `judge` runs the references of the rows that were seen since the last time."""

    def __init__(self, facts: "Facts") -> None:
        self._facts = facts
        self._seen: dict[int, int] = {}  # hash of the tests -> row
        self._waiting: list[tuple[int, str, str]] = []

    def see(self, number: int, row: Row) -> None:
        found = self._facts.found
        try:
            tests = code_rows.read(row["tests"])
        except ValueError as error:
            found["unreadable_tests"].add(number, str(error))
            return
        self._facts.kinds[f"{tests.kind} tests"] += 1
        text = tests.canonical()
        if len(tests.cases) > MOST_CASES or len(text) > MOST_TEXT:
            found["large_tests"].add(number, f"{len(tests.cases):,} tests, {len(text):,} characters")
        if (before := self._seen.setdefault(hash(text), number)) != number:
            found["equal_tests"].add(number, f"as row {before}")
        program = row.get("solution")
        if isinstance(program, str) and program.strip():
            self._waiting.append((number, program, text))
        else:
            found["no_reference"].add(number, "`solution` is missing or empty")

    def judge(self) -> None:
        """Says once, in `facts.not_run`, why no program can run."""
        from grpo_rewards.code import verdicts

        facts, waiting, self._waiting = self._facts, self._waiting, []
        if facts.not_run or not waiting:
            return
        numbers, programs, tests = zip(*waiting, strict=True)
        try:
            judged = verdicts(programs, tests, batch_seconds=math.inf)
        except NotInstalled as error:
            facts.not_run = f"SKIPPED, {error}"
            return
        for number, one in zip(numbers, judged, strict=True):
            facts.programs += 1
            if one.share is None:
                facts.found["not_judged"].add(number, one.reason)
            elif one.share < 1:
                facts.found["reference_fails"].add(number, f"passes {one.passed} of {one.of} tests; {one.reason}")
                facts.failing.append(number)
