"""What tasks depend on: futures, states and annotations among their arguments, and `wait_for`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from typing import Any

import pydantic
import pytest

from keepwell import Task, allow_failure, flow, task, unmapped
from keepwell.cache_policies import INPUTS
from keepwell.exceptions import UnfinishedRun
from keepwell.futures import KeepwellFuture
from keepwell.states import Completed, State
from keepwell.utilities.annotations import opaque, quote

Pair = namedtuple("Pair", ["one", "other"])


@task
def identity(x: Any = None) -> Any:
    return x


@task
def bad() -> None:
    raise ValueError("bad")


@dataclass
class Box:
    content: Any


class Model(pydantic.BaseModel):
    content: Any


def test_futures_and_states_stand_for_their_results() -> None:
    @flow
    def around() -> Any:
        future = identity.submit(1)
        state = identity(2, return_state=True)
        return [identity(future), identity(state), identity.submit(future).result(), identity.submit(state).result()]

    assert around() == [1, 2, 1, 2]
    # A state needs no flow.
    assert identity(identity(3, return_state=True)) == 3
    assert identity(Completed(data=4)) == 4


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        (lambda x: [x, [x]], [1, [1]]),
        (lambda x: (x, 2), (1, 2)),
        (lambda x: {x}, {1}),
        (lambda x: {"a": x, "b": {"c": x}}, {"a": 1, "b": {"c": 1}}),
        (lambda x: OrderedDict(a=x), OrderedDict(a=1)),
        (lambda x: Pair(x, 2), Pair(1, 2)),
        (lambda x: Box([x]), Box([1])),
        (lambda x: Model(content={"a": x}), Model(content={"a": 1})),
    ],
    ids=["list", "tuple", "set", "dict", "ordered", "named", "dataclass", "model"],
)
def test_futures_are_found_in_collections(hold: Any, held: Any) -> None:
    @flow
    def around() -> Any:
        found = identity(hold(identity.submit(1)))
        assert type(found) is type(held)
        return {"found": found}

    assert around() == {"found": held}


def test_what_holds_no_future_is_passed_on_as_it_is() -> None:
    content: list[Any] = [1, {"a": Box(2)}]
    seen: list[Any] = []
    Task(lambda x: seen.append(x))(content)
    assert seen[0] is content


def test_futures_may_be_default_and_variadic_arguments() -> None:
    @task
    def together(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    @flow
    def around() -> Any:
        future = identity.submit(1)
        return together(future, 2, a=future, b=[future])

    assert around() == ((1, 2), {"a": 1, "b": [1]})


def test_the_key_is_that_of_the_values() -> None:
    kept = task(cache_policy=INPUTS)(lambda x: x)

    @flow
    def around() -> list[Any]:
        future = identity.submit([1])
        return [kept(x, return_state=True).name for x in ([1], future, identity([1], return_state=True), quote([1]))]

    assert around() == ["Completed", "Cached", "Cached", "Cached"]


def test_a_task_does_not_begin_where_what_it_depends_on_failed(caplog: pytest.LogCaptureFixture) -> None:
    ran: list[Any] = []
    after = Task(lambda x=None: ran.append(x), name="after")

    @flow
    def around() -> list[Any]:
        failed = bad.submit()
        states: list[State[Any]] = [
            after(failed, return_state=True),
            after([failed], return_state=True),
            after(bad(return_state=True), return_state=True),
            after(wait_for=[failed], return_state=True),
            after.submit(failed, return_state=True),
            after.submit(wait_for=[failed], return_state=True),
        ]
        assert after(failed) is None
        with pytest.raises(UnfinishedRun, match="Run is in PENDING state, its result is not available"):
            after.submit(failed).result()
        messages = {state.message for state in states[:2]}
        assert messages == {f"Upstream task run '{failed.task_run_id}' did not reach a 'COMPLETED' state."}
        # What depends on a run that never began does not begin either.
        states.append(identity(after.submit(failed), return_state=True))
        return [(state.name, state.type.value) for state in states]

    assert around() == [("NotReady", "PENDING")] * 7
    assert ran == []
    said = [record for record in caplog.records if "NotReady" in record.getMessage()]
    assert said and {record.levelno for record in said} == {logging.ERROR}


def test_a_failure_is_let_in_where_that_is_allowed() -> None:
    shown = Task(lambda x=None: repr(x))

    @flow
    def around() -> list[Any]:
        failed = bad.submit()
        never = identity.submit(failed)
        return [
            shown(allow_failure(failed)),
            shown(allow_failure([failed, 1])),
            shown([allow_failure(failed)]),
            shown(allow_failure(bad(return_state=True))),
            shown(allow_failure(never)),
            shown(1, wait_for=[allow_failure(failed)]),
            shown(allow_failure(5)),
            shown.submit(allow_failure(failed)).result(),
        ]

    error = "ValueError('bad')"
    assert around() == [error, f"[{error}, 1]", f"[{error}]", error, "None", "1", "5", error]


def test_what_is_quoted_is_passed_on_as_it_is() -> None:
    seen: list[Any] = []
    look = Task(lambda x: seen.append(x))

    @flow
    def around() -> None:
        future = identity.submit(1)
        content = [future, {"a": future}]
        look(quote(content))
        assert seen.pop() is content
        look(quote(future))
        assert seen.pop() is future
        # What failed does not matter then.
        look(quote([bad.submit()]))
        assert isinstance(seen.pop()[0], KeepwellFuture)

    around()


def test_what_is_opaque_is_not_looked_into() -> None:
    seen: list[Any] = []
    look = Task(lambda x: seen.append(x))

    @flow
    def around() -> None:
        future = identity.submit(1)
        look(opaque([future]))
        assert seen.pop() == [future]
        look(opaque(future))
        assert seen.pop() == 1

    around()


def test_wait_for_only_orders() -> None:
    order: list[str] = []

    @task
    def first() -> None:
        time.sleep(0.05)
        order.append("first")

    second = task(cache_policy=INPUTS)(lambda x: order.append("second"))

    @flow
    def around() -> list[Any]:
        future = second.submit(1, wait_for=[first.submit()])
        future.wait()
        # It is no part of the key.
        return [
            second(1, wait_for=[Completed()], return_state=True).name,
            second(1, wait_for=[], return_state=True).name,
        ]

    assert around() == ["Cached", "Cached"]
    assert order == ["first", "second"]


def test_async_tasks_wait_for_what_they_depend_on_too() -> None:
    @task
    async def doubled(x: int) -> int:
        return 2 * x

    @flow
    async def around() -> list[Any]:
        future = doubled.submit(1)
        state = await doubled(bad.submit(), return_state=True)  # type: ignore[arg-type]
        gated = await doubled(1, wait_for=[bad.submit()], return_state=True)
        return [await doubled(future), await doubled(identity(3, return_state=True)), state.name, gated.name]  # type: ignore[arg-type]

    assert asyncio.run(around()) == [4, 6, "NotReady", "NotReady"]


def test_a_coroutine_that_waits_for_others_keeps_no_other_from_running() -> None:
    order: list[str] = []

    @task
    def slow() -> int:
        time.sleep(0.2)
        return 1

    @task
    async def after(x: int) -> None:
        order.append("after")

    @flow
    async def after_too(x: int) -> None:
        order.append("after")

    async def other() -> None:
        await asyncio.sleep(0.05)
        order.append("other")

    @flow
    async def around() -> None:
        await asyncio.gather(after(slow.submit()), other())  # type: ignore[arg-type]
        await asyncio.gather(after_too(slow.submit()), other())  # type: ignore[arg-type]

    asyncio.run(around())
    assert order == ["other", "after"] * 2


def test_mapping_runs_a_task_for_each_item_of_what_it_depends_on() -> None:
    @task
    def add(x: int, y: int, z: tuple[int, ...] = (1,)) -> int:
        return x + y + sum(z)

    @flow
    def around() -> list[Any]:
        numbers = identity.submit([1, 2])
        first = add.map(numbers, unmapped(10))
        return [
            first.result(),
            add.map(first, y=[identity.submit(100), 200]).result(),
            [str(state) for state in add.map(x=[1, 2], y=3, return_state=True)],
            add.map([1], 2, unmapped((3, 4))).result(),
            add.map([], 1).result(),
        ]

    assert around() == [[12, 13], [113, 214], ["Completed()"] * 2, [10], []]


def test_one_that_fails_keeps_only_what_depends_on_it_from_running() -> None:
    inverse = Task(lambda x: 1 / x)

    @flow
    def around() -> list[Any]:
        futures = inverse.map([1, 0, 2])
        return [state.name for state in identity.map(futures, return_state=True)]

    assert around() == ["Completed", "NotReady", "Completed"]


def test_a_run_of_a_task_or_flow_is_passed_on_as_it_is() -> None:
    state = identity(1, return_state=True)
    assert identity(quote(state)) is state
