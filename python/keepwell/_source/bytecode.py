"""Compiled code: whether two pieces of it are the same, and the bytes that stand for it where there is no source."""

from __future__ import annotations

from types import CodeType

from keepwell._source import encoding

# Flags that say what kind of function it is. Left out: whether it is nested, and which `__future__` imports were there.
_KIND = 0x01 | 0x02 | 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200


def encode(code: CodeType, place: str | None = None) -> bytes:
    """The bytes of compiled code: instructions, constants and names, without file name and line numbers.

    Two versions of Python compile the same source to different instructions. Given a `place`, texts that begin with it
    stand without it: the qualified names of what is defined in the code, which say where the code itself is defined.
    """
    return encoding.tagged(
        "bytecode",
        encoding.text(code.co_name),
        *map(encoding.integer, (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)),
        encoding.integer(code.co_flags & _KIND),
        encoding.data(code.co_code),
        encoding.data(getattr(code, "co_exceptiontable", b"")),
        encoding.array(*(_constant(code, value, place) for value in code.co_consts)),
        *(_texts(part) for part in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)),
    )


def names(code: CodeType) -> set[str]:
    """Every name that the code or code inside it may take from outside. Some are attributes' names."""
    found = {*code.co_names, *code.co_freevars}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= names(constant)
    return found


def _texts(values: tuple[str, ...]) -> bytes:
    return encoding.array(*map(encoding.text, values))


def _constant(code: CodeType, value: object, place: str | None) -> bytes:
    if isinstance(value, CodeType):
        return encode(value, place)
    if place is not None and isinstance(value, str) and value.startswith(place):
        return encoding.tagged("inside", encoding.text(value[len(place) :]))
    if value == code.co_firstlineno and "__firstlineno__" in code.co_names:
        return encoding.tagged("line")  # A class says since Python 3.13 in which line it begins.
    item = encoding.plain(value)
    return encoding.tagged("constant", item if item is not None else encoding.text(repr(value)))
