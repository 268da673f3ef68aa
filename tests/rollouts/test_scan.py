"""Whatever stands in a line, it becomes rows or an unreadable line; nothing is raised and nothing is lost."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from swift_grpo.formats.records import loads, parse_line
from swift_grpo.rollouts.reading.scan import Scan, scan

_KEYS = [
    "step",
    "gen_step",
    "prompt",
    "completion",
    "output",
    "advantages",
    "entropy",
    "reward",
    "solution",
    "Accuracy",
    "x",
]
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
)
_OBJECTS = st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=8)


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(
        _OBJECTS.map(lambda o: json.dumps(o, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        | st.binary(max_size=30)
    )
)
def test_any_lines(tmp_path_factory, lines):
    log = tmp_path_factory.mktemp("scan") / "completions.jsonl"
    data = b"".join(line.replace(b"\n", b" ") + b"\n" for line in lines)
    log.write_bytes(data)
    found = scan(log, 0, len(data))
    assert found.end == len(data)
    assert len(found.lines["readable"]) == sum(bool(line.replace(b"\n", b" ").strip()) for line in lines)
    rows = int(found.lines["count"].sum())
    assert {len(column) for column in (*found.rows.values(), *found.rewards.values())} <= {rows}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text() | st.floats(), max_size=6), st.booleans())
def test_nan_inside_text_stays(values, escaped):
    """NaN is replaced outside of strings alone."""
    values = ["NaN, NaN", 'a "NaN" \\', float("nan"), *values]
    line = json.dumps(values, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    read = loads(line)
    for one, other in zip(values, read, strict=True):
        assert one == other or (isinstance(one, float) and (other is None or np.isnan(other) or np.isclose(one, other)))


def test_ranges_meet(tmp_path):
    """Every line is in one range and one only, wherever the cuts are."""
    log = tmp_path / "completions.jsonl"
    texts = ["x" * k for k in (0, 3, 40, 1, 7)]
    log.write_text("".join(json.dumps({"step": 1, "completion": [t], "prompt": ["p"]}) + "\n" for t in texts))
    size = log.stat().st_size
    whole = scan(log, 0, size).rows["chars"].tolist()
    assert whole == [0, 3, 40, 1, 7]
    for cut in range(size + 1):
        assert scan(log, 0, cut).rows["chars"].tolist() + scan(log, cut, size).rows["chars"].tolist() == whole


def test_through_bytes_and_back(tmp_path):
    log = tmp_path / "completions.jsonl"
    log.write_text(
        json.dumps({"step": 1, "completion": ["a", "b"], "prompt": ["p", "p"], 'odd "name" /': [1, None]}) + "\n"
    )
    one = scan(log, 0, 10**6)
    other = Scan.from_bytes(one.to_bytes())
    assert other.end == one.end
    for kind in ("lines", "rows", "rewards"):
        assert getattr(one, kind).keys() == getattr(other, kind).keys()
        for name, values in getattr(one, kind).items():
            np.testing.assert_array_equal(values, getattr(other, kind)[name])


def test_text_statistics():
    loop = "<think>so" + " wait, let me check that again." * 30
    texts = [loop, "<think>a<answer>1</answer></think><answer>2</answer><answer>3</answer>", "plain"]
    record = parse_line(json.dumps({"step": ["1"] * 3, "prompt": ["p"] * 3, "completion": texts}).encode())
    from swift_grpo.rollouts.reading import scan as module

    assert module._thought_chars(record.completions) == [len(loop), texts[1].find("</think>"), 0]
    assert module._thought_chars(texts[1:2]) == [texts[1].find("</think>")]
    assert [count > 20 for count in module._tail_repeats(texts)] == [True, False, False]
    assert module._tail_repeats([*texts[1:], "", "a"]) == [1, 1, 1, 1]
