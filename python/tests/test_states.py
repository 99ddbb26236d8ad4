"""States: how they are written and compared, and what they come to."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

import keepwell
from keepwell.exceptions import (
    CancelledRun,
    CrashedRun,
    FailedRun,
    MissingResult,
    PausedRun,
    TerminationSignal,
    UnfinishedRun,
)
from keepwell.results import ResultRecord, ResultStore
from keepwell.states import (
    AwaitingConcurrencySlot,
    AwaitingRetry,
    Cancelled,
    Cancelling,
    Completed,
    Crashed,
    Failed,
    InfrastructurePending,
    Late,
    Paused,
    Pending,
    Retrying,
    Running,
    Scheduled,
    State,
    StateDetails,
    StateGroup,
    StateType,
    Submitting,
    Suspended,
    exception_to_crashed_state,
    exception_to_failed_state,
    format_exception,
    get_state_exception,
    is_state,
    is_state_iterable,
    raise_state_exception,
    return_value_to_state,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Completed(), "Completed()"),
        (Completed(message="hi"), "Completed('hi')"),
        (Completed(name="Cached"), "Cached(type=COMPLETED)"),
        (Failed(message="1/2 states failed."), "Failed('1/2 states failed.')"),
        (
            Failed(name="TimedOut", message="Task run exceeded timeout of 0.1 second(s)"),
            "TimedOut('Task run exceeded timeout of 0.1 second(s)', type=FAILED)",
        ),
        (Scheduled(), "Scheduled()"),
        (Late(), "Late(type=SCHEDULED)"),
        (AwaitingRetry(), "AwaitingRetry(type=SCHEDULED)"),
        (AwaitingConcurrencySlot(), "AwaitingConcurrencySlot(type=SCHEDULED)"),
        (Pending(), "Pending()"),
        (Submitting(), "Submitting(type=PENDING)"),
        (InfrastructurePending(), "InfrastructurePending(type=PENDING)"),
        (Running(), "Running()"),
        (Retrying(), "Retrying(type=RUNNING)"),
        (Paused(), "Paused()"),
        (Suspended(), "Suspended(type=PAUSED)"),
        (Cancelling(), "Cancelling()"),
        (Cancelled(), "Cancelled()"),
        (Crashed(), "Crashed()"),
    ],
)
def test_a_state_prints_its_type_only_where_its_name_does_not_say_it(state: State[Any], text: str) -> None:
    assert str(state) == text


def test_the_representation_of_a_state_has_its_result() -> None:
    assert repr(Completed(message="hi", data=[1])) == "Completed(message='hi', type=COMPLETED, result=[1])"
    assert repr(Running()) == "Running(message=None, type=RUNNING, result=None)"


def test_a_state_knows_its_type() -> None:
    names = ["scheduled", "pending", "running", "completed", "failed", "crashed", "cancelled", "cancelling", "paused"]
    for state_type in StateType:
        state: State[Any] = State(type=state_type)
        assert [name for name in names if getattr(state, f"is_{name}")()] == [state_type.value.lower()]
        assert state.is_final() == (state_type.value in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"))
        assert state.name == state_type.value.capitalize()


def test_a_type_may_be_given_by_its_name() -> None:
    assert State[int](type="COMPLETED").type is StateType.COMPLETED
    assert repr(StateType.COMPLETED) == "StateType.COMPLETED"
    with pytest.raises(ValueError, match="'DONE' is not a valid StateType"):
        State[int](type="DONE")


def test_each_state_has_an_identifier_of_its_time() -> None:
    first, second = Completed(), Completed()
    assert isinstance(first.id, UUID)
    assert first.id == first.id
    assert first.id != second.id
    assert first.id.version == 7
    assert first.id.variant == "specified in RFC 4122"
    assert abs((first.id.int >> 80) / 1000 - first.timestamp.timestamp()) < 5


def test_states_are_equal_if_they_are_the_same_one() -> None:
    state = Completed(data=[1], state_details={"cache_key": "k"})
    assert state == state
    assert state == pickle.loads(pickle.dumps(state))
    assert state != Completed(data=[1])
    assert state != state.model_copy(update={"message": "other"})
    assert state != "Completed()"


def test_the_hash_of_a_state_is_that_of_its_run_and_time() -> None:
    run = uuid4()
    one = Completed(timestamp=NOON, state_details={"task_run_id": run})
    other = Completed(timestamp=NOON, state_details={"task_run_id": str(run)}, message="other")
    later = Completed(timestamp=NOON + timedelta(1), state_details={"task_run_id": run})
    assert hash(one) == hash(other)
    assert hash(one) != hash(later)


def test_a_copy_is_of_now_and_a_fresh_one_has_an_identifier_of_its_own() -> None:
    state = Completed(message="hi", data=[1], timestamp=NOON, state_details={"cache_key": "k"})
    copy = state.model_copy(update={"message": "ho"})
    assert (copy.id, copy.message, copy.state_details.cache_key) == (state.id, "ho", "k")
    assert copy.data is state.data
    assert copy.timestamp > NOON
    copy.state_details.cache_key = "other"
    assert state.state_details.cache_key == "k"
    fresh = state.fresh_copy()
    assert fresh.id != state.id
    assert fresh.data is state.data
    deep = state.model_copy(deep=True)
    assert deep.data == state.data
    assert deep.data is not state.data


def test_details_have_defaults_and_are_open() -> None:
    details = StateDetails(flow_run_id=str(UUID(int=1)), weather="fair")
    assert details.flow_run_id == UUID(int=1)
    assert (details.task_run_id, details.cache_key, details.deferred, details.problems) == (None, None, False, ())
    assert details.weather == "fair"  # type: ignore[attr-defined]
    assert details == details.model_copy()
    assert details != details.model_copy(update={"weather": "foul"})
    assert repr(StateDetails(hit="memory")) == "StateDetails(hit='memory')"


def test_a_scheduled_state_has_a_time() -> None:
    assert Scheduled(scheduled_time=NOON).state_details.scheduled_time == NOON
    state = Scheduled()
    assert state.state_details.scheduled_time == state.timestamp
    with pytest.raises(ValueError, match="scheduled_time is given twice"):
        Scheduled(scheduled_time=NOON, state_details={"scheduled_time": NOON})


def test_a_pause_has_an_end_if_it_is_given_one() -> None:
    assert Paused().state_details.pause_timeout is None
    assert Paused(pause_expiration_time=NOON, pause_key="k").state_details.pause_timeout == NOON
    timeout = Paused(timeout_seconds=60).state_details.pause_timeout
    assert timeout is not None
    assert timedelta(seconds=50) < timeout - datetime.now(timezone.utc) <= timedelta(seconds=60)
    assert Suspended().state_details.pause_reschedule is True
    with pytest.raises(ValueError, match="given twice"):
        Paused(timeout_seconds=60, pause_expiration_time=NOON)
    with pytest.raises(ValueError, match="in state_details"):
        Paused(state_details={"pause_timeout": NOON})


@pytest.mark.parametrize("value", [1, 0, "", None, [], False, {"a": 1}])
def test_the_result_of_a_completed_run_is_its_data(value: Any) -> None:
    assert Completed(data=value).result() == value


def test_a_result_that_nobody_gave_is_missing() -> None:
    with pytest.raises(MissingResult, match="State data is missing"):
        Completed().result()


def test_a_run_that_is_not_over_has_no_result() -> None:
    with pytest.raises(UnfinishedRun, match="Run is in RUNNING state, its result is not available"):
        Running().result()
    paused = Paused()
    with pytest.raises(PausedRun) as caught:
        paused.result(raise_on_failure=False)
    assert caught.value.state is paused


def test_a_run_that_failed_raises_its_own_exception_or_returns_it() -> None:
    error = ValueError("boom")
    with pytest.raises(ValueError, match="boom") as caught:
        Failed(data=error).result()
    assert caught.value is error
    assert Failed(data=error).result(raise_on_failure=False) is error


@pytest.mark.parametrize(
    ("state", "kind", "message"),
    [
        (Failed(), FailedRun, "Run failed."),
        (Failed(message="no"), FailedRun, "no"),
        (Failed(data="said"), FailedRun, "said"),
        (Crashed(), CrashedRun, "Run crashed."),
        (Cancelled(), CancelledRun, "Run cancelled."),
        (Failed(data=Failed(data=KeyError("inner"))), KeyError, "'inner'"),
        (Failed(data=[Completed(data=1), Crashed(message="second"), Failed()]), CrashedRun, "second"),
    ],
)
def test_the_exception_of_a_run_is_found_in_its_data(
    state: State[Any], kind: type[BaseException], message: str
) -> None:
    error = get_state_exception(state)
    assert type(error) is kind
    assert str(error) == message
    assert type(state.result(raise_on_failure=False)) in (kind, str, list, State)
    with pytest.raises(kind):
        state.result()
    with pytest.raises(kind):
        raise_state_exception(state)


def test_what_is_no_exception_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected failed or crashed state got Completed"):
        get_state_exception(Completed())
    with pytest.raises(TypeError, match="Unexpected result for failed state: 1"):
        get_state_exception(Failed(data=1))
    with pytest.raises(ValueError, match="Failed state result was an iterable of states but none were failed"):
        get_state_exception(Failed(data=[Completed()]))
    assert raise_state_exception(Completed()) is None


async def test_asynchronous_callers_await_a_result() -> None:
    assert await Completed(data=1).result() == 1  # type: ignore[misc]
    assert await Completed(data=1).aresult() == 1
    assert Completed(data=1).result(_sync=True) == 1
    with pytest.raises(ValueError, match="boom"):
        await Failed(data=ValueError("boom")).aresult()
    assert isinstance(await get_state_exception(Failed()), FailedRun)  # type: ignore[misc]


def test_states_are_told_from_other_values() -> None:
    assert is_state(Completed())
    assert not is_state(State)
    assert is_state_iterable([Completed()])
    assert is_state_iterable((Completed(), Failed()))
    assert is_state_iterable({Completed()})
    assert not is_state_iterable([])
    assert not is_state_iterable([Completed(), 1])
    assert not is_state_iterable({Completed(): 1})
    assert not is_state_iterable(state for state in [Completed()])


def test_a_group_counts_its_states() -> None:
    group = StateGroup([Completed(), Failed(), Crashed(), Running()])
    assert (group.total_count, group.final_count, group.not_final_count, group.fail_count) == (4, 3, 1, 2)
    assert group.any_failed()
    assert not group.all_completed()
    assert not group.all_final()
    assert not group.any_paused()
    assert not group.any_cancelled()
    assert group.counts_message() == "total=4, not_final=1, 'COMPLETED'=1, 'FAILED'=1, 'CRASHED'=1, 'RUNNING'=1"


@pytest.mark.parametrize(
    ("states", "text"),
    [
        ([Completed(), Completed()], "Completed('All states completed.')"),
        ([Completed(), Failed()], "Failed('1/2 states failed.')"),
        ([Failed(), Crashed(), Completed()], "Failed('2/3 states failed.')"),
        ([Cancelled(), Failed(), Paused()], "Cancelled('1/3 states cancelled.')"),
        ([Paused(), Failed()], "Paused('1/2 states paused.')"),
        ([Completed(), Running()], "Failed('1/2 states are not final.')"),
    ],
)
async def test_states_together_make_one(states: list[State[Any]], text: str) -> None:
    state = await return_value_to_state(states)
    assert str(state) == text
    assert state.data is states


async def test_a_state_of_the_users_making_is_kept() -> None:
    state = Failed(message="no")
    assert await return_value_to_state(state) is state
    skipped = Completed(name="Skip")
    assert await (await return_value_to_state(skipped)).aresult() is None


async def test_the_state_of_another_run_is_summed_up() -> None:
    other = Failed(state_details={"task_run_id": uuid4()})
    state = await return_value_to_state(other)
    assert state is not other
    assert str(state) == "Failed('1/1 states failed.')"


async def test_any_other_value_completes_a_run() -> None:
    for value in [None, 0, [1], [Completed(), 1]]:
        state = await return_value_to_state(value)
        assert state.is_completed()
        assert state.data is value
    items = await return_value_to_state(number for number in [1, 2])
    assert items.data == [1, 2]


async def test_an_exception_fails_a_run() -> None:
    error = ValueError("boom")
    state = await exception_to_failed_state(error, message="Task run encountered an exception")
    assert str(state) == "Failed('Task run encountered an exception ValueError: boom')"
    assert state.data is error
    assert state.state_details.retriable is False
    named = await exception_to_failed_state(error, name="TimedOut", state_details={"retriable": True, "cache_key": "k"})
    assert str(named) == "TimedOut('ValueError: boom', type=FAILED)"
    assert (named.state_details.retriable, named.state_details.cache_key) == (True, "k")
    try:
        raise error
    except ValueError:
        assert (await exception_to_failed_state()).data is error
    with pytest.raises(ValueError, match="no active exception"):
        await exception_to_failed_state()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (KeyboardInterrupt(), "Execution was aborted by an interrupt signal."),
        (TerminationSignal(signal=15), "Execution was aborted by a termination signal."),
        (SystemExit(1), "Execution was aborted by Python system exit call."),
        (asyncio.CancelledError(), "Execution was cancelled by the runtime environment."),
        (ValueError("boom"), "Execution was interrupted by an unexpected exception: ValueError: boom"),
    ],
)
async def test_a_crash_says_what_stopped_the_run(error: BaseException, message: str) -> None:
    state = await exception_to_crashed_state(error)
    assert (state.type, state.name, state.message, state.data) == (StateType.CRASHED, "Crashed", message, error)


def test_an_exception_is_written_with_its_traceback_if_asked_for() -> None:
    try:
        raise ValueError("boom")
    except ValueError as error:
        assert format_exception(error) == "ValueError: boom"
        assert format_exception(error, error.__traceback__).endswith("ValueError: boom\n")
        assert 'raise ValueError("boom")' in format_exception(error, error.__traceback__)


def test_a_state_is_a_field_of_a_model() -> None:
    from pydantic import BaseModel, ValidationError

    class Report(BaseModel):
        state: State[int]

    state: State[int] = Completed(data=1)
    assert Report(state=state).state is state
    with pytest.raises(ValidationError):
        Report(state="Completed")  # type: ignore[arg-type]


def test_importing_states_imports_nothing_dear() -> None:
    program = (
        "import sys; import keepwell.states; "
        "print(*{'asyncio', 'logging', 'pydantic', 'dataclasses', 'uuid', 'inspect', 'concurrent'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(keepwell.__file__).parents[1])}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert found.stdout == "\n"


async def test_with_a_result_store_the_data_is_a_record_that_results_are_read_from() -> None:
    store = ResultStore()
    state = await return_value_to_state(3, store, key="three", write_result=True)
    assert isinstance(state.data, ResultRecord)
    assert (await state.aresult(), await store.aexists("three"), str(state)) == (3, True, "Completed()")
    kept = await return_value_to_state(Completed(message="hi", data=5), store, key="five")
    assert (await kept.aresult(), await store.aexists("five"), str(kept)) == (5, False, "Completed('hi')")
    error = ValueError("boom")
    failed = await exception_to_failed_state(error, result_store=store, message="no:")
    assert (await failed.aresult(raise_on_failure=False), str(failed)) == (error, "Failed('no: ValueError: boom')")
