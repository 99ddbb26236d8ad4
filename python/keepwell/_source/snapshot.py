"""A digest of code, with what tells whether it still holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import CellType
from typing import Any, NamedTuple

Get = Callable[[str, Any], Any]
"""Reads a variable: takes its name and what to return if there is none."""

MISSING = object()
"""What stands for the value of a variable that does not exist."""


class Guard(NamedTuple):
    """A variable, and the very object that it held."""

    get: Get
    name: str
    value: Any


class Content(NamedTuple):
    """A value that may change in place, and the digest of what it held; None if it cannot be encoded."""

    value: Any
    digest: bytes | None


class Snapshot(NamedTuple):
    """The digest of a function's code, and all that it was computed from."""

    digest: bytes
    own: tuple[tuple[str, Any], ...]
    """Attributes of the function itself. Apart, because the snapshot must not keep the function alive."""
    guards: tuple[Guard, ...]
    contents: tuple[Content, ...]


def attributes(holder: object) -> Get:
    """Reads attributes of an object."""
    return partial(getattr, holder)


def content(cell: CellType) -> Get:
    """Reads what a closure's cell holds."""
    return partial(_content, cell)


def _content(cell: CellType, _name: str, default: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # Not assigned yet.
        return default


def digest_of(value: Any) -> bytes | None:
    """The digest of a value as it enters keys, or None if it cannot be encoded."""
    from keepwell import _core

    try:
        digest: bytes = _core.key_digest(value)
    except Exception:  # Also what a user's own encoder raises: the code counts without this value.
        return None
    return digest
