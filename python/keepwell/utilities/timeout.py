"""Limits the time that a block of code may take.

A blocking block is cut off by a signal, which only the main thread can receive. In any other thread nothing can end it
safely: there the block runs to its end, and a warning says so.
"""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager

from keepwell._cancellation import Cancellation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def timeout(seconds: float | None = None, timeout_exc_type: type[TimeoutError] = TimeoutError) -> Iterator[None]:
    """Raises `timeout_exc_type` inside the block once it has taken `seconds`; `None` lets it take any time.

    The timer of a surrounding limit goes on: where it ends first, it cuts the block off.

    Raises:
        ValueError: `timeout_exc_type` is no `TimeoutError`.
    """
    _check(timeout_exc_type)
    if seconds is None:
        yield
    elif threading.current_thread() is threading.main_thread():
        with _limit_by_signal(seconds, timeout_exc_type):
            yield
    else:
        _warn(seconds)
        yield


@contextmanager
def timeout_async(seconds: float | None = None, timeout_exc_type: type[TimeoutError] = TimeoutError) -> Iterator[None]:
    """Raises `timeout_exc_type` from the block, in a coroutine, once it has taken `seconds`.

    `None` lets it take any time. The block is cut off at its next `await`. Use it with a plain `with`.

    Raises:
        ValueError: `timeout_exc_type` is no `TimeoutError`.
    """
    _check(timeout_exc_type)
    if seconds is None:
        yield
        return
    import asyncio

    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("timeout_async must be used inside a task of an event loop")
    cancellation = Cancellation(task)
    timer = asyncio.get_running_loop().call_later(max(seconds, 0), cancellation.fire)
    try:
        yield
    except asyncio.CancelledError:
        if cancellation.is_the_only_cause():
            raise timeout_exc_type(_message(seconds)) from None
        raise
    finally:
        timer.cancel()
        cancellation.end()


@contextmanager
def _limit_by_signal(seconds: float, timeout_exc_type: type[TimeoutError]) -> Iterator[None]:
    """Has SIGALRM interrupt the block; puts back the handler and the timer that there were."""
    is_over = False

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not is_over:
            raise timeout_exc_type(_message(seconds))

    outer_remaining, outer_interval = signal.getitimer(signal.ITIMER_REAL)
    outer_is_first = 0 < outer_remaining <= seconds
    before = None if outer_is_first else signal.signal(signal.SIGALRM, interrupt)
    started = time.monotonic()
    try:
        if not outer_is_first:
            # A timer of zero seconds would be no timer.
            signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6))
        yield
    finally:
        is_over = True
        if not outer_is_first:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)
            if outer_remaining > 0:
                left = outer_remaining - (time.monotonic() - started)
                signal.setitimer(signal.ITIMER_REAL, max(left, 1e-6), outer_interval)


def _check(timeout_exc_type: type[TimeoutError]) -> None:
    if not issubclass(timeout_exc_type, TimeoutError):
        raise ValueError("The `timeout_exc_type` argument must be a subclass of `TimeoutError`.")


def _message(seconds: float) -> str:
    return f"Scope timed out after {seconds} second(s)."


def _warn(seconds: float) -> None:
    from keepwell.logging import get_logger

    get_logger("timeout").warning(
        "Timeout of %s seconds configured for this task, but the task is running in a worker thread. A thread cannot be"
        " stopped from outside, so the task runs until it is done; run it in the main thread or make it asynchronous.",
        seconds,
    )
