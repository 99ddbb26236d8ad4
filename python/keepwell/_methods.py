"""How type checkers tell tasks and flows that are methods from those that are static. Never imported at run time."""

from __future__ import annotations

from typing import ParamSpec, Protocol, TypeVar

First = TypeVar("First", contravariant=True)
P = ParamSpec("P")
R = TypeVar("R", covariant=True)


class TakesFirst(Protocol[First, P, R]):
    """A task or flow whose function has a first parameter that is passed by position."""

    def _body(self, first: First, /, *args: P.args, **kwargs: P.kwargs) -> R: ...
