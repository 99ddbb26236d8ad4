"""Computes a digest of code anew, also while another one is being computed: code may name values that hold code."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from keepwell._core import digest as _hash
from keepwell._source import encoding
from keepwell._source.snapshot import Content, Snapshot, digest_of
from keepwell._source.walk import Change, Walk

_Result = TypeVar("_Result")


class _Running:
    """The functions whose digests are being computed, outermost first."""

    def __init__(self) -> None:
        self.functions: list[object] = []
        self.outermost_met = 0
        """The lowest position in the list that a value has led back to, or the list's length."""


_running: ContextVar[_Running | None] = ContextVar("running", default=None)


def mark(function: object) -> bytes | None:
    """What stands for a function whose digest is being computed right now, or None for any other.

    A value that leads back to such a function (a registry of functions, say, that one of them uses) has it in place of
    the digest.
    """
    running = _running.get()
    if running is None:
        return None
    for position, one in enumerate(running.functions):
        if one is function:
            running.outermost_met = min(running.outermost_met, position)
            distance = len(running.functions) - position
            digest: bytes = _hash(encoding.tagged("running", encoding.integer(distance)))
            return digest
    return None


def compute(function: Any, *, deep: bool) -> tuple[Snapshot, bool]:
    """The digest with what it depends on, and whether it may be kept.

    What was computed with the mark of a function further out depends on where the walk began, and is not kept.
    """
    return _inside(function, lambda: _compute(function, deep))


def unchanged(function: Any, contents: tuple[Content, ...]) -> bool:
    """Whether the changeable values that a function's digest was computed from still have the same content."""
    return _inside(function, lambda: all(digest_of(value) == digest for value, digest in contents))[0]


def _inside(function: Any, work: Callable[[], _Result]) -> tuple[_Result, bool]:
    """Does the work as part of computing the function's digest. Also says whether it met no function further out."""
    running = _running.get()
    if running is None:
        running = _Running()
        token = _running.set(running)
        try:
            return _inside(function, work)
        finally:
            _running.reset(token)
    position = len(running.functions)
    before, running.outermost_met = running.outermost_met, position
    running.functions.append(function)
    try:
        result = work()
        return result, running.outermost_met >= position
    finally:
        running.functions.pop()
        running.outermost_met = min(before, running.outermost_met)


def _compute(function: Any, deep: bool) -> Snapshot:
    state: frozenset[Change] = frozenset()
    while True:
        walk = Walk(function, deep=deep, state=state)
        walk.follow()
        if walk.changed <= state:
            return walk.snapshot(_hash)
        # What the code changes is known only now; what led to it may have been followed in vain.
        state |= walk.changed
