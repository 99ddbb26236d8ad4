"""Mapping: the calls that are made of one set of arguments, one for each item of those that can be iterated."""

from __future__ import annotations

from keepwell._inputs import resolve_inputs
from keepwell.exceptions import MappingLengthMismatch, MappingMissingIterable
from keepwell.utilities.annotations import allow_failure, quote, unmapped
from keepwell.utilities.callables import (
    collapse_variadic_parameters,
    explode_variadic_parameter,
    get_parameter_defaults,
)
from keepwell.utilities.collections import isiterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def mapped_calls(function: Callable[..., Any], parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The arguments of each call of `function`, in the order of the items.

    Futures given as arguments are waited for, to learn how many items they hold. Text, bytes, and what is `unmapped` go
    to every call as they are; so do the function's defaults.

    Raises:
        MappingMissingIterable: No argument can be iterated.
        MappingLengthMismatch: Those that can have different lengths.
        UpstreamTaskError: A run that the arguments depend on did not complete.
    """
    given = explode_variadic_parameter(function, _with_known_lengths(parameters))
    items: dict[str, list[Any]] = {}
    same: dict[str, Any] = {}
    annotations: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, (allow_failure, quote)):
            annotations[name] = value
            value = value.unwrap()
        if isinstance(value, unmapped):
            same[name] = value.unwrap()
        elif isiterable(value):
            items[name] = list(value)
        else:
            same[name] = value
    count = _common_length(items, parameters)
    same = {**get_parameter_defaults(function), **same}

    collapse = _collapsing(function, [*same, *items])

    def call(index: int) -> dict[str, Any]:
        arguments = {**same, **{name: values[index] for name, values in items.items()}}
        for name, annotation in annotations.items():
            arguments[name] = annotation.rewrap(arguments[name])
        return collapse(arguments)

    return [call(index) for index in range(count)]


def _collapsing(function: Callable[..., Any], names: list[str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Puts arguments of these names that the function does not name together for its `**kwargs`.

    The names are the same for every call, and looking at a function's signature is dear.
    """
    collapsed = collapse_variadic_parameters(function, dict.fromkeys(names))
    variadic = [name for name in collapsed if name not in names]
    if not variadic:
        return lambda arguments: arguments
    others = collapsed[variadic[0]]

    def collapse(arguments: dict[str, Any]) -> dict[str, Any]:
        own = {name: value for name, value in arguments.items() if name not in others}
        return {**own, variadic[0]: {name: arguments[name] for name in others}}

    return collapse


def _with_known_lengths(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with futures that are arguments themselves replaced by their results, and annotations kept."""
    return {
        name: value if isinstance(value, (unmapped, quote)) else _unwrapped_future(name, value)
        for name, value in parameters.items()
    }


def _unwrapped_future(name: str, value: Any) -> Any:
    if isinstance(value, allow_failure):
        return value.rewrap(resolve_inputs({name: value}, max_depth=1)[name])
    return resolve_inputs({name: value}, max_depth=0)[name]


def _common_length(items: dict[str, list[Any]], parameters: dict[str, Any]) -> int:
    if not items:
        raise MappingMissingIterable(
            "No iterable parameters were received. Parameters for map must include at least one iterable. "
            f"Parameters: {parameters}"
        )
    lengths = {name: len(values) for name, values in items.items()}
    if len(set(lengths.values())) > 1:
        raise MappingLengthMismatch(
            "Received iterable parameters with different lengths. Parameters for map must all be the same length. "
            f"Got lengths: {lengths}"
        )
    return next(iter(lengths.values()))
