"""Values between the process of a program and those that judge it."""

import collections
import json
from decimal import Decimal
from fractions import Fraction

import pytest

from swift_grpo.sandbox.inside.values import NotPlain, decode, encode, refused

PLAIN = [
    None, True, 3, -(10**5000), 2.5, float("inf"), "é\ud800", [1, [2]], (1, (2,)), {1: "a", (2, 3): [4]}, {1, 2},
    frozenset({3}), b"\0\xff", 2 + 3j, Fraction(1, 3), Decimal("1.10"), range(1, 9, 2), collections.deque([1, 2]),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_a_plain_value_comes_back(value):
    passed = decode(json.loads(json.dumps(encode(value, refused))), refused)
    assert passed == value
    assert type(passed) is type(value)


def test_a_subclass_becomes_its_plain_value():
    class Equal(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

    assert type(decode(encode(Equal(3), refused), refused)) is int
    assert decode(encode(collections.Counter("aab"), refused), refused) == {"a": 2, "b": 1}


def test_an_iterator_comes_as_one():
    assert list(decode(encode((n * n for n in range(3)), refused), refused)) == [0, 1, 4]


def test_an_object_does_not():
    with pytest.raises(NotPlain, match="of type object"):
        encode([object()], refused)


@pytest.mark.parametrize(
    "text", ['{"a": [1], "b": [2]}', '{"Decimal": ["x"]}', '{"set": [[1]]}', '{"int": ["zz"]}', '{"eval": ["1"]}']
)
def test_a_forged_value_is_refused(text):
    with pytest.raises(NotPlain):
        decode(json.loads(text), refused)
