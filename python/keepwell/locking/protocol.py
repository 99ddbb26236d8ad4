"""What a lock manager must be able to do. One's own needs these methods and no base class."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class LockManager(Protocol):
    """Grants each key's lock to one holder at a time.

    Distinct keys never share a lock. A holder that takes a lock which it has is granted it again, and one release gives
    it back. Waiting never takes a lock. Times are in seconds. The methods may be called from any thread.
    """

    def acquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """Takes the lock and says whether it was granted.

        Waits for up to `acquire_timeout`: for ever with `None`, not at all with 0. The lock is free again
        `hold_timeout` later, if that is given.
        """
        ...

    async def aacquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """`acquire_lock` for an event loop, which goes on meanwhile."""
        ...

    def release_lock(self, key: str, holder: str) -> None:
        """Gives the lock back. Raises `ValueError` if `holder` has not got it."""
        ...

    def is_locked(self, key: str) -> bool:
        """Whether anybody has the lock."""
        ...

    def is_lock_holder(self, key: str, holder: str) -> bool:
        """Whether `holder` has the lock."""
        ...

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """Waits until the lock is free, for up to `timeout`, without taking it. Says whether it was."""
        ...

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """`wait_for_lock` for an event loop, which goes on meanwhile."""
        ...
