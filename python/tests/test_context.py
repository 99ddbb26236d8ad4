"""What surrounds the code that is running: runs, tags, and who is told of them."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from keepwell import flow, get_run_logger, runtime, tags, task
from keepwell.cache_policies import INPUTS
from keepwell.context import (
    EngineContext,
    FlowRunContext,
    TagsContext,
    TaskRunContext,
    get_run_context,
    hydrated_context,
    serialize_context,
    with_context,
)
from keepwell.exceptions import MissingContextError
from keepwell.results import ResultStore
from keepwell.states import State


def test_outside_of_runs_there_is_none() -> None:
    assert (TaskRunContext.get(), FlowRunContext.get(), TagsContext.get().current_tags) == (None, None, set())
    with pytest.raises(
        MissingContextError, match=r"No run context available\. You are not in a flow or task run context."
    ):
        get_run_context()
    with pytest.raises(MissingContextError, match=r"There is no active flow or task run context\."):
        get_run_logger()


def test_a_task_is_in_its_run() -> None:
    @task(persist_result=True)
    def inside(x: int, y: int = 2) -> TaskRunContext:
        context = TaskRunContext.get()
        assert context is get_run_context() is TaskRunContext.get()
        assert context is not None
        return context

    # What is kept is not the context, whose run it is of no more.
    context = inside.with_options(persist_result=False)(1)
    assert isinstance(context, TaskRunContext)
    assert context.parameters == {"x": 1, "y": 2}
    assert (context.task.name, context.task_run.name, context.persist_result) == ("inside", "inside", False)
    assert isinstance(context.result_store, ResultStore)
    assert (context.task_run_id, context.flow_run_id) == (context.task_run.id, None)
    assert TaskRunContext.get() is None


def test_a_flow_is_in_its_run() -> None:
    @flow(persist_result=True)
    def around(x: int) -> FlowRunContext:
        assert TaskRunContext.get() is None
        context = get_run_context()
        assert context is FlowRunContext.get()
        assert isinstance(context, FlowRunContext)
        return context

    context = around("1")  # type: ignore[arg-type]
    assert (context.flow, context.parameters, context.persist_result) == (around, {"x": 1}, True)
    assert context.flow_run is not None and context.flow_run.flow_name == "around"
    assert EngineContext is FlowRunContext


def test_the_inner_run_is_the_one_that_counts() -> None:
    @flow
    def inner() -> list[Any]:
        return [type(get_run_context()).__name__, TaskRunContext.get(), FlowRunContext.get().flow_run.flow_name]  # type: ignore[union-attr]

    @task
    def middle() -> list[Any]:
        found = inner()
        return [*found, type(get_run_context()).__name__, FlowRunContext.get().flow_run.flow_name]  # type: ignore[union-attr]

    @flow
    def outer() -> list[Any]:
        return [*middle(), type(get_run_context()).__name__]

    assert outer() == ["FlowRunContext", None, "inner", "TaskRunContext", "outer", "FlowRunContext"]


def test_what_a_task_run_knows_of_itself() -> None:
    before = datetime.now(timezone.utc) - timedelta(milliseconds=1)

    @task(retries=3, retry_delay_seconds=2, tags=["a"])
    def inside(x: int) -> Any:
        return get_run_context().task_run  # type: ignore[union-attr]

    run = inside.with_options(persist_result=False)(1)
    assert isinstance(run.id, UUID)
    assert (run.name, run.flow_run_id, run.tags, run.run_count) == ("inside", None, {"a"}, 1)
    assert (run.task_key, run.dynamic_key, run.task_inputs) == (inside.task_key, str(run.id), {"x": []})
    assert (run.empirical_policy.retries, run.empirical_policy.retry_delay) == (3, 2)
    assert before <= run.start_time == run.expected_start_time <= datetime.now(timezone.utc)
    assert run.total_run_time >= timedelta(0)


def test_a_run_under_way_is_running_and_ends_in_its_final_state() -> None:
    seen: list[Any] = []

    @task(on_completion=[lambda task, run, state: seen.append((run.state is state, run.end_time == state.timestamp))])
    def inside() -> Any:
        run = get_run_context().task_run  # type: ignore[union-attr]
        seen.append((run.state_name, str(run.state_type.value), run.state_id == run.state.id, run.end_time))
        return None

    inside()
    assert seen == [("Running", "RUNNING", True, None), (True, True)]


def test_a_task_in_a_flow_belongs_to_its_run() -> None:
    @task
    def inside() -> tuple[Any, ...]:
        run = get_run_context().task_run  # type: ignore[union-attr]
        return run.flow_run_id, run.name

    @flow
    def around() -> tuple[Any, ...]:
        return get_run_context().flow_run.id, *inside()  # type: ignore[union-attr]

    flow_run_id, of_task, name = around()
    assert flow_run_id == of_task
    assert name.startswith("inside-") and len(name) == len("inside-") + 3


def test_a_flow_knows_the_flows_around_it() -> None:
    @flow
    def inner() -> Any:
        return get_run_context().flow_run  # type: ignore[union-attr]

    @flow
    def middle() -> Any:
        return get_run_context().flow_run, inner()  # type: ignore[union-attr]

    @flow
    def outer() -> Any:
        return get_run_context().flow_run, *middle()  # type: ignore[union-attr]

    first, second, third = outer()
    assert (first.parent_flow_run_id, second.parent_flow_run_id, third.parent_flow_run_id) == (
        None,
        first.id,
        second.id,
    )
    assert {run.root_flow_run_id for run in (first, second, third)} == {first.id}


def test_each_attempt_is_counted() -> None:
    counts: list[tuple[str, int]] = []

    def note(name: str) -> Any:
        return lambda task, run, state: counts.append((f"{name} {state.name}", run.run_count))

    @task(retries=2, on_running=[note("hook")], on_failure=[note("hook")])
    def failing() -> None:
        counts.append(("body", get_run_context().task_run.run_count))  # type: ignore[union-attr]
        raise ValueError

    failing(return_state=True)
    assert counts == [
        ("hook Running", 1),
        ("body", 1),
        ("hook Retrying", 2),
        ("body", 2),
        ("hook Retrying", 3),
        ("body", 3),
        ("hook Failed", 3),
    ]


def test_a_run_that_was_cached_counts_as_one() -> None:
    counts: list[int] = []
    cached = task(
        cache_policy=INPUTS,
        on_running=[lambda task, run, state: counts.append(run.run_count)],
        on_completion=[lambda task, run, state: counts.append(run.run_count)],
    )(lambda x: x)
    cached(1)
    assert cached(1, return_state=True).name == "Cached"
    assert counts == [1, 1, 1, 1]


def test_tags_add_up_and_reach_the_runs_inside() -> None:
    @task(tags=["task"])
    def inside() -> set[str]:
        return set(get_run_context().task_run.tags)  # type: ignore[union-attr]

    @flow
    def around() -> tuple[set[str], set[str]]:
        return set(get_run_context().flow_run.tags), inside()  # type: ignore[union-attr]

    with tags("a") as some:
        with tags("b", "c") as more:
            assert around() == ({"a", "b", "c"}, {"a", "b", "c", "task"})
        assert inside() == {"a", "task"}
    assert (some, more, inside()) == ({"a"}, {"a", "b", "c"}, {"task"})


def test_key_functions_and_hooks_are_inside_the_run() -> None:
    seen: list[Any] = []

    def key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
        assert get_run_context() is context
        seen.append(("key", runtime.task_run.name, runtime.flow_run.flow_name, runtime.task_run.parameters))
        return "a key"

    def hook(_task: Any, run: Any, state: State[Any]) -> None:
        assert runtime.task_run.id == str(run.id)
        get_run_logger().info("in the hook")
        seen.append((state.name, runtime.task_run.name, runtime.flow_run.flow_name, runtime.task_run.parameters))

    @task(cache_key_fn=key, on_running=[hook], on_completion=[hook], task_run_name="run-{x}")
    def inside(x: int) -> int:
        return x

    @flow
    def around() -> None:
        inside(1)

    around()
    assert seen == [(what, "run-1", "around", {"x": 1}) for what in ("Running", "key", "Completed")]
    assert runtime.task_run.id is None


def test_hooks_of_flows_are_inside_the_run() -> None:
    seen: list[Any] = []

    def hook(_flow: Any, run: Any, state: State[Any]) -> None:
        get_run_logger().info("in the hook")
        seen.append((state.name, runtime.flow_run.id == str(run.id), get_run_context().flow_run is run))  # type: ignore[union-attr]

    @flow(on_running=[hook], on_failure=[hook], retries=1)
    def failing() -> None:
        raise ValueError

    failing(return_state=True)
    assert seen == [(name, True, True) for name in ("Running", "Retrying", "Failed")]


def test_async_hooks_are_inside_the_run() -> None:
    seen: list[Any] = []

    async def hook(_task: Any, run: Any, state: State[Any]) -> None:
        await asyncio.sleep(0)
        seen.append((state.name, runtime.task_run.id == str(run.id)))

    @task(on_running=[hook], on_completion=[hook])
    async def asynchronous() -> None: ...

    @task(on_running=[hook], on_completion=[hook])
    def blocking() -> None: ...

    asyncio.run(asynchronous())
    blocking()
    assert seen == [("Running", True), ("Completed", True)] * 2


def test_lines_of_a_run_are_known_by_it(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def inside() -> None:
        get_run_logger().info("in the task")

    @flow
    def around() -> None:
        get_run_logger().info("in the flow")
        inside()

    with caplog.at_level(logging.INFO, "keepwell"):
        around()
    of_flow, of_task = (record for record in caplog.records if record.getMessage().startswith("in the"))
    assert (of_flow.name, of_flow.flow_name) == ("keepwell.flow_runs", "around")  # type: ignore[attr-defined]
    assert (of_task.name, of_task.task_name, of_task.flow_name) == ("keepwell.task_runs", "inside", "around")  # type: ignore[attr-defined]
    assert of_task.flow_run_id == of_flow.flow_run_id  # type: ignore[attr-defined]


def test_the_log_tells_of_a_run_from_beginning_to_end(caplog: pytest.LogCaptureFixture) -> None:
    inside = task(cache_policy=INPUTS, name="inside")(lambda x: x)

    @flow(flow_run_name="morning")
    def around() -> None:
        inside.with_options(task_run_name="first")(1)
        inside.with_options(task_run_name="second")(1)

    with caplog.at_level(logging.INFO, "keepwell"):
        around()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "Beginning flow run 'morning' for flow 'around'"),
        ("INFO", "Created task run 'first' for task 'inside'"),
        ("INFO", "Finished in state Completed()"),
        ("INFO", "Created task run 'second' for task 'inside'"),
        ("INFO", "Finished in state Cached(type=COMPLETED)"),
        ("INFO", "Finished in state Completed()"),
    ]


def test_a_failure_is_logged_with_the_code_that_failed(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def failing() -> None:
        raise ValueError("boom")

    @flow
    def around() -> None:
        failing()

    assert around(return_state=True).is_failed()
    errors = [record for record in caplog.records if record.exc_info]
    assert [record.name for record in errors] == ["keepwell.task_runs", "keepwell.flow_runs"]
    for record in errors:
        assert record.exc_info is not None and record.exc_info[2] is not None
        assert 'raise ValueError("boom")' in logging.Formatter().formatException(record.exc_info)


def test_the_exception_of_a_state_has_its_traceback() -> None:
    @task
    def failing() -> None:
        raise ValueError("boom")

    exception = failing(return_state=True).data
    names = []
    traceback = exception.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    assert names == ["failing"]


def test_a_context_can_be_put_around_code_by_hand() -> None:
    named = task(name="named")(lambda: runtime.task_run.name)
    inside = named.with_options(persist_result=False)

    @flow
    def around() -> FlowRunContext:
        context = FlowRunContext.get()
        assert context is not None
        return context

    context = around()
    with context.model_copy(update={"start_time": None}) as entered:
        assert FlowRunContext.get() is entered
        assert entered.flow is around
        assert runtime.flow_run.id == str(entered.flow_run.id)  # type: ignore[union-attr]
        assert inside().startswith("named-")
        with pytest.raises(RuntimeError, match="Context already entered"):
            entered.__enter__()
    assert FlowRunContext.get() is None
    with TaskRunContext.model_construct(task=inside, task_run=None, parameters={}) as constructed:
        assert get_run_context() is constructed


def test_tags_can_be_put_around_code_by_hand() -> None:
    with TagsContext(current_tags={"a"}):
        assert TagsContext.get().current_tags == {"a"}
        with tags("b"):
            assert TagsContext.get().current_tags == {"a", "b"}
    assert TagsContext.get().current_tags == set()


def test_threads_are_in_no_run_unless_they_carry_the_context() -> None:
    def look() -> Any:
        context = TaskRunContext.get()
        return None if context is None else context.task.name

    @task
    def inside() -> list[Any]:
        with ThreadPoolExecutor(1) as pool:
            return [pool.submit(look).result() for look in (look, with_context(look))] + [
                pool.submit(copy_context().run, look).result()
            ]

    assert inside() == [None, "inside", "inside"]


def test_what_surrounds_code_can_be_taken_elsewhere() -> None:
    @flow(persist_result=True)
    def around(x: int) -> Any:
        with tags("a"):
            return serialize_context(), get_run_context().flow_run.id  # type: ignore[union-attr]

    serialized, flow_run_id = around(1)
    found: list[Any] = []

    def elsewhere() -> None:
        with hydrated_context(serialized):
            context = FlowRunContext.get()
            assert context is not None and context.flow_run is not None
            found.append(
                (context.flow_run.id, context.parameters, context.persist_result, TagsContext.get().current_tags)
            )
        found.append(FlowRunContext.get())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == [(flow_run_id, {"x": 1}, True, {"a"}), None]


def test_coroutines_of_one_loop_are_each_in_their_own_run() -> None:
    @task
    async def inside(x: int) -> tuple[int, str]:
        await asyncio.sleep(0.01 * (3 - x))
        return get_run_context().parameters["x"], runtime.task_run.id  # type: ignore[index]

    async def main() -> list[Any]:
        return await asyncio.gather(*(inside(x) for x in range(3)))

    found = asyncio.run(main())
    assert [x for x, _ in found] == [0, 1, 2]
    assert len({run_id for _, run_id in found}) == 3
