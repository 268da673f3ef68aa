"""Raw rows of code sets, all written for these tests, none copied. The columns of HumanEval and MBPP are those of their
files; those of the others are from the sets' documents (swift_grpo/data/code_sets.py names them), their rows were not
seen."""

import base64
import json
import pickle
import zlib

SQUARE = "n = int(input())\nprint(n * n)\n"
TOTAL = "class Solution:\n    def total(self, numbers: List[int]) -> int:\n        "
_LISTS = json.dumps({"inputs": ["3\n", "4\n"], "outputs": ["9\n", "16\n"]})


def _case(given: str, wanted: str, kind: str, name: str | None = None) -> dict:
    return {"fn_name": name, "input": given, "output": wanted, "type": kind}


def _packed(given: str, wanted: str, kind: str) -> str:
    text = json.dumps([{"input": given, "output": wanted, "testtype": kind}])
    return base64.b64encode(zlib.compress(pickle.dumps(text))).decode()


OPEN_R1 = [
    {
        "source": "own",
        "problem_statement": "Solve this in python:\n\nRead a number and print its square.\n\nReturn the code.",
        "gold_standard_solution": f"```python\n{SQUARE}```",
        "problem_id": "vcp_1",
        "metadata": {"difficulty": "EASY", "memory_limit": None},
        "verification_info": {
            "language": "python",
            "test_cases": [_case("3\n", "9\n", "stdin_stdout"), _case("-2\n", "4\n", "stdin_stdout")],
        },
    },
    {  # as in the -10k set of ms-swift's example, where the question is in `problem`
        "problem": "Write a function `add` that adds two numbers.",
        "gold_standard_solution": "def add(a, b):\r\n    return a + b",
        "verification_info": {"language": "python", "test_cases": [_case("[1, 2]", "3", "function_call", "add")]},
    },
    {
        "problem_statement": "Print the square of a number, in C++.",
        "gold_standard_solution": "#include <iostream>",
        "verification_info": {"language": "cpp", "test_cases": [_case("3\n", "9\n", "stdin_stdout")]},
    },
    {
        "problem_statement": "Print nothing.",
        "gold_standard_solution": "",
        "verification_info": {"language": "python", "test_cases": []},
    },
    {"problem_statement": "Print the input.", "gold_standard_solution": "", "verification_info": "{half"},
    {"problem_statement": "Print the output.", "gold_standard_solution": "", "verification_info": None},
    {"problem_statement": "", "gold_standard_solution": "", "verification_info": "{}"},
]
APPS = [
    {
        "problem_id": 0,
        "question": "Read a number and print its square.\n",
        "solutions": json.dumps(["print input() ** 2", SQUARE]),  # the first is in Python 2
        "input_output": _LISTS,
        "difficulty": "introductory",
        "url": "https://example.org/0",
        "starter_code": "",
    },
    {
        "problem_id": 1,
        "question": "Return the sum of all numbers in a list.\n",
        "solutions": json.dumps([f"{TOTAL}return sum(numbers)\n"]),
        "input_output": json.dumps({"fn_name": "total", "inputs": [[[1, 2, 3]], [[]]], "outputs": [[6], [0]]}),
        "difficulty": "interview",
        "url": "https://example.org/1",
        "starter_code": f"\n{TOTAL}",
    },
    {
        "problem_id": 2,
        "question": "Return the double of a number.\n",
        "solutions": "",
        "input_output": json.dumps({"fn_name": "double", "inputs": [[2]], "outputs": [4]}),
        "difficulty": "interview",
        "url": "https://example.org/3",
        "starter_code": "",
    },
    {"problem_id": 3, "question": "Without tests.\n", "solutions": "", "input_output": "", "starter_code": ""},
]
TACO = [
    {"question": "Read a number and print its square.", "solutions": json.dumps([SQUARE]), "starter_code": "",
     "input_output": _LISTS, "difficulty": "EASY", "Expected Time Complexity": None},
]  # fmt: skip
LIVE = [
    {
        "question_title": "Square",
        "question_content": "Read a number and print its square.",
        "platform": "atcoder",
        "question_id": "own_a",
        "starter_code": "",
        "public_test_cases": json.dumps([{"input": "3\n", "output": "9\n", "testtype": "stdin"}]),
        "private_test_cases": _packed("12\n", "144\n", "stdin"),
        "metadata": "{}",
    },
    {
        "question_title": "Total",
        "question_content": "Return the sum of all numbers in a list.",
        "platform": "leetcode",
        "question_id": "own_b",
        "starter_code": TOTAL,
        "public_test_cases": json.dumps([{"input": "[1, 2]", "output": "3", "testtype": "functional"}]),
        "private_test_cases": _packed("[]", "0", "functional"),
        "metadata": json.dumps({"func_name": "total"}),
    },
]
HUMAN_EVAL = [
    {
        "task_id": "Own/0",
        "prompt": 'from typing import List\n\n\ndef widest(words: List[str]) -> str:\n    """ Return the word that has the '
        'most different letters of a list of words, and of several such words the one that comes first.\n'
        "    >>> widest(['add', 'sub'])\n    'sub'\n    \"\"\"\n",
        "entry_point": "widest",
        "canonical_solution": "    return max(words, key=lambda word: len(set(word)))\n",
        "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    assert candidate(['add', 'sub', 'mul']) == 'sub'\n",
    },
    {  # with a helper that the test calls too
        "task_id": "Own/1",
        "prompt": 'def turned(s: str):\n    """Turns a text around."""\n    return s[::-1]\n\n\n'
        'def turned_back(s: str):\n    """Gives back the text that turned made of it."""\n',
        "entry_point": "turned_back",
        "canonical_solution": "    return turned(s)\n",
        "test": "\n\ndef check(candidate):\n    for text in ('', 'abc'):\n        assert candidate(turned(text)) == text\n",
    },
]  # fmt: skip
MBPP = [
    {
        "text": "Write a function to find the number of words of a text that begin and end with one letter.",
        "code": "def framed(text):\r\n    return sum(word[0] == word[-1] for word in text.split())",
        "task_id": 1,
        "test_setup_code": "",
        "test_list": ["assert framed('abba or dad') == 2", "assert framed('') == 0"],
        "challenge_test_list": [],
    },
]
SANITIZED = [
    {
        "source_file": "own",
        "task_id": 2,
        "prompt": "Write a function to find the length of the diagonal of a rectangle.",
        "code": "import math\ndef diagonal(a, b):\n  return math.hypot(a, b)",
        "test_imports": ["import math"],
        "test_list": ["assert math.isclose(diagonal(3, 4), 5)"],
    },
]
