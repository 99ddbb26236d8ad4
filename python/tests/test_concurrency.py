"""Tasks in many threads at once."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from keepwell import flow, task
from keepwell.cache_policies import INPUTS, NO_CACHE
from keepwell.context import FlowRunContext
from keepwell.locking.memory import MemoryLockManager
from keepwell.transactions import IsolationLevel


def serializable() -> Any:
    return INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=MemoryLockManager())


def test_threads_at_one_serializable_key_run_the_body_once() -> None:
    ran: list[int] = []

    @task(cache_policy=serializable(), persist_result=True)
    def double(number: int) -> int:
        ran.append(number)
        return number * 2

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(double, [4] * 8)) == [8] * 8
    assert ran == [4]


def test_async_tasks_at_one_serializable_key_run_the_body_once() -> None:
    ran: list[int] = []

    @task(cache_policy=serializable(), persist_result=True)
    async def double(number: int) -> int:
        ran.append(number)
        await asyncio.sleep(0.01)
        return number * 2

    async def gathered() -> list[int]:
        return await asyncio.gather(*(double(4) for _ in range(200)))

    assert asyncio.run(gathered()) == [8] * 200
    assert ran == [4]


def test_a_thread_is_in_the_flow_run_only_with_a_copy_of_its_context() -> None:
    seen: list[bool] = []

    @task(cache_policy=NO_CACHE)
    def note() -> None:
        seen.append(FlowRunContext.get() is not None)

    @flow
    def threads() -> None:
        context = contextvars.copy_context()
        for target in (lambda: context.run(note), note):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()

    threads()
    assert seen == [True, False]
