"""Prefect 3, with the server that it starts by itself."""

from __future__ import annotations

from typing import Any

from worker import timed

from contestants.everybody import contended, importing, peak_of

__all__ = ["importing"]


def greeting() -> Any:
    from prefect import task
    from prefect.cache_policies import INPUTS

    @task(cache_policy=INPUTS)
    def greeting(name: str) -> str:
        return f"hello {name}"

    return greeting


def hit() -> None:
    task = greeting()
    timed(lambda: task("Ada"))


def hit_in_flow() -> None:
    from prefect import flow

    task = greeting()

    @flow
    def measured() -> None:
        timed(lambda: task("Ada"))

    measured()


def uncached() -> None:
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE

    @task(cache_policy=NO_CACHE)
    def increment(number: int) -> int:
        return number + 1

    @flow
    def measured() -> None:
        timed(lambda: increment(1))

    measured()


def mapped() -> None:
    from prefect import flow

    task = greeting()
    names = ["Ada"] * 1000

    @flow
    def measured() -> None:
        timed(lambda: task.map(names).result())

    measured()


def peak() -> None:
    peak_of("from prefect import flow, task\n@task\ndef t(): pass\n@flow\ndef f(): t()\nf()")


def contended_memory() -> None:
    from prefect.locking.memory import MemoryLockManager
    from prefect.results import ResultStore
    from prefect.transactions import IsolationLevel, transaction

    store = ResultStore(lock_manager=MemoryLockManager())
    level = IsolationLevel.SERIALIZABLE
    contended(lambda key: transaction(key=key, store=store, isolation_level=level))
