"""What a state comes to, a result or an exception, and which state a result or an exception makes."""

from __future__ import annotations

import sys

from keepwell._dispatch import is_in_async_context
from keepwell._state import State, StateDetails, StateType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from datetime import datetime
    from typing import Any, TypeGuard

    from keepwell.results import ResultStore

_COMPLETED = StateType.COMPLETED
_ENDED_BADLY = frozenset({StateType.FAILED, StateType.CRASHED, StateType.CANCELLED})


def is_state(value: Any) -> TypeGuard[State[Any]]:
    """Whether `value` is a state."""
    return isinstance(value, State)


def is_state_iterable(value: Any) -> TypeGuard[Iterable[State[Any]]]:
    """Whether `value` is a list, tuple or set of states, and of at least one."""
    return isinstance(value, (list, tuple, set)) and bool(value) and all(isinstance(item, State) for item in value)


class StateGroup:
    """Several states, counted by what they came to."""

    def __init__(self, states: Iterable[State[Any]]) -> None:
        self.states: list[State[Any]] = list(states)
        self.total_count: int = len(self.states)
        self.type_counts: dict[StateType, int] = {}
        for state in self.states:
            self.type_counts[state.type] = self.type_counts.get(state.type, 0) + 1
        self.cancelled_count: int = self._count(StateType.CANCELLED)
        self.failed_count: int = self._count(StateType.FAILED)
        self.crashed_count: int = self._count(StateType.CRASHED)
        self.crashing_count: int = self.crashed_count
        self.paused_count: int = self._count(StateType.PAUSED)
        self.final_count: int = sum(state.is_final() for state in self.states)
        self.not_final_count: int = self.total_count - self.final_count

    def _count(self, state_type: StateType) -> int:
        return self.type_counts.get(state_type, 0)

    @property
    def fail_count(self) -> int:
        """How many failed or crashed."""
        return self.failed_count + self.crashed_count

    def all_completed(self) -> bool:
        """Whether every run ended well."""
        return self._count(StateType.COMPLETED) == self.total_count

    def any_cancelled(self) -> bool:
        """Whether a run was cancelled."""
        return self.cancelled_count > 0

    def any_failed(self) -> bool:
        """Whether a run failed or crashed."""
        return self.fail_count > 0

    def any_paused(self) -> bool:
        """Whether a run is paused."""
        return self.paused_count > 0

    def all_final(self) -> bool:
        """Whether every run has come to its end."""
        return self.final_count == self.total_count

    def counts_message(self) -> str:
        """How many there are of each type: `total=3, 'COMPLETED'=2, 'FAILED'=1`."""
        counts = [f"total={self.total_count}"]
        if self.not_final_count:
            counts.append(f"not_final={self.not_final_count}")
        counts += [f"{state_type.value!r}={count}" for state_type, count in self.type_counts.items()]
        return ", ".join(counts)

    def __repr__(self) -> str:
        return f"StateGroup<{self.counts_message()}>"

    def together(self) -> tuple[StateType, str]:
        """The type and the message of the state that a flow comes to which returns these."""
        if self.all_completed():
            return StateType.COMPLETED, "All states completed."
        if self.any_cancelled():
            return StateType.CANCELLED, f"{self.cancelled_count}/{self.total_count} states cancelled."
        if self.any_paused():
            return StateType.PAUSED, f"{self.paused_count}/{self.total_count} states paused."
        if self.any_failed():
            return StateType.FAILED, f"{self.fail_count}/{self.total_count} states failed."
        if not self.all_final():
            return StateType.FAILED, f"{self.not_final_count}/{self.total_count} states are not final."
        return StateType.FAILED, f"Given states: {self.counts_message()}"


def state_result(state: State[Any], raise_on_failure: bool = True) -> Any:
    """What `State.result` returns, whether or not the caller is asynchronous."""
    if state.type is _COMPLETED and state.has_data:
        return _unwrapped(state._data)
    if state.is_paused():
        from keepwell.exceptions import PausedRun

        raise PausedRun("Run is paused, its result is not available.", state=state)
    if not state.is_final():
        from keepwell.exceptions import UnfinishedRun

        raise UnfinishedRun(f"Run is in {state.type.name} state, its result is not available.")
    if state.type in _ENDED_BADLY and (raise_on_failure or state.data is None):
        error = state_exception(state)
        if raise_on_failure:
            raise error
        return error
    if not state.has_data:
        from keepwell.exceptions import MissingResult

        raise MissingResult(
            "State data is missing. Typically, this occurs when result persistence is disabled and the state has been "
            "retrieved from the API."
        )
    return _unwrapped(state.data)


def _unwrapped(data: Any) -> Any:
    """The value in `data` if that is a record of it, else `data`."""
    results = sys.modules.get("keepwell.results")
    if results is not None and isinstance(data, results.ResultRecord):
        return data.result
    return data


def state_exception(state: State[Any]) -> BaseException:
    """What `get_state_exception` returns, whether or not the caller is asynchronous."""
    from keepwell import exceptions

    if state.is_failed():
        wrapper, default = exceptions.FailedRun, "Run failed."
    elif state.is_crashed():
        wrapper, default = exceptions.CrashedRun, "Run crashed."  # type: ignore[assignment]
    elif state.is_cancelled():
        wrapper, default = exceptions.CancelledRun, "Run cancelled."  # type: ignore[assignment]
    else:
        raise ValueError(f"Expected failed or crashed state got {state!r}.")
    data = _unwrapped(state.data)
    if data is None:
        return wrapper(state.message or default)
    if isinstance(data, str):
        return wrapper(data)
    if isinstance(data, BaseException):
        return data
    if isinstance(data, State):
        return state_exception(data)
    if is_state_iterable(data):
        return _first_exception(data)
    raise TypeError(
        f"Unexpected result for failed state: {data!r} —— {type(data).__name__} cannot be resolved into an exception"
    )


def _first_exception(states: Iterable[State[Any]]) -> BaseException:
    for state in states:
        if state.type in _ENDED_BADLY:
            return state_exception(state)
    raise ValueError("Failed state result was an iterable of states but none were failed.")


async def aget_state_result(state: State[Any], raise_on_failure: bool = True, retry_result_failure: bool = True) -> Any:
    """What `State.result` returns. A result is never fetched from afar, so there is nothing to retry."""
    del retry_result_failure
    return state_result(state, raise_on_failure)


def get_state_result(
    state: State[Any], raise_on_failure: bool = True, retry_result_failure: bool = True, _sync: bool | None = None
) -> Any:
    """What `State.result` returns; a coroutine of it where the caller is asynchronous."""
    if _is_asynchronous(_sync):
        return aget_state_result(state, raise_on_failure, retry_result_failure)
    return state_result(state, raise_on_failure)


async def aget_state_exception(state: State[Any]) -> BaseException:
    """What `get_state_exception` returns."""
    return state_exception(state)


def get_state_exception(
    state: State[Any], _sync: bool | None = None
) -> BaseException | Coroutine[Any, Any, BaseException]:
    """The exception of a run that failed, crashed or was cancelled; a coroutine where the caller is asynchronous.

    Its own exception if the state holds it; that of the first bad one if it holds states; else a `FailedRun`,
    `CrashedRun` or `CancelledRun` with the state's message.

    Raises:
        ValueError: The run did not end badly.
        TypeError: The state holds something that is no exception.
    """
    return aget_state_exception(state) if _is_asynchronous(_sync) else state_exception(state)


async def araise_state_exception(state: State[Any]) -> None:
    """Raises the exception of a run that failed, crashed or was cancelled; does nothing for any other."""
    if state.type in _ENDED_BADLY:
        raise state_exception(state)


def raise_state_exception(state: State[Any], _sync: bool | None = None) -> Coroutine[Any, Any, None] | None:
    """Raises the exception of a run that ended badly; a coroutine where the caller is asynchronous."""
    if _is_asynchronous(_sync):
        return araise_state_exception(state)
    if state.type in _ENDED_BADLY:
        raise state_exception(state)
    return None


def _is_asynchronous(sync: bool | None) -> bool:
    """Whether a function is to return a coroutine: the caller said so, or is a coroutine itself."""
    if sync is not None:
        return not sync
    return is_in_async_context()


def state_of_return_value(value: Any) -> State[Any]:
    """The final state of a run that returned `value`.

    A state of the user's making is it, and states together make one; anything else is the data of a completed run.
    """
    if isinstance(value, State) and _is_made_by_user(value):
        if not value.has_data:
            value.data = None
        return value
    if isinstance(value, State) or is_state_iterable(value):
        states = [value] if isinstance(value, State) else list(value)
        state_type, message = StateGroup(states).together()
        return State(type=state_type, message=message, data=value)
    if _is_generator(value):
        value = list(value)
    return State(type=StateType.COMPLETED, data=value)


def chosen_state(value: Any) -> State[Any] | None:
    """The final state that a run chose by returning a state, or states together; `None` for any other value."""
    return state_of_return_value(value) if isinstance(value, State) or is_state_iterable(value) else None


def _is_made_by_user(state: State[Any]) -> bool:
    details = state.state_details
    return details.flow_run_id is None and details.task_run_id is None


def _is_generator(value: Any) -> bool:
    from types import GeneratorType

    return isinstance(value, GeneratorType)


async def return_value_to_state(
    retval: Any,
    result_store: ResultStore | None = None,
    key: str | None = None,
    expiration: datetime | None = None,
    write_result: bool = False,
) -> State[Any]:
    """The final state of a run that returned `retval`: see `state_of_return_value`.

    With a `result_store`, the data of the state is a record made by it under `key`; with `write_result`, the record is
    written to it too.
    """
    state = retval if _is_record(retval) else state_of_return_value(retval)
    if not isinstance(state, State):
        return State(type=StateType.COMPLETED, data=state)
    if result_store is None or _is_record(state.data):
        return state
    record: Any = result_store.create_result_record(state.data, key=key, expiration=expiration)
    if write_result:
        await result_store.apersist_result_record(record)
    state.data = record
    return state


def _is_record(value: Any) -> bool:
    results = sys.modules.get("keepwell.results")
    return results is not None and isinstance(value, results.ResultRecord)


def format_exception(exc: BaseException, tb: Any = None) -> str:
    """The exception as `Type: message`; with `tb`, as Python prints it with that traceback."""
    if tb is None:
        return f"{type(exc).__name__}: {exc}"
    from traceback import format_exception as format_traceback

    return "".join(format_traceback(type(exc), exc, tb))


def failed_state(error: BaseException, message: str | None = None, **details: Any) -> State[Any]:
    """The state of a run that raised `error`: `Failed`, with `message` before the exception."""
    text = format_exception(error)
    return State(
        type=StateType.FAILED,
        message=f"{message} {text}" if message else text,
        data=error,
        state_details=StateDetails(**{"retriable": False, **details}),
    )


async def exception_to_failed_state(
    exc: BaseException | None = None,
    result_store: ResultStore | None = None,
    write_result: bool = False,
    **kwargs: Any,
) -> State[Any]:
    """The `Failed` state of a run that raised `exc`; without it, the exception that is being handled.

    Named arguments are fields of the state; the exception stands behind its `message`. Nothing is written unless
    `write_result` asks for it.

    Raises:
        ValueError: There is no exception.
    """
    exc = exc or sys.exc_info()[1]
    if exc is None:
        raise ValueError("Exception was not passed and no active exception could be found.")
    details = kwargs.pop("state_details", None) or {}
    fields = details.model_dump() if isinstance(details, StateDetails) else dict(details)
    state = failed_state(exc, kwargs.pop("message", None), **fields)
    if result_store is not None:
        record: Any = result_store.create_result_record(exc)
        if write_result:
            await result_store.apersist_result_record(record)
        state.data = record
    return state.model_copy(update={**kwargs, "timestamp": state.timestamp}) if kwargs else state


def crashed_state(error: BaseException) -> State[Any]:
    """The state of a run that `error` stopped from outside: `Crashed`, with a message that says by what."""
    return State(type=StateType.CRASHED, message=crash_message(error), data=error)


def state_of_exception(error: BaseException) -> State[Any]:
    """The state of a run that raised `error` before the engine knew of it: `Failed`, or `Crashed` if it was stopped."""
    if isinstance(error, Exception):
        return failed_state(error, "Task run encountered an exception")
    return crashed_state(error)


def crash_message(error: BaseException) -> str:
    """What the state of a run says that `error` stopped from outside."""
    from keepwell.exceptions import TerminationSignal

    if isinstance(error, KeyboardInterrupt):
        return "Execution was aborted by an interrupt signal."
    if isinstance(error, TerminationSignal):
        return "Execution was aborted by a termination signal."
    if isinstance(error, SystemExit):
        return "Execution was aborted by Python system exit call."
    if _is_cancellation(error):
        return "Execution was cancelled by the runtime environment."
    return f"Execution was interrupted by an unexpected exception: {format_exception(error)}"


def _is_cancellation(error: BaseException) -> bool:
    """Whether the event loop cancelled the run. Without `asyncio` there is none that could have."""
    asyncio = sys.modules.get("asyncio")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


async def exception_to_crashed_state(exc: BaseException, result_store: ResultStore | None = None) -> State[Any]:
    """The `Crashed` state of a run that `exc` stopped from outside."""
    state = crashed_state(exc)
    if result_store is not None:
        state.data = result_store.create_result_record(exc)
    return state
