"""Futures: the results of task runs that were submitted and may not have ended.

A future given to a task as an argument is waited for, and its result is what the task receives.
"""

from __future__ import annotations

import abc
import time
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from types import GenericAlias

from keepwell import _core
from keepwell._outcomes import state_result
from keepwell._state import State, StateType
from keepwell._workers import waiting, while_waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Any, Generic, NamedTuple, TypeVar
    from uuid import UUID

    from typing_extensions import Self

    R = TypeVar("R")
    F = TypeVar("F")

    class _Subscriptable(_core.Input, abc.ABC, Generic[R]):
        pass

    class _Wrapping(Generic[R, F]):
        pass

    class _DoneAndNotDone(NamedTuple):
        done: set[KeepwellFuture[Any]]
        not_done: set[KeepwellFuture[Any]]
else:
    from collections import namedtuple

    R, F, Any = "R", "F", "Any"

    class _Subscriptable(_core.Input, abc.ABC):
        __class_getitem__ = classmethod(GenericAlias)

    class _Wrapping:
        __class_getitem__ = classmethod(GenericAlias)

    _DoneAndNotDone = namedtuple("DoneAndNotDoneFutures", ("done", "not_done"))

__all__ = [
    "DoneAndNotDoneFutures",
    "KeepwellConcurrentFuture",
    "KeepwellFuture",
    "KeepwellFutureList",
    "KeepwellTaskRunFuture",
    "KeepwellWrappedFuture",
    "as_completed",
    "resolve_futures_to_results",
    "resolve_futures_to_states",
    "wait",
]


class KeepwellFuture(_Subscriptable[R]):
    """The result of a run that may not have ended.

    Two futures of the same run are equal.
    """

    def __init__(self, task_run_id: UUID | None = None) -> None:
        if task_run_id is None:
            from keepwell._identifiers import new_identifier

            task_run_id = new_identifier()
        self._task_run_id = task_run_id
        self._final_state: State[R] | None = None

    @property
    def task_run_id(self) -> UUID:
        """The identifier of the task run."""
        return self._task_run_id

    @property
    def state(self) -> State[R]:
        """The final state of the run, or `Pending` until there is one."""
        return self._final_state or State(type=StateType.PENDING)

    @abc.abstractmethod
    def wait(self, timeout: float | None = None) -> None:
        """Waits until the run has ended, or for `timeout` seconds; says nothing of which it was."""

    @abc.abstractmethod
    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        """Waits until the run has ended and returns what it returned, or raises its exception.

        With `raise_on_failure=False` the exception is returned.

        Raises:
            TimeoutError: It has not ended after `timeout` seconds.
        """

    @abc.abstractmethod
    def add_done_callback(self, fn: Callable[[Self], object]) -> None:
        """Calls `fn` with this future when the run has ended: at once, if it has."""

    async def wait_async(self, timeout: float | None = None) -> None:
        """Waits as `wait` does, without keeping the event loop from other work."""
        import asyncio

        if self._has_ended():
            return
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        self.add_done_callback(lambda _: _tell(loop, ended))
        with waiting, suppress(asyncio.TimeoutError):
            await asyncio.wait_for(ended.wait(), timeout)

    async def result_async(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        """Waits as `result` does, without keeping the event loop from other work."""
        await self.wait_async(timeout)
        if not self._has_ended():
            raise TimeoutError(f"Task run {self.task_run_id} did not complete within {timeout} seconds")
        return self.result(raise_on_failure=raise_on_failure)

    def _has_ended(self) -> bool:
        return self._final_state is not None or self.state.is_final()


def _tell(loop: Any, ended: Any) -> None:
    """Tells the waiter, in its loop. If the loop is closed, nobody waits any more."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(ended.set)


class KeepwellTaskRunFuture(KeepwellFuture[R]):
    """The future of a task run."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeepwellTaskRunFuture):
            return NotImplemented
        return self.task_run_id == other.task_run_id

    def __hash__(self) -> int:
        return hash(self.task_run_id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.task_run_id})"


class KeepwellWrappedFuture(KeepwellTaskRunFuture[R], _Wrapping[R, F]):
    """A future that follows another one: a task runner's own, whose result is the run's final state.

    Args:
        task_run_id: The identifier of the task run; a fresh one unless given.
        wrapped_future: The other future.
    """

    def __init__(self, task_run_id: UUID | None, wrapped_future: F) -> None:
        super().__init__(task_run_id)
        self._wrapped_future = wrapped_future

    @property
    def wrapped_future(self) -> F:
        """The task runner's own future."""
        return self._wrapped_future

    def add_done_callback(self, fn: Callable[[Self], object]) -> None:
        """Calls `fn` with this future when the run has ended: at once, if it has."""
        if self._final_state is not None:
            fn(self)
        else:
            self._wrapped_future.add_done_callback(lambda _: fn(self))  # type: ignore[attr-defined]


class KeepwellConcurrentFuture(KeepwellWrappedFuture[R, Future[Any]]):
    """The future of a task that a thread or a process runs."""

    @property
    def state(self) -> State[R]:
        """The final state of the run, or `Pending` until there is one."""
        if self._final_state is None and self._wrapped_future.done():
            self._settle(0)
        return super().state

    def _has_ended(self) -> bool:
        return self._final_state is not None or self._wrapped_future.done()

    def wait(self, timeout: float | None = None) -> None:
        """Waits until the run has ended, or for `timeout` seconds; says nothing of which it was."""
        if self._final_state is None:
            self._settle(timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        """Waits until the run has ended and returns what it returned, or raises its exception.

        With `raise_on_failure=False` the exception is returned.

        Raises:
            TimeoutError: It has not ended after `timeout` seconds.
            CancelledRun: It was cancelled before it began.
        """
        if self._final_state is None:
            outcome = self._settle(timeout)
            if self._final_state is None:
                if not self._wrapped_future.done():
                    raise TimeoutError(f"Task run {self.task_run_id} did not complete within {timeout} seconds")
                return outcome  # type: ignore[no-any-return]
        return state_result(self._final_state, raise_on_failure)  # type: ignore[no-any-return]

    def _settle(self, timeout: float | None) -> Any:
        """Waits for the other future, keeps the state that it came to, and returns what it came to."""
        wrapped = self._wrapped_future
        try:
            outcome = wrapped.result(0) if wrapped.done() else while_waiting(wrapped.result, timeout)
        except CancelledError:
            outcome = never_begun(self._task_run_id)
        except FutureTimeoutError:
            if wrapped.done():
                raise
            return None
        if isinstance(outcome, State):
            self._final_state = outcome
        return outcome

    def __del__(self) -> None:
        if self._final_state is None and not self._wrapped_future.done():
            _warn_of_loss()


def never_begun(task_run_id: UUID | str) -> State[Any]:
    """The state of a run that was cancelled before it began."""
    return State(
        type=StateType.CANCELLED,
        message="Task run was cancelled before it began. Call `.wait()` or `.result()` on its future to have its flow "
        "wait for it.",
        state_details={"task_run_id": task_run_id},
    )


def _warn_of_loss() -> None:
    try:
        from keepwell.logging import get_run_logger

        logger: Any = get_run_logger()
    except Exception:
        import logging

        logger = logging.getLogger("keepwell.futures")
    logger.warning(
        "A future was garbage collected before it resolved. Please call `.wait()` or `.result()` on futures to ensure "
        "they resolve."
    )


class KeepwellFutureList(list[KeepwellFuture[R]]):
    """The futures of a mapped task, in the order of its inputs."""

    def wait(self, timeout: float | None = None) -> None:
        """Waits until every run has ended, or for `timeout` seconds; says nothing of which it was."""
        wait(self, timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[R]:
        """Waits until every run has ended and returns what they returned, in the order of the inputs.

        The first run that fails ends the waiting, and its exception is raised. With `raise_on_failure=False` the
        exceptions stand where the results would.

        Raises:
            TimeoutError: A run has not ended after `timeout` seconds.
        """
        from keepwell._submitted import countdown

        failed = countdown(self, _deadline(timeout), raise_on_failure)
        if failed is not None:
            failed.result()
        if not all(future._has_ended() for future in self):
            raise TimeoutError(f"Timed out waiting for all futures to complete within {timeout} seconds")
        return [future.result(raise_on_failure=raise_on_failure) for future in self]

    async def wait_async(self, timeout: float | None = None) -> None:
        """Waits as `wait` does, without keeping the event loop from other work."""
        import asyncio

        tasks = [asyncio.ensure_future(future.wait_async()) for future in self]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)
        for task in tasks:
            task.cancel()


class DoneAndNotDoneFutures(_DoneAndNotDone):
    """Which futures have ended (`done`), and which not (`not_done`)."""

    __slots__ = ()


def wait(futures: Iterable[KeepwellFuture[R]], timeout: float | None = None) -> DoneAndNotDoneFutures:
    """Waits until every run has ended, or for `timeout` seconds, and tells which have.

    Raises:
        ValueError: `timeout` is negative.
    """
    from keepwell._submitted import countdown

    pending = set(futures)
    countdown((future for future in pending if not future._has_ended()), _deadline(timeout))
    done = {future for future in pending if future._has_ended()}
    return DoneAndNotDoneFutures(done, pending - done)


def as_completed(
    futures: Iterable[KeepwellFuture[R]], timeout: float | None = None
) -> Generator[KeepwellFuture[R], None, None]:
    """The futures, each when its run has ended: those that have first.

    Raises:
        ValueError: `timeout` is negative.
        TimeoutError: Some have not ended after `timeout` seconds.
    """
    from queue import Empty, SimpleQueue

    deadline = _deadline(timeout)
    pending = list(dict.fromkeys(futures))
    ended: SimpleQueue[KeepwellFuture[R]] = SimpleQueue()
    for future in pending:
        future.add_done_callback(ended.put)
    for left in range(len(pending), 0, -1):
        try:
            future = ended.get_nowait()
        except Empty:
            pass
        else:
            yield future
            continue
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            future = while_waiting(ended.get, True, seconds)
        except Empty:
            raise TimeoutError(f"{left} (of {len(pending)}) futures unfinished") from None
        yield future


def _deadline(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    if timeout < 0:
        raise ValueError(f"timeout must not be negative, and is {timeout}")
    return time.monotonic() + timeout


def resolve_futures_to_states(expr: Any) -> Any:
    """`expr` with every future in it, however deep in collections, replaced by its final state, once that is known."""
    return _replaced(expr, _final_state)


def resolve_futures_to_results(expr: Any) -> Any:
    """`expr` with every future in it, however deep in collections, replaced by its result, once that is known.

    Raises:
        Exception: A run did not complete.
    """
    return _replaced(expr, _completed_result)


def _replaced(expr: Any, of_future: Callable[[KeepwellFuture[Any]], Any]) -> Any:
    from keepwell.utilities.annotations import quote
    from keepwell.utilities.collections import StopVisiting, visit_collection

    def visit(value: Any, context: dict[str, Any]) -> Any:
        if isinstance(context.get("annotation"), quote):
            raise StopVisiting
        if isinstance(value, KeepwellFuture):
            return of_future(value)
        # What stands for the results of a mapped task is a list of them.
        return list(value) if isinstance(value, KeepwellFutureList) else value

    return visit_collection(expr, visit_fn=visit, return_data=True, context={})


def _final_state(future: KeepwellFuture[Any]) -> State[Any]:
    future.wait()
    return future.state


def _completed_result(future: KeepwellFuture[Any]) -> Any:
    state = _final_state(future)
    if not state.is_completed():
        raise Exception(f"At least one result did not complete successfully: task run {future.task_run_id} {state}")
    return state_result(state)
