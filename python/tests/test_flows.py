"""Calls of flows: their arguments, what their state comes of, and what they give the tasks in them."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import pydantic
import pytest

from keepwell import Flow, flow, runtime, settings, task
from keepwell.context import get_run_context
from keepwell.exceptions import (
    CancelledRun,
    FailedRun,
    FlowRunTimeoutError,
    InvalidNameError,
    ParameterBindError,
    ParameterTypeError,
    ReservedArgumentError,
    UnfinishedRun,
)
from keepwell.filesystems import LocalFileSystem
from keepwell.settings import temporary_settings
from keepwell.states import Cancelled, Completed, Failed, State
from keepwell.task_runners import ThreadPoolTaskRunner


def hook(*arguments: Any) -> None: ...


def other_hook(*arguments: Any) -> None: ...


def identity(x: Any = None) -> Any:
    """Gives back what it is given."""
    return x


@task
def good(x: Any = None) -> Any:
    return x


@task
def bad() -> None:
    raise ValueError("bad")


class TestOptions:
    def test_the_decorator_the_class_and_with_options_take_the_same_options(self) -> None:
        def options(function: Any) -> set[str]:
            return set(inspect.signature(function).parameters) - {"self", "fn", "__fn"}

        assert options(Flow.__init__) == options(flow) == options(Flow.with_options)

    def test_what_a_flow_is_unless_it_is_told(self) -> None:
        @flow
        def a_flow(x: int) -> int:
            """Does something."""
            return x

        assert (a_flow.name, a_flow.description, a_flow.flow_run_name) == ("a-flow", "Does something.", None)
        assert (a_flow.retries, a_flow.retry_delay_seconds, a_flow.timeout_seconds) == (0, 0, None)
        assert (a_flow.persist_result, a_flow.result_storage, a_flow.result_serializer) == (None, None, None)
        assert (a_flow.log_prints, a_flow.cache_result_in_memory, a_flow.should_validate_parameters) == (
            None,
            True,
            True,
        )
        assert (a_flow.on_completion_hooks, a_flow.on_failure_hooks, a_flow.on_running_hooks) == ([], [], [])
        assert (a_flow.on_cancellation_hooks, a_flow.on_crashed_hooks) == ([], [])
        assert isinstance(a_flow.task_runner, ThreadPoolTaskRunner)
        assert a_flow.version is not None and len(a_flow.version) == 32
        assert (a_flow.__name__, a_flow.isasync, a_flow.isgenerator, repr(a_flow)) == (
            "a_flow",
            False,
            False,
            "<Flow 'a-flow'>",
        )

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"name": "a/b"}, InvalidNameError, "Name 'a/b' contains an invalid character."),
            ({"name": hook}, TypeError, "Expected string for flow parameter 'name'; got function instead. Perhaps"),
            ({"name": 1}, TypeError, "Expected string for flow parameter 'name'; got int instead."),
            ({"flow_run_name": 1}, TypeError, "Expected string or callable for 'flow_run_name'; got int instead."),
            ({"on_completion": hook}, TypeError, "Expected iterable for 'on_completion'; got function instead."),
            ({"on_crashed": [1]}, TypeError, "Expected callables in 'on_crashed'; got int instead."),
            (
                {"result_storage": LocalFileSystem(basepath="results")},
                TypeError,
                "Result storage configuration must be persisted server-side.",
            ),
        ],
        ids=str,
    )
    def test_wrong_options_are_refused_when_a_flow_is_defined(
        self, options: dict[str, Any], error: type[Exception], message: str
    ) -> None:
        with pytest.raises(error) as raised:
            flow(**options)(identity)
        assert str(raised.value).startswith(message)

    @pytest.mark.parametrize("name", ["wait_for", "return_state"])
    def test_names_that_calls_need_are_refused(self, name: str) -> None:
        with pytest.raises(ReservedArgumentError, match=f"'{name}' is a reserved argument name"):
            flow(eval(f"lambda {name}: 1"))

    def test_only_what_can_be_called_becomes_a_flow(self) -> None:
        with pytest.raises(TypeError, match="'fn' must be callable"):
            Flow(fn=1)  # type: ignore[arg-type]

    def test_with_options_keeps_what_it_is_not_given(self) -> None:
        options: dict[str, Any] = {
            "name": "one",
            "version": "1",
            "flow_run_name": "run",
            "retries": 2,
            "retry_delay_seconds": 3,
            "description": "what it does",
            "timeout_seconds": 4.0,
            "persist_result": True,
            "result_storage": Path("results"),
            "result_serializer": "json",
            "cache_result_in_memory": False,
            "log_prints": True,
            "task_runner": ThreadPoolTaskRunner(max_workers=2),
        }
        made = Flow(identity, validate_parameters=False, on_failure=[hook], **options)
        other = made.with_options()
        assert {name: getattr(other, name) for name in options} == options
        assert (other.should_validate_parameters, other.on_failure_hooks) == (False, [hook])
        other.on_failure(other_hook)
        assert made.on_failure_hooks == [hook]
        changed = made.with_options(
            name="two", retries=0, timeout_seconds=None, persist_result=False, on_failure=[other_hook], log_prints=None
        )
        assert (changed.name, changed.retries, changed.timeout_seconds, changed.persist_result) == (
            "two",
            0,
            None,
            False,
        )
        assert (changed.on_failure_hooks, changed.log_prints, changed.version) == ([other_hook], None, "1")
        travelled = cloudpickle.loads(cloudpickle.dumps(made))
        assert {name: getattr(travelled, name) for name in options} == options

    def test_retries_are_those_of_the_settings_unless_told(self) -> None:
        with temporary_settings(
            {
                settings.KEEPWELL_FLOWS_DEFAULT_RETRIES: 2,  # type: ignore[attr-defined]
                settings.KEEPWELL_FLOWS_DEFAULT_RETRY_DELAY_SECONDS: 3,  # type: ignore[attr-defined]
            }
        ):
            made = Flow(identity)
        assert (made.retries, made.retry_delay_seconds) == (2, 3)


class TestArguments:
    def test_arguments_are_converted_to_the_types_that_are_declared(self) -> None:
        class Point(pydantic.BaseModel):
            x: int

        @flow
        def typed(point: Point, *more: int, factor: float = 1, **named: str) -> tuple[Any, ...]:
            assert get_run_context().parameters == {"point": point, "more": more, "factor": factor, "named": named}
            return point, more, factor, named

        assert typed({"x": "1"}, "2", 3, factor="4.5", name="a") == (Point(x=1), (2, 3), 4.5, {"name": "a"})  # type: ignore[arg-type]
        assert typed(Point(x=2)) == (Point(x=2), (), 1, {})

    def test_arguments_of_another_type_fail_the_run_before_its_body(self) -> None:
        runs: list[int] = []

        @flow
        def typed(x: int, y: list[int]) -> None:
            runs.append(x)

        message = (
            "Flow run received invalid parameters:\n - x: Input should be a valid integer, unable to parse string as "
            "an integer\n - y: Input should be a valid list"
        )
        state = typed("a", 2, return_state=True)
        assert (state.name, state.message) == (
            "Failed",
            f"Validation of flow parameters failed with error: ParameterTypeError: {message}",
        )
        with pytest.raises(ParameterTypeError) as raised:
            typed("a", 2)  # type: ignore[arg-type]
        assert (str(raised.value), runs) == (message, [])

    def test_a_type_that_is_known_to_the_type_checker_alone_is_not_checked_and_others_are(self) -> None:
        @flow
        def typed(x: Unknown, y: int) -> Any:  # type: ignore[name-defined]  # noqa: F821
            return x, y

        assert typed("a", "2") == ("a", 2)

    def test_arguments_are_not_checked_where_that_is_not_wanted(self) -> None:
        @flow(validate_parameters=False)
        def untyped(x: int) -> int:
            return x

        assert untyped("a") == "a"  # type: ignore[arg-type, comparison-overlap]

    def test_arguments_can_be_validated_by_hand(self) -> None:
        typed = flow(lambda x: x)
        assert typed.validate_parameters({"x": "3"}) == {"x": "3"}

        @flow
        def counted(x: int) -> int:
            return x

        assert counted.validate_parameters({"x": "3"}) == {"x": 3}

    def test_arguments_that_do_not_fit_are_named(self) -> None:
        with pytest.raises(ParameterBindError, match="Error binding parameters for function 'identity': got an unexp"):
            flow(identity)(y=1)

    def test_parameters_may_be_called_anything(self) -> None:
        @flow
        def named(model_config: int, validate: int, self_: int, json: int) -> tuple[int, ...]:
            return model_config, validate, self_, json

        assert named(1, 2, 3, 4) == (1, 2, 3, 4)


class TestStates:
    """What the final state comes of: the exception, or what was returned."""

    @pytest.mark.parametrize(
        ("body", "state"),
        [
            (lambda: 1, "Completed()"),
            (lambda: None, "Completed()"),
            (list, "Completed()"),
            (lambda: {"x": good.submit()}, "Completed()"),
            (lambda: bad(return_state=True) and None, "Completed()"),
            (lambda: good(return_state=True), "Completed('All states completed.')"),
            (lambda: good.submit(), "Completed('All states completed.')"),
            (lambda: bad.submit(), "Failed('1/1 states failed.')"),
            (lambda: (good(return_state=True), bad(return_state=True)), "Failed('1/2 states failed.')"),
            (lambda: [good.submit(), good.submit(), bad.submit()], "Failed('1/3 states failed.')"),
            (lambda: {good.submit(), bad.submit()}, "Failed('1/2 states failed.')"),
            (lambda: good.map([1, 2]), "Completed('All states completed.')"),
            (lambda: [Completed(), Cancelled()], "Cancelled('1/2 states cancelled.')"),
            (lambda: Completed(name="Skipped", message="Skip"), "Skipped('Skip', type=COMPLETED)"),
            (lambda: Failed(message="no"), "Failed('no')"),
            (lambda: Cancelled(message="no"), "Cancelled('no')"),
            (lambda: bad(), "Failed('Flow run encountered an exception: ValueError: bad')"),
            (
                lambda: 1 // 0,
                "Failed('Flow run encountered an exception: ZeroDivisionError: integer division or modulo by zero')",
            ),
        ],
    )
    def test_the_state_comes_of_what_was_returned(self, body: Any, state: str) -> None:
        assert str(flow(body)(return_state=True)) == state

    def test_states_that_were_returned_are_the_result(self) -> None:
        state = flow(lambda: (good(1, return_state=True), bad(return_state=True)))(return_state=True)
        first, second = state.result(raise_on_failure=False)
        assert (first.result(), second.is_failed()) == (1, True)
        with pytest.raises(ValueError, match="bad"):
            state.result()
        (only,) = flow(lambda: [good.submit(2)])()
        assert isinstance(only, State) and only.result() == 2

    def test_a_call_raises_what_its_state_would(self) -> None:
        for body, error in (
            (lambda: Failed(message="no"), FailedRun),
            (lambda: Cancelled(), CancelledRun),
            (lambda: bad.submit(), ValueError),
        ):
            with pytest.raises(error):
                flow(body)()
        assert flow(lambda: Completed(data=3))() == 3

    def test_an_exception_leaves_the_call_as_it_is(self) -> None:
        boom = RuntimeError("boom")

        @flow
        def failing() -> None:
            raise boom

        with pytest.raises(RuntimeError) as raised:
            failing()
        assert raised.value is boom
        assert failing(return_state=True).data is boom

    def test_tasks_that_were_submitted_are_waited_for(self) -> None:
        done: list[int] = []

        @task
        def slow(x: int) -> None:
            time.sleep(0.05)
            done.append(x)

        @flow
        def around() -> str:
            slow.submit(1)
            return "done"

        assert (around(), done) == ("done", [1])

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_a_body_that_takes_too_long_is_stopped(self, asynchronous: bool) -> None:
        def slow() -> None:
            time.sleep(5)

        async def slow_too() -> None:
            await asyncio.sleep(5)

        timed: Any = flow(timeout_seconds=0.1)(slow_too if asynchronous else slow)
        called = timed(return_state=True)
        state = asyncio.run(called) if asynchronous else called
        assert str(state) == "TimedOut('Flow run exceeded timeout of 0.1 second(s)', type=FAILED)"
        with pytest.raises(FlowRunTimeoutError):
            state.result()

    def test_a_timeout_of_the_bodys_own_is_one_too(self) -> None:
        @flow
        def impatient() -> None:
            raise TimeoutError("mine")

        assert str(impatient(return_state=True)) == (
            "TimedOut(\"Flow run failed due to timeout: TimeoutError('mine')\", type=FAILED)"
        )

    def test_signals_crash_the_run(self) -> None:
        states: list[str] = []

        @flow(on_crashed=[lambda *arguments: states.append(str(arguments[2]))])
        def stopped() -> None:
            raise SystemExit(3)

        with pytest.raises(SystemExit):
            stopped(return_state=True)
        assert states == ["Crashed('Execution was aborted by Python system exit call.')"]

    def test_a_flow_that_is_cancelled_from_outside_has_crashed(self) -> None:
        states: list[str] = []

        @flow(on_crashed=[lambda *arguments: states.append(str(arguments[2]))])
        async def endless() -> None:
            await asyncio.sleep(60)

        async def main() -> None:
            running = asyncio.ensure_future(endless())
            await asyncio.sleep(0.02)
            running.cancel()
            await running

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(main())
        assert states == ["Crashed('Execution was cancelled by the runtime environment.')"]

    def test_hooks_are_told_of_the_states_that_a_run_comes_to(self) -> None:
        told: list[str] = []

        def note(kind: str) -> Any:
            return lambda one, run, state: told.append(f"{kind} {one.name} {state.name} {run.state_name}")

        kinds = ("running", "completion", "failure", "cancellation", "crashed")
        hooks: dict[str, Any] = {f"on_{kind}": [note(kind)] for kind in kinds}

        @flow(**hooks, name="checked")
        def checked(x: int) -> Any:
            return Cancelled() if x == 2 else 1 // x

        for x in (1, 0, 2):
            checked(x, return_state=True)
        assert told == [
            "running checked Running Running",
            "completion checked Completed Completed",
            "running checked Running Running",
            "failure checked Failed Failed",
            "running checked Running Running",
            "cancellation checked Cancelled Cancelled",
        ]


class TestRetries:
    def test_a_retry_has_the_same_run_and_finds_what_its_tasks_kept(self) -> None:
        runs: list[str] = []
        ids: set[str] = set()

        @task(persist_result=True)
        def kept() -> None:
            runs.append("kept")

        @task
        def not_kept() -> None:
            runs.append("not kept")

        @flow(retries=2)
        def third_time() -> tuple[str | None, int]:
            ids.add(runtime.flow_run.id)
            not_kept()
            state = kept(return_state=True)
            if runtime.flow_run.run_count < 3:
                raise ValueError("not yet")
            return state.name, len(ids)

        assert third_time() == ("Cached", 1)
        assert sorted(runs) == ["kept", "not kept", "not kept", "not kept"]

    def test_a_flow_that_never_succeeds_fails_with_its_last_exception(self, caplog: pytest.LogCaptureFixture) -> None:
        runs: list[int] = []

        @flow(retries=1, retry_delay_seconds=0.05)
        def never() -> None:
            runs.append(1)
            raise ValueError(len(runs))

        started = time.monotonic()
        with pytest.raises(ValueError, match="2"):
            never()
        assert time.monotonic() - started >= 0.05
        assert len(runs) == 2

    def test_a_failed_state_that_is_returned_is_tried_again(self) -> None:
        runs: list[int] = []

        @flow(retries=2)
        def third_time() -> State[Any]:
            runs.append(1)
            return Completed(data=len(runs)) if len(runs) == 3 else Failed()

        assert third_time() == 3


class TestNames:
    def test_runs_are_named_by_a_text_or_a_function(self) -> None:
        def named(x: int) -> str:
            return str(get_run_context().flow_run.name)  # type: ignore[union-attr]

        assert flow(named)(1).startswith("named-")
        assert flow(flow_run_name="number {x}")(named)(1) == "number 1"
        assert flow(flow_run_name=lambda: "a name")(named)(1) == "a name"
        assert flow(flow_run_name=lambda parameters: f"x is {parameters['x']}")(named)(1) == "x is 1"

    def test_a_name_that_cannot_be_made_fails_the_run(self) -> None:
        runs: list[int] = []
        unnamed = Flow(lambda x: runs.append(x), flow_run_name="run-{y}")
        assert str(unnamed(1, return_state=True)) == "Failed(\"Flow run encountered an exception: KeyError: 'y'\")"
        with pytest.raises(KeyError):
            unnamed(1)
        number = Flow(lambda x: runs.append(x), flow_run_name=lambda: 5)  # type: ignore[arg-type, return-value]
        with pytest.raises(TypeError, match=r"for 'flow_run_name' returned type int but a string is required\."):
            number(1)
        assert runs == []


class TestNesting:
    def test_a_flow_calls_flows_and_itself(self) -> None:
        @flow
        def factorial(n: int) -> int:
            return 1 if n < 2 else n * factorial(n - 1)

        assert factorial(4) == 24

    def test_a_flow_is_called_in_a_task(self) -> None:
        inner = flow(lambda x: x + 1)
        assert task(lambda x: inner(x))(1) == 2

    def test_futures_and_states_among_the_arguments_are_waited_for(self) -> None:
        @flow
        def inner(x: int, more: list[int]) -> int:
            return x + sum(more)

        @flow
        def outer() -> int:
            return inner(good.submit("1"), [good.submit(2), good(3, return_state=True)])  # type: ignore[arg-type, list-item]

        assert outer() == 6

        @flow
        async def inner_too(x: int) -> int:
            return x

        @flow
        async def outer_too() -> int:
            return await inner_too(good.submit(1))  # type: ignore[arg-type]

        assert asyncio.run(outer_too()) == 1

    def test_a_flow_does_not_begin_where_what_it_depends_on_failed(self) -> None:
        runs: list[int] = []
        inner = flow(lambda x=None: runs.append(1))
        states: list[State[Any]] = []

        @flow
        def outer() -> None:
            states.append(inner(bad.submit(), return_state=True))
            states.append(inner(wait_for=[bad.submit()], return_state=True))
            with pytest.raises(UnfinishedRun):
                inner(bad.submit())

        outer()
        assert [(state.name, state.type) for state in states] == [("NotReady", "PENDING")] * 2
        assert "did not reach a 'COMPLETED' state." in str(states[0].message)
        assert runs == []

    def test_flows_inside_log_that_they_are(self, caplog: pytest.LogCaptureFixture) -> None:
        inner = Flow(lambda: None, name="inner", flow_run_name="b")
        outer = Flow(lambda: inner(), name="outer", flow_run_name="a")
        with caplog.at_level(logging.INFO, "keepwell"):
            outer()
        assert [record.getMessage() for record in caplog.records] == [
            "Beginning flow run 'a' for flow 'outer'",
            "Beginning subflow run 'b' for flow 'inner'",
            "Finished in state Completed()",
            "Finished in state Completed()",
        ]

    def test_flows_run_in_threads_of_their_own(self) -> None:
        names: list[str] = []
        named = Flow(lambda x: names.append(get_run_context().flow_run.name), flow_run_name="run-{x}")  # type: ignore[union-attr, func-returns-value]
        threads = [threading.Thread(target=named, args=(x,)) for x in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(names) == [f"run-{x}" for x in range(4)]


class TestMethodsAndKinds:
    def test_methods_are_bound_by_each_call(self) -> None:
        class Adder:
            step = 10

            def __init__(self, start: int) -> None:
                self.start = start

            @flow
            def by_object(self, x: int) -> int:
                return self.start + x

            @flow
            @classmethod
            def by_class(cls, x: int) -> int:
                return cls.step + x

            @flow
            @staticmethod
            def by_nothing(x: int) -> int:
                return x

            @classmethod
            @flow
            def by_class_too(cls, x: int) -> int:
                return cls.step + x

        one, other = Adder(1), Adder(2)
        assert (one.by_object("5"), other.by_object(5)) == (6, 7)  # type: ignore[arg-type]
        assert (Adder.by_class(1), one.by_class(1), Adder.by_class_too(1), one.by_nothing("1")) == (11, 11, 11, 1)  # type: ignore[arg-type]
        assert (one.by_object.ismethod, one.by_class.isclassmethod, one.by_nothing.isstaticmethod) == (True,) * 3
        assert one.by_object.with_options(name="other")(1) == 2

    def test_an_async_flow_is_awaited(self) -> None:
        @task
        async def asynchronous(x: int) -> int:
            await asyncio.sleep(0)
            return x

        @flow
        async def around(x: int) -> list[int]:
            together = await asyncio.gather(*(asynchronous(x + y) for y in range(2)))
            return [*together, good(5), asynchronous.submit(6).result()]

        async def main() -> list[Any]:
            return [await around("1"), (await around(2, return_state=True)).name]  # type: ignore[arg-type]

        assert around.isasync
        assert asyncio.run(main()) == [[1, 2, 5, 6], "Completed"]

    def test_partial_applications_and_lambdas_are_flows(self) -> None:
        assert flow(functools.partial(pow, 2))(5) == 32
        assert flow(lambda x: 2 * x)(3) == 6

    def test_a_generator_flow_yields_what_its_body_yields(self) -> None:
        @flow
        def counting(n: int) -> Iterator[int]:
            for x in range(n):
                yield good(x)

        assert list(counting("3")) == [0, 1, 2]  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="The return_type for a generator flow must be 'result'"):
            counting(3, return_state=True)

        @flow
        async def counting_too(n: int) -> Any:
            for x in range(n):
                yield x

        async def main() -> list[int]:
            return [x async for x in counting_too(3)]

        assert asyncio.run(main()) == [0, 1, 2]

    def test_what_needs_a_server_says_what_to_use(self) -> None:
        for method in ("serve", "deploy"):
            with pytest.raises(NotImplementedError, match="call the flow"):
                getattr(flow(identity), method)()
