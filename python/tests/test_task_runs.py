"""Runs of tasks: their retries, their hooks, and those of coroutines."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from pathlib import Path
from typing import Any

import pytest

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from keepwell.locking.memory import MemoryLockManager
from keepwell.states import State
from keepwell.transactions import IsolationLevel

POLICY = INPUTS + TASK_SOURCE


def records(storage: Path) -> list[str]:
    """The names of the records in a storage."""
    return sorted(path.name for path in storage.iterdir() if path.is_file()) if storage.exists() else []


class TestRetries:
    def test_a_body_runs_again_until_it_succeeds(self) -> None:
        runs: list[int] = []

        @task(retries=3)
        def third_time(x: int) -> int:
            runs.append(x)
            if len(runs) < 3:
                raise ValueError("not yet")
            return x

        assert (third_time(7), runs) == (7, [7, 7, 7])

    def test_a_body_that_never_succeeds_fails_with_its_last_exception(self, caplog: pytest.LogCaptureFixture) -> None:
        runs: list[int] = []

        @task(retries=2, retry_delay_seconds=[0.01, 0])
        def never() -> None:
            runs.append(1)
            raise ValueError(len(runs))

        with caplog.at_level(logging.INFO, "keepwell"), pytest.raises(ValueError, match="3"):
            never()
        said = [record.getMessage() for record in caplog.records if "failed with exception" in record.getMessage()]
        assert [line.rpartition(" - ")[2] for line in said] == [
            "Retry 1/2 will start 0.01 second(s) from now",
            "Retry 2/2 will start immediately",
            "Retries are exhausted",
        ]

    def test_delays_are_waited_for_and_the_last_one_stays(self) -> None:
        @task(retries=3, retry_delay_seconds=[0.05, 0.1])
        def never() -> None:
            raise ValueError

        started = time.monotonic()
        never(return_state=True)
        assert 0.25 <= time.monotonic() - started < 2

    @pytest.mark.parametrize("asynchronous", [False, True])
    def test_a_condition_says_whether_a_failure_is_tried_again(self, asynchronous: bool) -> None:
        told: list[Any] = []

        def condition(one: Any, run: Any, state: State[Any]) -> bool:
            told.append((one.name, run.name, str(state)))
            return len(told) < 2

        async def condition_too(*arguments: Any) -> bool:
            await asyncio.sleep(0)
            return condition(*arguments)

        runs: list[int] = []

        @task(retries=5, retry_condition_fn=condition_too if asynchronous else condition)
        def never() -> None:
            runs.append(1)
            raise ValueError("boom")

        never(return_state=True)
        state = "Failed('Task run encountered an exception ValueError: boom')"
        assert (told, runs) == ([("never", "never", state)] * 2, [1, 1])

    def test_a_condition_that_fails_says_no(self, caplog: pytest.LogCaptureFixture) -> None:
        def condition(*arguments: Any) -> bool:
            raise RuntimeError("no idea")

        runs: list[int] = []

        @task(retries=5, retry_condition_fn=condition)
        def never() -> None:
            runs.append(1)
            raise ValueError

        assert never(return_state=True).is_failed()
        assert runs == [1]
        assert "An error was encountered while running `retry_condition_fn` check 'condition' for task 'never'" in [
            record.getMessage() for record in caplog.records
        ]

    def test_a_retry_looks_for_a_record_first(self) -> None:
        runs: list[str] = []

        @task(cache_key_fn=lambda context, parameters: "a key")
        def succeeding() -> str:
            runs.append("succeeding")
            return "found"

        @task(cache_key_fn=lambda context, parameters: "a key", retries=1)
        def failing() -> str:
            runs.append("failing")
            # Somebody else is faster.
            succeeding.with_options(persist_result=True)()
            raise ValueError

        # What is made inside a run that fails is undone with it.
        assert failing(return_state=True).is_failed()
        assert runs == ["failing", "succeeding"] * 2

        @task(cache_key_fn=lambda context, parameters: "a key", retries=1)
        def beaten() -> str:
            runs.append("beaten")
            import threading

            other = threading.Thread(target=succeeding)
            other.start()
            other.join()
            raise ValueError

        state = beaten(return_state=True)
        assert (state.name, state.result(), runs[4:]) == ("Cached", "found", ["beaten", "succeeding"])


class TestHooks:
    def test_hooks_are_told_of_the_states_that_a_run_comes_to(self) -> None:
        told: list[str] = []

        def hook(kind: str) -> Any:
            return lambda one, run, state: told.append(f"{kind} {one.name} {state}")

        @task(
            cache_policy=INPUTS,
            on_running=[hook("running")],
            on_completion=[hook("completion")],
            on_failure=[hook("failure")],
        )
        def checked(x: int) -> int:
            return 1 // x

        checked(1)
        checked(1)
        checked(0, return_state=True)
        assert told == [
            "running checked Running()",
            "completion checked Completed()",
            "running checked Running()",
            "completion checked Cached(type=COMPLETED)",
            "running checked Running()",
            "failure checked Failed('Task run encountered an exception ZeroDivisionError: integer division or modulo "
            "by zero')",
        ]

    def test_hooks_that_fail_are_said_and_stop_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        told: list[int] = []

        def broken(*arguments: Any) -> None:
            raise ValueError("boom")

        @task(on_completion=[broken, functools.partial(lambda x, *arguments: told.append(x), 1)])
        def answer() -> int:
            return 42

        with caplog.at_level(logging.INFO, "keepwell"):
            state = answer(return_state=True)
        assert (state.result(), told) == (42, [1])
        said = [record.getMessage() for record in caplog.records if "ook" in record.getMessage()]
        assert said == [
            "Running hook 'broken' in response to entering state 'Completed'",
            "An error was encountered while running hook 'broken': ValueError: boom",
            "Running hook '<lambda>' in response to entering state 'Completed'",
            "Hook '<lambda>' finished running successfully",
        ]
        assert state.state_details.problems == [said[1]]


class TestAsync:
    def test_an_async_task_is_awaited(self) -> None:
        @task(cache_policy=INPUTS)
        async def doubled(x: int) -> int:
            await asyncio.sleep(0)
            return 2 * x

        async def main() -> list[Any]:
            return [await doubled(1), (await doubled(1, return_state=True)).name, await doubled(2)]

        assert doubled.isasync
        assert asyncio.run(main()) == [2, "Cached", 4]

    def test_serializable_runs_of_one_key_have_one_body(self) -> None:
        runs: list[int] = []
        policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=MemoryLockManager())

        @task(cache_policy=policy)
        async def slow(x: int) -> int:
            runs.append(x)
            await asyncio.sleep(0.05)
            return x

        async def main() -> list[str | None]:
            return [state.name for state in await asyncio.gather(*(slow(1, return_state=True) for _ in range(5)))]

        assert sorted(asyncio.run(main())) == ["Cached"] * 4 + ["Completed"]  # type: ignore[type-var]
        assert runs == [1]

    def test_by_default_runs_of_one_key_overlap(self) -> None:
        runs: list[int] = []

        @task(cache_policy=INPUTS)
        async def slow(x: int) -> int:
            runs.append(x)
            await asyncio.sleep(0.05)
            return x

        async def main() -> list[int]:
            return await asyncio.gather(*(slow(1) for _ in range(3)))

        assert (asyncio.run(main()), runs) == ([1, 1, 1], [1, 1, 1])

    def test_an_async_task_that_is_cancelled_has_crashed(self, caplog: pytest.LogCaptureFixture) -> None:
        @task(retries=3)
        async def endless() -> None:
            await asyncio.sleep(60)

        async def main() -> None:
            running = asyncio.ensure_future(endless())
            await asyncio.sleep(0.02)
            running.cancel()
            await running

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(main())
        said = [record.getMessage() for record in caplog.records]
        assert said[-1] == "Finished in state Crashed('Execution was cancelled by the runtime environment.')"

    def test_an_async_task_is_retried_without_keeping_the_loop(self) -> None:
        order: list[str] = []

        @task(retries=1, retry_delay_seconds=0.05)
        async def second_time() -> None:
            order.append("body")
            if order.count("body") < 2:
                raise ValueError

        async def other() -> None:
            await asyncio.sleep(0.01)
            order.append("other")

        async def main() -> None:
            await asyncio.gather(second_time(), other())

        asyncio.run(main())
        assert order == ["body", "other", "body"]
