"""Values as JSON and back: what JSON has no form for becomes an object that names its class.

A text in which a class was named is not data only: to read it is to import and call what it names. So whoever writes
one says so (`dump`), and the store keeps it under a signature.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_CLASS = "__class__"
_EXCEPTION = "__exc_type__"


def encode_object(obj: Any) -> Any:
    """What stands in JSON for an object that JSON has no form for: its class by name, and its data.

    Knows exceptions, by their message, and whatever pydantic can serialize: its models, dataclasses, sets, dates,
    paths, UUIDs. Raises `TypeError` for anything else.
    """
    cls = type(obj)
    if isinstance(obj, BaseException):
        return {_EXCEPTION: _name(cls), "message": str(obj)}
    from pydantic import PydanticSchemaGenerationError, TypeAdapter

    try:
        data = TypeAdapter(cls).dump_python(obj, mode="json")
    except PydanticSchemaGenerationError as error:
        raise TypeError(f"an object of type {cls.__name__!r} has no form in JSON") from error
    return {_CLASS: _name(cls), "data": data}


def decode_object(result: dict[str, Any]) -> Any:
    """The object that such a dictionary stands for; any other dictionary as it is, also one whose class is not found.

    Imports what the dictionary names and calls it: only for texts that can be trusted. Raises `ValueError` if the data
    does not fit the class, or what should be an exception is none.
    """
    if _CLASS in result and "data" in result:
        try:
            cls = find_object(result[_CLASS])
        except (ImportError, AttributeError):
            return result
        from pydantic import TypeAdapter

        return TypeAdapter(cls).validate_python(result["data"])
    if _EXCEPTION in result and "message" in result:
        name = result[_EXCEPTION]
        try:
            exception = find_object(name)
        except (ImportError, AttributeError) as error:
            raise ValueError(f"Invalid exception type: {name!r}") from error
        if not (isinstance(exception, type) and issubclass(exception, BaseException)):
            raise ValueError(f"Invalid exception type: {name!r}")
        return exception(result["message"])
    return result


def dump(value: Any) -> tuple[bytes, bool]:
    """The value as JSON, and whether a class is named in it. Raises `TypeError` or `ValueError` if it has no form."""
    import json

    named = False

    def encode(obj: Any) -> Any:
        nonlocal named
        named = True
        return encode_object(obj)

    return json.dumps(value, default=encode).encode(), named


def load(data: bytes, named: bool) -> Any:
    """The value of a JSON text; with `named`, objects that name their class become instances of it."""
    import json

    hook: Callable[[dict[str, Any]], Any] | None = decode_object if named else None
    return json.loads(data, object_hook=hook)


def find_object(name: str) -> Any:
    """The module, or what a module has, that is called `name`, with dots between. Imports what it must.

    Raises `ImportError` or `AttributeError` where there is none.
    """
    from importlib import import_module

    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module_name = ".".join(parts[:length])
        try:
            found: Any = import_module(module_name)
        except ModuleNotFoundError as error:
            if length > 1 and (error.name is None or f"{module_name}.".startswith(f"{error.name}.")):
                continue
            raise
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ImportError(f"no module is called {name!r}")


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
