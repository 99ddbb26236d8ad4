"""What type checkers make of tasks and flows: a task keeps its signature and its return type. Checked, never run."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from datetime import timedelta
from typing import Any

from typing_extensions import assert_type

from keepwell import State, Task, flow, tags, task, unmapped
from keepwell.cache_policies import INPUTS, RUN_ID, TASK_SOURCE, CachePolicy
from keepwell.context import TaskRunContext
from keepwell.futures import KeepwellFuture, KeepwellFutureList, as_completed, wait
from keepwell.states import Completed
from keepwell.task_runners import ThreadPoolTaskRunner
from keepwell.transactions import BaseTransaction, Transaction, atransaction, transaction


@task
def add(one: int, other: int = 1) -> int:
    return one + other


@task(cache_policy=INPUTS - "verbose" + TASK_SOURCE, cache_expiration=timedelta(days=1), retries=2)
def greet(name: str, verbose: bool = False) -> str:
    return f"hello {name}" + "!" * verbose


@task(persist_result=True)
async def fetch(url: str) -> bytes:
    return url.encode()


@task
async def count_down(start: int) -> int:
    return start - 1


def by_name(context: TaskRunContext, parameters: dict[str, object]) -> str | None:
    return f"{context.task.name}-{parameters['name']}"


@task(cache_key_fn=by_name)
def keyed(name: str) -> list[str]:
    return [name]


@task
def numbers(count: int) -> Generator[int, None, str]:
    yield from range(count)
    return "done"


@task
async def later_numbers(count: int) -> AsyncGenerator[int, None]:
    for number in range(count):
        yield number


@task
def with_any_names(**values: int) -> int:
    return sum(values.values())


class Shop:
    @task
    def price(self, item: str, amount: int = 1) -> float:
        return 2.0 * len(item) * amount

    @task(cache_policy=INPUTS - "self")
    async def stock(self, item: str) -> int:
        return len(item)

    @task
    @classmethod
    def opened(cls, year: int) -> Shop:
        return cls()

    @task(retries=1)
    @staticmethod
    def round_up(price: float) -> int:
        return int(price) + 1

    @flow
    def sell(self, item: str) -> float:
        return self.price(item)

    @flow(retries=1)
    @staticmethod
    def close(hour: int) -> bool:
        return hour > 18


class CornerShop(Shop):
    pass


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
    assert_type(add(1, wait_for=[greet.submit("Ada")]), int)
    assert_type(greet("Ada"), str)
    assert_type(keyed("Ada"), list[str])
    assert_type(numbers(3), Generator[int, None, str])
    assert_type(later_numbers(3), AsyncGenerator[int, None])
    assert_type(with_any_names(one=1, two=2), int)
    assert_type(summed(3), int)
    assert_type(summed(3, return_state=True), State[int])
    assert_type(summed(3, wait_for=None), int)


def options() -> None:
    assert_type(greet.with_options(retries=3)("Ada"), str)
    assert_type(greet.with_options(name="hello").submit("Ada"), KeepwellFuture[str])
    assert_type(summed.with_options(name="sum")(3), int)
    assert_type(INPUTS + RUN_ID, CachePolicy)
    assert_type(task(str.upper)("a"), str)


def submitted() -> None:
    assert_type(greet.submit("Ada"), KeepwellFuture[str])
    assert_type(greet.submit("Ada").result(), str)
    assert_type(greet.submit("Ada", return_state=True), State[str])
    assert_type(greet.submit("Ada", wait_for=[add.submit(1)]).result(), str)
    assert_type(fetch.submit("a"), KeepwellFuture[bytes])
    assert_type(fetch.submit("a").result(), bytes)
    assert_type(fetch.submit("a", return_state=True), State[bytes])
    assert_type(fetch.submit("a", wait_for=[]), KeepwellFuture[bytes])
    assert_type(wait([greet.submit("Ada")]).done, set[KeepwellFuture[Any]])
    for future in as_completed([greet.submit("Ada")]):
        assert_type(future, KeepwellFuture[str])


def mapped() -> None:
    assert_type(add.map([1, 2], unmapped(3)), KeepwellFutureList[int])
    assert_type(add.map([1, 2]).result(), list[int])
    assert_type(add.map([1, 2], return_state=True), list[State[int]])
    assert_type(fetch.map(["a", "b"]), KeepwellFutureList[bytes])
    assert_type(fetch.map(["a", "b"]).result(), list[bytes])
    assert_type(fetch.map(["a", "b"], return_state=True), list[State[bytes]])
    for future in add.map([1, 2]):
        assert_type(future, KeepwellFuture[int])


async def asynchronous_calls() -> None:
    assert_type(await fetch("a"), bytes)
    assert_type(await fetch("a", wait_for=None), bytes)
    assert_type(await fetch("a", return_state=True), State[bytes])
    assert_type(await (await fetch("a", return_state=True)).aresult(), bytes)
    assert_type(await count_down.with_options(retries=1)(3), int)
    assert_type(await fetched("a"), bytes)
    assert_type(await fetched("a", return_state=True), State[bytes])
    assert_type(await fetch.submit("a").result_async(), bytes)


async def methods(shop: Shop, corner_shop: CornerShop) -> None:
    assert_type(shop.price("cup"), float)
    assert_type(shop.price("cup", amount=2), float)
    assert_type(shop.price("cup", return_state=True), State[float])
    assert_type(shop.price.submit("cup"), KeepwellFuture[float])
    assert_type(Shop.price(shop, "cup"), float)
    assert_type(await shop.stock("cup"), int)
    assert_type(shop.stock.submit("cup"), KeepwellFuture[int])
    assert_type(Shop.opened(1999), Shop)
    assert_type(shop.opened(1999), Shop)
    assert_type(Shop.round_up(1.5), int)
    assert_type(shop.round_up(1.5), int)
    assert_type(shop.sell("cup"), float)
    assert_type(shop.sell("cup", return_state=True), State[float])
    assert_type(Shop.close(20), bool)
    assert_type(corner_shop.price("cup"), float)
    assert_type(CornerShop.opened(1999), Shop)


@add.on_completion
def told(completed: Task[..., Any], run: object, state: State[Any]) -> int:
    return len(state.name)


@add.on_rollback
async def undone(undone_transaction: Transaction) -> None:
    del undone_transaction


def others() -> None:
    assert_type(told(add, None, Completed()), int)
    with transaction(key="a") as around:
        assert_type(around, Transaction)
        assert_type(around.get_parent(), BaseTransaction | None)
    with tags("nightly") as all_tags:
        assert_type(all_tags, set[str])
    with ThreadPoolTaskRunner() as runner:
        assert_type(runner, ThreadPoolTaskRunner)


async def other_transactions() -> None:
    async with atransaction() as around:
        assert_type(await around.read(), Any)


def tasks_as_functions() -> None:
    plain: Callable[[int, int], int] = add
    asynchronous: Callable[[str], Coroutine[Any, Any, bytes]] = fetch
    any_task: Task[..., Any] = greet
    del plain, asynchronous, any_task


def mistakes(shop: Shop) -> None:
    add("1")  # type: ignore[call-overload]
    add()  # type: ignore[call-overload]
    add(1, 2, 3)  # type: ignore[call-overload]
    greet(nome="Ada")  # type: ignore[call-overload]
    greet.submit(5)  # type: ignore[call-overload]
    greet.with_options(retries=3)(5)  # type: ignore[call-overload]
    fetch.submit(5)  # type: ignore[call-overload]
    summed("3")  # type: ignore[call-overload]
    shop.price(3)  # type: ignore[call-overload]
    shop.price()  # type: ignore[call-overload]
    shop.sell(3)  # type: ignore[call-overload]
    Shop.round_up("1")  # type: ignore[call-overload]
    Shop.opened("1999")  # type: ignore[call-overload]
    add.with_options(retries="3")  # type: ignore[arg-type]
    task(add, retries="3")  # type: ignore[call-overload]
    INPUTS - 5  # type: ignore[operator]


async def asynchronous_mistakes() -> None:
    await fetch(5)  # type: ignore[call-overload]
    await fetched(5)  # type: ignore[call-overload]
    await greet("Ada")  # type: ignore[misc]
