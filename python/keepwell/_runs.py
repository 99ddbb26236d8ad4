"""Runs of tasks and flows, as hooks, contexts and key functions see them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from keepwell._identifiers import as_identifier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from keepwell.states import State, StateType


def time_of(milliseconds: int) -> datetime:
    """The time that is so many milliseconds after the epoch."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


class Run:
    """What runs of tasks and of flows have in common.

    Attributes:
        name: The run's name.
        tags: Words that it is found by.
        parameters: The arguments by the names of their parameters.
        run_count: Which run of the body this is, from 1.
        start_time: When it began.
        expected_start_time: The same: nothing is scheduled.
        end_time: When it came to its end, if it has.
    """

    def __init__(
        self,
        run_id: UUID | str,
        name: str,
        parameters: dict[str, Any],
        tags: set[str],
        start_time: datetime,
        run_count: int,
    ) -> None:
        self._id = run_id
        self.name = name
        self.parameters = parameters
        self.tags = tags
        self.run_count = run_count
        self.start_time = start_time
        self.expected_start_time = start_time
        self.end_time: datetime | None = None
        self._state: State[Any] | None = None

    @property
    def id(self) -> UUID:
        """The run's identifier."""
        identifier = as_identifier(self._id)
        assert identifier is not None
        return identifier

    @property
    def state(self) -> State[Any]:
        """The state that was told last: while it is under way, `Running` unless told otherwise."""
        if self._state is None:
            from keepwell.states import Running

            self._state = Running()
        return self._state

    @property
    def state_id(self) -> UUID:
        """The identifier of the state."""
        return self.state.id

    @property
    def state_type(self) -> StateType:
        """The type of the state."""
        return self.state.type

    @property
    def state_name(self) -> str | None:
        """The name of the state."""
        return self.state.name

    @property
    def total_run_time(self) -> timedelta:
        """How long it has taken: so far, or to its end."""
        return (self.end_time or datetime.now(timezone.utc)) - self.start_time

    def set_state(self, state: State[Any]) -> None:
        """Takes note of the state that the run has come to."""
        self._state = state
        if state.is_final():
            self.end_time = state.timestamp

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={str(self.id)!r}, name={self.name!r})"


class TaskRun(Run):
    """One run of a task.

    Attributes:
        task_key: What tells the task from others: its name and a digest of its code.
        empirical_policy: The retries of the task.
    """

    def __init__(self, *arguments: Any, flow_run_id: UUID | str | None, task: Any) -> None:
        super().__init__(*arguments)
        self._flow_run_id = flow_run_id
        self.task_key: str = task.task_key
        self.empirical_policy: RetryPolicy = RetryPolicy(
            task.retries, task.retry_delay_seconds, task.retry_jitter_factor
        )

    @property
    def flow_run_id(self) -> UUID | None:
        """The identifier of the flow run that it belongs to."""
        return as_identifier(self._flow_run_id)

    @property
    def dynamic_key(self) -> str:
        """What tells the run from others of its task."""
        return str(self.id)

    @property
    def task_inputs(self) -> dict[str, list[Any]]:
        """What is known of where the arguments come from: nothing is noted."""
        return {name: [] for name in self.parameters}


class FlowRun(Run):
    """One run of a flow.

    Attributes:
        flow_name: The flow's name.
        flow_version: The version of the flow's code.
        empirical_policy: The retries of the flow.
    """

    def __init__(self, *arguments: Any, flow: Any, parent: FlowRun | None) -> None:
        super().__init__(*arguments)
        self.flow_name: str = flow.name
        self.flow_version: str | None = flow.version
        self._parent = parent
        self.empirical_policy: RetryPolicy = RetryPolicy(flow.retries, flow.retry_delay_seconds, None)

    @property
    def parent_flow_run_id(self) -> UUID | None:
        """The flow run that it runs inside, if any."""
        return self._parent.id if self._parent is not None else None

    @property
    def root_flow_run_id(self) -> UUID:
        """The outermost flow run around."""
        return self._parent.root_flow_run_id if self._parent is not None else self.id


class RetryPolicy:
    """How often a body that fails runs again, and when."""

    def __init__(self, retries: int, retry_delay: Any, retry_jitter_factor: float | None) -> None:
        self.retries = retries
        self.retry_delay = retry_delay
        self.retry_jitter_factor = retry_jitter_factor

    @property
    def max_retries(self) -> int:
        """How often a body that fails runs again."""
        return self.retries

    def __repr__(self) -> str:
        return f"RetryPolicy(retries={self.retries!r}, retry_delay={self.retry_delay!r})"
