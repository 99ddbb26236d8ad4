"""Calls of functions: arguments to parameters by name, and back."""

from __future__ import annotations

from typing import Any

import cloudpickle
import pytest

from keepwell.exceptions import ParameterBindError, ReservedArgumentError, SignatureMismatchError
from keepwell.utilities.callables import (
    call_with_parameters,
    cloudpickle_wrapped_call,
    collapse_variadic_parameters,
    expects_parameter,
    explode_variadic_parameter,
    get_call_parameters,
    get_parameter_defaults,
    parameters_to_args_kwargs,
    raise_for_reserved_arguments,
)


def function(a: Any, /, b: Any, *rest: Any, c: Any = 3, **more: Any) -> Any:
    return a, b, rest, c, more


def plain(x: int, y: int = 2) -> int:
    return x + y


def test_arguments_become_parameters_and_arguments_again() -> None:
    parameters = get_call_parameters(function, (1, 2, 9), {"c": 4, "d": 5})
    assert parameters == {"a": 1, "b": 2, "rest": (9,), "c": 4, "more": {"d": 5}}
    assert parameters_to_args_kwargs(function, parameters) == ((1, 2, 9), {"c": 4, "d": 5})
    assert call_with_parameters(function, parameters) == (1, 2, (9,), 4, {"d": 5})


def test_defaults_are_filled_in_unless_they_are_not_wanted() -> None:
    assert get_call_parameters(plain, (1,), {}) == {"x": 1, "y": 2}
    assert get_call_parameters(plain, (1,), {}, apply_defaults=False) == {"x": 1}
    assert get_parameter_defaults(function) == {"c": 3}


def test_arguments_that_do_not_fit_are_refused_with_the_reason() -> None:
    with pytest.raises(ParameterBindError) as caught:
        get_call_parameters(plain, (), {"y": 1})
    assert str(caught.value) == (
        "Error binding parameters for function 'plain': missing a required argument: 'x'.\n"
        "The function was called with arguments: () and {'y': 1}."
    )
    with pytest.raises(SignatureMismatchError) as mismatch:
        call_with_parameters(plain, {"x": 1, "z": 2})
    assert str(mismatch.value) == ("Function expects parameters ['x', 'y'] but was provided with parameters ['x', 'z']")


def test_named_extras_are_taken_out_and_put_together() -> None:
    exploded = explode_variadic_parameter(function, {"b": 1, "more": {"d": 5}})
    assert exploded == {"b": 1, "d": 5}
    assert collapse_variadic_parameters(function, exploded) == {"b": 1, "more": {"d": 5}}
    assert collapse_variadic_parameters(plain, {"x": 1}) == explode_variadic_parameter(plain, {"x": 1}) == {"x": 1}
    with pytest.raises(ValueError, match=r"does not include any variadic keyword argument.*: z"):
        collapse_variadic_parameters(plain, {"x": 1, "z": 2})


def test_a_call_travels_as_bytes_and_so_does_its_result() -> None:
    call = cloudpickle.loads(cloudpickle.dumps(cloudpickle_wrapped_call(lambda x, y: (x, y), 1, y=2)))
    assert cloudpickle.loads(call()) == (1, 2)


def test_reserved_names_are_refused() -> None:
    raise_for_reserved_arguments(plain, ["wait_for"])
    with pytest.raises(ReservedArgumentError, match="'y' is a reserved argument name and cannot be used"):
        raise_for_reserved_arguments(plain, ["wait_for", "y"])
    assert (expects_parameter(plain, "x"), expects_parameter(plain, "z")) == (True, False)
