"""How many answers have the right sum anywhere in their text, by the size of the numbers: arithmetic without the format.

python stated.py EVALUATION…        folders of `swift-grpo eval`
"""

import json
import re
import sys
from collections import Counter
from pathlib import Path


def numbers(text: str) -> list[int]:
    return [int(word) for word in re.findall(r"\d+", text)]


def stated(question: str, completion: str) -> bool:
    """Whether the sum is among the completion's numbers, the two that it repeats left out.

    >>> stated("Calculate 0 + 9.", "0 + 9 is 9"), stated("Calculate 0 + 9.", "I add 0 and 9"), stated("Calculate 1 + 2.", "31")
    (True, False, False)
    """
    asked, found = numbers(question), Counter(numbers(completion))
    return (found - Counter(asked))[sum(asked)] > 0


def count(folder: Path) -> str:
    grades = map(json.loads, (folder / "held_out/grades.jsonl").read_text().splitlines())
    questions = {row["prompt_id"]: row["question"] for row in grades}
    right: Counter[str] = Counter()
    of: Counter[str] = Counter()
    (samples,) = folder.glob("samples-*.jsonl")
    for row in map(json.loads, samples.read_text().splitlines()):
        if question := questions.get(row.get("prompt_id")):
            size = "below 10" if max(numbers(question)) < 10 else "two digits"
            right[size] += stated(question, row["completion"])
            of[size] += 1
    return f"{folder.name}: " + ", ".join(f"{size} {right[size]} of {of[size]}" for size in sorted(of))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(count(Path(name)))
