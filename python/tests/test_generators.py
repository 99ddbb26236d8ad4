"""Generators: what they yield is recorded, and a hit replays it."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import pytest

from keepwell import flow, runtime, task
from keepwell.cache_policies import INPUTS
from keepwell.context import TaskRunContext
from keepwell.exceptions import FlowRunTimeoutError, TaskRunTimeoutError
from keepwell.transactions import get_transaction, transaction


def consumed(generator: Any) -> tuple[list[Any], Any]:
    """What a generator yields and what it returns."""
    items = []
    while True:
        try:
            items.append(next(generator))
        except StopIteration as stop:
            return items, stop.value


async def collected(generator: Any) -> list[Any]:
    return [item async for item in generator]


class Counting:
    """A task that counts to `n`, and how far its bodies came."""

    def __init__(self, **options: Any) -> None:
        self.runs: list[list[int]] = []

        @task(cache_policy=INPUTS, **options)
        def counting(n: int) -> Generator[int, Any, str]:
            run: list[int] = []
            self.runs.append(run)
            for x in range(n):
                run.append(x)
                yield x
            return f"to {n}"

        self.task = counting


def finals(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [record.getMessage() for record in caplog.records]
    return [line.removeprefix("Finished in state ") for line in said if line.startswith("Finished in state ")]


def test_a_hit_replays_what_was_yielded_and_returned(caplog: pytest.LogCaptureFixture) -> None:
    counting = Counting()
    assert counting.task.isgenerator
    with caplog.at_level(logging.INFO, "keepwell"):
        assert [consumed(counting.task(3)) for _ in range(2)] == [([0, 1, 2], "to 3")] * 2
    assert counting.runs == [[0, 1, 2]]
    assert finals(caplog) == ["Completed()", "Cached(type=COMPLETED)"]


def test_a_body_goes_only_as_far_as_it_is_asked_to() -> None:
    counting = Counting()
    items = counting.task(3)
    assert counting.runs == []
    assert (next(items), counting.runs) == (0, [[0]])
    assert (next(items), counting.runs) == (1, [[0, 1]])


@pytest.mark.parametrize("how", ["close", "delete", "break"])
def test_a_consumer_may_stop_early_and_nothing_is_kept(how: str, caplog: pytest.LogCaptureFixture) -> None:
    counting = Counting()
    with caplog.at_level(logging.INFO, "keepwell"):
        items = counting.task(3)
        if how == "break":
            for item in items:
                if item == 1:
                    break
        else:
            next(items)
        if how == "delete":
            del items
            gc.collect()
        else:
            items.close()
        assert finals(caplog) == ["Completed()"]
        assert [record for record in caplog.records if record.levelno > logging.INFO] == []
    assert consumed(counting.task(3)) == ([0, 1, 2], "to 3")
    assert len(counting.runs) == 2


def test_a_replay_may_be_stopped_early_too() -> None:
    counting = Counting()
    list(counting.task(3))
    items = counting.task(3)
    next(items)
    items.close()
    assert list(counting.task(3)) == [0, 1, 2]
    assert len(counting.runs) == 1


def test_a_body_that_is_closed_cleans_up_in_its_run() -> None:
    cleaned: list[Any] = []

    @task
    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            cleaned.append(runtime.task_run.name)

    items = endless()
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert cleaned == ["endless"]


def test_a_body_that_fails_at_its_closing_fails_the_run(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[int] = []

    @task(retries=2)
    def sticky() -> Iterator[int]:
        runs.append(1)
        try:
            yield 1
        finally:
            raise ValueError("cannot close")

    items = sticky()
    next(items)
    with pytest.raises(ValueError, match="cannot close"):
        items.close()  # type: ignore[attr-defined]
    assert runs == [1]


def test_values_and_exceptions_reach_the_body() -> None:
    @task
    def echo() -> Generator[Any, Any, str]:
        received = yield "ready"
        try:
            yield received
        except KeyError as error:
            yield f"caught {error}"
        return "done"

    items = echo()
    assert (next(items), items.send("hello"), items.throw(KeyError("x"))) == ("ready", "hello", "caught 'x'")
    with pytest.raises(StopIteration) as stopped:
        next(items)
    assert stopped.value.value == "done"


def test_a_failure_leaves_the_generator_and_nothing_is_kept() -> None:
    runs: list[int] = []

    @task(cache_policy=INPUTS)
    def failing(n: int) -> Iterator[int]:
        runs.append(n)
        yield 1
        raise ValueError("boom")

    for _ in range(2):
        items = failing(1)
        assert next(items) == 1
        with pytest.raises(ValueError, match="boom"):
            next(items)
    assert runs == [1, 1]


def test_a_retry_starts_the_body_again_and_the_last_one_is_kept() -> None:
    runs: list[int] = []

    @task(cache_policy=INPUTS, retries=1)
    def second_time(n: int) -> Iterator[int]:
        runs.append(n)
        yield 1
        if len(runs) < 2:
            raise ValueError
        yield 2

    assert list(second_time(0)) == [1, 1, 2]
    assert list(second_time(0)) == [1, 2]
    assert runs == [0, 0]


def test_the_body_is_in_its_run_and_its_consumer_is_not() -> None:
    @task
    def inside() -> Iterator[Any]:
        yield runtime.task_run.name
        yield get_transaction() is not None

    items = inside()
    assert (next(items), TaskRunContext.get(), next(items), get_transaction()) == ("inside", None, True, None)


def test_the_state_of_a_generator_cannot_be_had() -> None:
    with pytest.raises(ValueError, match="The return_type for a generator task must be 'result'"):
        list(Counting().task(3, return_state=True))


def test_a_generator_that_is_submitted_gives_the_list_of_its_items() -> None:
    counting = Counting()

    @flow
    def around() -> list[Any]:
        states = [counting.task.submit(3, return_state=True) for _ in range(2)]
        return [(state.name, state.result()) for state in states]

    assert around() == [("Completed", [0, 1, 2]), ("Cached", [0, 1, 2])]


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("persist_result", [False, True])
def test_the_result_of_a_submitted_generator_needs_no_storage(persist_result: bool, asynchronous: bool) -> None:
    def counting(n: Any) -> Iterator[int]:
        yield from range(n)

    async def counting_too(n: Any) -> AsyncIterator[int]:
        for x in range(n):
            yield x

    made = task(persist_result=persist_result)(counting_too if asynchronous else counting)

    @task
    def bad() -> None:
        raise ValueError

    @flow
    def around() -> list[Any]:
        states = [made.submit(3, return_state=True) for _ in range(2)]
        never = made.submit(bad.submit(), return_state=True)
        return [*((state.name, state.result()) for state in states), never.name]

    again = "Cached" if persist_result else "Completed"
    assert around() == [("Completed", [0, 1, 2]), (again, [0, 1, 2]), "NotReady"]


def test_a_generator_that_depends_on_what_failed_yields_nothing() -> None:
    @task
    def counting(n: Any) -> Iterator[int]:
        yield from range(n)

    @task
    async def counting_too(n: Any) -> AsyncIterator[int]:
        for x in range(n):
            yield x

    @task
    def bad() -> None:
        raise ValueError

    good = task(lambda: 2)

    @flow
    async def around() -> list[Any]:
        states = [bad(return_state=True), good(return_state=True)]
        return [
            *(list(counting(state)) for state in states),
            *[await collected(counting_too(state)) for state in states],
        ]

    assert asyncio.run(around()) == [[], [0, 1], [], [0, 1]]


def test_the_time_of_a_body_is_limited_and_that_of_its_consumer_is_not() -> None:
    @task(timeout_seconds=0.5)
    def counting(delay: float) -> Iterator[int]:
        for x in range(3):
            time.sleep(delay)
            yield x

    for _ in counting(0.01):
        time.sleep(0.3)
    items = counting(0.4)
    assert next(items) == 0
    with pytest.raises(TaskRunTimeoutError):
        next(items)

    @task(timeout_seconds=0.5)
    async def counting_too(delay: float) -> AsyncIterator[int]:
        for x in range(3):
            await asyncio.sleep(delay)
            yield x

    assert asyncio.run(collected(counting_too(0.01))) == [0, 1, 2]
    with pytest.raises(TaskRunTimeoutError):
        asyncio.run(collected(counting_too(0.4)))

    @flow(timeout_seconds=0.1)
    def endless() -> Iterator[int]:
        while True:
            time.sleep(0.03)
            yield 1

    with pytest.raises(FlowRunTimeoutError):
        list(endless())


def test_a_body_in_a_thread_runs_to_its_end_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    @task(timeout_seconds=0.01)
    def counting() -> Iterator[int]:
        for x in range(3):
            time.sleep(0.01)
            yield x

    @flow
    def around() -> list[Any]:
        return [counting.submit(return_state=True).result()]

    assert around() == [[0, 1, 2]]
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1 and "is running in a worker thread" in warnings[0]


def test_prints_of_a_generator_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    @task(log_prints=True)
    def printing() -> Iterator[int]:
        print("inside")
        yield 1

    with caplog.at_level(logging.INFO, "keepwell"):
        for _ in printing():
            print("outside")
    said = [record.getMessage() for record in caplog.records]
    assert "inside" in said and "outside" not in said


def test_a_generator_in_a_transaction_is_undone_with_it() -> None:
    counting = Counting()
    with pytest.raises(ValueError), transaction():
        list(counting.task(2))
        raise ValueError
    list(counting.task(2))
    assert len(counting.runs) == 2


def test_async_generators_are_recorded_and_replayed() -> None:
    runs: list[int] = []

    @task(cache_policy=INPUTS)
    async def counting(n: int) -> AsyncIterator[int]:
        runs.append(n)
        for x in range(n):
            await asyncio.sleep(0)
            yield x

    async def main() -> list[Any]:
        return [await collected(counting(3)), await collected(counting(3))]

    assert counting.isasync and counting.isgenerator
    assert (asyncio.run(main()), runs) == ([[0, 1, 2], [0, 1, 2]], [3])


def test_the_consumer_of_an_async_generator_may_stop_early(caplog: pytest.LogCaptureFixture) -> None:
    cleaned: list[str] = []
    runs: list[int] = []

    @task(cache_policy=INPUTS)
    async def counting(n: int) -> AsyncIterator[int]:
        runs.append(n)
        try:
            for x in range(n):
                yield x
        finally:
            await asyncio.sleep(0)
            cleaned.append(runtime.task_run.name)

    async def main() -> list[int]:
        items = counting(3)
        assert await items.__anext__() == 0
        await items.aclose()  # type: ignore[attr-defined]
        return await collected(counting(3))

    with caplog.at_level(logging.INFO, "keepwell"):
        assert asyncio.run(main()) == [0, 1, 2]
    assert (runs, cleaned, finals(caplog)) == ([3, 3], ["counting"] * 2, ["Completed()"] * 2)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_values_and_exceptions_reach_an_async_body() -> None:
    @task(retries=1)
    async def echo() -> Any:
        received = yield "ready"
        try:
            yield received
        except KeyError as error:
            yield f"caught {error}"

    async def main() -> list[Any]:
        items = echo()
        return [await items.asend(None), await items.asend("hello"), await items.athrow(KeyError("x"))]

    assert asyncio.run(main()) == ["ready", "hello", "caught 'x'"]


def test_a_failing_async_generator_is_retried() -> None:
    runs: list[int] = []

    @task(retries=1)
    async def second_time() -> AsyncIterator[int]:
        runs.append(1)
        yield len(runs)
        if len(runs) < 2:
            raise ValueError

    assert asyncio.run(collected(second_time())) == [1, 2]


def test_generator_flows_yield_and_their_tasks_belong_to_them() -> None:
    counting = Counting()

    @flow
    def around(n: int) -> Iterator[Any]:
        yield from counting.task(n)
        yield runtime.flow_run.flow_name

    assert list(around(2)) == [0, 1, "around"]
    items = around(2)
    next(items)
    items.close()  # type: ignore[attr-defined]
    assert runtime.flow_run.flow_name is None
