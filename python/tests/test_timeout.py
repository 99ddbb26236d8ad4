"""Time limits of blocks of code, and running coroutines from blocking code."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from contextvars import ContextVar
from typing import Any

import pytest

from keepwell.utilities.asyncutils import (
    async_dispatch,
    is_async_fn,
    is_async_gen_fn,
    is_in_event_loop,
    run_coro_as_sync,
    run_sync_in_worker_thread,
    sync_compatible,
)
from keepwell.utilities.timeout import timeout, timeout_async


class Late(TimeoutError):
    pass


def no_timer_is_left() -> bool:
    return signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0) and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_a_block_that_takes_too_long_is_cut_off() -> None:
    started = time.monotonic()
    with pytest.raises(Late) as caught, timeout(0.05, Late):
        time.sleep(5)
    assert (str(caught.value), time.monotonic() - started < 2) == ("Scope timed out after 0.05 second(s).", True)
    assert no_timer_is_left()


def test_a_block_that_ends_in_time_goes_on_unharmed() -> None:
    with timeout(5):
        pass
    with timeout(None):
        pass
    assert no_timer_is_left()


def test_of_two_limits_the_first_to_end_cuts_off_and_the_outer_goes_on() -> None:
    with pytest.raises(Late), timeout(0.2, Late):
        with pytest.raises(TimeoutError) as caught, timeout(0.05):
            time.sleep(5)
        assert type(caught.value) is TimeoutError
        time.sleep(5)
    started = time.monotonic()
    with pytest.raises(Late), timeout(0.05, Late), timeout(5):
        time.sleep(5)
    assert time.monotonic() - started < 2
    assert no_timer_is_left()


def test_a_handler_and_a_timer_of_the_program_are_put_back() -> None:
    rung = threading.Event()
    before = signal.signal(signal.SIGALRM, lambda *_: rung.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TimeoutError), timeout(0.05):
            time.sleep(5)
        assert rung.wait(2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_in_another_thread_the_block_runs_to_its_end_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    outcome: list[str] = []

    def limited() -> None:
        with timeout(0.01):
            time.sleep(0.05)
            outcome.append("done")

    thread = threading.Thread(target=limited)
    thread.start()
    thread.join()
    assert outcome == ["done"]
    assert (
        "Timeout of 0.01 seconds configured for this task, but the task is running in a worker thread." in caplog.text
    )


async def test_a_coroutine_that_takes_too_long_is_cut_off_and_its_task_is_not_cancelled() -> None:
    with pytest.raises(Late, match=r"Scope timed out after 0\.01 second\(s\)\."), timeout_async(0.01, Late):
        await asyncio.sleep(5)
    await asyncio.sleep(0)
    with timeout_async(5), timeout_async(None):
        await asyncio.sleep(0)


async def test_a_cancellation_from_outside_is_no_timeout() -> None:
    async def limited() -> None:
        with timeout_async(5):
            await asyncio.sleep(5)

    task = asyncio.create_task(limited())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not count cancellations")
async def test_a_cancellation_at_the_time_of_the_timeout_is_a_cancellation() -> None:
    async def limited() -> None:
        with timeout_async(0.01):
            await asyncio.sleep(5)

    task = asyncio.create_task(limited())
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.01, task.cancel)
    # Both are due when the loop looks again.
    time.sleep(0.05)
    with pytest.raises(asyncio.CancelledError):
        await task


def test_only_timeout_errors_can_be_raised() -> None:
    for limit in (timeout, timeout_async):
        with pytest.raises(ValueError, match="must be a subclass of `TimeoutError`"), limit(1, ValueError):
            raise AssertionError("the block must not run")


marked: ContextVar[str] = ContextVar("marked", default="no")


async def look() -> tuple[str, bool]:
    await asyncio.sleep(0)
    return marked.get(), is_in_event_loop()


def test_a_coroutine_runs_from_blocking_code() -> None:
    assert run_coro_as_sync(look()) == ("no", True)
    assert not is_in_event_loop()


async def test_a_coroutine_runs_from_blocking_code_inside_a_loop_in_a_copy_of_the_context() -> None:
    token = marked.set("yes")
    assert run_coro_as_sync(look()) == ("yes", True)
    assert await run_sync_in_worker_thread(lambda: (marked.get(), is_in_event_loop())) == ("yes", False)
    marked.reset(token)


def both() -> Any:
    async def asynchronous(x: int) -> str:
        return f"async {x}"

    @async_dispatch(asynchronous)
    def blocking(x: int) -> str:
        return f"blocking {x}"

    return blocking


def test_the_form_of_a_function_follows_from_where_it_is_called() -> None:
    function = both()
    assert function(1) == "blocking 1"
    assert asyncio.run(function(2, _sync=False)) == asyncio.run(function.aio(2)) == "async 2"
    with pytest.raises(TypeError, match="must be an async function"):
        async_dispatch(lambda: None)


async def test_inside_a_loop_the_asynchronous_form_is_called() -> None:
    function = both()
    assert (await function(1), function(2, _sync=True)) == ("async 1", "blocking 2")
    assert await sync_compatible(look)() == ("no", True)


def test_a_coroutine_function_can_be_called_from_blocking_code() -> None:
    assert sync_compatible(look)() == ("no", True)


def test_kinds_of_functions_are_told_apart() -> None:
    async def generator() -> Any:
        yield 1

    functions = [look, generator, both, sync_compatible(look)]
    assert [is_async_fn(function) for function in functions] == [True, False, False, True]
    assert [is_async_gen_fn(function) for function in functions] == [False, True, False, False]
