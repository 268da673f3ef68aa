"""The parser of calls on any text. Cases of right and wrong calls: benchmarks/tools/calls."""

import json

import pytest
from grpo_tools.calls import calls
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.tools.calls import fuzz

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(name=st.text(min_size=1, max_size=10), arguments=st.dictionaries(st.text(max_size=8), values, max_size=3))
def test_every_call_in_json_is_read(name, arguments):
    text = f"so <tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"
    (call,) = calls(text)
    assert (call.name, call.arguments, call.error) == (name, arguments, None)


@pytest.mark.parametrize("seed", range(3))
def test_any_text(seed):
    assert fuzz.problems(2000, seed) == []
