"""Annotations of arguments: what a task is to do with a value, written around the value.

`unmapped(x)` is the same for every call of `task.map`; `allow_failure(x)` lets a task run although what `x` stands for
has failed; `quote(x)` and `opaque(x)` keep keepwell from looking for futures and states inside `x`.
"""

from __future__ import annotations

from types import GenericAlias

from keepwell._core import Input

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class BaseAnnotation(Input):
    """A value with an annotation: the class says which. It can be unpacked, compared and pickled as its value can.

    Attributes:
        value: what is annotated.
    """

    __slots__ = ("value",)
    __match_args__ = ("value",)

    value: Any

    def __new__(cls, value: Any) -> BaseAnnotation:
        """Annotates `value`."""
        if cls is BaseAnnotation:
            raise TypeError("BaseAnnotation is no annotation itself: derive a class from it")
        annotation: BaseAnnotation = super().__new__(cls)
        object.__setattr__(annotation, "value", value)
        return annotation

    def __class_getitem__(cls, item: Any) -> GenericAlias:
        # `quote[int]` is for the reader; it means nothing at run time.
        return GenericAlias(cls, item)

    def unwrap(self) -> Any:
        """The value."""
        return self.value

    def rewrap(self, value: Any) -> BaseAnnotation:
        """Another value with the same annotation."""
        return type(self)(value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "value":
            raise AttributeError("an annotation cannot be changed: use `rewrap`")
        object.__setattr__(self, name, value)

    def __iter__(self) -> Iterator[Any]:
        yield self.value

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, BaseAnnotation):
            return False
        return bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash((type(self), self.value))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.value,)


class unmapped(BaseAnnotation):  # noqa: N801 - the public name
    """The same value for every call of `task.map`, even if it could be iterated over."""

    __slots__ = ()

    def __getitem__(self, _: object) -> Any:
        return self.value


class allow_failure(BaseAnnotation):  # noqa: N801 - the public name
    """Lets the task run although the future or state has failed; it gets the exception in place of a result."""

    __slots__ = ()


class quote(BaseAnnotation):  # noqa: N801 - the public name
    """Passes the value on as it is: futures and states inside are neither looked for nor waited for."""

    __slots__ = ()

    def unquote(self) -> Any:
        """The value."""
        return self.value


class opaque(BaseAnnotation):  # noqa: N801 - the public name
    """Resolves the value if it is a future or state, but does not look inside."""

    __slots__ = ()


class freeze(BaseAnnotation):  # noqa: N801 - the public name
    """A value that is to stay as it is, even if the environment of the run could change it."""

    __slots__ = ()

    def unfreeze(self) -> Any:
        """The value."""
        return self.value


class NotSet:
    """The class itself stands for an argument that was not given, where `None` is a value."""
