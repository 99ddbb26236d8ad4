"""What a function is, and what its parameters are, told without importing `inspect` where that can be."""

from __future__ import annotations

from types import FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Described = tuple[str, int, "tuple[Any] | None"]
"""A parameter: its name, its kind as in `inspect.Parameter.kind`, and its default in a tuple if it has one."""

_POSITIONAL_ONLY, _ORDINARY, _VARIADIC_POSITIONAL, _KEYWORD_ONLY, _VARIADIC_KEYWORD = range(5)
_HAS_ARGS, _HAS_KWARGS, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x04, 0x08, 0x20, 0x80, 0x200
_ITERABLE_COROUTINE = 0x100


def parameters_of(function: Callable[..., Any]) -> list[Described]:
    """The parameters of a function, in their order."""
    if (
        type(function) is FunctionType
        and not hasattr(function, "__wrapped__")
        and not hasattr(function, "__signature__")
    ):
        return _of_code(function)
    from inspect import signature

    described: list[Described] = []
    for parameter in signature(function).parameters.values():
        default = None if parameter.default is parameter.empty else (parameter.default,)
        described.append((parameter.name, int(parameter.kind), default))
    return described


def _of_code(function: FunctionType) -> list[Described]:
    code = function.__code__
    names = code.co_varnames
    positional, keyword_only = code.co_argcount, code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    first_default = positional - len(defaults)
    described: list[Described] = []
    for index, name in enumerate(names[:positional]):
        kind = _POSITIONAL_ONLY if index < code.co_posonlyargcount else _ORDINARY
        default = (defaults[index - first_default],) if index >= first_default else None
        described.append((name, kind, default))
    after = positional + keyword_only
    if code.co_flags & _HAS_ARGS:
        described.append((names[after], _VARIADIC_POSITIONAL, None))
        after += 1
    keyword_defaults = function.__kwdefaults__ or {}
    described.extend(
        (name, _KEYWORD_ONLY, (keyword_defaults[name],) if name in keyword_defaults else None)
        for name in names[positional : positional + keyword_only]
    )
    if code.co_flags & _HAS_KWARGS:
        described.append((names[after], _VARIADIC_KEYWORD, None))
    return described


def kind_of(function: Callable[..., Any]) -> str:
    """What calling a function gives: `function`, `async`, `generator` or `async generator`."""
    code = getattr(_innermost(function), "__code__", None)
    flags = code.co_flags if code is not None else 0
    if flags & _ASYNC_GENERATOR:
        return "async generator"
    if flags & (_COROUTINE | _ITERABLE_COROUTINE) or _is_marked(function):
        return "async"
    return "generator" if flags & _GENERATOR else "function"


def _innermost(function: Any) -> Any:
    """The function that a partial application, a method or a callable object runs."""
    while True:
        if isinstance(function, MethodType):
            function = function.__func__
        elif hasattr(function, "func") and hasattr(function, "keywords"):
            function = function.func
        elif not hasattr(function, "__code__") and callable(function):
            return type(function).__call__
        else:
            return function


def _is_marked(function: Any) -> bool:
    """Whether a function says of itself that it is asynchronous, as `inspect.markcoroutinefunction` has it."""
    marker = getattr(function, "_is_coroutine_mark", None) or getattr(function, "_is_coroutine", None)
    return marker is not None and type(marker) is object


def name_of(function: Any) -> str:
    """The name of a function; that of the class of a callable object."""
    name: str = getattr(function, "__name__", None) or type(function).__name__
    return name


def digits_of(fn: Any) -> str:
    """Eight hexadecimal digits that tell functions of one name from each other."""
    from keepwell import _core

    code = getattr(fn, "__code__", None) or getattr(type(fn).__call__, "__code__", None)
    return _core.digest(code.co_code if code is not None else name_of(fn).encode()).hex()[:8]
