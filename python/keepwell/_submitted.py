"""The futures of keepwell's own task runners, and waiting for many futures at once.

A future of ours is one object with no lock of its own, and waiting for a thousand wakes the waiter once: a mapped hit
costs little more than a call.
"""

from __future__ import annotations

import threading
import time

from keepwell._identifiers import as_identifier
from keepwell._outcomes import state_result
from keepwell._workers import while_waiting
from keepwell.futures import KeepwellConcurrentFuture, KeepwellFuture, never_begun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from typing import Any
    from uuid import UUID

    from keepwell._core import RunIdentifier
    from keepwell._state import State

_lock = threading.Lock()
"""Guards the callbacks of every future: it is held for a few instructions at a time."""


class SubmittedFuture(KeepwellConcurrentFuture["Any"]):
    """The future of a task that a worker of ours runs. The worker begins it, and finishes it with the final state."""

    def __init__(self, task_run_id: str | RunIdentifier) -> None:
        self._id = task_run_id
        self._final_state: State[Any] | None = None
        self._callbacks: list[Callable[[Any], object]] | None = None
        self._has_begun = False
        self._follower: Future[Any] | None = None

    @property
    def task_run_id(self) -> UUID:
        """The identifier of the task run."""
        identifier = as_identifier(str(self._id))
        assert identifier is not None
        return identifier

    @property
    def identifier(self) -> str | RunIdentifier:
        """The identifier of the task run, for the run."""
        return self._id

    @property
    def state(self) -> State[Any]:
        """The final state of the run, or `Pending` until there is one."""
        return KeepwellFuture.state.fget(self)  # type: ignore[attr-defined, no-any-return]

    @property
    def wrapped_future(self) -> Future[Any]:
        """A future of `concurrent.futures` whose result will be the final state of the run."""
        from concurrent.futures import Future

        with _lock:
            follower, is_new = self._follower, self._follower is None
            if follower is None:
                follower = self._follower = Future()
        if is_new:
            self.add_done_callback(_follow)
        return follower

    def begin(self) -> bool:
        """Notes that the task begins. Says no if it was cancelled."""
        with _lock:
            self._has_begun = self._final_state is None
            return self._has_begun

    def finish(self, state: State[Any]) -> None:
        """Gives the future the state that its run came to, and tells those who wait for it."""
        with _lock:
            self._final_state = state
            callbacks, self._callbacks = self._callbacks, None
        self._tell(callbacks)

    def cancel(self) -> bool:
        """Ends a task that has not begun. Says no if it has."""
        with _lock:
            if self._has_begun or self._final_state is not None:
                return False
            self._final_state = never_begun(str(self._id))
            callbacks, self._callbacks = self._callbacks, None
        self._tell(callbacks)
        return True

    def _tell(self, callbacks: list[Callable[[Any], object]] | None) -> None:
        for callback in callbacks or ():
            self._call(callback)

    def _call(self, callback: Callable[[Any], object]) -> None:
        try:
            callback(self)
        except Exception:
            import logging

            logging.getLogger("keepwell.futures").exception("A callback of %r failed", self)

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Calls `fn` with this future when the run has ended: at once, if it has."""
        with _lock:
            if self._final_state is None:
                if self._callbacks is None:
                    self._callbacks = []
                self._callbacks.append(fn)
                return
        fn(self)

    def wait(self, timeout: float | None = None) -> None:
        """Waits until the run has ended, or for `timeout` seconds; says nothing of which it was."""
        if self._final_state is None:
            countdown([self], None if timeout is None else time.monotonic() + max(0.0, timeout))

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """Waits until the run has ended and returns what it returned, or raises its exception.

        Raises:
            TimeoutError: It has not ended after `timeout` seconds.
            CancelledRun: It was cancelled before it began.
        """
        if self._final_state is None:
            self.wait(timeout)
            if self._final_state is None:
                raise TimeoutError(f"Task run {self._id} did not complete within {timeout} seconds")
        return state_result(self._final_state, raise_on_failure)

    def _has_ended(self) -> bool:
        return self._final_state is not None

    def __reduce__(self) -> tuple[Any, ...]:
        if self._final_state is None:
            raise TypeError(
                "the future of a run that has not ended cannot be pickled: wait for it first, or pass its result on"
            )
        return _ended_future, (str(self._id), self._final_state, self._has_begun)

    def __del__(self) -> None:
        """Nothing is lost with it: whoever runs the task holds its future until it has ended."""


def _ended_future(task_run_id: str, state: State[Any], has_begun: bool) -> SubmittedFuture:
    future = SubmittedFuture(task_run_id)
    future._final_state, future._has_begun = state, has_begun
    return future


def _follow(future: SubmittedFuture) -> None:
    """Has the future of `concurrent.futures` come to the end that ours has come to."""
    follower = future.wrapped_future
    if not future._has_begun:
        follower.cancel()
        follower.set_running_or_notify_cancel()
    else:
        follower.set_result(future.state)


class _Countdown:
    """Wakes a waiter when the last of several futures has ended, or the first that did not complete if asked to."""

    def __init__(self, count: int, stops_at_failure: bool) -> None:
        self.left = count
        self.stops_at_failure = stops_at_failure
        self.failed: KeepwellFuture[Any] | None = None
        self.lock = threading.Lock()
        self.wake = threading.Lock()
        self.wake.acquire()

    def tell(self, future: KeepwellFuture[Any]) -> None:
        with self.lock:
            self.left -= 1
            is_first_failure = self.stops_at_failure and self.failed is None and _has_failed(future)
            if is_first_failure:
                self.failed = future
            if (is_first_failure or (self.left == 0 and self.failed is None)) and self.wake.locked():
                self.wake.release()


def _has_failed(future: KeepwellFuture[Any]) -> bool:
    state = future._final_state
    return state is not None and not state.is_completed()


def countdown(
    futures: Iterable[KeepwellFuture[Any]], deadline: float | None, stops_at_failure: bool = False
) -> KeepwellFuture[Any] | None:
    """Waits until every future has ended or `deadline` (of the monotonic clock) has come.

    With `stops_at_failure` it waits no longer than until one has ended that did not complete, and returns that one.
    """
    pending: list[KeepwellFuture[Any]] = []
    for future in futures:
        if not future._has_ended():
            pending.append(future)
        elif stops_at_failure and _has_failed(future):
            return future
    if not pending:
        return None
    counter = _Countdown(len(pending), stops_at_failure)
    for future in pending:
        future.add_done_callback(counter.tell)
    seconds = -1.0 if deadline is None else max(0.0, deadline - time.monotonic())
    while_waiting(counter.wake.acquire, True, seconds)
    return counter.failed
