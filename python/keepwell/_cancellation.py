"""Cancelling the coroutine that one is in, and telling that from being cancelled by others."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from typing import Any


class Cancellation:
    """Cancels a task of an event loop, and tells its own cancellation from others."""

    def __init__(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        self._others = self._pending()
        self._has_fired = self._is_taken_back = self._is_over = False

    def fire(self, *_: object) -> None:
        """Cancels the task, but not after the end."""
        if not self._has_fired and not self._is_over:
            self._has_fired = True
            self._task.cancel()

    def is_the_only_cause(self) -> bool:
        """Whether the task was cancelled by this and by nobody else. It then counts as not cancelled."""
        return self._has_fired and self._take_back() <= self._others

    def end(self) -> None:
        """Lets the task go on: it counts as not cancelled by this, whatever the task has made of it."""
        self._is_over = True
        if self._has_fired:
            self._take_back()

    def _take_back(self) -> int:
        """How many cancellations there are but for this one. Python 3.10 does not count them."""
        uncancel = getattr(self._task, "uncancel", None)
        if uncancel is None or self._is_taken_back:
            return self._pending()
        self._is_taken_back = True
        return int(uncancel())

    def _pending(self) -> int:
        cancelling = getattr(self._task, "cancelling", None)
        return cancelling() if cancelling is not None else 0
