"""Waiting for a lock in an event loop: no thread waits, and the loop goes on."""

from __future__ import annotations

import asyncio
import random
import time

from keepwell._core import Locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Pauses between attempts, in seconds. They grow, so that a long wait costs little.
_FIRST = 0.0005
_LONGEST = 0.05


class AsynchronousLocks(Locks):
    """keepwell's locks, with the methods for event loops."""

    async def aacquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """`acquire_lock` for an event loop, which goes on meanwhile. Cancelling it takes no lock."""
        return await _until(lambda: self._try_to_acquire(key, holder, hold_timeout), acquire_timeout)

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """`wait_for_lock` for an event loop, which goes on meanwhile."""
        return await _until(lambda: not self.is_locked(key), timeout)


async def _until(attempt: Callable[[], bool], timeout: float | None) -> bool:
    end = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST
    while not attempt():
        # Many that wait for one lock do not come at once.
        this_time = pause * random.uniform(1, 1.5)
        if end is not None:
            left = end - time.monotonic()
            if left <= 0:
                return False
            this_time = min(this_time, left)
        await asyncio.sleep(this_time)
        pause = min(2 * pause, _LONGEST)
    return True
