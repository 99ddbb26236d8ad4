"""Calls of tasks that depend on futures or states: they wait as their function is called, and begin if all completed.

Each function here is for one kind of functions, and named as what drives its calls.
"""

from __future__ import annotations

from contextlib import aclosing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterable
    from typing import Any

    from keepwell.exceptions import UpstreamTaskError
    from keepwell.states import State
    from keepwell.tasks import Task


def call(
    task: Task[..., Any],
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None,
    wants_state: bool,
    run_id: str | None,
) -> Any:
    """Waits, and calls an ordinary function."""
    from keepwell._inputs import resolve_inputs
    from keepwell.exceptions import UpstreamTaskError

    try:
        values = resolve_inputs(parameters, wait_for)
    except UpstreamTaskError as error:
        return _not_ready(task, error, wants_state)
    return task._run_resolved(values, wants_state, run_id)


async def drive(
    task: Task[..., Any],
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None,
    wants_state: bool,
    run_id: str | None,
) -> Any:
    """Waits without keeping the event loop from other work, and awaits an async function."""
    from keepwell._inputs import resolve_inputs_async
    from keepwell.exceptions import UpstreamTaskError

    try:
        values = await resolve_inputs_async(parameters, wait_for)
    except UpstreamTaskError as error:
        return _not_ready(task, error, wants_state)
    return await task._run_resolved(values, wants_state, run_id)


def drive_generator(
    task: Task[..., Any],
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None,
    wants_state: bool,
    run_id: str | None,
) -> Generator[Any, Any, Any]:
    """Waits when the first item is asked for, and iterates a generator function."""
    from keepwell._inputs import resolve_inputs
    from keepwell.exceptions import UpstreamTaskError

    try:
        values = resolve_inputs(parameters, wait_for)
    except UpstreamTaskError as error:
        return _not_ready(task, error, wants_state)
    return (yield from task._run_resolved(values, wants_state, run_id))


async def drive_async_generator(
    task: Task[..., Any],
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None,
    wants_state: bool,
    run_id: str | None,
) -> AsyncGenerator[Any, Any]:
    """Waits when the first item is asked for, and iterates an async generator function."""
    from keepwell._inputs import resolve_inputs_async
    from keepwell.exceptions import UpstreamTaskError

    try:
        values = await resolve_inputs_async(parameters, wait_for)
    except UpstreamTaskError as error:
        not_ready = _not_ready(task, error, wants_state)
        if not_ready is not None:
            yield not_ready
        return
    async with aclosing(task._run_resolved(values, wants_state, run_id)) as items:
        async for item in items:
            yield item


def _not_ready(task: Task[..., Any], error: UpstreamTaskError, wants_state: bool) -> State[Any] | None:
    """What a call of a task that does not begin gives back."""
    from keepwell.logging.loggers import get_logger
    from keepwell.states import Pending

    state: State[Any] = Pending(name="NotReady", message=str(error))
    extra = {"task_run_name": task.name, "task_name": task.name}
    get_logger("keepwell.task_runs").error("Finished in state %s", state, extra=extra)
    return state if wants_state else None
