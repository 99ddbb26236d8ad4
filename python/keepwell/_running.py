"""Runs tasks to their final states, as task runners do, and finds the task runner of the flow around."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from typing import Any

    from keepwell._core import RunIdentifier
    from keepwell.states import State
    from keepwell.tasks import Task


def run_task(
    task: Task[..., Any],
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None = None,
    task_run_id: RunIdentifier | str | None = None,
) -> State[Any]:
    """Runs a task with these parameters, in the surroundings of the calling code, to its final state.

    An async task gets an event loop of its own.
    """
    run = task._run_to_state(parameters, wait_for, task_run_id)
    if task.isasync:
        import asyncio

        return asyncio.run(_last(run) if task.isgenerator else run)
    if task.isgenerator and hasattr(run, "__next__"):
        while True:
            try:
                next(run)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
    return run  # type: ignore[no-any-return]


async def _last(items: AsyncIterator[Any]) -> Any:
    """The last item."""
    item = None
    async for item in items:  # noqa: B007
        pass
    return item


def runner_around(what: str) -> Any:
    """The task runner of the flow run around.

    Raises:
        RuntimeError: There is no flow around.
    """
    from keepwell.context import FlowRunContext

    flow_run = FlowRunContext.get()
    if flow_run is None:
        raise RuntimeError(
            f"Unable to determine task runner to use for {what}. If you are outside of a flow, call the task itself, "
            "or start a task runner: `with ThreadPoolTaskRunner() as runner: runner.submit(task, {…})`."
        )
    return flow_run.task_runner
