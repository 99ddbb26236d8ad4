"""Futures: what they come to, waiting for many, and arguments that stand for values."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from keepwell._inputs import resolve_inputs, resolve_inputs_async
from keepwell._submitted import SubmittedFuture
from keepwell.exceptions import CancelledRun, KeepwellException, UpstreamTaskError
from keepwell.futures import (
    KeepwellConcurrentFuture,
    KeepwellFuture,
    KeepwellFutureList,
    KeepwellWrappedFuture,
    as_completed,
    resolve_futures_to_results,
    resolve_futures_to_states,
    wait,
)
from keepwell.states import Completed, Crashed, Failed, Pending, State
from keepwell.utilities.annotations import allow_failure, opaque, quote

RUN = "01890000-0000-7000-8000-00000000000%d"


def wrapping(wrapped: Future[Any] | None = None) -> tuple[KeepwellConcurrentFuture[Any], Callable[[Any], None]]:
    """A future around one of `concurrent.futures`, and how it is finished."""
    wrapped = wrapped or Future()
    return KeepwellConcurrentFuture(uuid4(), wrapped), wrapped.set_result


def submitted() -> tuple[SubmittedFuture, Callable[[Any], None]]:
    """A future of our own runners, and how it is finished."""
    future = SubmittedFuture(str(uuid4()))
    future.begin()
    return future, future.finish


MAKERS = [wrapping, submitted]


def ended(state: State[Any]) -> KeepwellConcurrentFuture[Any]:
    future, finish = wrapping()
    finish(state)
    return future


@pytest.fixture
def later() -> Iterator[Callable[[float, Callable[[], object]], None]]:
    """Calls something after some seconds, in another thread."""
    timers: list[threading.Timer] = []

    def call(seconds: float, function: Callable[[], object]) -> None:
        timers.append(threading.Timer(seconds, function))
        timers[-1].start()

    yield call
    for timer in timers:
        timer.join()


Later = Callable[[float, Callable[[], object]], None]


@pytest.mark.parametrize("make", MAKERS)
def test_a_future_is_pending_until_its_run_has_ended(make: Any) -> None:
    future, finish = make()
    assert str(future.state) == "Pending()"
    finish(Completed(data=1))
    assert str(future.state) == "Completed()"
    assert future.result() == 1


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("value", [None, 0, False, []])
def test_a_result_may_be_nothing(make: Any, value: Any) -> None:
    future, finish = make()
    finish(Completed(data=value))
    assert future.result() == value


@pytest.mark.parametrize("make", MAKERS)
def test_a_future_raises_the_exception_of_its_run_or_returns_it(make: Any) -> None:
    future, finish = make()
    error = ValueError("boom")
    finish(Failed(data=error))
    with pytest.raises(ValueError, match="boom"):
        future.result()
    assert future.result(raise_on_failure=False) is error


@pytest.mark.parametrize("make", MAKERS)
def test_waiting_ends_when_the_run_does(make: Any, later: Later) -> None:
    future, finish = make()
    begin = time.monotonic()
    later(0.05, lambda: finish(Completed(data=1)))
    future.wait()
    assert time.monotonic() - begin > 0.04
    assert future.result() == 1


@pytest.mark.parametrize("make", MAKERS)
def test_waiting_ends_at_its_timeout(make: Any) -> None:
    future, finish = make()
    assert future.wait(timeout=0.01) is None
    with pytest.raises(TimeoutError, match=f"Task run {future.task_run_id} did not complete within 0.01 seconds"):
        future.result(timeout=0.01)
    finish(Completed(data=1))


@pytest.mark.parametrize("make", MAKERS)
def test_a_timeout_that_the_task_raised_is_its_own(make: Any) -> None:
    future, finish = make()
    error = TimeoutError("the task's own")
    finish(Failed(data=error))
    with pytest.raises(TimeoutError, match="the task's own"):
        future.result(timeout=5)
    with pytest.raises(TimeoutError, match="the task's own"):
        KeepwellFutureList([future]).result(timeout=5)


@pytest.mark.parametrize("make", MAKERS)
def test_callbacks_are_called_when_the_run_has_ended_and_at_once_after_that(make: Any) -> None:
    future, finish = make()
    called: list[Any] = []
    future.add_done_callback(called.append)
    assert called == []
    finish(Completed(data=1))
    assert called == [future]
    future.add_done_callback(called.append)
    assert called == [future, future]


def test_a_callback_that_fails_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    future, finish = submitted()
    called: list[Any] = []

    def fail(_: Any) -> None:
        raise RuntimeError("callback")

    future.add_done_callback(fail)
    future.add_done_callback(called.append)
    finish(Completed(data=1))
    assert called == [future]
    assert [record.getMessage() for record in caplog.records] == [f"A callback of {future!r} failed"]


def test_a_value_that_is_no_state_is_the_result() -> None:
    future, finish = wrapping()
    finish("value")
    assert future.result() == "value"
    assert wait([future]).done == {future}


def test_an_exception_of_the_other_future_is_raised() -> None:
    wrapped: Future[Any] = Future()
    future, _ = wrapping(wrapped)
    wrapped.set_exception(OSError("pool"))
    with pytest.raises(OSError, match="pool"):
        future.result()


def test_a_run_that_was_cancelled_before_it_began_says_what_to_do() -> None:
    other: Future[Any] = Future()
    wrapped_future, _ = wrapping(other)
    other.cancel()
    ours = SubmittedFuture(str(uuid4()))
    assert ours.cancel()
    assert not ours.cancel()
    assert not ours.begin()
    for future in [wrapped_future, ours]:
        with pytest.raises(CancelledRun, match=r"cancelled before it began. Call `.wait\(\)` or `.result\(\)`"):
            future.result()
        assert future.state.is_cancelled()
        assert future.state.state_details.task_run_id == future.task_run_id


def test_a_timeout_of_the_other_future_is_its_own() -> None:
    wrapped: Future[Any] = Future()
    future, _ = wrapping(wrapped)
    wrapped.set_exception(TimeoutError("of the pool"))
    with pytest.raises(TimeoutError, match="of the pool"):
        future.result(timeout=5)


def test_cancelling_a_run_tells_those_who_wait_for_it() -> None:
    future = SubmittedFuture(str(uuid4()))
    called: list[Any] = []
    future.add_done_callback(called.append)
    future.cancel()
    assert called == [future]


def test_a_run_that_has_begun_is_not_cancelled() -> None:
    future, finish = submitted()
    assert not future.cancel()
    finish(Completed(data=1))
    assert future.result() == 1


def test_a_future_of_ours_has_one_of_the_standard_library() -> None:
    future, finish = submitted()
    follower = future.wrapped_future
    assert follower is future.wrapped_future
    assert not follower.done()
    finish(Completed(data=1))
    assert follower.result(0) is future.state
    cancelled = SubmittedFuture(str(uuid4()))
    cancelled.cancel()
    assert cancelled.wrapped_future.cancelled()


def test_futures_are_equal_if_they_are_of_one_run() -> None:
    run = uuid4()
    one: KeepwellConcurrentFuture[Any] = KeepwellConcurrentFuture(run, ended(Completed()).wrapped_future)
    other: KeepwellConcurrentFuture[Any] = KeepwellConcurrentFuture(run, ended(Failed()).wrapped_future)
    assert one == other
    assert hash(one) == hash(other)
    assert one != ended(Completed())
    assert one != run
    assert SubmittedFuture(str(run)) == one
    assert SubmittedFuture(RUN % 1).task_run_id == UUID(RUN % 1)
    assert isinstance(KeepwellConcurrentFuture(None, one.wrapped_future).task_run_id, UUID)


def test_abstract_futures_are_not_made() -> None:
    with pytest.raises(TypeError, match="abstract class KeepwellFuture"):
        KeepwellFuture(uuid4())  # type: ignore[abstract]
    with pytest.raises(TypeError, match="abstract class KeepwellWrappedFuture"):
        KeepwellWrappedFuture(uuid4(), Future[Any]())  # type: ignore[abstract]


def test_losing_a_future_before_its_run_has_ended_is_said(caplog: pytest.LogCaptureFixture) -> None:
    future, _ = wrapping()
    del future
    assert [record.getMessage() for record in caplog.records] == [
        "A future was garbage collected before it resolved. Please call `.wait()` or `.result()` on futures to ensure "
        "they resolve."
    ]
    caplog.clear()
    ended(Completed()).wait()
    assert caplog.records == []


def test_wait_tells_which_have_ended() -> None:
    (one, finish_one), (other, finish_other) = wrapping(), submitted()
    finish_one(Completed(data=1))
    result = wait([one, other], timeout=0.01)
    assert (result.done, result.not_done) == ({one}, {other})
    finish_other(Failed())
    assert wait([one, other]) == ({one, other}, set())
    assert wait([]) == (set(), set())


def test_a_negative_timeout_is_refused() -> None:
    future = ended(Completed())
    with pytest.raises(ValueError, match="timeout must not be negative, and is -1"):
        wait([future], timeout=-1)
    with pytest.raises(ValueError, match="timeout must not be negative"):
        list(as_completed([future], timeout=-1))
    with pytest.raises(ValueError, match="timeout must not be negative"):
        KeepwellFutureList([future]).result(timeout=-1)


def test_futures_come_in_the_order_in_which_their_runs_end(later: Later) -> None:
    (first, finish_first), (second, finish_second), (third, finish_third) = submitted(), wrapping(), submitted()
    finish_third(Completed(data=3))
    later(0.02, lambda: finish_second(Completed(data=2)))
    later(0.1, lambda: finish_first(Completed(data=1)))
    assert [future.result() for future in as_completed([first, second, third, first])] == [3, 2, 1]


def test_futures_that_do_not_come_in_time_are_counted() -> None:
    (slow, finish), quick = submitted(), ended(Completed())
    with pytest.raises(TimeoutError, match=r"1 \(of 2\) futures unfinished"):
        list(as_completed([slow, quick], timeout=0.01))
    finish(Completed())


def test_the_results_of_a_list_are_in_the_order_of_its_inputs(later: Later) -> None:
    (first, finish_first), (second, finish_second) = submitted(), submitted()
    later(0.05, lambda: finish_first(Completed(data=1)))
    finish_second(Completed(data=2))
    assert KeepwellFutureList([first, second]).result() == [1, 2]
    assert KeepwellFutureList([]).result() == []


def test_a_list_does_not_wait_when_a_run_has_failed(later: Later) -> None:
    (slow, finish_slow), (bad, finish_bad) = submitted(), submitted()
    later(0.02, lambda: finish_bad(Failed(data=ValueError("boom"))))
    later(1, lambda: finish_slow(Completed(data=1)))
    begin = time.monotonic()
    with pytest.raises(ValueError, match="boom"):
        KeepwellFutureList([slow, bad]).result()
    assert time.monotonic() - begin < 0.9


def test_a_list_may_have_exceptions_in_place_of_results() -> None:
    error = ValueError("boom")
    futures = KeepwellFutureList([ended(Completed(data=1)), ended(Failed(data=error))])
    assert futures.result(raise_on_failure=False) == [1, error]


def test_a_list_that_does_not_end_in_time_says_so() -> None:
    future, finish = submitted()
    futures = KeepwellFutureList([ended(Completed()), future])
    with pytest.raises(TimeoutError, match=r"Timed out waiting for all futures to complete within 0.01 seconds"):
        futures.result(timeout=0.01)
    assert futures.wait(timeout=0.01) is None
    finish(Completed())


@pytest.mark.parametrize("make", MAKERS)
async def test_an_event_loop_goes_on_while_it_waits(make: Any) -> None:
    future, finish = make()

    async def work() -> None:
        for _ in range(3):
            await asyncio.sleep(0.001)
        finish(Completed(data=1))

    result, _ = await asyncio.gather(future.result_async(timeout=10), work())
    assert result == 1
    assert await future.result_async() == 1
    await KeepwellFutureList([future]).wait_async()


@pytest.mark.parametrize("make", MAKERS)
async def test_waiting_in_an_event_loop_ends_at_its_timeout(make: Any) -> None:
    future, finish = make()
    await future.wait_async(timeout=0.01)
    await KeepwellFutureList([future]).wait_async(timeout=0.01)
    with pytest.raises(TimeoutError, match=r"did not complete within 0.01 seconds"):
        await future.result_async(timeout=0.01)
    finish(Completed(data=1))


def test_futures_inside_collections_are_replaced() -> None:
    one, bad = ended(Completed(data=1)), ended(Failed(data=ValueError("boom")))
    assert resolve_futures_to_states({"a": [one, 2], "b": bad}) == {"a": [one.state, 2], "b": bad.state}
    assert resolve_futures_to_results({"a": [one, 2]}) == {"a": [1, 2]}
    results = resolve_futures_to_results(KeepwellFutureList([one]))
    assert results == [1]
    assert type(results) is list
    with pytest.raises(Exception, match="At least one result did not complete successfully"):
        resolve_futures_to_results([one, bad])


@dataclass
class Pair:
    left: Any
    right: Any


def test_a_task_receives_what_futures_and_states_come_to() -> None:
    one = ended(Completed(data=1))
    plain = [1, 2]
    found = resolve_inputs(
        {"a": one, "b": Completed(data=None), "c": {"k": [one]}, "d": Pair(one, 2), "e": plain, "f": iter([one])}
    )
    assert found["a"] == 1
    assert found["b"] is None
    assert found["c"] == {"k": [1]}
    assert found["d"] == Pair(1, 2)
    assert found["e"] is plain
    assert list(found["f"]) == [one]


def test_a_task_receives_the_results_of_a_mapped_one_as_a_list() -> None:
    found = resolve_inputs({"x": KeepwellFutureList([ended(Completed(data=1)), ended(Completed(data=2))])})
    assert found == {"x": [1, 2]}
    assert type(found["x"]) is list


def test_a_task_waits_for_its_inputs(later: Later) -> None:
    (one, finish_one), (other, finish_other) = submitted(), submitted()
    later(0.02, lambda: finish_one(Completed(data=1)))
    later(0.05, lambda: finish_other(Completed(data=2)))
    assert resolve_inputs({"x": one}, wait_for=[other]) == {"x": 1}
    assert str(other.state) == "Completed()"


@pytest.mark.parametrize("state", [Failed(), Crashed(), Pending(name="NotReady")])
def test_a_task_does_not_run_unless_what_it_depends_on_completed(state: State[Any]) -> None:
    future = ended(state)
    message = f"Upstream task run '{future.task_run_id}' did not reach a 'COMPLETED' state"
    with pytest.raises(UpstreamTaskError, match=message):
        resolve_inputs({"x": [future]})
    with pytest.raises(UpstreamTaskError, match=message):
        resolve_inputs({}, wait_for=[future])
    with pytest.raises(UpstreamTaskError, match="Upstream task run 'None'"):
        resolve_inputs({"x": state})


def test_a_task_may_allow_a_failure() -> None:
    error = ValueError("boom")
    failed, not_ready = ended(Failed(data=error)), ended(Pending(name="NotReady"))
    assert resolve_inputs({"x": allow_failure(failed)}) == {"x": error}
    assert resolve_inputs({"x": allow_failure([failed, 1])}) == {"x": [error, 1]}
    assert resolve_inputs({"x": allow_failure(not_ready)}) == {"x": None}
    assert resolve_inputs({}, wait_for=[allow_failure(failed)]) == {}
    for state in [Crashed(), Pending()]:
        with pytest.raises(UpstreamTaskError):
            resolve_inputs({"x": allow_failure(ended(state))})


def test_a_quoted_value_stays_as_it_is() -> None:
    future, finish = submitted()
    values = [future]
    assert resolve_inputs({"x": quote(values)}) == {"x": values}
    finish(Completed())


def test_an_opaque_value_is_not_looked_into() -> None:
    values = [ended(Failed())]
    assert resolve_inputs({"x": opaque(values)})["x"] is values
    assert resolve_inputs({"x": opaque(ended(Completed(data=1)))}) == {"x": 1}


def test_a_task_that_depends_on_itself_is_refused() -> None:
    future = SubmittedFuture(RUN % 1)
    with pytest.raises(ValueError, match="Discovered a task depending on itself"):
        resolve_inputs({"x": future}, task_run_id=RUN % 1)
    with pytest.raises(ValueError, match="Discovered a task depending on itself"):
        resolve_inputs({}, wait_for=[future], task_run_id=UUID(RUN % 1))


def test_a_collection_that_cannot_be_made_anew_is_named() -> None:
    class Picky(list[Any]):
        def __init__(self, *items: Any) -> None:
            if items and items[0] == [1]:
                raise RuntimeError("picky")
            super().__init__(*items)

    with pytest.raises(KeepwellException, match="Failed to resolve inputs in parameter 'x'") as caught:
        resolve_inputs({"x": Picky([ended(Completed(data=1))])})
    assert str(caught.value.__cause__) == "picky"


async def test_inputs_are_waited_for_without_blocking_an_event_loop() -> None:
    future, finish = submitted()
    asyncio.get_running_loop().call_later(0.02, finish, Completed(data=1))
    assert await resolve_inputs_async({"x": [future]}, wait_for=[future]) == {"x": [1]}
    with pytest.raises(UpstreamTaskError):
        await resolve_inputs_async({"x": ended(Failed())})
