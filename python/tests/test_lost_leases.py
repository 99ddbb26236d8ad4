"""Bodies whose lock is lost while they run: what they are refused, what is cancelled, and whose value counts."""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from keepwell import _core, flow, task
from keepwell.cache_policies import INPUTS, TASK_SOURCE, CacheKeyFnPolicy, CachePolicy, CompoundCachePolicy, Inputs
from keepwell.exceptions import CacheKeyError, LeaseLostError
from keepwell.locking.storage import StorageLockManager
from keepwell.redis import RedisLockManager
from keepwell.results import ResultStore
from keepwell.transactions import IsolationLevel, atransaction, get_transaction, transaction
from redis_server import RedisServer

# A lease lasts a second and is renewed every third of it; a busy machine may add to any wait.
AT_ONCE = 10.0


class Processes:
    """Two lock managers that know of each other by what they have in common alone, as those of two processes."""

    def __init__(self, make: Callable[[], Any], place: str) -> None:
        self.ours, self.theirs, self._place = make(), make(), place

    def break_lock(self) -> None:
        """Takes the lock for `k` away, as a user does."""
        command = ["keepwell", "locks", "break", "k", "--yes"]
        where = ["--locks", self._place] if self._place.startswith("redis:") else ["--storage", self._place]
        assert _core.run_program([*command, *where]) == 0

    def policy(self, locks: Any = None) -> CachePolicy:
        return CacheKeyFnPolicy(lambda _context, _inputs: "k").configure(
            isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=locks or self.ours
        )


@pytest.fixture(params=["storage", "redis"])
def processes(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    monkeypatch.setenv("KEEPWELL_LOCKS_LEASE_SECONDS", "1")
    if request.param == "storage":
        yield Processes(lambda: StorageLockManager(tmp_path / "locks", lease=1), str(tmp_path / "locks"))
        return
    server = RedisServer(tmp_path)
    yield Processes(lambda: RedisLockManager(url=server.url), server.url)
    server.stop()


def until(is_so: Callable[[], bool]) -> None:
    """Waits for what a heartbeat is to find out."""
    end = time.monotonic() + AT_ONCE
    while not is_so():
        assert time.monotonic() < end, "it was not found out"
        time.sleep(0.01)


def is_lost() -> bool:
    """Whether what the running body asks for is refused."""
    found = get_transaction()
    assert found is not None
    try:
        found.get("nothing", None)
    except LeaseLostError:
        return True
    return False


def counted(name: str) -> int:
    return _core.counters()[name]


def elsewhere(call: Callable[[], Any]) -> threading.Thread:
    """Calls it as another program would: in no run."""
    thread = threading.Thread(target=call)
    thread.start()
    return thread


def test_a_body_that_lost_its_lock_is_refused_what_it_asks_for(processes: Processes) -> None:
    refused: list[str] = []

    @task
    def nested() -> int:
        return 1

    def asks(call: Callable[[], Any]) -> None:
        with pytest.raises(LeaseLostError, match="the lock for key `k` was lost while its holder was at work"):
            call()
        refused.append("refused")

    @task(cache_policy=processes.policy(), persist_result=True)
    def body() -> int:
        assert nested() == 1
        around = get_transaction()
        assert around is not None
        around.set("name", 1)
        processes.break_lock()
        until(is_lost)
        asks(nested)
        asks(lambda: transaction().__enter__())
        asks(lambda: around.get("name"))
        asks(lambda: around.set("name", 2))
        assert nested(return_state=True).is_failed()
        return 5

    lost = counted("lease_lost")
    assert body(return_state=True).name == "Completed"
    assert refused == ["refused"] * 4
    # Nobody has claimed the key meanwhile, so the value counts.
    assert body(return_state=True).name == "Cached"
    assert counted("lease_lost") > lost


def test_a_value_is_not_staged_under_a_lost_lock_and_hooks_may_look_at_what_was_kept(processes: Processes) -> None:
    seen: list[int] = []
    store = ResultStore(lock_manager=processes.ours)
    with (
        pytest.raises(LeaseLostError, match="was lost while its holder was at work"),
        transaction("k", store=store, isolation_level=IsolationLevel.SERIALIZABLE) as around,
    ):
        around.set("name", 7)
        around.on_rollback(lambda undone: seen.append(undone.get("name")))
        processes.break_lock()
        until(is_lost)
        around.stage(1)
    assert (seen, around.is_rolled_back()) == ([7], True)


def test_the_record_of_whoever_got_the_lock_next_is_adopted(processes: Processes) -> None:
    @task(cache_policy=processes.policy(processes.theirs), persist_result=True)
    def theirs() -> str:
        return "theirs"

    @task(cache_policy=processes.policy(), persist_result=True)
    def ours() -> str:
        processes.break_lock()
        elsewhere(theirs).join()
        return "ours"

    adopted = counted("lease_adopted")
    state = ours(return_state=True)
    assert (state.name, state.result()) == ("Cached", "theirs")
    assert counted("lease_adopted") == adopted + 1


def test_a_body_that_fails_for_it_adopts_a_record_too(processes: Processes) -> None:
    has_begun = threading.Event()

    @task(cache_policy=processes.policy(processes.theirs), persist_result=True)
    def theirs() -> str:
        has_begun.set()
        time.sleep(0.5)
        return "theirs"

    @task(cache_policy=processes.policy(), persist_result=True)
    def ours() -> str:
        processes.break_lock()
        elsewhere(theirs)
        assert has_begun.wait(AT_ONCE)
        until(is_lost)
        raise RuntimeError("there is no going on")

    assert ours() == "theirs"


def test_an_async_body_is_cancelled_and_not_tried_again(processes: Processes) -> None:
    ended: list[str] = []

    @task(cache_policy=processes.policy(), persist_result=True, retries=3)
    async def waits() -> None:
        processes.break_lock()
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async def main() -> tuple[Any, int]:
        state = await waits(return_state=True)
        running = asyncio.current_task()
        assert running is not None
        return state, running.cancelling() if hasattr(running, "cancelling") else 0

    start = time.monotonic()
    state, cancellations = asyncio.run(main())
    assert time.monotonic() - start < AT_ONCE
    assert (state.name, ended, cancellations) == ("Failed", ["cancelled"], 0)
    assert "the run was cancelled because its lock was lost" in state.message
    with pytest.raises(LeaseLostError) as raised:
        state.result()
    assert raised.value.__notes__ == ["hint: `on_lease_lost` of the cache policy says what becomes of such a run"]


def test_a_cancelled_body_adopts_the_record_of_whoever_got_the_lock_next(processes: Processes) -> None:
    has_begun = threading.Event()

    @task(cache_policy=processes.policy(processes.theirs), persist_result=True)
    def theirs() -> str:
        has_begun.set()
        time.sleep(1)
        return "theirs"

    @task(cache_policy=processes.policy(), persist_result=True)
    async def ours() -> str:
        processes.break_lock()
        elsewhere(theirs)
        assert has_begun.wait(AT_ONCE)
        await asyncio.sleep(60)
        return "ours"

    state: Any = asyncio.run(ours(return_state=True))
    assert (state.name, state.result()) == ("Cached", "theirs")


def test_an_async_body_goes_on_without_its_lock_where_that_is_wanted(processes: Processes) -> None:
    @task(cache_policy=processes.policy().configure(on_lease_lost="continue"), persist_result=True)
    async def goes_on() -> str:
        processes.break_lock()
        while not is_lost():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        return "done"

    async def main() -> list[str]:
        return [(await goes_on(return_state=True)).name for _ in range(2)]  # type: ignore[misc]

    assert asyncio.run(main()) == ["Completed", "Cached"]


def test_a_body_that_cleans_up_and_returns_has_ended_with_its_value(processes: Processes) -> None:
    @task(cache_policy=processes.policy(), persist_result=True)
    async def saves() -> str:
        processes.break_lock()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "what there was"
        return "all"

    async def main() -> str:
        value = await saves()
        # It was nobody else who was cancelled.
        await asyncio.sleep(0)
        return value

    assert asyncio.run(main()) == "what there was"


def test_the_cancellation_of_others_stays_theirs(processes: Processes) -> None:
    @task(cache_policy=processes.policy(), persist_result=True)
    async def waits() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        running = asyncio.ensure_future(waits())
        await asyncio.sleep(0.3)
        running.cancel()
        await running

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert processes.theirs.acquire_lock("k", "them", acquire_timeout=AT_ONCE)


def test_a_run_inside_is_cancelled_with_the_one_that_has_the_lock(processes: Processes) -> None:
    @task
    async def inside() -> None:
        processes.break_lock()
        await asyncio.sleep(60)

    @task(cache_policy=processes.policy(), persist_result=True)
    async def outside() -> None:
        await inside()

    state: Any = asyncio.run(outside(return_state=True))
    assert (state.name, "its lock was lost" in state.message) == ("Failed", True)


def test_a_run_around_may_try_again_when_one_inside_was_cancelled(processes: Processes) -> None:
    tries: list[int] = []

    @task(cache_policy=processes.policy(), persist_result=True)
    async def inside() -> str:
        tries.append(1)
        if len(tries) == 1:
            processes.break_lock()
            await asyncio.sleep(60)
        return "done"

    @task(retries=1)
    async def around() -> str:
        return await inside()

    assert asyncio.run(around()) == "done"  # type: ignore[arg-type]
    assert len(tries) == 2


def test_a_flow_in_a_block_that_lost_its_lock_is_cancelled(processes: Processes) -> None:
    @flow(retries=1)
    async def inner() -> None:
        processes.break_lock()
        await asyncio.sleep(60)

    async def main() -> None:
        store = ResultStore(lock_manager=processes.ours)
        async with atransaction("k", store=store, isolation_level=IsolationLevel.SERIALIZABLE):
            await inner()

    start = time.monotonic()
    with pytest.raises(LeaseLostError, match="the run was cancelled because its lock was lost"):
        asyncio.run(main())
    assert time.monotonic() - start < AT_ONCE


def test_an_async_generator_is_cancelled_in_its_step_and_not_between_two(processes: Processes) -> None:
    @task(cache_policy=processes.policy(), persist_result=True)
    async def counts() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(60)
        yield 2

    async def main() -> list[int]:
        items = []
        async for item in counts():
            items.append(item)
            processes.break_lock()
            await asyncio.sleep(1)
        return items

    start = time.monotonic()
    with pytest.raises(LeaseLostError, match="the run was cancelled because its lock was lost"):
        asyncio.run(main())
    assert time.monotonic() - start < 1 + AT_ONCE


def test_what_a_policy_says_of_lost_leases_stays_with_it_and_must_agree() -> None:
    goes_on = INPUTS.configure(on_lease_lost="continue")
    assert (INPUTS.on_lease_lost, goes_on.on_lease_lost) == (None, "continue")
    assert goes_on != INPUTS and goes_on == Inputs().configure(on_lease_lost="continue")
    assert "on_lease_lost='continue'" in repr(goes_on) and "on_lease_lost" not in repr(INPUTS)
    assert pickle.loads(pickle.dumps(goes_on)) == goes_on
    total = goes_on + TASK_SOURCE
    for policy in (goes_on - "x", total, total - "x", goes_on.configure(isolation_level="SERIALIZABLE")):
        assert policy.on_lease_lost == "continue"
    assert isinstance(total, CompoundCachePolicy)
    with pytest.raises(CacheKeyError, match="Cannot add CachePolicies with different treatments of a lost lease"):
        goes_on + TASK_SOURCE.configure(on_lease_lost="cancel")
    with pytest.raises(ValueError, match="`give up` is no treatment of a body whose lease is lost"):
        INPUTS.configure(on_lease_lost="give up")  # type: ignore[arg-type]
