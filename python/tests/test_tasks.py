"""Calls of tasks: what they run, what they give back, and how they fail."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from keepwell import Task, flow, task
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from keepwell.context import get_run_context
from keepwell.exceptions import (
    CancelledRun,
    FailedRun,
    KeepwellException,
    ParameterBindError,
    TaskRunTimeoutError,
)
from keepwell.states import Cancelled, Completed, Failed, State

POLICY = INPUTS + TASK_SOURCE


def records(storage: Path) -> list[str]:
    """The names of the records in a storage."""
    return sorted(path.name for path in storage.iterdir() if path.is_file()) if storage.exists() else []


class TestCalls:
    def test_a_task_is_called_as_its_function(self) -> None:
        @task
        def together(a: int, /, b: int, *more: int, c: int = 3, **named: int) -> tuple[Any, ...]:
            return a, b, more, c, named

        assert together(1, 2) == (1, 2, (), 3, {})
        assert together(1, b=2) == (1, 2, (), 3, {})
        assert together(1, 2, 4, 5, c=6, d=7) == (1, 2, (4, 5), 6, {"d": 7})

    def test_however_arguments_are_passed_the_key_is_one(self) -> None:
        @task(cache_policy=INPUTS)
        def together(a: int, b: int = 2, *more: int, c: int = 3, **named: int) -> Any:
            return get_run_context().parameters

        calls = [together(1), together(1, 2), together(b=2, a=1), together(c=3, a=1)]
        assert calls == [{"a": 1, "b": 2, "more": (), "c": 3, "named": {}}] * 4
        states = [
            together(1, 2, 9, z=1, y=2, return_state=True).name,
            together(1, 2, 9, y=2, z=1, return_state=True).name,
        ]
        assert states == ["Completed", "Cached"]

    @pytest.mark.parametrize(
        ("args", "kwargs", "problem"),
        [
            ((1,), {}, "missing a required argument: 'y'"),
            ((1, 2, 3), {}, "too many positional arguments"),
            ((1, 2), {"z": 3}, "got an unexpected keyword argument 'z'"),
            ((1, 2), {"x": 3}, "multiple values for argument 'x'"),
        ],
    )
    def test_arguments_that_do_not_fit_are_named(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], problem: str
    ) -> None:
        @task
        def add(x: int, y: int) -> int:
            return x + y

        for return_state in (False, True):
            with pytest.raises(ParameterBindError) as raised:
                add(*args, **kwargs, return_state=return_state)
            assert str(raised.value) == (
                f"Error binding parameters for function 'add': {problem}.\n"
                f"The function was called with arguments: {args} and {kwargs}."
            )

    def test_anything_that_can_be_called_is_a_task(self) -> None:
        class Adder:
            def __call__(self, x: int) -> int:
                return x + 1

        assert task(lambda x: 2 * x)(3) == 6
        assert task(Adder())(3) == 4
        assert task(functools.partial(pow, 2))(5) == 32
        assert task(len)([1, 2]) == 2

    def test_the_state_is_given_where_it_is_asked_for(self) -> None:
        @task
        def answer() -> int:
            return 42

        state = answer(return_state=True)
        assert isinstance(state, State)
        assert (str(state), state.result(), state.data) == ("Completed()", 42, 42)
        assert state.state_details.task_run_id is not None
        assert answer(return_state=False) == 42

    def test_a_task_in_a_task_needs_no_flow(self) -> None:
        @task
        def inner(x: int) -> int:
            return x + 1

        @task
        def outer(x: int) -> int:
            return inner(x) * inner(x)

        assert outer(2) == 9

    def test_a_task_calls_itself(self) -> None:
        @task(cache_policy=INPUTS)
        def factorial(n: int) -> int:
            return 1 if n < 2 else n * factorial(n - 1)

        assert factorial(5) == 120
        assert factorial(3, return_state=True).name == "Cached"

    def test_what_a_body_changes_in_its_arguments_is_changed(self) -> None:
        @task(cache_policy=POLICY)
        def appended(to: list[int]) -> int:
            to.append(1)
            return len(to)

        numbers: list[int] = []
        # The key is that of the arguments before the body.
        assert (appended(numbers), numbers, appended([]), appended([1])) == (1, [1], 1, 2)

    def test_a_hit_is_a_value_of_its_own(self) -> None:
        @task(cache_policy=POLICY)
        def listed(x: int) -> list[int]:
            return [x]

        listed(1)
        first = listed(1)
        first.append(2)
        assert listed(1) == [1]

    def test_none_is_a_value_like_any_other(self) -> None:
        runs: list[int] = []

        @task(cache_policy=INPUTS)
        def nothing(x: int) -> None:
            runs.append(x)

        assert (nothing(1), nothing(1, return_state=True).name, runs) == (None, "Cached", [1])


class TestMethods:
    def test_methods_are_bound_by_each_call(self) -> None:
        class Counter:
            step = 10

            def __init__(self, start: int) -> None:
                self.start = start

            @task
            def by_object(self, x: int) -> int:
                return self.start + x

            @task
            @classmethod
            def by_class(cls, x: int) -> int:
                return cls.step + x

            @classmethod
            @task
            def by_class_too(cls, x: int) -> int:
                return cls.step + x

            @task
            @staticmethod
            def by_nothing(x: int) -> int:
                return x

            @staticmethod
            @task
            def by_nothing_too(x: int) -> int:
                return x

        one, other = Counter(1), Counter(2)
        first = one.by_object
        assert (other.by_object(5), first(5), Counter.by_object(one, 5)) == (7, 6, 6)
        assert (Counter.by_class(1), one.by_class(1), Counter.by_class_too(1), one.by_class_too(1)) == (11,) * 4
        assert (Counter.by_nothing(1), one.by_nothing(1), Counter.by_nothing_too(1), one.by_nothing_too(1)) == (1,) * 4
        assert (one.by_object.ismethod, Counter.by_object.ismethod) == (True, False)
        assert (one.by_class.isclassmethod, one.by_nothing.isstaticmethod) == (True, True)
        assert (one.by_object.isclassmethod, one.by_object.isstaticmethod) == (False, False)
        assert one.by_object.name == "by_object"

    def test_the_receiver_is_an_input_like_any_other(self) -> None:
        class Scaled:
            def __init__(self, factor: int) -> None:
                self.factor = factor

            @task(cache_policy=INPUTS)
            def scale(self, x: int) -> int:
                return self.factor * x

            @task(cache_policy=INPUTS - "self")
            def free(self, x: int) -> int:
                return x

        assert [Scaled(factor).scale(1, return_state=True).name for factor in (2, 2, 3)] == [
            "Completed",
            "Cached",
            "Completed",
        ]
        assert [Scaled(factor).free(5, return_state=True).name for factor in (2, 3)] == ["Completed", "Cached"]

    def test_a_method_keeps_its_receiver_with_other_options_and_when_it_is_submitted(self) -> None:
        class Adder:
            def __init__(self, summand: int) -> None:
                self.summand = summand

            @task
            def add(self, x: int) -> int:
                return self.summand + x

        @flow
        def added() -> list[Any]:
            adder = Adder(10)
            return [
                adder.add.with_options(name="other")(1),
                adder.add.submit(2).result(),
                adder.add.map([3, 4]).result(),
            ]

        assert added() == [11, 12, [13, 14]]

    def test_async_methods_are_awaited(self) -> None:
        class Adder:
            @task
            async def add(self, x: int) -> int:
                return 1 + x

            @classmethod
            @task
            async def add_to_class(cls, x: int) -> int:
                return 2 + x

        async def main() -> list[int]:
            return [await Adder().add(1), await Adder.add_to_class(1)]

        assert asyncio.run(main()) == [2, 3]


class TestFailures:
    def test_an_exception_leaves_the_call_as_it_is(self) -> None:
        boom = ValueError("boom")

        @task
        def failing() -> None:
            raise boom

        with pytest.raises(ValueError) as raised:
            failing()
        assert raised.value is boom

    def test_a_state_never_raises(self) -> None:
        @task
        def failing() -> None:
            raise ValueError("boom")

        state = failing(return_state=True)
        assert str(state) == "Failed('Task run encountered an exception ValueError: boom')"
        assert isinstance(state.data, ValueError)
        with pytest.raises(ValueError, match="boom"):
            state.result()
        assert state.result(raise_on_failure=False) is state.data

    def test_signals_end_the_run_and_the_program(self, caplog: pytest.LogCaptureFixture) -> None:
        states: list[State[Any]] = []

        @task(on_failure=[lambda *arguments: states.append(arguments[2])])
        def interrupted() -> None:
            raise KeyboardInterrupt

        for return_state in (False, True):
            with pytest.raises(KeyboardInterrupt):
                interrupted(return_state=return_state)
        assert states == []
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert said[-1] == "Finished in state Crashed('Execution was aborted by an interrupt signal.')"

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_a_body_that_takes_too_long_is_stopped(self, asynchronous: bool) -> None:
        def slow() -> None:
            time.sleep(5)

        async def slow_too() -> None:
            await asyncio.sleep(5)

        timed: Any = task(timeout_seconds=0.1)(slow_too if asynchronous else slow)
        started = time.monotonic()
        called = timed(return_state=True)
        state = asyncio.run(called) if asynchronous else called
        assert time.monotonic() - started < 3
        assert str(state) == "TimedOut('Task run exceeded timeout of 0.1 second(s)', type=FAILED)"
        with pytest.raises(TaskRunTimeoutError, match=r"Scope timed out after 0\.1 second\(s\)\."):
            state.result()
        with pytest.raises(TimeoutError):
            asyncio.run(timed()) if asynchronous else timed()

    def test_a_timeout_of_the_bodys_own_is_one_too(self) -> None:
        @task
        def impatient() -> None:
            raise TimeoutError("mine")

        state = impatient(return_state=True)
        assert (state.name, state.message) == ("TimedOut", "Task run failed due to timeout: TimeoutError('mine')")

    def test_a_failed_state_that_is_returned_is_a_failure_and_never_kept(self) -> None:
        runs: list[int] = []

        @task(cache_policy=INPUTS, retries=1)
        def failing(x: int) -> State[Any]:
            runs.append(x)
            return Failed(message="no")

        assert [str(failing(1, return_state=True)) for _ in range(2)] == ["Failed('no')"] * 2
        assert runs == [1] * 4
        with pytest.raises(FailedRun, match="no"):
            failing(1)

    def test_a_completed_state_that_is_returned_is_kept_by_its_value(self) -> None:
        @task(cache_policy=INPUTS)
        def answering(x: int) -> State[int]:
            return Completed(message="found it", data=42)

        first, second = (answering(1, return_state=True) for _ in range(2))
        assert (str(first), first.result()) == ("Completed('found it')", 42)
        assert (str(second), second.result()) == ("Cached(type=COMPLETED)", 42)
        assert answering(1) == 42

    def test_states_that_are_returned_together_make_one(self) -> None:
        both = task(lambda: [Completed(), Failed(message="no")])
        assert str(both(return_state=True)) == "Failed('1/2 states failed.')"
        good = task(lambda: (Completed(data=1), Completed(data=2)))
        assert str(good(return_state=True)) == "Completed('All states completed.')"
        cancelled = task(lambda: Cancelled())
        with pytest.raises(CancelledRun):
            cancelled()

    def test_a_name_that_cannot_be_made_fails_the_run(self) -> None:
        runs: list[int] = []
        unnamed = Task(lambda x: runs.append(x), task_run_name="run-{y}", retries=2, persist_result=True)
        assert str(unnamed(1, return_state=True)) == "Failed(\"the run could not be named: KeyError: 'y'\")"
        with pytest.raises(KeyError):
            unnamed(1)
        number = Task(lambda x: runs.append(x), task_run_name=lambda: 5)  # type: ignore[arg-type, return-value]
        with pytest.raises(
            TypeError, match=r"Callable .* for 'task_run_name' returned type int but a string is required\."
        ):
            number(1)
        assert number(1, return_state=True).is_failed()
        assert runs == []


class TestNames:
    def test_runs_are_named_by_a_text_or_a_function(self) -> None:
        def name() -> str:
            return get_run_context().task_run.name  # type: ignore[union-attr]

        def named(x: int) -> str:
            return name()

        assert task(named)(1) == "named"
        assert task(task_run_name="number {x}")(named)(1) == "number 1"
        assert task(task_run_name=lambda: "a name")(named)(1) == "a name"
        assert task(task_run_name=lambda parameters: f"x is {parameters['x']}")(named)(1) == "x is 1"


class TestServers:
    @pytest.mark.parametrize("method", ["delay", "apply_async", "serve"])
    def test_what_needs_a_server_says_what_to_use(self, method: str) -> None:
        with pytest.raises(NotImplementedError, match="keepwell has no server"):
            getattr(Task(lambda: 1), method)()

    def test_submitting_needs_a_flow(self) -> None:
        identity = Task(lambda x: x)
        with pytest.raises(RuntimeError, match="Unable to determine task runner to use for submission"):
            identity.submit(1)
        with pytest.raises(RuntimeError, match="Unable to determine task runner to use for mapped task runs"):
            identity.map([1])

    def test_every_error_of_keepwell_has_one_base(self) -> None:
        for error in (ParameterBindError, FailedRun, CancelledRun):
            assert issubclass(error, KeepwellException)
