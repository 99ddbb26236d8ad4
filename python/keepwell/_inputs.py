"""Inputs of a task that stand for values: futures and states, which are replaced by what they come to.

A task runs only if everything it depends on completed. An annotation says otherwise: `allow_failure` lets the exception
in, `quote` keeps the value as it is, `opaque` looks at the value but not into it.
"""

from __future__ import annotations

from keepwell._outcomes import state_result
from keepwell._state import State
from keepwell.exceptions import KeepwellException, UpstreamTaskError
from keepwell.futures import KeepwellFuture, KeepwellFutureList
from keepwell.utilities.annotations import allow_failure, opaque, quote
from keepwell.utilities.collections import StopVisiting, visit_collection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any
    from uuid import UUID


_SELF_DEPENDENCY = (
    "Discovered a task depending on itself. Raising to avoid a deadlock. Please inspect the inputs and dependencies of "
    "your task."
)


def resolve_inputs(
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None = None,
    *,
    max_depth: int = -1,
    task_run_id: UUID | str | None = None,
) -> dict[str, Any]:
    """The parameters with futures and states replaced by what they come to, after waiting for all of `wait_for`.

    Args:
        parameters: The arguments of a call by name.
        wait_for: What must have completed too.
        max_depth: How deep to look into collections: 0 is not at all, -1 is all the way.
        task_run_id: The run that the parameters are for, which cannot depend on itself.

    Raises:
        UpstreamTaskError: A run that these depend on did not complete.
        ValueError: The run depends on itself.
        KeepwellException: A collection could not be built anew with the values in it. The message names the parameter.
    """
    if wait_for is not None:
        visit = _visitor(task_run_id, is_wanted=False)
        visit_collection(list(wait_for), visit_fn=visit, return_data=False, remove_annotations=True, context={})
    return {name: _resolved(name, value, max_depth, task_run_id) for name, value in parameters.items()}


async def resolve_inputs_async(
    parameters: dict[str, Any],
    wait_for: Iterable[Any] | None = None,
    *,
    max_depth: int = -1,
    task_run_id: UUID | str | None = None,
) -> dict[str, Any]:
    """As `resolve_inputs`, without keeping the event loop from other work while it waits."""
    wait_for = None if wait_for is None else list(wait_for)
    for future in futures_in([parameters, wait_for]):
        if str(future.task_run_id) != str(task_run_id):
            await future.wait_async()
    return resolve_inputs(parameters, wait_for, max_depth=max_depth, task_run_id=task_run_id)


def futures_in(value: Any) -> list[KeepwellFuture[Any]]:
    """The futures in `value`, however deep in collections, but for those that are quoted."""
    found: list[KeepwellFuture[Any]] = []

    def visit(item: Any, context: dict[str, Any]) -> Any:
        _refuse_quoted(context)
        if isinstance(item, KeepwellFuture):
            found.append(item)
        return item

    visit_collection(value, visit_fn=visit, return_data=False, context={})
    return found


def _resolved(name: str, value: Any, max_depth: int, task_run_id: UUID | str | None) -> Any:
    try:
        return visit_collection(
            value,
            visit_fn=_visitor(task_run_id),
            return_data=True,
            max_depth=1 if isinstance(value, opaque) else max_depth,
            remove_annotations=True,
            context={},
        )
    except UpstreamTaskError:
        raise
    except Exception as error:
        if task_run_id is not None and error.args == (_SELF_DEPENDENCY,):
            raise
        raise KeepwellException(
            f"Failed to resolve inputs in parameter {name!r}. If your parameter type is not supported, consider using "
            "the `quote` annotation to skip resolution of inputs, or the `opaque` annotation to only resolve the "
            "top-level inputs."
        ) from error


def _visitor(task_run_id: UUID | str | None, *, is_wanted: bool = True) -> Callable[[Any, dict[str, Any]], Any]:
    """Puts what futures and states come to in their place, or only looks whether they completed."""

    def visit(value: Any, context: dict[str, Any]) -> Any:
        _refuse_quoted(context)
        if isinstance(value, KeepwellFuture):
            if task_run_id is not None and str(value.task_run_id) == str(task_run_id):
                raise ValueError(_SELF_DEPENDENCY)
            value.wait()
            return _outcome(value.state, context, value.task_run_id, is_wanted)
        if isinstance(value, State):
            return _outcome(value, context, value.state_details.task_run_id, is_wanted)
        # What stands for the results of a mapped task is a list of them.
        return list(value) if isinstance(value, KeepwellFutureList) else value

    return visit


def _refuse_quoted(context: dict[str, Any]) -> None:
    if isinstance(context.get("annotation"), quote):
        raise StopVisiting


def _outcome(state: State[Any], context: dict[str, Any], task_run_id: UUID | None, is_wanted: bool) -> Any:
    """What the state comes to, if a task may run with it."""
    if state.is_completed():
        return state_result(state) if is_wanted else None
    if isinstance(context.get("annotation"), allow_failure):
        if state.is_failed():
            return state_result(state, raise_on_failure=False)
        if state.name == "NotReady":
            return state.data
    raise UpstreamTaskError(f"Upstream task run '{task_run_id}' did not reach a 'COMPLETED' state.")
