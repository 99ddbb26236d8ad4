"""Task runners: threads and processes that run submitted tasks."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
import time
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import keepwell
from keepwell import flow, tags
from keepwell.cache_policies import DEFAULT, INPUTS
from keepwell.exceptions import (
    CancelledRun,
    MappingLengthMismatch,
    MappingMissingIterable,
    UnfinishedRun,
)
from keepwell.futures import KeepwellConcurrentFuture, KeepwellFutureList, wait
from keepwell.settings import KEEPWELL_TASKS_DEFAULT_RETRIES, temporary_settings
from keepwell.states import Completed
from keepwell.task_runners import ConcurrentTaskRunner, ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner
from keepwell.tasks import task
from keepwell.utilities.annotations import allow_failure, quote, unmapped

RUNNERS = [ThreadPoolTaskRunner, ProcessPoolTaskRunner]


@task
def double(x: Any) -> Any:
    return 2 * x


@task
async def double_slowly(x: int) -> int:
    await asyncio.sleep(0.01)
    return 2 * x


@task
def fail(message: str) -> None:
    raise ValueError(message)


@task
def give(value: Any) -> Any:
    return value


def local_double() -> Any:
    """A task that other processes are sent whole: they cannot import this file."""

    @task
    def double(x: Any) -> Any:
        return 2 * x

    return double


def test_a_runner_is_started_once_and_refuses_work_before() -> None:
    runner = ThreadPoolTaskRunner()
    with pytest.raises(RuntimeError, match="Task runner is not started"):
        runner.submit(double, {"x": 1})
    with pytest.raises(RuntimeError, match="The task runner must be started before submitting work"):
        runner.map(double, {"x": [1]})
    with runner, pytest.raises(RuntimeError, match="already started"), runner:
        pass


@pytest.mark.parametrize("kind", RUNNERS)
def test_runners_have_a_name_and_equals(kind: type[Any]) -> None:
    runner = kind(max_workers=3)
    copy = runner.duplicate()
    assert runner == copy
    assert runner is not copy
    assert type(copy) is kind
    assert pickle.loads(pickle.dumps(runner)) == runner
    assert runner != kind(max_workers=4)
    assert runner != "runner"
    assert runner.name in ("threadpool", "processpool")
    with pytest.raises(ValueError, match="max_workers must be at least 1, and is 0"):
        kind(max_workers=0)


def test_the_concurrent_runner_is_the_one_with_threads() -> None:
    assert ConcurrentTaskRunner is ThreadPoolTaskRunner


def test_settings_limit_the_workers() -> None:
    from keepwell.settings import (
        KEEPWELL_TASKS_RUNNER_PROCESS_POOL_MAX_WORKERS,
        KEEPWELL_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS,
        temporary_settings,
    )

    assert ThreadPoolTaskRunner()._max_workers is None
    assert ProcessPoolTaskRunner()._max_workers == os.cpu_count()
    with temporary_settings(
        {KEEPWELL_TASKS_RUNNER_THREAD_POOL_MAX_WORKERS: 7, KEEPWELL_TASKS_RUNNER_PROCESS_POOL_MAX_WORKERS: 8}
    ):
        assert ThreadPoolTaskRunner()._max_workers == 7
        assert ProcessPoolTaskRunner()._max_workers == 8
        assert ThreadPoolTaskRunner(max_workers=2)._max_workers == 2


def test_a_submitted_task_gives_a_future() -> None:
    with ThreadPoolTaskRunner() as runner:
        future = runner.submit(double, {"x": 2})
        assert isinstance(future, KeepwellConcurrentFuture)
        assert future.result() == 4
        assert str(future.state) == "Completed()"
        assert future.state.state_details.task_run_id == future.task_run_id


@pytest.mark.parametrize("value", [None, 0, "", [], False])
def test_a_result_may_be_nothing(value: Any) -> None:
    with ThreadPoolTaskRunner() as runner:
        assert runner.submit(give, {"value": value}).result() == value


def test_arguments_by_name_leave_the_others_to_their_defaults() -> None:
    @task
    def both(x: int = 1, y: int = 2, *rest: int, z: int = 3) -> Any:
        return x, y, rest, z

    with ThreadPoolTaskRunner() as runner:
        assert runner.submit(both, {}).result() == (1, 2, (), 3)
        assert runner.submit(both, {"y": 5}).result() == (1, 5, (), 3)
        assert runner.submit(both, {"x": runner.submit(give, {"value": 4}), "z": 6}).result() == (4, 2, (), 6)


def test_a_call_that_does_not_fit_fails_its_run() -> None:
    with ThreadPoolTaskRunner() as runner:
        future = runner.submit(double, {})
        with pytest.raises(TypeError, match="x"):
            future.result()
        assert future.state.is_failed()


def test_an_asynchronous_task_has_an_event_loop_of_its_own() -> None:
    with ThreadPoolTaskRunner() as runner:
        assert runner.map(double_slowly, {"x": [1, 2, 3]}).result() == [2, 4, 6]


async def test_tasks_are_submitted_from_an_event_loop_too() -> None:
    with ThreadPoolTaskRunner() as runner:
        assert await runner.submit(double_slowly, {"x": 2}).result_async() == 4


def test_a_failure_is_raised_where_the_result_is_asked_for() -> None:
    with ThreadPoolTaskRunner() as runner:
        future = runner.submit(fail, {"message": "boom"})
        with pytest.raises(ValueError, match="boom"):
            future.result()
        assert str(future.state) == "Failed('Task run encountered an exception ValueError: boom')"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_stops_a_run_crashes_it_and_not_its_worker(error: type[BaseException]) -> None:
    @task
    def stop() -> None:
        raise error

    with ThreadPoolTaskRunner(max_workers=1) as runner:
        future = runner.submit(stop, {})
        with pytest.raises(error):
            future.result()
        assert future.state.is_crashed()
        assert runner.submit(double, {"x": 1}).result() == 2


def test_tasks_see_the_context_variables_of_their_submission() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="none")

    @task
    def look_and_change() -> str:
        seen = variable.get()
        variable.set("changed")
        return seen

    with ThreadPoolTaskRunner(max_workers=1) as runner:
        variable.set("first")
        first = runner.submit(look_and_change, {})
        variable.set("second")
        second = runner.submit(look_and_change, {})
        assert (first.result(), second.result(), variable.get()) == ("first", "second", "second")


def test_futures_are_inputs() -> None:
    with ThreadPoolTaskRunner() as runner:
        one = runner.submit(double, {"x": 1})
        assert runner.submit(double, {"x": one}).result() == 4
        assert runner.submit(double, {"x": [one, 5]}).result() == [2, 5, 2, 5]


def test_a_task_whose_input_failed_does_not_run() -> None:
    with ThreadPoolTaskRunner() as runner:
        bad = runner.submit(fail, {"message": "boom"})
        after = runner.submit(double, {"x": bad})
        waiting = runner.submit(double, {"x": 1}, wait_for=[bad])
        allowed = runner.submit(give, {"value": allow_failure(bad)})
        for future in [after, waiting]:
            with pytest.raises(UnfinishedRun):
                future.result()
            assert future.state.name == "NotReady"
            assert future.state.message == f"Upstream task run '{bad.task_run_id}' did not reach a 'COMPLETED' state."
        assert str(allowed.result()) == "boom"


@pytest.mark.parametrize("limit", [1, 2, None])
def test_tasks_that_submit_tasks_do_not_starve_themselves(limit: int | None) -> None:
    with ThreadPoolTaskRunner(max_workers=limit) as runner:

        @task
        def count(depth: int) -> int:
            return runner.submit(count, {"depth": depth - 1}).result(5) + 1 if depth else 0

        assert runner.map(count, {"depth": [5] * 4}).result() == [5] * 4


def test_an_asynchronous_task_that_waits_for_others_does_not_starve_them() -> None:
    with ThreadPoolTaskRunner(max_workers=1) as runner:

        @task
        async def total(depth: int) -> int:
            if not depth:
                return 1
            inner = [runner.submit(total, {"depth": depth - 1}) for _ in range(2)]
            return sum(await asyncio.gather(*(future.result_async(10) for future in inner)))

        assert runner.submit(total, {"depth": 3}).result(10) == 8


def test_a_limit_of_workers_is_kept() -> None:
    lock, running = threading.Lock(), []

    @task
    def work() -> int:
        with lock:
            running.append(1)
            most = len(running)
        time.sleep(0.01)
        with lock:
            running.pop()
        return most

    with ThreadPoolTaskRunner(max_workers=2) as runner:
        futures = [runner.submit(work, {}) for _ in range(10)]
        assert max(future.result() for future in futures) == 2


def test_leaving_a_runner_waits_for_what_was_submitted() -> None:
    done: list[int] = []

    @task
    def work(number: int) -> None:
        time.sleep(0.01)
        done.append(number)

    with ThreadPoolTaskRunner(max_workers=2) as runner:
        for number in range(6):
            runner.submit(work, {"number": number})
    assert sorted(done) == list(range(6))


def test_leaving_a_runner_by_an_exception_cancels_what_has_not_begun() -> None:
    begun, release = threading.Event(), threading.Event()

    @task
    def work() -> None:
        begun.set()
        release.wait(10)

    runner = ThreadPoolTaskRunner(max_workers=1)
    with pytest.raises(KeyboardInterrupt), runner:
        running, queued = runner.submit(work, {}), runner.submit(work, {})
        begun.wait(10)
        threading.Timer(0.05, release.set).start()
        raise KeyboardInterrupt
    assert running.state.is_completed()
    assert queued.state.is_cancelled()
    with pytest.raises(CancelledRun):
        queued.result()


def test_cancelling_everything_lets_what_has_begun_end() -> None:
    begun, release = threading.Event(), threading.Event()

    @task
    def work() -> str:
        begun.set()
        release.wait(10)
        return "done"

    with ThreadPoolTaskRunner(max_workers=1) as runner:
        running, queued = runner.submit(work, {}), runner.submit(work, {})
        begun.wait(10)
        runner.cancel_all()
        assert queued.state.is_cancelled()
        release.set()
        assert running.result() == "done"
        assert runner.submit(double, {"x": 1}).result() == 2


def test_an_interrupt_ends_waiting_and_cancels_what_has_not_begun() -> None:
    program = """
import os, signal, threading, time
from keepwell.task_runners import ThreadPoolTaskRunner
from keepwell.tasks import task

@task
def work(number):
    time.sleep(0.2)

try:
    with ThreadPoolTaskRunner(max_workers=1) as runner:
        futures = runner.map(work, {"number": range(3)})
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        futures.result()
except KeyboardInterrupt:
    print(*[future.state.name for future in futures])"""
    environment = {**os.environ, "PYTHONPATH": str(Path(keepwell.__file__).parents[1])}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=30)
    assert found.stdout == "Completed Cancelled Cancelled\n"


def test_mapping_runs_a_task_for_each_item() -> None:
    @task
    def add(x: int, y: int = 10, *rest: int, **more: int) -> int:
        return x + y + sum(rest) + sum(more.values())

    with ThreadPoolTaskRunner() as runner:
        futures = runner.map(add, {"x": [1, 2, 3]})
        assert type(futures) is KeepwellFutureList
        assert futures.result() == [11, 12, 13]
        assert runner.map(add, {"x": [1, 2], "y": [3, 4]}).result() == [4, 6]
        assert runner.map(add, {"x": [1, 2], "y": 5}).result() == [6, 7]
        assert runner.map(add, {"x": (number for number in [1, 2]), "more": {"z": [7, 8]}}).result() == [18, 20]
        assert runner.map(add, {"x": runner.submit(give, {"value": [1, 2]})}).result() == [11, 12]
        assert runner.map(add, {"x": Completed(data=[1, 2])}).result() == [11, 12]
        assert runner.map(add, {"x": [runner.submit(double, {"x": 1}), 2]}).result() == [12, 12]
        assert runner.map(add, {"x": []}).result() == []


def test_what_is_unmapped_or_text_goes_to_every_call() -> None:
    @task
    def pair(x: int, y: Any) -> Any:
        return x, y

    with ThreadPoolTaskRunner() as runner:
        assert runner.map(pair, {"x": [1, 2], "y": unmapped([3])}).result() == [(1, [3]), (2, [3])]
        assert runner.map(pair, {"x": [1, 2], "y": "ab"}).result() == [(1, "ab"), (2, "ab")]
        assert runner.map(pair, {"x": [1, 2], "y": quote([3, 4])}).result() == [(1, 3), (2, 4)]
        bad = runner.submit(fail, {"message": "boom"})
        allowed = runner.map(pair, {"x": [1], "y": allow_failure([bad])}).result()
        assert str(allowed[0][1]) == "boom"


def test_mapping_needs_items_and_as_many_of_each() -> None:
    with ThreadPoolTaskRunner() as runner:
        with pytest.raises(MappingMissingIterable, match=r"No iterable parameters were received.*{'x': 1}"):
            runner.map(double, {"x": 1})
        with pytest.raises(MappingLengthMismatch, match=r"Got lengths: {'x': 1, 'y': 2}"):
            runner.map(double, {"x": [1], "y": [1, 2]})


def test_a_runner_of_the_users_own_needs_no_more_than_submit_and_duplicate() -> None:
    class AtOnce(TaskRunner[KeepwellConcurrentFuture[Any]]):
        def duplicate(self) -> AtOnce:
            return AtOnce()

        def submit(
            self, task: Any, parameters: dict[str, Any], wait_for: Any = None, dependencies: Any = None
        ) -> KeepwellConcurrentFuture[Any]:
            from concurrent.futures import Future

            wrapped: Future[Any] = Future()
            wrapped.set_result(Completed(data=task.fn(**parameters)))
            return KeepwellConcurrentFuture(uuid4(), wrapped)

    with AtOnce() as runner:
        assert runner.name == "atonce"
        assert runner.map(double, {"x": [1, 2]}).result() == [2, 4]
    with pytest.raises(TypeError, match="abstract"):
        TaskRunner()  # type: ignore[abstract]


def test_processes_run_tasks() -> None:
    @task
    def where(x: int) -> tuple[int, int]:
        return x, os.getpid()

    with ProcessPoolTaskRunner(max_workers=2) as runner:
        future = runner.submit(where, {"x": 1})
        assert isinstance(future, KeepwellConcurrentFuture)
        number, process = future.result()
        assert (number, process != os.getpid()) == (1, True)
        assert future.state.state_details.task_run_id == future.task_run_id
        assert runner.map(local_double(), {"x": [1, 2, 3]}).result() == [2, 4, 6]


def test_processes_receive_what_futures_come_to_and_check_it() -> None:
    double = local_double()

    @task
    def fail() -> None:
        raise ValueError("boom")

    @task
    def tell(value: Any) -> str:
        return repr(value)

    with ProcessPoolTaskRunner(max_workers=1) as runner:
        one, bad = runner.submit(double, {"x": 1}), runner.submit(fail, {})
        assert runner.submit(double, {"x": [one]}, wait_for=[one]).result() == [2, 2]
        assert runner.submit(tell, {"value": allow_failure(bad)}).result() == "ValueError('boom')"
        with pytest.raises(ValueError, match="boom"):
            bad.result()
        after = runner.submit(double, {"x": 1}, wait_for=[bad])
        after.wait()
        assert after.state.name == "NotReady"


def test_processes_have_the_environment_of_the_submission(monkeypatch: pytest.MonkeyPatch) -> None:
    @task
    def look() -> tuple[str | None, str | None]:
        return os.environ.get("SOME_WORD"), os.environ.get("OTHER_WORD")

    monkeypatch.setenv("OTHER_WORD", "there")
    with ProcessPoolTaskRunner(max_workers=1) as runner:
        monkeypatch.setenv("SOME_WORD", "first")
        assert runner.submit(look, {}).result() == ("first", "there")
        monkeypatch.setenv("SOME_WORD", "second")
        monkeypatch.delenv("OTHER_WORD")
        assert runner.submit(look, {}).result() == ("second", None)


def test_a_process_that_dies_crashes_its_run_and_the_next_has_another() -> None:
    @task
    def die() -> None:
        os._exit(3)

    with ProcessPoolTaskRunner(max_workers=1) as runner:
        future = runner.submit(die, {})
        future.wait(30)
        assert future.state.is_crashed()
        assert future.state.message.startswith(  # type: ignore[union-attr]
            "Execution was interrupted by an unexpected exception: BrokenProcessPool: "
        )
        assert runner.submit(local_double(), {"x": 1}).result(30) == 2


def test_what_cannot_go_between_processes_fails_the_run() -> None:
    @task
    def make_lock() -> Any:
        import threading

        return threading.Lock()

    with ProcessPoolTaskRunner(max_workers=1) as runner:
        sent = runner.submit(local_double(), {"x": threading.Lock()})
        with pytest.raises(TypeError, match="cannot pickle"):
            sent.result()
        assert sent.state.message.startswith("Task run could not be sent to a process: TypeError")  # type: ignore[union-attr]
        received = runner.submit(make_lock, {})
        with pytest.raises(TypeError, match="cannot pickle"):
            received.result()
        assert received.state.message.startswith(  # type: ignore[union-attr]
            "Task run came to Completed and its result could not be sent back: TypeError"
        )


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_stops_a_run_in_a_process_crashes_it(error: type[BaseException]) -> None:
    @task
    def stop() -> None:
        raise error

    with ProcessPoolTaskRunner(max_workers=1) as runner:
        future = runner.submit(stop, {})
        with pytest.raises(error):
            future.result()
        assert future.state.is_crashed()
        assert runner.submit(local_double(), {"x": 1}).result() == 2


def test_processes_are_initialized(tmp_path: Any) -> None:
    def initialize(word: str) -> None:
        os.environ["INITIALIZED"] = word

    @task
    def double(x: int) -> int:
        return 2 * x

    import functools

    with ProcessPoolTaskRunner(1, initializer=functools.partial(os.mkdir, tmp_path / "made")) as runner:
        assert runner.submit(double, {"x": 1}).result() == 2
    assert (tmp_path / "made").is_dir()


def test_cancelling_processes_lets_what_has_begun_end(tmp_path: Any) -> None:
    begun = tmp_path / "begun"

    @task
    def work() -> str:
        begun.touch()
        time.sleep(0.3)
        return "done"

    with ProcessPoolTaskRunner(max_workers=1) as runner:
        futures = [runner.submit(work, {}) for _ in range(8)]
        waiting = runner.submit(work, {}, wait_for=[futures[0]])
        while not begun.exists():
            time.sleep(0.01)
        runner.cancel_all()
        assert futures[0].result() == "done"
    assert waiting.state.is_cancelled()
    assert futures[-1].state.is_cancelled()
    assert all(future.state.is_final() for future in futures)


def test_processes_have_the_settings_tags_and_flow_run_of_the_submission() -> None:
    @task
    def look() -> Any:
        from keepwell.context import FlowRunContext, TagsContext, TaskRunContext
        from keepwell.settings import get_current_settings

        flow_run, task_run = FlowRunContext.get(), TaskRunContext.get()
        assert flow_run is not None
        assert flow_run.flow_run is not None
        assert task_run is not None
        settings = get_current_settings()
        return {
            "flow run": (flow_run.flow_run.id, flow_run.flow_run.name, flow_run.parameters),
            "task run": (task_run.task_run.id, task_run.task_run.flow_run_id),
            "tags": TagsContext.get().current_tags,
            "retries": settings.tasks.default_retries,
            "home": str(settings.home),
        }

    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def outer(number: int) -> None:
        from keepwell.context import get_run_context

        run = get_run_context().flow_run  # type: ignore[union-attr]
        with tags("nightly"), temporary_settings({KEEPWELL_TASKS_DEFAULT_RETRIES: 7}):
            future = look.submit()
            found = future.result()
        assert found == {
            "flow run": (run.id, run.name, {"number": 3}),
            "task run": (future.task_run_id, run.id),
            "tags": {"nightly"},
            "retries": 7,
            "home": os.environ["KEEPWELL_HOME"],
        }

    outer(3)


def test_processes_share_results_by_their_keys() -> None:
    @task(cache_policy=INPUTS)
    def double(x: int) -> int:
        return 2 * x

    @task(cache_policy=DEFAULT, persist_result=True)
    def triple(x: int) -> int:
        return 3 * x

    @flow(task_runner=ProcessPoolTaskRunner(max_workers=1))
    def work(x: int) -> tuple[str, str, str, str, str, str]:
        first, second = double.submit(x), triple.submit(x)
        wait([first, second])
        states = [
            first.state,
            double(x, return_state=True),
            double.submit(x, return_state=True),
            second.state,
            triple(x, return_state=True),
            triple.submit(x, return_state=True),
        ]
        assert [state.result() for state in states] == [2 * x] * 3 + [3 * x] * 3
        return tuple(state.name for state in states)  # type: ignore[return-value]

    assert work(1) == ("Completed", "Cached", "Cached", "Completed", "Cached", "Cached")
    assert work(1) == ("Cached", "Cached", "Cached", "Completed", "Cached", "Cached")


def test_a_flow_submits_and_maps_to_its_task_runner() -> None:
    @task(cache_policy=INPUTS)
    def add(x: int, y: int) -> int:
        return x + y

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
    def total() -> tuple[list[int], list[str]]:
        futures = add.map([1, 2, 3], unmapped(10))
        results = add.submit(futures[0], y=futures[1]).result()
        states = add.map([1, 2, 3], y=10, return_state=True)
        return [*futures.result(), results], [state.name for state in states]

    assert total() == ([11, 12, 13, 23], ["Cached", "Cached", "Cached"])
