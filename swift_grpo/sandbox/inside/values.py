"""Plain values between processes, as JSON. The side that reads calls no method of the other side's objects.

A list, text, number, boolean or None is itself; any other kind is `{kind: parts}`, so each dict of the JSON has a tag.
"""

import collections
import itertools
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

LONGEST = 16 << 20  # bytes of a message
_ITEMS = 1_000_000  # of an iterator
_BIG = 1 << 53  # larger integers are hexadecimal, which is read in linear time


class NotPlain(TypeError):
    """A value that cannot be passed on."""


def _items(value: Any) -> list:
    return list(itertools.islice(value, _ITEMS))


# kind: (types, value -> plain parts, parts -> value); the first that fits counts
_KINDS: dict[str, tuple[Any, Callable[[Any], list], Callable[[list], Any]]] = {
    "deque": (collections.deque, list, collections.deque),
    "dict": (dict, lambda d: [[key, value] for key, value in d.items()], dict),
    "tuple": (tuple, list, tuple),
    "set": (set, list, set),
    "frozenset": (frozenset, list, frozenset),
    "bytes": (bytes | bytearray, lambda b: [b.hex()], lambda p: bytes.fromhex(p[0])),
    "complex": (complex, lambda c: [c.real, c.imag], lambda p: complex(*p)),
    "range": (range, lambda r: [r.start, r.stop, r.step], lambda p: range(*p)),
    "view": (type({}.keys()) | type({}.values()) | type({}.items()), _items, list),
    "iterator": (collections.abc.Iterator, _items, iter),
}
# The same of classes whose modules take 8 ms to import. Such a value exists only where its module is imported.
_RARE: dict[str, tuple[str, Callable[[Any], list]]] = {
    "Fraction": ("fractions", lambda f: [f.numerator, f.denominator]),
    "Decimal": ("decimal", lambda d: [str(d)]),
}


def encode(value: Any, other: Callable[[Any], Any]) -> Any:
    """`value` in JSON's types; `other` encodes what is not plain, or raises."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -_BIG < value < _BIG else {"int": [hex(value)]}
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, list):
        return [encode(one, other) for one in value]
    for kind, (types, parts, _) in _KINDS.items():
        if isinstance(value, types):
            return {kind: [encode(one, other) for one in parts(value)]}
    for kind, (module, parts) in _RARE.items():
        if module in sys.modules and isinstance(value, getattr(sys.modules[module], kind)):
            return {kind: [encode(one, other) for one in parts(value)]}
    if hasattr(type(value), "tolist"):  # numpy's numbers and arrays
        return encode(value.tolist(), other)
    return other(value)


def decode(value: Any, other: Callable[[str, list], Any]) -> Any:
    """The value that `encode` encoded; `other` decodes a kind that is not plain. Raises NotPlain for anything else."""
    if isinstance(value, list):
        return [decode(one, other) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise NotPlain("a value without its kind")
    ((kind, given),) = value.items()
    parts = [decode(one, other) for one in given]
    try:
        if kind == "int":
            return int(parts[0], 16)
        if kind in _RARE:
            return getattr(import_module(_RARE[kind][0]), kind)(*parts)
        return _KINDS[kind][2](parts) if kind in _KINDS else other(kind, parts)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise NotPlain(f"not a {kind}: {error}") from None


def refused(value: Any, parts: list | None = None) -> Any:
    """As `other`: nothing but plain values. Raises NotPlain."""
    raise NotPlain(f"a value of type {value if isinstance(value, str) else type(value).__name__} cannot be passed on")
