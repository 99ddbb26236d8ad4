"""What the state of a run is: its type, its details, and how it is written.

Nothing here decides which state a run comes to. `keepwell.states` is where users find these names.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from enum import Enum
from time import time as now
from types import GenericAlias

from keepwell import _core
from keepwell._identifiers import as_identifier, new_identifier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from typing import Any, ClassVar, Generic, TypeVar
    from uuid import UUID

    R = TypeVar("R")

    class _Subscriptable(_core.Input, Generic[R]):
        pass
else:
    R = "R"

    class _Subscriptable(_core.Input):
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)


class StateType(str, Enum):
    """What kind of state it is."""

    SCHEDULED = "SCHEDULED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    CRASHED = "CRASHED"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"

    def __repr__(self) -> str:
        return f"StateType.{self.value}"


TERMINAL_STATES = frozenset({StateType.COMPLETED, StateType.CANCELLED, StateType.FAILED, StateType.CRASHED})

_TYPES = {str(kind.value): kind for kind in StateType}

_UNKNOWN: Any = object()
"""Stands for the data of a state that nobody gave any: its result is missing, while that of `data=None` is `None`."""


class StateDetails:
    """What is known of a run beside its state. A field that was not given has its default; others can be added.

    Of caching it tells the `cache_key` and `cache_expiration`, where the record was found (`hit`), why none was
    (`miss`), why there is no key (`not_cached`), and what went wrong without stopping the run (`problems`).
    """

    child_flow_run_id: UUID | str | None = None
    scheduled_time: datetime | None = None
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    deferred: bool = False
    untrackable_result: bool = False
    pause_timeout: datetime | None = None
    pause_reschedule: bool = False
    pause_key: str | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | str | None = None
    task_parameters_id: UUID | str | None = None
    hit: str | None = None
    miss: str | None = None
    not_cached: str | None = None
    problems: tuple[Any, ...] | list[Any] = ()
    _flow_run_id: UUID | str | None = None
    _task_run_id: UUID | str | None = None

    def __init__(self, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(self, name, value)

    @property
    def flow_run_id(self) -> UUID | None:
        """The identifier of the flow run that the run is, or is part of."""
        return as_identifier(self._flow_run_id)

    @flow_run_id.setter
    def flow_run_id(self, value: UUID | str | None) -> None:
        self._flow_run_id = value

    @property
    def task_run_id(self) -> UUID | None:
        """The identifier of the task run, if the run is one of a task."""
        return as_identifier(self._task_run_id)

    @task_run_id.setter
    def task_run_id(self, value: UUID | str | None) -> None:
        self._task_run_id = value

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> StateDetails:
        """A copy with some fields replaced."""
        return StateDetails(**{**self._fields(), **(update or {})})

    def model_dump(self) -> dict[str, Any]:
        """The fields that were given, by name."""
        return self._fields()

    def _fields(self) -> dict[str, Any]:
        return {name.removeprefix("_"): value for name, value in self.__dict__.items()}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StateDetails):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in {*self._fields(), *other._fields()})

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"StateDetails({', '.join(f'{name}={value!r}' for name, value in self._fields().items())})"


class State(_Subscriptable[R]):
    """The state of a run.

    `str(state)` is `Name('message', type=TYPE)`; the message is left out where there is none, and the type where the
    name says it: `Completed()`, `Cached(type=COMPLETED)`.

    Args:
        type: What kind of state it is.
        name: What it is called; the type's name unless given.
        message: Why the run came to it, for people.
        data: What the run returned, or the exception that it ended with. `None` is a value like any other; if nothing
            is given, there is no result.
        state_details: What else is known, as `StateDetails` or a dictionary of its fields.
        timestamp: When the run came to it; now unless given.
        id: Its identifier; a fresh one unless given.
        created: When it was stored, if it was.
        updated: When it was last stored, if it was.
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_details",
        "_id",
        "_time",
        "created",
        "message",
        "name",
        "type",
        "updated",
    )

    def __init__(
        self,
        type: StateType | str,  # noqa: A002
        name: str | None = None,
        message: str | None = None,
        data: Any = _UNKNOWN,
        state_details: StateDetails | Mapping[str, Any] | None = None,
        timestamp: datetime | None = None,
        id: UUID | str | None = None,  # noqa: A002
        created: datetime | None = None,
        updated: datetime | None = None,
    ) -> None:
        state_type = type if isinstance(type, StateType) else StateType(type)
        if state_details is None:
            state_details = StateDetails()
        elif not isinstance(state_details, StateDetails):
            state_details = StateDetails(**state_details)
        self.type: StateType = state_type
        self.name: str = name or state_type.capitalize()
        self.message: str | None = message
        self._data = data
        self._details: StateDetails | _core.RunDetails = state_details
        self._time: datetime | float = timestamp or datetime.now(timezone.utc)
        self._id = id
        self.created: datetime | None = created
        self.updated: datetime | None = updated
        if state_type is StateType.SCHEDULED and state_details.scheduled_time is None:
            state_details.scheduled_time = self.timestamp

    @property
    def id(self) -> UUID:
        """The state's identifier."""
        identifier = as_identifier(self._id)
        if identifier is None:
            identifier = new_identifier()
        self._id = identifier
        return identifier

    @id.setter  # noqa: A003
    def id(self, value: UUID | str) -> None:
        self._id = value

    @property
    def state_details(self) -> StateDetails:
        """What else is known of the run."""
        details = self._details
        if isinstance(details, _core.RunDetails):
            details = self._details = StateDetails(**details.fields())
        return details

    @state_details.setter
    def state_details(self, value: StateDetails) -> None:
        self._details = value

    @property
    def timestamp(self) -> datetime:
        """When the run came to it."""
        moment = self._time
        if isinstance(moment, float):
            moment = self._time = datetime.fromtimestamp(moment, timezone.utc)
        return moment

    @timestamp.setter
    def timestamp(self, value: datetime) -> None:
        self._time = value

    @property
    def data(self) -> Any:
        """What the run returned, or the exception that it ended with; `None` if neither is known."""
        return None if self._data is _UNKNOWN else self._data

    @data.setter
    def data(self, value: Any) -> None:
        self._data = value

    @property
    def has_data(self) -> bool:
        """Whether what the run came to is known, be it `None`."""
        return self._data is not _UNKNOWN

    def result(self, raise_on_failure: bool = True, retry_result_failure: bool = True, _sync: bool | None = None) -> R:
        """What the run returned; a coroutine of it where the caller is asynchronous.

        A run that failed, crashed or was cancelled raises its exception, or returns it if `raise_on_failure` is false.

        Raises:
            PausedRun: The run is paused.
            UnfinishedRun: The run has not come to its end.
            MissingResult: It has, and what it returned is not known.
        """
        from keepwell._outcomes import get_state_result

        return get_state_result(self, raise_on_failure, retry_result_failure, _sync=_sync)  # type: ignore[no-any-return]

    def aresult(self, raise_on_failure: bool = True, retry_result_failure: bool = True) -> Coroutine[Any, Any, R]:
        """A coroutine of what `result` returns or raises."""
        from keepwell._outcomes import aget_state_result

        return aget_state_result(self, raise_on_failure, retry_result_failure)

    result.aio = aresult  # type: ignore[attr-defined]

    @classmethod
    def _of_run(
        cls,
        type: str,  # noqa: A002
        name: str,
        message: str | None,
        data: Any,
        details: _core.RunDetails,
    ) -> State[Any]:
        """The state that the engine brought a run to. What it is seldom asked for is made when it is."""
        state = cls.__new__(cls)
        state.type = _TYPES[type]
        state.name = name
        state.message = message
        state._data = data
        state._details = details
        state._time = now()
        state._id = state.created = state.updated = None
        return state

    def _add_details(self, details: _core.RunDetails) -> None:
        """Takes over what the engine knows of the run that chose this state."""
        for name, value in details.fields().items():
            setattr(self.state_details, name, value)

    def _value_or_raise(self) -> Any:
        """What a plain call of the run that came to this state gives back."""
        from keepwell._outcomes import state_result

        return state_result(self)

    def is_scheduled(self) -> bool:
        """Whether the run waits for a time."""
        return self.type is StateType.SCHEDULED

    def is_pending(self) -> bool:
        """Whether the run has not begun."""
        return self.type is StateType.PENDING

    def is_running(self) -> bool:
        """Whether the run is at work."""
        return self.type is StateType.RUNNING

    def is_completed(self) -> bool:
        """Whether the run ended well: its body ran, or its record was there."""
        return self.type is StateType.COMPLETED

    def is_failed(self) -> bool:
        """Whether the run ended with an error."""
        return self.type is StateType.FAILED

    def is_crashed(self) -> bool:
        """Whether the run was stopped from outside."""
        return self.type is StateType.CRASHED

    def is_cancelled(self) -> bool:
        """Whether the run was cancelled."""
        return self.type is StateType.CANCELLED

    def is_cancelling(self) -> bool:
        """Whether the run is being cancelled."""
        return self.type is StateType.CANCELLING

    def is_paused(self) -> bool:
        """Whether the run is paused."""
        return self.type is StateType.PAUSED

    def is_final(self) -> bool:
        """Whether the run has come to its end."""
        return self.type in TERMINAL_STATES

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> State[R]:
        """A copy with some fields replaced; its time is now unless it is given one.

        With `deep`, the data is copied too.
        """
        fields = {**self._fields(), "timestamp": None, **(update or {})}
        if fields["state_details"] is self.state_details:
            fields["state_details"] = self.state_details.model_copy()
        if deep:
            from copy import deepcopy

            fields = deepcopy(fields)
        return self.__class__(**fields)

    def fresh_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> State[R]:
        """A copy as of now, with an identifier of its own and some fields replaced."""
        now = datetime.now(timezone.utc)
        fresh = {"id": new_identifier(), "timestamp": now, "created": now, "updated": now}
        return self.model_copy(update={**fresh, **(update or {})}, deep=deep)

    def _fields(self) -> dict[str, Any]:
        fields = {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "timestamp": self.timestamp,
            "message": self.message,
            "state_details": self.state_details,
            "created": self.created,
            "updated": self.updated,
        }
        if self.has_data:
            fields["data"] = self._data
        return fields

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, State):
            return NotImplemented
        return self.id == other.id and self._fields() == other._fields()

    def __hash__(self) -> int:
        details = self.state_details
        return hash((details.flow_run_id, details.task_run_id, self.timestamp, self.type))

    def __str__(self) -> str:
        parts = [repr(self.message)] if self.message else []
        if self.type.value.lower() != self.name.lower():
            parts.append(f"type={self.type.value}")
        return f"{self.name}({', '.join(parts)})"

    def __repr__(self) -> str:
        return f"{self.name}(message={self.message!r}, type={self.type.value}, result={self.data!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.__class__, self._fields())

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)


def _restore(cls: type[State[Any]], fields: dict[str, Any]) -> State[Any]:
    return cls(**fields)


def after(seconds: float) -> datetime:
    """The time that many seconds from now."""
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


State.__module__ = StateType.__module__ = StateDetails.__module__ = "keepwell.states"
