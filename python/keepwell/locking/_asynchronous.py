"""Waiting for a lock in an event loop, which goes on: no thread waits, but for answers from elsewhere."""

from __future__ import annotations

import asyncio
import random
import threading
import time

from keepwell._core import Locks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Pauses between attempts, in seconds. They grow, so that a long wait costs little.
_FIRST = 0.0005
_LONGEST = 0.05
# How long the last question of a wait may take beyond the deadline.
_LAST_WORD = 0.1


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


class RemoteLocks(AsynchronousLocks):
    """Locks that are asked for elsewhere: an event loop has threads wait for the answers."""

    async def aacquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        """`acquire_lock` for an event loop, which goes on meanwhile. Cancelling it takes no lock.

        Raises `LockTimeoutError` if nobody has answered when the time is over.
        """

        def give_back() -> None:
            self.release_lock(key, holder)

        return await _until_answered(
            lambda: self._try_to_acquire(key, holder, hold_timeout), acquire_timeout, give_back
        )

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """`wait_for_lock` for an event loop, which goes on meanwhile.

        Raises `LockTimeoutError` if nobody has answered when the time is over.
        """
        return await _until_answered(lambda: self.wait_for_lock(key, 0), timeout, lambda: None)


async def _until_answered(attempt: Callable[[], bool], timeout: float | None, undo: Callable[[], None]) -> bool:
    from keepwell.exceptions import LockTimeoutError

    end = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST
    while True:
        try:
            # Where it is not to be waited at all, an answer is needed all the same.
            if await _answer(attempt, None if not timeout or end is None else end - time.monotonic(), undo):
                return True
        except LockTimeoutError:
            if end is not None and end <= time.monotonic():
                raise
        if end is not None and end <= time.monotonic():
            return False
        await asyncio.sleep(pause if end is None else min(pause, max(0, end - time.monotonic())))
        pause = min(2 * pause, _LONGEST) * random.uniform(1, 1.5)


async def _answer(attempt: Callable[[], bool], timeout: float | None, undo: Callable[[], None]) -> bool:
    """What an attempt on a thread comes to. One that nobody waits for any more is undone."""
    from keepwell.exceptions import LockTimeoutError

    answer = asyncio.get_running_loop().run_in_executor(None, attempt)
    limit = None if timeout is None else max(timeout, _LAST_WORD)
    try:
        return await asyncio.wait_for(asyncio.shield(answer), limit)
    except asyncio.TimeoutError:
        answer.add_done_callback(lambda late: _undo(late, undo))
        raise LockTimeoutError("the lock manager could not be asked: no answer yet") from None
    except asyncio.CancelledError:
        answer.add_done_callback(lambda late: _undo(late, undo))
        raise


def _undo(late: asyncio.Future[bool], undo: Callable[[], None]) -> None:
    if not late.cancelled() and late.exception() is None and late.result():
        # The loop may be about to close, and does not wait for it.
        threading.Thread(target=undo, daemon=True).start()


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
