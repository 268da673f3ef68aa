"""Why ours and a reference harness differ: what was found by reading each difference, as rules that name it again.

A rule looks at the row, the changed program and our reason; each was checked against the harness's source or by running
the program in plain Python.
"""

from grpo_rewards.code import CodeVerdict

from benchmarks.rewards.code_reference.rows import Row

UNKNOWN = "NOT EXPLAINED"
MOCKED = ("APPS stdin", "verl stdin", "LiveCodeBench stdin")  # run a program in a fork of theirs, with another stdin


def reason(row: Row, their: dict, our: CodeVerdict) -> str:
    """One sentence; UNKNOWN where no rule fits."""
    lenient = our.share == 1
    checks = (
        (
            lenient and row.format in MOCKED and ".buffer" in row.program,
            "theirs replaces sys.stdin by an object without `buffer`; the program is right in plain Python",
        ),
        (
            lenient and row.format in MOCKED and "open(0)" in row.program,
            "theirs replaces `open`, but its own imports have bound the real one; the program is right in plain Python",
        ),
        (
            lenient and row.format == "APPS stdin" and '__name__ == "__main__"' in row.program.replace("'", '"'),
            "theirs never runs the block for `__main__`; the program is right in plain Python",
        ),
        (
            lenient and row.format == "APPS stdin" and row.program.count("import sys") > 1,
            "theirs puts the program into a function, where a second `import sys` makes the name local",
        ),
        (
            lenient and row.format in ("APPS stdin", "verl stdin") and "\n    exit()" in row.program,
            "theirs takes `exit` away from programs; the program is right in plain Python",
        ),
        (
            lenient and row.change == "as floats",
            "ours takes 9.0 for 9, as LiveCodeBench does; theirs compares text here",
        ),
        (
            lenient and row.change in ("wide gaps", "tabs"),
            "ours counts blanks between words once; theirs compares the line as it is",
        ),
        (
            lenient and row.format.endswith("call") and "tuple(" in row.program,
            "the program returns tuples within a tuple; JSON has lists alone, and ours takes a tuple for a list at any depth",
        ),
        (
            lenient and row.format == "open-r1 stdin" and row.change in ("missing statement", "without imports"),
            "ours puts the usual imports in front of a program of every set; open-r1's script has none",
        ),
    )
    return next((why for holds, why in checks if holds), UNKNOWN)
