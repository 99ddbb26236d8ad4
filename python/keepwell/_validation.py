"""Checks the arguments of a flow against the types that its function declares, and converts them, by pydantic.

Where every argument is already of the plain type that is declared, there is nothing to convert: pydantic is not asked.
"""

from __future__ import annotations

from keepwell._functions import parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PLAIN = frozenset({int, float, str, bytes, bool})
_PLAIN_NAMES = {kind.__name__: kind for kind in _PLAIN}
_VARIADIC_POSITIONAL, _VARIADIC_KEYWORD = 2, 4


class Validator:
    """Validates the arguments of one function.

    Args:
        function: The function.
        names: What annotations of it may name beside what is known in its module.
    """

    def __init__(self, function: Callable[..., Any], names: dict[str, Any] | None = None) -> None:
        self._function = function
        self._names = names or {}
        self._declared: dict[str, Any] = getattr(function, "__annotations__", None) or {}
        self._model: Any = None

    def validated(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name, of the declared types.

        Raises:
            ParameterTypeError: Some cannot be converted. The message says which, and why.
        """
        if all(self._is_as_declared(name, value) for name, value in parameters.items()):
            return parameters
        return self._converted(parameters)

    def _is_as_declared(self, name: str, value: Any) -> bool:
        declared = self._declared.get(name)
        if declared is None:
            return name not in self._declared or value is None
        if isinstance(declared, str):
            declared = _PLAIN_NAMES.get(declared)
        return declared in _PLAIN and type(value) is declared if isinstance(declared, type) else False

    def _converted(self, parameters: dict[str, Any]) -> dict[str, Any]:
        from pydantic import ValidationError

        from keepwell.exceptions import ParameterTypeError

        if self._model is None:
            self._model = self._make_model()
        try:
            model = self._model.model_validate(parameters)
        except ValidationError as error:
            raise ParameterTypeError.from_validation_error(error) from None
        # Fields are named by number, because a parameter may be called what a field may not.
        return {name: getattr(model, f"p{index}") for index, name in enumerate(parameters)}

    def _make_model(self) -> Any:
        from typing import Any

        from pydantic import ConfigDict, Field, create_model

        hints = self._hints()
        fields: dict[str, Any] = {}
        for index, (name, kind, _) in enumerate(parameters_of(self._function)):
            declared = hints.get(name, Any)
            if kind == _VARIADIC_POSITIONAL:
                declared = tuple[declared, ...]  # type: ignore[valid-type]
            elif kind == _VARIADIC_KEYWORD:
                declared = dict[str, declared]  # type: ignore[valid-type]
            fields[f"p{index}"] = (declared, Field(alias=name))
        config = ConfigDict(arbitrary_types_allowed=True)
        return create_model(f"ParametersOf{self._function.__name__}", __config__=config, **fields)

    def _hints(self) -> dict[str, Any]:
        """The declared types. One whose name is known to the type checker alone is not checked, and the others are."""
        known = {**getattr(self._function, "__globals__", {}), **self._names}
        hints: dict[str, Any] = {}
        for name, declared in self._declared.items():
            try:
                hints[name] = _resolved(name, declared, known)
            except NameError:
                continue
        return hints


def _resolved(name: str, declared: Any, known: dict[str, Any]) -> Any:
    from typing import get_type_hints

    def holder() -> None: ...

    holder.__annotations__ = {name: declared}
    return get_type_hints(holder, known, include_extras=True)[name]


def names_around(function: Any, definer: str) -> dict[str, Any]:
    """What the texts among a function's annotations name of the code around it that defines it, such as a local class.

    `definer` is the module whose own code stands between that code and here.
    """
    declared = (getattr(function, "__annotations__", None) or {}).values()
    texts = [text for text in declared if isinstance(text, str)]
    if not texts:
        return {}
    import re
    import sys

    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == definer:
        frame = frame.f_back
    if frame.f_locals is frame.f_globals:
        return {}
    names = {name for text in texts for name in re.findall(r"[^\W\d]\w*", text)}
    return {name: frame.f_locals[name] for name in names & frame.f_locals.keys()}
