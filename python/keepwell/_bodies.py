"""What surrounds the user's function where that is asked for: logged prints, a time limit."""

from __future__ import annotations

from contextlib import ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    kind: str,
    is_async: bool,
    log_prints: bool,
    seconds: float | None,
) -> Any:
    """Calls the function of a run, within `seconds`, with what it prints logged. An async one gives a coroutine.

    Raises:
        TaskRunTimeoutError: A task took longer.
        FlowRunTimeoutError: A flow took longer.
    """
    if is_async:
        return _call_async(function, args, kwargs or {}, kind, log_prints, seconds)
    with ExitStack() as around:
        _enter(around, kind, log_prints, seconds, is_async=False)
        return function(*args, **(kwargs or {}))


async def _call_async(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    kind: str,
    log_prints: bool,
    seconds: float | None,
) -> Any:
    with ExitStack() as around:
        _enter(around, kind, log_prints, seconds, is_async=True)
        return await function(*args, **kwargs)


def _enter(around: ExitStack, kind: str, log_prints: bool, seconds: float | None, *, is_async: bool) -> None:
    if log_prints:
        from keepwell.logging.prints import patch_print

        around.enter_context(patch_print())
    if seconds is not None:
        from keepwell.exceptions import FlowRunTimeoutError, TaskRunTimeoutError
        from keepwell.utilities.timeout import timeout, timeout_async

        error = TaskRunTimeoutError if kind == "task" else FlowRunTimeoutError
        around.enter_context((timeout_async if is_async else timeout)(seconds, error))


def logs_prints(definition: Any) -> bool:
    """Whether what the generator of a task or flow prints is logged: it says, or the flow around, or the settings."""
    from keepwell.context import FlowRunContext
    from keepwell.settings import get_current_settings

    if definition.log_prints is not None:
        return bool(definition.log_prints)
    flow = FlowRunContext.get()
    return bool(flow.log_prints) if flow is not None else bool(get_current_settings().logging.log_prints)


def may_retry(condition: Callable[..., Any], task: Any, task_run: Any, failure: Any) -> bool:
    """Whether a task's own condition says that a failure may be tried again. One that fails says no, and is logged."""
    from keepwell._outcomes import failed_state
    from keepwell.logging.loggers import task_run_logger
    from keepwell.states import State
    from keepwell.utilities.asyncutils import run_coro_as_sync

    state = failure if isinstance(failure, State) else failed_state(failure, "Task run encountered an exception")
    name = getattr(condition, "__name__", type(condition).__name__)
    logger = task_run_logger(task_run, task)
    logger.debug("Running `retry_condition_fn` check %r for task %r", name, task.name)
    try:
        answer = condition(task, task_run, state)
        if hasattr(answer, "__await__"):
            answer = run_coro_as_sync(answer)
    except Exception:
        logger.error(
            "An error was encountered while running `retry_condition_fn` check '%s' for task %r",
            name,
            task.name,
            exc_info=True,
        )
        return False
    return bool(answer)
