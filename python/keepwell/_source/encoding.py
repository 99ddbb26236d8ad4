"""The bytes that stand for code before they are hashed: tagged, length-prefixed items.

Every item says where it ends, so items put one after the other can be told apart again: two different sequences of
items never have the same bytes. `docs/key-format.md` describes them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

_NOT_A_NUMBER = bytes.fromhex("7ff8000000000000")

NULL = b"N"


def text(value: str) -> bytes:
    """The item of a text. Surrogates, which UTF-8 has no bytes for, pass as they are."""
    content = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(content), content)


def data(value: bytes) -> bytes:
    """The item of a byte string."""
    return b"b%d:%b" % (len(value), value)


def integer(value: int) -> bytes:
    """The item of an integer of any size: its sign and hexadecimal digits."""
    digits = format(int(value), "x").encode()
    return b"i%d:%b" % (len(digits), digits)


def array(*items: bytes) -> bytes:
    """The item of a sequence of items, each encoded already."""
    return b"a%d:%b" % (len(items), b"".join(items))


def tagged(kind: str, *items: bytes) -> bytes:
    """A sequence of items that begins with the name of its kind."""
    return array(text(kind), *items)


def node(name: str, fields: int) -> bytes:
    """The head of a syntax tree's node: that many pairs of a text (the field's name) and an item follow it."""
    return b"n%b%d:" % (text(name), fields)


def _float(value: float) -> bytes:
    return _NOT_A_NUMBER if value != value else struct.pack(">d", value)


def plain(value: object) -> bytes | None:
    """The item of an immutable built-in value, its type included, or None for any other value.

    Tuples and frozen sets count where all that they hold does. Instances of derived classes do not.
    """
    kind = type(value)
    encode = _SCALARS.get(kind)
    if encode is not None:
        return encode(value)
    if kind is tuple or kind is frozenset:
        return _collection(value)  # type: ignore[arg-type]
    return None


def _collection(value: tuple[object, ...] | frozenset[object]) -> bytes | None:
    items = []
    for member in value:
        item = plain(member)
        if item is None:
            return None
        items.append(item)
    if type(value) is tuple:
        return b"t%d:%b" % (len(items), b"".join(items))
    return b"z%d:%b" % (len(items), b"".join(sorted(items)))


_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _value: NULL,
    bool: lambda value: b"T" if value else b"F",
    int: integer,
    float: lambda value: b"f" + _float(value),
    complex: lambda value: b"c" + _float(value.real) + _float(value.imag),
    str: text,
    bytes: data,
    type(Ellipsis): lambda _value: b"E",
    range: lambda value: tagged("range", integer(value.start), integer(value.stop), integer(value.step)),
}
