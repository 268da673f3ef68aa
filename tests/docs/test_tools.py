"""The tool that docs/tools.md shows runs without ms-swift, and a wrong argument is answered as the page says."""

import json
import subprocess
import sys

from tests.conftest import ROOT
from tests.docs.markdown import blocks

ASK = """
import asyncio, json, sys
import my_tools
from grpo_tools.calls import calls
from grpo_tools.registry import offered
from grpo_tools.runner import Limits, answer

def result(first, last):
    call = {"name": "days_between", "arguments": {"first": first, "last": last}}
    found, = calls(f"<tool_call>{json.dumps(call)}</tool_call>")
    return asyncio.run(answer(found, offered("days_between"), Limits())).text

print(json.dumps([result("2024-02-27", "2024-03-01"), result("2024-02-30", "2024-03-01")]))
print(json.dumps(json.loads(offered("days_between")["days_between"].described())["function"]))
print(sorted({"torch", "swift"} & set(sys.modules)))
"""


def test_the_tool_of_the_page_works(tmp_path):
    example = next(block for block in blocks() if block.page == "docs/tools.md" and block.language == "python")
    (tmp_path / "my_tools.py").write_text(example.text)
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT / "plugin")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    results, described, heavy = done.stdout.splitlines()
    right, wrong = json.loads(results)
    assert right == "3"
    assert wrong.startswith("Error: argument first: ")
    function = json.loads(described)
    assert function["description"] == "The number of days from one date to another."
    assert function["parameters"]["properties"]["first"]["description"] == "such as 2024-02-27"
    assert function["parameters"]["required"] == ["first", "last"]
    assert heavy == "[]"
