"""Where submitted tasks run: in threads, in processes, or wherever a `TaskRunner` of your own takes them.

>>> with ThreadPoolTaskRunner() as runner:
...     future = runner.submit(word_count, {"text": "one two"})
...     future.result()
2
"""

from __future__ import annotations

import abc
import logging
from contextvars import copy_context
from functools import partial
from types import GenericAlias

from keepwell._core import RunIdentifier
from keepwell._outcomes import state_of_exception
from keepwell._submitted import SubmittedFuture
from keepwell._workers import Pool
from keepwell.futures import KeepwellConcurrentFuture, KeepwellFuture, KeepwellFutureList
from keepwell.tasks import run_task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextvars import Context
    from types import TracebackType
    from typing import Any, ClassVar, Generic, TypeVar

    from typing_extensions import Self

    from keepwell._processes import ProcessPoolTaskRunner
    from keepwell.tasks import Task

    F = TypeVar("F", bound=KeepwellFuture[Any])

    class _Subscriptable(Generic[F]):
        pass
else:
    F, Any = "F", "Any"

    class _Subscriptable:
        __class_getitem__ = classmethod(GenericAlias)


__all__ = [
    "ConcurrentTaskRunner",
    "ProcessPoolTaskRunner",
    "TaskRunner",
    "ThreadPoolTaskRunner",
]


class TaskRunner(_Subscriptable[F], abc.ABC):
    """Takes calls of tasks, and runs them somewhere. It is started by `with`, once.

    Leaving the block waits for every task that was submitted; if it is left by an exception, those that have not begun
    are cancelled first. A runner of your own defines `submit` and `duplicate`.
    """

    def __init__(self) -> None:
        self.logger: logging.Logger = logging.getLogger(f"keepwell.task_runner.{self.name}")
        self._started = False

    @property
    def name(self) -> str:
        """What the runner is called in the log: its class in lower case, without "taskrunner"."""
        return type(self).__name__.lower().replace("taskrunner", "")

    @abc.abstractmethod
    def duplicate(self) -> Self:
        """A runner with the same options that has not been started. Each run of a flow has its own."""

    @abc.abstractmethod
    def submit(
        self,
        task: Task[Any, Any],
        parameters: dict[str, Any],
        wait_for: Iterable[Any] | None = None,
        dependencies: dict[str, set[Any]] | None = None,
    ) -> F:
        """Has `task` run with these arguments, and returns its future.

        Args:
            task: The task.
            parameters: Its arguments by name. Those that are futures are waited for when the task runs.
            wait_for: Futures and states that must have completed before it runs.
            dependencies: What is known of where the arguments come from; nothing is done with it.

        Raises:
            RuntimeError: The runner has not been started.
        """

    def map(
        self,
        task: Task[Any, Any],
        parameters: dict[str, Any],
        wait_for: Iterable[Any] | None = None,
    ) -> KeepwellFutureList[Any]:
        """Has `task` run once for each item of those arguments that can be iterated, and returns the futures.

        Raises:
            RuntimeError: The runner has not been started.
            MappingMissingIterable: No argument can be iterated.
            MappingLengthMismatch: Those that can have different lengths.
        """
        from keepwell._mapping import mapped_calls

        self._require_start("The task runner must be started before submitting work.")
        return self._submit_all(task, mapped_calls(task.fn, parameters), wait_for)

    def _submit_all(
        self, task: Task[Any, Any], calls: list[dict[str, Any]], wait_for: Iterable[Any] | None
    ) -> KeepwellFutureList[Any]:
        return KeepwellFutureList(self.submit(task, call, wait_for) for call in calls)

    def cancel_all(self) -> None:
        """Cancels the tasks that have not begun. Those that have come to their end by themselves."""
        return

    def _require_start(self, message: str = "Task runner is not started") -> None:
        if not self._started:
            raise RuntimeError(message)

    def __enter__(self) -> Self:
        if self._started:
            raise RuntimeError("This task runner is already started")
        self.logger.debug("Starting task runner")
        self._started = True
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.logger.debug("Stopping task runner")
        self._started = False


class ThreadPoolTaskRunner(TaskRunner[KeepwellConcurrentFuture[Any]]):
    """Runs tasks in threads of this process.

    Each task runs in a copy of the context variables of the code that submitted it; an async task has an event loop of
    its own.

    Args:
        max_workers: How many tasks may run at once, not counting those that wait for another task. The setting
            `KEEPWELL_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS` unless given; there is no limit unless it sets one.
    """

    def __init__(self, max_workers: int | None = None) -> None:
        super().__init__()
        if max_workers is None:
            max_workers = limit_from_settings("thread_pool_max_workers")
        self._max_workers = checked_limit(max_workers)
        self._pool = Pool(self._max_workers)

    def duplicate(self) -> ThreadPoolTaskRunner:
        """A runner with the same limit that has not been started."""
        return type(self)(max_workers=self._max_workers)

    def submit(
        self,
        task: Task[Any, Any],
        parameters: dict[str, Any],
        wait_for: Iterable[Any] | None = None,
        dependencies: dict[str, set[Any]] | None = None,
    ) -> KeepwellConcurrentFuture[Any]:
        """Has a thread run `task` with these arguments, and returns its future. See `TaskRunner.submit`."""
        del dependencies
        self._require_start()
        if self.logger.isEnabledFor(logging.DEBUG):
            self.logger.debug("Submitting task %s to thread pool executor...", task.name)
        future, job = _thread_job(task, parameters, wait_for)
        self._pool.submit(job)
        return future

    def _submit_all(
        self, task: Task[Any, Any], calls: list[dict[str, Any]], wait_for: Iterable[Any] | None
    ) -> KeepwellFutureList[Any]:
        wait_for = None if wait_for is None else list(wait_for)
        jobs = [_thread_job(task, call, wait_for) for call in calls]
        self._pool.submit_all(job for _, job in jobs)
        return KeepwellFutureList(future for future, _ in jobs)

    def cancel_all(self) -> None:
        """Cancels the tasks that have not begun. Those that have come to their end by themselves."""
        for job in self._pool.cancel():
            job.args[0].cancel()  # type: ignore[attr-defined]

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is not None:
            self.cancel_all()
        self._pool.join()
        super().__exit__(exc_type, exc_value, traceback)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._max_workers,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ThreadPoolTaskRunner):
            return NotImplemented
        return self._max_workers == other._max_workers

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


ConcurrentTaskRunner = ThreadPoolTaskRunner
"""Another name of `ThreadPoolTaskRunner`."""


def _thread_job(
    task: Task[Any, Any], parameters: dict[str, Any], wait_for: Iterable[Any] | None
) -> tuple[SubmittedFuture, partial[None]]:
    future = SubmittedFuture(RunIdentifier())
    return future, partial(_run, future, copy_context(), task, parameters, wait_for)


def _run(
    future: SubmittedFuture,
    context: Context,
    task: Task[Any, Any],
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None,
) -> None:
    """Runs a task, and gives its future the state that it came to."""
    if not future.begin():
        return
    try:
        state = context.run(run_task, task, parameters, wait_for, future.identifier)
    except BaseException as error:
        state = state_of_exception(error)
    future.finish(state)


def limit_from_settings(name: str) -> int | None:
    """What the settings of task runners say under `name`."""
    from keepwell.settings import get_current_settings

    limit: int | None = getattr(get_current_settings().tasks.runner, name)
    return limit


def checked_limit(max_workers: int | None) -> int | None:
    """The limit, if it is one.

    Raises:
        ValueError: It is less than 1.
    """
    if max_workers is not None and max_workers < 1:
        raise ValueError(f"max_workers must be at least 1, and is {max_workers}")
    return max_workers


def __getattr__(name: str) -> Any:
    if name == "ProcessPoolTaskRunner":
        from keepwell._processes import ProcessPoolTaskRunner

        globals()[name] = ProcessPoolTaskRunner
        return ProcessPoolTaskRunner
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
