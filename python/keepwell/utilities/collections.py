"""Walks through nested values, and reads and changes nested dictionaries."""

from __future__ import annotations

from enum import Enum, auto

from keepwell.utilities.annotations import BaseAnnotation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Hashable, Iterable
    from typing import Any, TypeVar

    T = TypeVar("T")


class AutoEnum(str, Enum):
    """An enumeration whose members equal their names: `RED = AutoEnum.auto()` is `"RED"`."""

    @staticmethod
    def _generate_next_value_(name: str, *_: Any) -> str:
        return name

    @staticmethod
    def auto() -> Any:
        """The value of the next member: its name."""
        return auto()

    def __repr__(self) -> str:
        return f"{type(self).__name__}.{self.value}"


class StopVisiting(BaseException):
    """Raised by a function that visits, to have its value left as it is and not looked into."""


def visit_collection(
    expr: Any,
    visit_fn: Callable[..., Any],
    return_data: bool = False,
    max_depth: int = -1,
    context: dict[str, Any] | None = None,
    remove_annotations: bool = False,
    _seen: dict[int, Any] | None = None,
) -> Any:
    """Calls `visit_fn` with a value and everything inside it, the outer first.

    It looks into lists, tuples (named ones too), sets, dictionaries (keys too), dataclasses, pydantic models and
    annotations; not into generators and mocks. A value that contains itself is looked into once.

    Args:
        expr: the value.
        visit_fn: called with each value, and with the context where there is one. What it returns takes the value's
            place, if data is returned at all, and is looked into in its place.
        return_data: whether to return the value with replacements. What holds none stays the same object; what does is
            copied, never changed.
        max_depth: how deep to look: 0 is the value alone, a negative number everything.
        context: handed to `visit_fn`, in a copy for each level; inside an annotation `context["annotation"]` is that.
        remove_annotations: whether a returned value has annotations replaced by what they hold.

    Returns:
        The value with replacements, or `None` unless `return_data`.
    """
    visit = _Visit(visit_fn, return_data, remove_annotations)
    result = visit.of(expr, max_depth, context, frozenset(_seen or ()))
    return result if return_data else None


class _Visit:
    """One walk through a value."""

    def __init__(self, visit_fn: Callable[..., Any], return_data: bool, remove_annotations: bool) -> None:
        self._visit_fn = visit_fn
        self._returns_data = return_data
        self._removes_annotations = remove_annotations

    def of(self, value: Any, depth: int, context: dict[str, Any] | None, around: frozenset[int]) -> Any:
        """The value with everything inside it visited; `around` are the values that it is in."""
        try:
            visited = self._visit_fn(value) if context is None else self._visit_fn(value, context)
        except StopVisiting:
            return value
        if self._returns_data:
            value = visited
        if depth == 0 or id(value) in around or type(value) in _LEAVES:
            return value
        inside = around | {id(value)}

        def nested(part: Any) -> Any:
            return self.of(part, depth - 1, None if context is None else dict(context), inside)

        if isinstance(value, BaseAnnotation):
            if context is not None:
                context["annotation"] = value
            return self._annotation(value, nested)
        return _rebuilt(value, nested, self._returns_data)

    def _annotation(self, annotation: BaseAnnotation, nested: Callable[[Any], Any]) -> Any:
        held = annotation.unwrap()
        value = nested(held)
        if not self._returns_data:
            return annotation
        if self._removes_annotations:
            return value
        return annotation if value is held else annotation.rewrap(value)


_LEAVES = frozenset({str, bytes, int, float, bool, complex, type(None)})


def _rebuilt(value: Any, nested: Callable[[Any], Any], returns_data: bool) -> Any:
    """The value with its parts visited: the same object unless one was replaced."""
    parts, rebuild = _parts(value)
    if not parts:
        return value
    visited = [nested(part) for part in parts]
    is_changed = returns_data and any(new is not old for new, old in zip(visited, parts, strict=True))
    return rebuild(visited) if is_changed else value


def _parts(value: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """What a value is made of, and how to make another of its kind from other parts."""
    kind = type(value)
    # By its class: a mock says that it is an instance of whatever it stands for.
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return list(value), lambda parts: kind(*parts)
    if issubclass(kind, list | tuple | set | frozenset):
        return list(value), kind
    if issubclass(kind, dict):
        return [part for item in value.items() for part in item], lambda parts: _dictionary(value, parts)
    if hasattr(kind, "__dataclass_fields__"):
        return _dataclass_parts(value)
    if hasattr(kind, "model_fields") and _is_model(value):
        return _model_parts(value)
    return [], kind


def _dictionary(original: dict[Any, Any], parts: list[Any]) -> Any:
    pairs = zip(parts[::2], parts[1::2], strict=True)
    factory = getattr(original, "default_factory", None)
    kind: Any = type(original)
    return kind(factory, pairs) if factory is not None else kind(pairs)


def _dataclass_parts(value: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    from dataclasses import fields, replace

    names = [field.name for field in fields(value) if field.init]
    return [getattr(value, name) for name in names], lambda parts: replace(
        value, **dict(zip(names, parts, strict=True))
    )


def _is_model(value: Any) -> bool:
    from pydantic import BaseModel

    return isinstance(value, BaseModel)


def _model_parts(model: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    content = dict(model)

    def rebuild(parts: list[Any]) -> Any:
        made = type(model).model_construct(_fields_set=model.model_fields_set, **dict(zip(content, parts, strict=True)))
        for name in model.__private_attributes__:
            if hasattr(model, name):
                setattr(made, name, getattr(model, name))
        return made

    return list(content.values()), rebuild


def isiterable(obj: Any) -> bool:
    """Whether a value can be iterated over and is more than one thing: texts, bytes and files count as one."""
    from io import IOBase

    try:
        iter(obj)
    except TypeError:
        return False
    return not isinstance(obj, str | bytes | IOBase)


def ensure_iterable(obj: T | Iterable[T]) -> Collection[T]:
    """The value itself if it can be iterated over, else a list of it alone."""
    from collections.abc import Iterable

    return obj if isinstance(obj, Iterable) else [obj]  # type: ignore[return-value]


def listrepr(objs: Iterable[Any], sep: str = " ") -> str:
    """The representations of all values, with `sep` between them."""
    return sep.join(repr(obj) for obj in objs)


def extract_instances(objects: Iterable[Any], types: type | tuple[type, ...] = object) -> Any:
    """The values that are of these types: a list for one type, else a dictionary with a list for each type."""
    from collections import defaultdict

    kinds = types if isinstance(types, tuple) else (types,)
    found: defaultdict[type, list[Any]] = defaultdict(list)
    for obj in objects:
        for kind in kinds:
            if isinstance(obj, kind):
                found[kind].append(obj)
    return found[kinds[0]] if len(kinds) == 1 else found


def batched_iterable(iterable: Iterable[T], size: int) -> Generator[tuple[T, ...], None, None]:
    """The elements in tuples of `size`; the last may be shorter."""
    from itertools import islice

    elements = iter(iterable)
    while batch := tuple(islice(elements, size)):
        yield batch


def distinct(iterable: Iterable[T], key: Callable[[T], Any] = lambda element: element) -> Generator[T, None, None]:
    """The elements whose keys have not been seen before."""
    seen: set[Any] = set()
    for element in iterable:
        if key(element) not in seen:
            seen.add(key(element))
            yield element


def dict_to_flatdict(dct: dict[Any, Any]) -> dict[tuple[Any, ...], Any]:
    """A nested dictionary as a flat one, whose keys are the paths. An empty dictionary inside is a value."""
    flat: dict[tuple[Any, ...], Any] = {}
    for key, value in dct.items():
        if isinstance(value, dict) and value:
            flat.update({(key, *rest): item for rest, item in dict_to_flatdict(value).items()})
        else:
            flat[(key,)] = value
    return flat


def flatdict_to_dict(dct: dict[tuple[Any, ...], Any]) -> dict[Any, Any]:
    """A flat dictionary whose keys are paths as a nested one."""
    nested: dict[Any, Any] = {}
    for path, value in dct.items():
        inner = nested
        for key in path[:-1]:
            inner = inner.setdefault(key, {})
        inner[path[-1]] = value
    return nested


def remove_nested_keys(keys_to_remove: Collection[Hashable], obj: Any) -> Any:
    """A copy of a nested dictionary without these keys, at any depth of dictionaries. Other values stay as they are."""
    if not isinstance(obj, dict):
        return obj
    return {key: remove_nested_keys(keys_to_remove, value) for key, value in obj.items() if key not in keys_to_remove}


def get_from_dict(dct: dict[Any, Any], keys: str | list[str | int], default: Any = None) -> Any:
    """The value at a path, as in `"a.b[0]"` or `["a", "b", 0]`, or `default` where there is none."""
    value: Any = dct
    try:
        for key in _path(keys):
            value = value[key]
    except (TypeError, KeyError, IndexError):
        return default
    return value


def set_in_dict(dct: dict[Any, Any], keys: str | list[str], value: Any) -> None:
    """Sets the value at a path, and makes the dictionaries on the way.

    Raises:
        TypeError: something on the way is there and is no dictionary.
    """
    path = _path(keys)
    inner = dct
    for key in path[:-1]:
        if not isinstance(inner.setdefault(key, {}), dict):
            raise TypeError(f"Key path exists and contains a non-dict value: {keys}")
        inner = inner[key]
    inner[path[-1]] = value


def deep_merge(dct: dict[Any, Any], merge: dict[Any, Any]) -> dict[Any, Any]:
    """A copy of `dct` with `merge` on top; dictionaries in both are merged in the same way."""
    merged = dict(dct)
    for key, value in merge.items():
        before = merged.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        merged[key] = deep_merge(before, value) if both else value  # type: ignore[arg-type]
    return merged


def deep_merge_dicts(*dicts: dict[Any, Any]) -> dict[Any, Any]:
    """All dictionaries merged, the last on top."""
    merged: dict[Any, Any] = {}
    for dct in dicts:
        merged = deep_merge(merged, dct)
    return merged


def _path(keys: str | list[Any]) -> list[Any]:
    if not isinstance(keys, str):
        return list(keys)
    parts = keys.replace("[", ".").replace("]", "").split(".")
    return [int(part) if part.isdigit() else part for part in parts]
