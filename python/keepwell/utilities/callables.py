"""Calls of functions: arguments to parameters by name, and back."""

from __future__ import annotations

from keepwell.exceptions import ParameterBindError, ReservedArgumentError, SignatureMismatchError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")


def get_call_parameters(
    fn: Callable[..., Any], call_args: tuple[Any, ...], call_kwargs: Mapping[str, Any], apply_defaults: bool = True
) -> dict[str, Any]:
    """The arguments of a call by the names of the parameters, in their order.

    `*args` and `**kwargs` of the function are one parameter each.

    Raises:
        ParameterBindError: the arguments do not fit.
    """
    try:
        bound = _signature(fn).bind(*call_args, **call_kwargs)
    except TypeError as error:
        raise ParameterBindError.from_bind_failure(fn, error, call_args, dict(call_kwargs)) from None
    if apply_defaults:
        bound.apply_defaults()
    # A plain `dict`, since `BoundArguments` is neither copied nor pickled with ease.
    return dict(bound.arguments)


def get_parameter_defaults(fn: Callable[..., Any]) -> dict[str, Any]:
    """The defaults of the parameters that have one."""
    parameters = _signature(fn).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters if parameter.default is not parameter.empty}


def explode_variadic_parameter(fn: Callable[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with those inside `**kwargs` as ones of their own."""
    name = _name_of(fn, "VAR_KEYWORD")
    if name is None or name not in parameters:
        return parameters
    exploded = {key: value for key, value in parameters.items() if key != name}
    return {**exploded, **parameters[name]}


def collapse_variadic_parameters(fn: Callable[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with those that the function does not name put together for `**kwargs`.

    Raises:
        ValueError: there are such parameters and the function has no `**kwargs`.
    """
    known = _signature(fn).parameters
    missing = {key: value for key, value in parameters.items() if key not in known}
    name = _name_of(fn, "VAR_KEYWORD")
    if not missing:
        return parameters
    if name is None:
        raise ValueError(
            f"Signature for {fn} does not include any variadic keyword argument but parameters were given that are"
            f" not present in the signature: {', '.join(missing)}."
        )
    return {**{key: value for key, value in parameters.items() if key in known}, name: missing}


def parameters_to_args_kwargs(
    fn: Callable[..., Any], parameters: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and the named arguments of a call with these parameters.

    Raises:
        SignatureMismatchError: the function has no parameter of one of the names.
    """
    from inspect import BoundArguments

    signature = _signature(fn)
    unknown = set(parameters) - set(signature.parameters)
    if unknown:
        raise SignatureMismatchError(
            f"Function expects parameters {list(signature.parameters)} but was provided with parameters"
            f" {list(parameters)}"
        )
    from collections import OrderedDict

    bound = BoundArguments(signature, OrderedDict())
    bound.arguments.update(parameters)
    return bound.args, bound.kwargs


def call_with_parameters(fn: Callable[..., T], parameters: Mapping[str, Any]) -> T:
    """Calls the function with parameters by name, also those that it takes by position only.

    Raises:
        SignatureMismatchError: the function has no parameter of one of the names.
    """
    args, kwargs = parameters_to_args_kwargs(fn, parameters)
    return fn(*args, **kwargs)


def cloudpickle_wrapped_call(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], bytes]:
    """A call that can be pickled for another process: it takes cloudpickle there and returns the pickled result."""
    from functools import partial

    import cloudpickle  # type: ignore[import-untyped]

    return partial(_run_pickled_call, cloudpickle.dumps((fn, args, kwargs)))


def _run_pickled_call(call: bytes) -> bytes:
    import cloudpickle

    fn, args, kwargs = cloudpickle.loads(call)
    pickled: bytes = cloudpickle.dumps(fn(*args, **kwargs))
    return pickled


def raise_for_reserved_arguments(fn: Callable[..., Any], reserved_arguments: Iterable[str]) -> None:
    """Checks that the function has no parameter of these names.

    Raises:
        ReservedArgumentError: it has one.
    """
    parameters = _signature(fn).parameters
    for name in reserved_arguments:
        if name in parameters:
            raise ReservedArgumentError(f"{name!r} is a reserved argument name and cannot be used.")


def expects_parameter(fn: Callable[..., Any], name: str) -> bool:
    """Whether the function has a parameter of this name."""
    return name in _signature(fn).parameters


def _signature(fn: Callable[..., Any]) -> inspect.Signature:
    from inspect import signature

    return signature(fn)


def _name_of(fn: Callable[..., Any], kind: str) -> str | None:
    """The name of the function's parameter of this kind."""
    for parameter in _signature(fn).parameters.values():
        if parameter.kind.name == kind:
            return parameter.name
    return None
