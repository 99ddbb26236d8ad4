"""States of runs: the classes, a constructor for each name, and what a state comes to.

>>> str(Failed(message="no such file"))
"Failed('no such file')"
"""

from __future__ import annotations

from keepwell._outcomes import (
    StateGroup,
    aget_state_exception,
    aget_state_result,
    araise_state_exception,
    exception_to_crashed_state,
    exception_to_failed_state,
    format_exception,
    get_state_exception,
    get_state_result,
    is_state,
    is_state_iterable,
    raise_state_exception,
    return_value_to_state,
)
from keepwell._state import TERMINAL_STATES, State, StateDetails, StateType, after

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from keepwell._state import R

__all__ = [
    "TERMINAL_STATES",
    "AwaitingConcurrencySlot",
    "AwaitingRetry",
    "Cancelled",
    "Cancelling",
    "Completed",
    "Crashed",
    "Failed",
    "InfrastructurePending",
    "Late",
    "Paused",
    "Pending",
    "Retrying",
    "Running",
    "Scheduled",
    "State",
    "StateDetails",
    "StateGroup",
    "StateType",
    "Submitting",
    "Suspended",
    "aget_state_exception",
    "aget_state_result",
    "araise_state_exception",
    "exception_to_crashed_state",
    "exception_to_failed_state",
    "format_exception",
    "get_state_exception",
    "get_state_result",
    "is_state",
    "is_state_iterable",
    "raise_state_exception",
    "return_value_to_state",
]


def Completed(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run ended well. `fields` are those of `State`: `message`, `name`, `data`, `state_details`."""
    return cls(type=StateType.COMPLETED, **fields)


def Running(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run is at work."""
    return cls(type=StateType.RUNNING, **fields)


def Retrying(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run is at work once more."""
    return cls(type=StateType.RUNNING, **{"name": "Retrying", **fields})


def Failed(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run ended with an error."""
    return cls(type=StateType.FAILED, **fields)


def Crashed(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run was stopped from outside."""
    return cls(type=StateType.CRASHED, **fields)


def Cancelling(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run is being cancelled."""
    return cls(type=StateType.CANCELLING, **fields)


def Cancelled(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run was cancelled."""
    return cls(type=StateType.CANCELLED, **fields)


def Pending(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run has not begun."""
    return cls(type=StateType.PENDING, **fields)


def Submitting(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run is being handed to where it will run."""
    return cls(type=StateType.PENDING, **{"name": "Submitting", **fields})


def InfrastructurePending(cls: type[State[R]] = State, **fields: Any) -> State[R]:  # noqa: N802
    """The run waits for what it will run on."""
    return cls(type=StateType.PENDING, **{"name": "InfrastructurePending", **fields})


def Scheduled(  # noqa: N802
    cls: type[State[R]] = State, scheduled_time: datetime | None = None, **fields: Any
) -> State[R]:
    """The run waits for `scheduled_time`, or is due now.

    Raises:
        ValueError: The time is given in `state_details` too.
    """
    details = _details(fields)
    if scheduled_time is not None:
        if details.scheduled_time is not None:
            raise ValueError("scheduled_time is given twice: leave it out of state_details")
        details.scheduled_time = scheduled_time
    return cls(type=StateType.SCHEDULED, state_details=details, **fields)


def Late(cls: type[State[R]] = State, scheduled_time: datetime | None = None, **fields: Any) -> State[R]:  # noqa: N802
    """The run should have begun at `scheduled_time`."""
    return Scheduled(cls, scheduled_time, **{"name": "Late", **fields})


def AwaitingRetry(  # noqa: N802
    cls: type[State[R]] = State, scheduled_time: datetime | None = None, **fields: Any
) -> State[R]:
    """The run failed and waits until `scheduled_time` to try again."""
    return Scheduled(cls, scheduled_time, **{"name": "AwaitingRetry", **fields})


def AwaitingConcurrencySlot(  # noqa: N802
    cls: type[State[R]] = State, scheduled_time: datetime | None = None, **fields: Any
) -> State[R]:
    """The run waits until fewer others are at work."""
    return Scheduled(cls, scheduled_time, **{"name": "AwaitingConcurrencySlot", **fields})


def Paused(  # noqa: N802
    cls: type[State[R]] = State,
    timeout_seconds: float | None = None,
    pause_expiration_time: datetime | None = None,
    reschedule: bool = False,
    pause_key: str | None = None,
    **fields: Any,
) -> State[R]:
    """The run is paused: for `timeout_seconds`, until `pause_expiration_time`, or until it is resumed.

    Raises:
        ValueError: The end of the pause is given more than once.
    """
    details = _details(fields)
    if details.pause_timeout is not None:
        raise ValueError("pause_timeout is given in state_details: use timeout_seconds or pause_expiration_time")
    if timeout_seconds is not None:
        if pause_expiration_time is not None:
            raise ValueError("the end of a pause is given twice: use timeout_seconds or pause_expiration_time")
        pause_expiration_time = after(timeout_seconds)
    details.pause_timeout = pause_expiration_time
    details.pause_reschedule = reschedule
    details.pause_key = pause_key
    return cls(type=StateType.PAUSED, state_details=details, **fields)


def Suspended(  # noqa: N802
    cls: type[State[R]] = State,
    timeout_seconds: float | None = None,
    pause_expiration_time: datetime | None = None,
    pause_key: str | None = None,
    **fields: Any,
) -> State[R]:
    """The run is paused and its process has ended."""
    fields = {"name": "Suspended", **fields}
    return Paused(cls, timeout_seconds, pause_expiration_time, True, pause_key, **fields)


def _details(fields: dict[str, Any]) -> StateDetails:
    """Takes the details out of `fields`, as a copy that may be changed."""
    details = fields.pop("state_details", None) or {}
    return details.model_copy() if isinstance(details, StateDetails) else StateDetails(**details)
