"""What stands for a value that code names, as far as the value alone says."""

from __future__ import annotations

import enum
from functools import partial
from types import FunctionType, GenericAlias, MethodType, UnionType
from typing import Any

from keepwell._source import encoding, origin

# Packages whose objects are data: they count by value. Other packages' objects (loggers, clients, locks) by their type.
DATA = frozenset(
    (
        *("array", "builtins", "collections", "datetime", "decimal", "fractions", "ipaddress", "pathlib", "types"),
        *("uuid", "zoneinfo", "numpy", "pandas", "polars", "pyarrow"),
    )
)


def parts_of(value: Any) -> tuple[Any, ...] | None:
    """What a value that is made of functions stands for: a task for its function, a bound method for two things."""
    if isinstance(value, MethodType):
        return (value.__func__, value.__self__)
    if isinstance(value, partial):
        return (value.func, value.args, *(part for pair in sorted(value.keywords.items()) for part in pair))
    if isinstance(value, (staticmethod, classmethod)):
        return (value.__func__,)
    if isinstance(value, property):
        return (value.fget, value.fset, value.fdel)
    if isinstance(value, enum.Enum):
        return (type(value), value.name, value._value_)
    if isinstance(value, UnionType):
        return value.__args__
    if isinstance(value, GenericAlias):
        return (value.__origin__, *value.__args__)
    if any(base.__module__.partition(".")[0] == "keepwell" for base in type(value).__mro__):
        function = getattr(value, "fn", None)
        return None if function is None else (function,)
    wrapped = getattr(value, "__dict__", {}).get("__wrapped__")
    return None if wrapped is None else (type(value), wrapped)


def named_only(value: Any) -> bytes:
    """What stands for a function or class that is not the user's own."""
    module = getattr(value, "__module__", None)
    return encoding.array(origin.encode(module if isinstance(module, str) else None), encoding.text(value.__qualname__))


def class_of(function: FunctionType) -> type | None:
    """The class that a function is a method of, if it is one and the class can be found by its name."""
    path = function.__qualname__.split(".")[:-1]
    if not path or "<locals>" in path:
        return None
    found: Any = function.__globals__.get(path[0])
    for name in path[1:]:
        found = vars(found).get(name) if isinstance(found, type) else None
    return found if isinstance(found, type) else None
