"""What type checkers make of tasks and flows: a task keeps its signature and its return type. Checked, never run."""

from __future__ import annotations

from datetime import timedelta

from typing_extensions import assert_type

from keepwell import State, flow, task, unmapped
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from keepwell.context import TaskRunContext
from keepwell.futures import KeepwellFuture, KeepwellFutureList


@task
def add(one: int, other: int = 1) -> int:
    return one + other


@task(cache_policy=INPUTS - "verbose" + TASK_SOURCE, cache_expiration=timedelta(days=1), retries=2)
def greet(name: str, verbose: bool = False) -> str:
    return f"hello {name}" + "!" * verbose


@task(persist_result=True)
async def fetch(url: str) -> bytes:
    return url.encode()


def by_name(context: TaskRunContext, parameters: dict[str, object]) -> str | None:
    return f"{context.task.name}-{parameters['name']}"


@task(cache_key_fn=by_name)
def keyed(name: str) -> list[str]:
    return [name]


@flow
def summed(count: int) -> int:
    futures = [add.submit(number) for number in range(count)]
    assert_type(futures, list[KeepwellFuture[int]])
    return sum(future.result() for future in futures)


@flow(retries=1)
async def fetched(url: str) -> bytes:
    return await fetch(url)


def calls() -> None:
    assert_type(add(1), int)
    assert_type(add(1, other=2), int)
    assert_type(add(1, return_state=True), State[int])
    assert_type(add(1, return_state=True).result(), int)
    assert_type(greet("Ada"), str)
    assert_type(keyed("Ada"), list[str])
    assert_type(greet.with_options(retries=3)("Ada"), str)
    assert_type(greet.submit("Ada"), KeepwellFuture[str])
    assert_type(greet.submit("Ada", return_state=True), State[str])
    assert_type(greet.submit("Ada", wait_for=[add.submit(1)]).result(), str)
    assert_type(add.map([1, 2], unmapped(3)), KeepwellFutureList[int])
    assert_type(add.map([1, 2]).result(), list[int])
    assert_type(summed(3), int)
    assert_type(summed(3, return_state=True), State[int])


async def asynchronous_calls() -> None:
    assert_type(await fetch("a"), bytes)
    assert_type(await fetch("a", return_state=True), State[bytes])
    assert_type(fetch.submit("a").result(), bytes)
    assert_type(await fetched("a"), bytes)


def mistakes() -> None:
    add("1")  # type: ignore[call-overload]
    add()  # type: ignore[call-overload]
    greet(nome="Ada")  # type: ignore[call-overload]
    summed("3")  # type: ignore[call-overload]
