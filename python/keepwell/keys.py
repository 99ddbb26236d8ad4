"""What an argument contributes to a cache key, where its value alone does not say it.

`File` and `Directory` contribute what is in them, and not where they are. `register_encoder` says what stands for
the instances of a class that cannot be changed; a class of one's own can have a method `__keepwell_key__`, without
arguments, which returns what stands for the instance.
"""

from __future__ import annotations

import os

from keepwell import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")
    Encoder = TypeVar("Encoder", bound=Callable[[Any], Any])

__all__ = ["Directory", "File", "register_encoder"]


class _Content:
    """Something on disk that is an input by its content. Usable wherever a path is."""

    __slots__ = ("path",)

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: str = os.fspath(path)

    def __fspath__(self) -> str:
        return self.path

    def __str__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r})"

    def __eq__(self, other: object) -> bool:
        return self.path == other.path if isinstance(other, type(self)) else NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.path))


class File(_Content):
    """A file that is an input by its content: a changed file is another key, a moved one is not.

    The content is read when a key is computed, and again only when the file's size, times or inode have changed.
    """

    __slots__ = ()


class Directory(_Content):
    """A folder that is an input by the names and contents of all files in it, at any depth.

    Empty folders do not count. Each file is read as for `File`.
    """

    __slots__ = ()


def register_encoder(cls: type[T], *, version: int = 1) -> Callable[[Encoder], Encoder]:
    """Registers the decorated function to say what stands for instances of `cls` in cache keys.

    The function gets an instance and returns a value that keys can be made of, such as a tuple of what matters. It
    counts for exactly this class: a class derived from it may hold more, and needs an encoder of its own. Raise
    `version` when the function begins to return something else for the same instance; keys change with it. A later
    registration replaces an earlier one.

    Raises:
        TypeError: If `cls` is no class.
        ValueError: If the version is negative, or what is decorated cannot be called.
    """
    if not isinstance(cls, type):
        raise TypeError(f"an encoder is registered for a class, and {cls!r} is none")
    if version < 0:
        raise ValueError(f"the version of the encoder of {cls.__qualname__} is {version}, and must not be negative")

    def register(encoder: Encoder) -> Encoder:
        _core.register_encoder(cls, encoder, version)
        return encoder

    return register
