"""The tests of a programming task, in the shapes that the public data sets have."""

import base64
import json
import pickle
import re
import zlib

import pytest
from grpo_rewards import code_rows
from grpo_rewards.code_rows import PREAMBLE, read

STDIN = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}]}
CALL = {"kind": "call", "function": "add", "cases": [{"args": [1, 2], "output": 3}]}
ASSERT = {"kind": "assert", "preamble": "x = 1", "setup": "import math", "cases": ["assert add(1, 2) == 3"]}
HUMAN_EVAL = {
    "task_id": "HumanEval/38",
    "prompt": "def encode_cyclic(s: str):\n    return s\n\n\ndef decode_cyclic(s: str):\n    '''Decodes.'''\n",
    "canonical_solution": "    return s\n",
    "test": "\n\nMETADATA = {}\n\n\ndef check(candidate):\n    assert candidate('a') == 'a'\n",
    "entry_point": "decode_cyclic",
}
MBPP = {
    "task_id": 11,
    "text": "Write a python function to remove first and last occurrence of a given character from the string.",
    "test_list": ['assert remove_Occ("hello","l") == "heo"', 'assert remove_Occ("abcda","a") == "bcd"'],
    "test_setup_code": "",
    "challenge_test_list": [],
}


def packed(cases: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(cases))).decode()


def live(private: object, func_name: str | None = None, kind: str = "stdin") -> dict:
    public = {"input": "1\n2", "output": "3", "testtype": kind}
    metadata = json.dumps({"func_name": func_name} if func_name else {})
    return {"public_test_cases": json.dumps([public]), "private_test_cases": private, "metadata": metadata}


@pytest.mark.parametrize("tests", [STDIN, CALL, ASSERT], ids=lambda tests: tests["kind"])
def test_the_column_stays_as_it_is(tests):
    found = read(json.dumps(tests))
    assert json.loads(found.canonical()) == tests and read(found.canonical()) == found
    assert read({**tests, "setup": tests.get("setup"), "test_list": None}) == found  # with None, as Arrow adds


@pytest.mark.parametrize(
    ("row", "cases", "function"),
    [
        (  # open-r1/verifiable-coding-problems-python
            {"verification_info": {"language": "python", "test_cases": [
                {"fn_name": None, "input": "4\n4\n0001\n", "output": "1\n3 \n", "type": "stdin_stdout"}]}},
            [{"input": "4\n4\n0001\n", "output": "1\n3 \n"}], "",
        ),
        (  # PrimeIntellect/SYNTHETIC-1, as JSON text
            {"verification_info": json.dumps({"language": "python", "test_cases": [
                {"type": "function_call", "fn_name": "add", "input": [1, [2]], "output": [3]}]})},
            [{"args": [1, [2]], "output": [3], "or": 3}], "add",
        ),
        ('{"inputs": ["3\\n1 2 3\\n"], "outputs": ["6\\n"]}', [{"input": "3\n1 2 3\n", "output": "6\n"}], ""),  # TACO
        (  # codeparrot/apps, with lines
            {"input_output": '{"inputs": [["3", "1 2"]], "outputs": [["6", "7"]]}', "starter_code": ""},
            [{"input": "3\n1 2", "output": "6\n7"}], "",
        ),
        (  # codeparrot/apps, from LeetCode and Codewars
            {"input_output": '{"fn_name": "f", "inputs": [[[1, 2]], [[3]]], "outputs": [[true], [0, 1]]}'},
            [{"args": [[1, 2]], "output": [True], "or": True}, {"args": [[3]], "output": [0, 1]}], "f",
        ),
        (live(json.dumps([])), [{"input": "1\n2", "output": "3"}], ""),
        (
            live(packed(json.dumps([{"input": '"a"\n[1]', "output": "null", "testtype": "functional"}])), "f", "functional"),
            [{"args": [1, 2], "output": 3}, {"args": ["a", [1]], "output": None}], "f",
        ),
        (  # agentica-org/DeepCoder-Preview-Dataset
            [{"input": "[1]", "output": "[]", "testtype": "functional", "metadata": {"func_name": "f"}}],
            [{"args": [[1]], "output": []}], "f",
        ),
    ],
)  # fmt: skip
def test_pairs_of_the_public_sets(row, cases, function):
    found = read(row)
    assert found == code_rows.Tests("call" if function else "stdin", tuple(cases), PREAMBLE, "", function)
    assert read(found.canonical()) == found


def test_human_eval_is_one_call_of_check_behind_the_helpers_of_its_prompt():
    found = read(HUMAN_EVAL)
    assert found.preamble == "def encode_cyclic(s: str):\n    return s\n\n\n" and "METADATA" in found.setup
    assert found.cases == ("check(decode_cyclic)",) and found.kind == "assert"


def test_mbpp_is_its_lines():
    found = read(MBPP)
    assert found == code_rows.Tests("assert", tuple(MBPP["test_list"]))
    assert read(MBPP["test_list"]) == found  # the column alone, renamed by --columns
    assert (
        read({"test_list": ["assert 1"], "test_imports": ["import math", "import re"]}).setup
        == "import math\nimport re"
    )


def test_the_preamble_of_the_public_sets_runs_and_leaves_the_builtins():
    names: dict = {}
    exec(PREAMBLE, names)
    assert {"List", "deque", "sqrt", "heappush", "re"} <= names.keys() and names["pow"] is pow and names["open"] is open


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        (None, "it is NoneType"),
        (3, "it is int"),
        ("", "it is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "keys are none"),
        ('{"tests": 1}', "its keys are tests"),
        ('{"kind": "stdin", "cases": []}', "has no tests"),
        ("[]", "has no tests"),
        ('{"inputs": [], "outputs": []}', "has no tests"),
        ('{"kind": "shell", "cases": ["ls"]}', "its kind is shell"),
        ('{"kind": "stdin", "cases": [{"output": "1"}]}', "`input` of test 1 is not text"),
        ('{"kind": "stdin", "cases": [{"input": "", "output": 1}]}', "`output` of test 1 is not text"),
        ('{"kind": "stdin", "cases": [{"input": "\\ud83d", "output": ""}]}', "`input` of test 1 is not text"),
        ('{"kind": "call", "cases": [{"args": [], "output": 1}]}', "without naming it"),
        ('{"kind": "call", "function": "f(); g", "cases": [{"args": [], "output": 1}]}', "without naming it"),
        ('{"kind": "call", "function": "f", "cases": [{"args": 1, "output": 1}]}', "`args` of test 1"),
        ('{"kind": "call", "function": "f", "cases": [{"args": []}]}', "test 1 has no `output`"),
        ('{"kind": "assert", "setup": 1, "cases": ["assert 1"]}', "`setup` is not text"),
        ('{"kind": "assert", "cases": [1]}', "test 1 is not text"),
        ('{"inputs": ["1", "2"], "outputs": ["1"]}', "not two lists of one length"),
        ('{"fn_name": "f", "inputs": ["a"], "outputs": ["1"]}', "test 1: an argument or the value is not JSON"),
        ({"language": "cpp", "test_cases": [{"input": "1", "output": "1"}]}, "its language is cpp; only Python"),
        ({"test_cases": [{"fn_name": "f", "input": [1], "output": 1}, {"input": "1", "output": "1"}]}, "two kinds"),
        (live("[]", None, "functional"), "without naming it"),
        (live("AAAA"), "cannot be unpacked"),
        (live(packed([1])), "a pickle of something else"),
        (live(packed("[1")), "it is not JSON"),
        (live(packed("1")), "not a list"),
        ({"test": "def check(f): ...", "entry_point": "f(1)"}, "`entry_point` is not the name"),
    ],
)
def test_other_rows_are_refused_with_the_reason(tests, why):
    with pytest.raises(ValueError, match=re.escape(why)) as error:
        read(tests)
    assert len(str(error.value)) < 150 and "\n" not in str(error.value)


def test_a_pickle_that_would_run_code_is_read_and_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "x"), "w"))

    with pytest.raises(ValueError, match="something else than one text"):
        read(live(packed(Evil())))
    assert not (tmp_path / "x").exists()
