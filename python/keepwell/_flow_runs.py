"""Runs flows: prepares a call for the engine, and runs the function with a task runner at hand."""

from __future__ import annotations

from keepwell import _core
from keepwell._bodies import call
from keepwell._runs import FlowRun
from keepwell._validation import Validator
from keepwell.context import FlowRunContext, TagsContext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from keepwell.flows import Flow
    from keepwell.states import State


class FlowRunner:
    """Runs one flow, again and again."""

    def __init__(self, flow: Flow[..., Any]) -> None:
        self._flow = flow
        self._validator = Validator(flow.fn, flow._names)
        self._bodies: dict[str, Callable[..., Any]] = {
            "function": self._body,
            "async": self._body_async,
            "generator": self._body_generator,
            "async generator": self._body_async_generator,
        }

    def run(self, parameters: dict[str, Any], wait_for: Iterable[Any] | None, return_state: bool) -> Any:
        """Runs the flow with these parameters; gives what calling an async or generator function gives."""
        if not self._waits(parameters, wait_for):
            return self._begin(*self._checked(parameters), return_state)
        if self._flow.isasync and not self._flow.isgenerator:
            return self._after_inputs(parameters, wait_for, return_state)
        from keepwell._inputs import resolve_inputs
        from keepwell.exceptions import UpstreamTaskError

        try:
            resolved = resolve_inputs(parameters, wait_for)
        except UpstreamTaskError as error:
            return self._begin(parameters, error, return_state)
        return self._begin(*self._checked(resolved), return_state)

    def _waits(self, parameters: dict[str, Any], wait_for: Iterable[Any] | None) -> bool:
        """Whether anything is to be waited for."""
        return wait_for is not None or any(map(_may_hold_input, parameters.values()))

    async def _after_inputs(
        self, parameters: dict[str, Any], wait_for: Iterable[Any] | None, return_state: bool
    ) -> Any:
        """Waits without keeping the event loop from other work."""
        from keepwell._inputs import resolve_inputs_async
        from keepwell.exceptions import UpstreamTaskError

        try:
            resolved = await resolve_inputs_async(parameters, wait_for)
        except UpstreamTaskError as error:
            return await self._begin(parameters, error, return_state)
        return await self._begin(*self._checked(resolved), return_state)

    def _begin(self, parameters: dict[str, Any], failure: Exception | None, return_state: bool) -> Any:
        """Runs the flow, or has it fail before its body."""
        from datetime import datetime, timezone

        flow = self._flow
        flow_call = _core.FlowCall(flow._definition)
        namer = flow._run_namer()
        if namer is not None and failure is None:
            try:
                flow_call.rename(namer(parameters))
            except Exception as error:
                failure = error
        start_time = datetime.now(timezone.utc)
        parent = FlowRunContext.get()
        flow_run = FlowRun(
            flow_call.id,
            flow_call.name,
            parameters,
            set(TagsContext.get().current_tags),
            start_time,
            1,
            flow=_Versioned(flow),
            parent=parent.flow_run if parent is not None else None,
        )
        context = FlowRunContext(
            flow=flow,
            flow_run=flow_run,
            parameters=parameters,
            start_time=start_time,
            persist_result=flow_call.persist_result,
            result_store=flow_call.result_store,
            log_prints=flow_call.log_prints,
        )

        def body(run_count: int) -> Any:
            flow_run.run_count = run_count
            return self._bodies[flow._kind](context, failure)

        return flow_call.run(flow, body, context, parameters, return_state)

    def _checked(self, parameters: dict[str, Any]) -> tuple[dict[str, Any], Exception | None]:
        """The parameters with types as declared, or why there are none, for the run to fail with."""
        from keepwell.exceptions import ParameterTypeError

        try:
            if self._flow.should_validate_parameters:
                parameters = self._validator.validated(parameters)
        except ParameterTypeError as error:
            return parameters, error
        return parameters, None

    def _call(self, context: FlowRunContext) -> Any:
        """Calls the function, as its kind asks for it."""
        flow = self._flow
        args, kwargs = flow._definition.call_arguments(context.parameters or {})
        if flow.isgenerator:
            return flow.fn(*args, **kwargs)
        if not context.log_prints and flow.timeout_seconds is None:
            return flow.fn(*args, **kwargs)
        return call(flow.fn, args, kwargs, "flow", flow.isasync, context.log_prints, flow.timeout_seconds)

    def _body(self, context: FlowRunContext, failure: Exception | None) -> Any:
        if failure is not None:
            return _state_without_body(failure)
        with _TaskRunnerOf(context):
            return _with_states(self._call(context))

    async def _body_async(self, context: FlowRunContext, failure: Exception | None) -> Any:
        if failure is not None:
            return _state_without_body(failure)
        async with _TaskRunnerOf(context):
            return _with_states(await self._call(context))

    def _body_generator(self, context: FlowRunContext, failure: Exception | None) -> Any:
        if failure is not None:
            raise failure
        with _TaskRunnerOf(context):
            return (yield from self._call(context))

    async def _body_async_generator(self, context: FlowRunContext, failure: Exception | None) -> Any:
        if failure is not None:
            raise failure
        async with _TaskRunnerOf(context):
            async for item in self._call(context):
                yield item


class _Versioned:
    """What a run notes of its flow. The version is a digest of a file, so it is left until it is asked for."""

    def __init__(self, flow: Flow[..., Any]) -> None:
        self.name = flow.name
        self.version = flow._version
        self.retries = flow.retries
        self.retry_delay_seconds = flow.retry_delay_seconds


class _TaskRunnerOf:
    """Ends the task runner of a flow run with its body, if it was started: waits for every task that was submitted."""

    def __init__(self, context: FlowRunContext) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._context.task_runner = None

    def __exit__(self, *error: Any) -> None:
        runner = self._context._task_runner
        if runner is not None:
            runner.__exit__(*error)

    async def __aenter__(self) -> None:
        self._context.task_runner = None

    async def __aexit__(self, *error: Any) -> None:
        if self._context._task_runner is not None:
            from keepwell.utilities.asyncutils import run_sync_in_worker_thread

            await run_sync_in_worker_thread(self.__exit__, *error)


def _state_without_body(failure: Exception) -> State[Any]:
    """The state of a run whose body cannot be called with the arguments that there are."""
    from keepwell._outcomes import failed_state
    from keepwell.exceptions import ParameterTypeError, UpstreamTaskError
    from keepwell.states import Pending

    if isinstance(failure, UpstreamTaskError):
        return Pending(name="NotReady", message=str(failure))
    if isinstance(failure, ParameterTypeError):
        return failed_state(failure, "Validation of flow parameters failed with error:")
    return failed_state(failure, "Flow run encountered an exception:")


def _may_hold_input(value: Any) -> bool:
    return not isinstance(value, (int, float, str, bytes, bool, type(None)))


def _with_states(returned: Any) -> Any:
    """What a flow returned, with futures replaced by the states that they come to."""
    if returned is None or not _may_hold_input(returned):
        return returned
    import sys

    # Whoever has a future has imported the module.
    futures = sys.modules.get("keepwell.futures")
    return returned if futures is None else futures.resolve_futures_to_states(returned)
