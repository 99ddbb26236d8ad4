"""What stands for a function's code in cache keys: `TASK_SOURCE`, and functions and classes among a task's inputs.

The digest covers the function's normalised syntax tree, its defaults and closure values, and, where it is *deep*, the
functions, classes and constants of the user's own modules that the code names, and what those name in turn. Installed
packages count by name and version. `docs/key-format.md` describes the bytes.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

from keepwell._source.snapshot import MISSING, Snapshot

_KEPT = 2048

# By identity and depth. The weak reference tells whether it is still the same object, and drops the entry with it.
_snapshots: dict[tuple[int, bool], tuple[ref[Any], Snapshot]] = {}


def task_source(function: Any, *, deep: bool) -> bytes:
    """The 32-byte digest of the code of a function, method, class, partial application or callable object.

    The same on every version of Python, whatever the file is called and wherever in it the function stands, as long as
    its source can be read; else of its bytecode, which is said at debug level by the logger `keepwell.keys`. What the
    code names is looked up anew in each call: a global that has another value gives another digest.
    """
    entry = _snapshots.get((id(function), deep))
    if entry is None or entry[0]() is not function:
        return _compute(function, deep)
    digest, own, guards, contents = entry[1]
    for name, value in own:
        if getattr(function, name, MISSING) is not value:
            return _compute(function, deep)
    for get, name, value in guards:
        if get(name, MISSING) is not value:
            return _compute(function, deep)
    if not contents:
        return digest
    return _compare(function, deep, entry[1])


def code_digest(function: Any) -> bytes:
    """The 32-byte digest that stands for a function or class that is among a task's inputs: its deep source."""
    return task_source(function, deep=True)


def _compare(function: Any, deep: bool, snapshot: Snapshot) -> bytes:
    from keepwell._source.compute import mark, unchanged

    running = mark(function)
    if running is not None:
        return running
    return snapshot.digest if unchanged(function, snapshot.contents) else _compute(function, deep)


def _compute(function: Any, deep: bool) -> bytes:
    from keepwell._source.compute import compute, mark

    running = mark(function)
    if running is not None:
        return running
    snapshot, complete = compute(function, deep=deep)
    if complete:
        _keep(function, deep, snapshot)
    return snapshot.digest


def _keep(function: Any, deep: bool, snapshot: Snapshot) -> None:
    key = (id(function), deep)

    def forget(reference: ref[Any]) -> None:
        entry = _snapshots.get(key)
        if entry is not None and entry[0] is reference:
            del _snapshots[key]

    try:
        reference = ref(function, forget)
    except TypeError:  # Nothing can tell when it is gone: computed anew each time.
        return
    if len(_snapshots) >= _KEPT:
        _snapshots.clear()
    _snapshots[key] = (reference, snapshot)
