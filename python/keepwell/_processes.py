"""Runs submitted tasks in other processes.

A call is sent as bytes: the task, its arguments with futures replaced by states, and the context that it was submitted
in. What comes back is the final state. A process that dies ends its runs as `Crashed`.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextvars import copy_context
from functools import partial

import cloudpickle  # type: ignore[import-untyped]

from keepwell._identifiers import new_identifier_text
from keepwell._inputs import futures_in
from keepwell._outcomes import crashed_state, failed_state, state_of_exception
from keepwell._submitted import SubmittedFuture, countdown
from keepwell._workers import in_thread
from keepwell.futures import KeepwellConcurrentFuture, never_begun, resolve_futures_to_states
from keepwell.task_runners import TaskRunner, checked_limit, limit_from_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Any, ClassVar

    from keepwell._state import State
    from keepwell.tasks import Task


class ProcessPoolTaskRunner(TaskRunner["KeepwellConcurrentFuture[Any]"]):
    """Runs tasks in processes that are started with `spawn`, as many as are needed.

    The settings, tags and the flow run that a task is submitted in hold there too. The task, its arguments and its
    result must be picklable by `cloudpickle`; a lock manager in memory is of no use between processes. Each process
    imports the program's own file: what must not run twice goes under `if __name__ == "__main__":`.

    Args:
        max_workers: How many processes there may be. The setting `KEEPWELL_TASKS_RUNNER_PROCESS_POOL_MAX_WORKERS`
            unless given; one for each processor unless that sets it.
        initializer: Is called in each process before its first task.
        initargs: The arguments of `initializer`.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
    ) -> None:
        super().__init__()
        if max_workers is None:
            max_workers = limit_from_settings("process_pool_max_workers") or os.cpu_count() or 1
        self._max_workers = checked_limit(max_workers)
        self._initializer = initializer
        self._initargs = initargs
        self._executor: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._unfinished: dict[SubmittedFuture, Future[bytes] | None] = {}

    def duplicate(self) -> ProcessPoolTaskRunner:
        """A runner with the same options that has not been started."""
        return type(self)(max_workers=self._max_workers, initializer=self._initializer, initargs=self._initargs)

    def submit(
        self,
        task: Task[Any, Any],
        parameters: dict[str, Any],
        wait_for: Iterable[Any] | None = None,
        dependencies: dict[str, set[Any]] | None = None,
    ) -> KeepwellConcurrentFuture[Any]:
        """Has a process run `task` with these arguments, and returns its future. See `TaskRunner.submit`.

        A task or argument that cannot be pickled makes a failed run, not an error here.
        """
        del dependencies
        self._require_start()
        self.logger.debug("Submitting task %s to process pool executor...", task.name)
        from keepwell.context import serialize_context

        future = SubmittedFuture(new_identifier_text())
        with self._lock:
            self._unfinished[future] = None
        wait_for = None if wait_for is None else list(wait_for)
        send = partial(self._send, future, task, parameters, wait_for, serialize_context())
        if all(upstream._has_ended() for upstream in futures_in([parameters, wait_for])):
            send()
        else:
            in_thread(partial(copy_context().run, send))
        return future

    def _send(
        self,
        future: SubmittedFuture,
        task: Task[Any, Any],
        parameters: dict[str, Any],
        wait_for: list[Any] | None,
        context: dict[str, Any],
    ) -> None:
        """Waits for the futures in a call and hands it to a process."""
        try:
            inputs = resolve_futures_to_states([parameters, wait_for])
            call = cloudpickle.dumps((task, *inputs, future.identifier, context))
            self._hand_over(future, dict(os.environ), call)
        except Exception as error:
            self._finish(future, failed_state(error, "Task run could not be sent to a process:"))

    def _hand_over(self, future: SubmittedFuture, environment: dict[str, str], call: bytes) -> None:
        with self._lock:
            if future not in self._unfinished:
                return
            try:
                handle = self._running_executor().submit(run_in_process, environment, call)
            except BrokenProcessPool:
                self._executor = None
                handle = self._running_executor().submit(run_in_process, environment, call)
            self._unfinished[future] = handle
        handle.add_done_callback(partial(self._receive, future))

    def _running_executor(self) -> ProcessPoolExecutor:
        from multiprocessing import get_context

        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._max_workers, get_context("spawn"), _begin_process, (self._initializer, self._initargs)
            )
        return self._executor

    def _receive(self, future: SubmittedFuture, handle: Future[bytes]) -> None:
        try:
            state = cloudpickle.loads(handle.result())
        except CancelledError:
            self._forget(future)
            future.cancel()
        except BaseException as error:
            self._finish(future, crashed_state(error))
        else:
            self._finish(future, state)

    def _finish(self, future: SubmittedFuture, state: State[Any]) -> None:
        self._forget(future)
        if future.begin():
            future.finish(state)

    def _forget(self, future: SubmittedFuture) -> None:
        with self._lock:
            self._unfinished.pop(future, None)

    def cancel_all(self) -> None:
        """Cancels the tasks that no process has begun. Those that have come to their end by themselves."""
        with self._lock:
            unfinished = list(self._unfinished.items())
        for future, handle in unfinished:
            if handle is None:
                self._forget(future)
                future.cancel()
            else:
                handle.cancel()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is not None:
            self.cancel_all()
        with self._lock:
            unfinished = list(self._unfinished)
        countdown(unfinished, deadline=None)
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None
        super().__exit__(exc_type, exc_value, traceback)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._max_workers, self._initializer, self._initargs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProcessPoolTaskRunner):
            return NotImplemented
        return self._max_workers == other._max_workers

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


_is_interrupted = False


def _begin_process(initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> None:
    """Has an interrupt end the run that a process is at, as everywhere, and those that it has been sent since too."""
    import signal

    signal.signal(signal.SIGINT, _interrupt)
    if initializer is not None:
        initializer(*initargs)


def _interrupt(_number: int, _frame: object) -> None:
    global _is_interrupted
    _is_interrupted = True
    raise KeyboardInterrupt


def run_in_process(environment: dict[str, str], call: bytes) -> bytes:
    """Runs a call that was sent from another process, and returns the final state of its run as bytes.

    The environment of this process becomes that of the sender.
    """
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    from keepwell.context import hydrated_context
    from keepwell.tasks import run_task

    try:
        task, parameters, wait_for, task_run_id, context = cloudpickle.loads(call)
        if _is_interrupted:
            return _packed(never_begun(task_run_id))
        with hydrated_context(context):
            state = run_task(task, parameters, wait_for, task_run_id)
    except BaseException as error:
        state = state_of_exception(error)
    return _packed(state)


def _packed(state: State[Any]) -> bytes:
    try:
        return cloudpickle.dumps(state)  # type: ignore[no-any-return]
    except Exception as error:
        return cloudpickle.dumps(  # type: ignore[no-any-return]
            failed_state(error, f"Task run came to {state.name} and its result could not be sent back:")
        )
