"""Locks in a real Redis server: threads, event loops, forks, signals, and a server that is away."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from keepwell import task
from keepwell.blocks import Block
from keepwell.cache_policies import INPUTS
from keepwell.exceptions import LeaseLostError, LockTimeoutError, SettingsError, StorageError
from keepwell.locking.protocol import LockManager
from keepwell.redis import RedisDatabase, RedisLockManager
from keepwell.results import ResultStore
from keepwell.settings import KEEPWELL_LOCKS_TIMEOUT_SECONDS, temporary_settings
from keepwell.transactions import IsolationLevel, transaction
from programs import packages
from redis_server import RedisServer

# What a busy machine may add to any wait.
SLACK = 1.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def locks(server: RedisServer) -> RedisLockManager:
    return RedisLockManager(host="127.0.0.1", port=server.port)


def took(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


def held_elsewhere(server: RedisServer, key: str) -> None:
    server.ask("HSET", f"keepwell:lock:{key}", "nonce", "n", "holder", "them", "host", "far.example", "process", "7")


def test_the_manager_keeps_the_protocol(locks: RedisLockManager) -> None:
    assert isinstance(locks, LockManager)
    assert locks.acquire_lock("k", "one", acquire_timeout=0)
    assert not locks.acquire_lock("k", "two", acquire_timeout=0)
    assert locks.acquire_lock("k", "one", acquire_timeout=0)
    assert (locks.is_locked("k"), locks.is_lock_holder("k", "one"), locks.is_lock_holder("k", "two")) == (
        True,
        True,
        False,
    )
    assert not locks.wait_for_lock("k", timeout=0.1)
    with pytest.raises(LeaseLostError, match="No lock held by two for transaction with key k"):
        locks.release_lock("k", "two")
    locks.release_lock("k", "one")
    assert locks.wait_for_lock("k")
    assert not locks.is_locked("k")


def test_a_lock_with_a_hold_timeout_is_free_when_its_time_is_over(locks: RedisLockManager) -> None:
    assert locks.acquire_lock("k", "one", hold_timeout=0.3)
    assert 0.2 < took(lambda: locks.acquire_lock("k", "two", acquire_timeout=10)) < 0.3 + SLACK
    with pytest.raises(ValueError, match="No lock held by one"):
        locks.release_lock("k", "one")


def test_a_release_elsewhere_wakes_whoever_waits(server: RedisServer, locks: RedisLockManager) -> None:
    held_elsewhere(server, "k")

    def release() -> None:
        server.ask("DEL", "keepwell:lock:k")
        server.ask("PUBLISH", "keepwell:released:k", "free")

    threading.Timer(0.4, release).start()
    assert took(lambda: locks.acquire_lock("k", "one", acquire_timeout=10)) < 0.4 + SLACK


def test_two_event_loop_tasks_run_one_body_and_the_loop_goes_on(server: RedisServer) -> None:
    ran = []

    @task(
        cache_policy=INPUTS.configure(
            isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=RedisLockManager(url=server.url)
        )
    )
    async def slow(x: int) -> int:
        ran.append(x)
        await asyncio.sleep(0.3)
        return x + 1

    async def both() -> tuple[list[int], int]:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.01)

        turning = asyncio.create_task(turn())
        values = await asyncio.gather(slow(1), slow(1))
        turning.cancel()
        return values, turns

    values, turns = asyncio.run(both())
    assert (values, ran) == ([2, 2], [1])
    assert turns > 10
    assert server.ask("KEYS", "keepwell:lock:*") == "*0\r\n"


def test_an_event_loop_goes_on_while_the_server_stands_still(server: RedisServer) -> None:
    @task(
        cache_policy=INPUTS.configure(
            isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=RedisLockManager(url=server.url)
        )
    )
    async def quick(x: int) -> int:
        return x + 1

    async def longest_pause() -> float:
        running = asyncio.create_task(quick(1))
        longest, last = 0.0, time.monotonic()
        while not running.done():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        assert await running == 2
        return longest

    server.pause()
    threading.Timer(1, server.go_on).start()
    assert asyncio.run(longest_pause()) < 0.5


def test_the_methods_for_event_loops_wait_without_blocking_them(server: RedisServer, locks: RedisLockManager) -> None:
    held_elsewhere(server, "k")

    async def waits() -> None:
        assert not await locks.aacquire_lock("k", "one", acquire_timeout=0)
        assert not await locks.await_for_lock("k", timeout=0.2)
        waiting = asyncio.create_task(locks.aacquire_lock("k", "one", acquire_timeout=10))
        freed = asyncio.create_task(locks.await_for_lock("k"))
        await asyncio.sleep(0.2)
        server.ask("DEL", "keepwell:lock:k")
        assert await waiting
        locks.release_lock("k", "one")
        assert await freed
        server.pause()
        with pytest.raises(LockTimeoutError):
            await locks.aacquire_lock("k", "one", acquire_timeout=0.3)
        server.go_on()

    asyncio.run(waits())


def test_a_wait_that_is_cancelled_takes_no_lock(server: RedisServer, locks: RedisLockManager) -> None:
    locks.acquire_lock("other", "me")
    server.pause()

    async def cancelled() -> None:
        waiting = asyncio.create_task(locks.aacquire_lock("k", "one"))
        await asyncio.sleep(0.2)
        waiting.cancel()
        server.go_on()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(cancelled())
    end = time.monotonic() + 5
    while locks.is_locked("k"):
        assert time.monotonic() < end
        time.sleep(0.05)


def started(program: str, server: RedisServer) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": packages()}
    command = [sys.executable, "-c", program, server.url]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


HOLDER = """
import sys, time
from keepwell.redis import RedisLockManager
RedisLockManager(url=sys.argv[1]).acquire_lock("k", "them")
print("has it", flush=True)
time.sleep(60)
"""


def test_a_deadline_names_host_process_and_age_of_the_holder(server: RedisServer) -> None:
    with started(HOLDER, server) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "has it\n"
        store = ResultStore(lock_manager=RedisLockManager(url=server.url))
        with (
            pytest.raises(LockTimeoutError) as raised,
            temporary_settings({KEEPWELL_LOCKS_TIMEOUT_SECONDS: "0.5"}),
            transaction("k", store=store, isolation_level=IsolationLevel.SERIALIZABLE),
        ):
            pytest.fail("the lock was granted")
        holder.kill()
    assert f"held by `them` (process {holder.pid} on {socket.gethostname()}, for " in str(raised.value)


def test_a_wrong_password_is_an_error_at_once(tmp_path: Path) -> None:
    server = RedisServer(tmp_path, "--requirepass", "right")
    try:
        wrong = RedisLockManager(port=server.port, password="wrong")

        def acquire() -> None:
            with pytest.raises(StorageError, match=r"WRONGPASS|[Pp]assword"):
                wrong.acquire_lock("k", "one", acquire_timeout=10)

        assert took(acquire) < SLACK
        assert RedisLockManager(port=server.port, password="right").acquire_lock("k", "one", acquire_timeout=1)
    finally:
        server.stop()


def test_a_server_that_is_away_is_named_at_the_deadline(server: RedisServer, locks: RedisLockManager) -> None:
    server.stop()

    def acquire() -> None:
        with pytest.raises(LockTimeoutError, match=rf"redis://127.0.0.1:{server.port}/0.*refused"):
            locks.acquire_lock("k", "one", acquire_timeout=0.5)

    assert 0.5 <= took(acquire) < 0.5 + SLACK


INTERRUPTED = """
import sys, time
from keepwell.redis import RedisLockManager
locks = RedisLockManager(url=sys.argv[1])
print("waits", flush=True)
try:
    {wait}
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("wait", ["locks.acquire_lock('k', 'one')", "locks.wait_for_lock('k')"])
@pytest.mark.parametrize("is_paused", [False, True])
def test_an_interruption_ends_a_wait_at_once(server: RedisServer, wait: str, is_paused: bool) -> None:
    held_elsewhere(server, "k")
    with started(INTERRUPTED.format(wait=wait), server) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        if is_paused:
            server.pause()
        time.sleep(0.4)
        process.send_signal(signal.SIGINT)
        assert took(lambda: process.stdout.readline()) < 0.5  # type: ignore[union-attr]
        assert process.wait(5) == 0
    server.go_on()


def test_a_forked_child_has_none_of_its_parents_locks_and_asks_for_itself(locks: RedisLockManager) -> None:
    assert locks.acquire_lock("k", "parent")
    child = os.fork()
    if child == 0:
        found = (
            locks.is_lock_holder("k", "parent"),
            locks.acquire_lock("k", "parent", acquire_timeout=0),
            locks.acquire_lock("child's", "child", acquire_timeout=0),
        )
        try:
            locks.release_lock("k", "parent")
        except LeaseLostError:
            os._exit(0 if found == (True, False, True) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    locks.release_lock("k", "parent")


def test_a_manager_can_be_pickled_and_copied_and_knows_the_same_locks(locks: RedisLockManager) -> None:
    assert locks.acquire_lock("k", "one")
    for other in (pickle.loads(pickle.dumps(locks)), copy.deepcopy(locks)):
        assert not other.acquire_lock("k", "two", acquire_timeout=0)
        assert other.acquire_lock("k", "one", acquire_timeout=0)
    assert "secret" not in repr(RedisLockManager(password="secret"))


def test_a_wrong_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as raised:
        RedisLockManager(url="http://user:secret@host")
    assert "secret" not in str(raised.value)


def test_a_database_is_a_block_and_names_the_server(server: RedisServer) -> None:
    database = RedisDatabase(host="127.0.0.1", port=server.port)
    assert RedisDatabase.from_connection_string(server.url) == database
    for locks in (RedisLockManager(database=database), RedisLockManager.from_database(database)):
        assert locks.acquire_lock("k", "one", acquire_timeout=0)
    assert isinstance(database.save("locks"), UUID)
    loaded = Block.load("redis-database/locks")
    assert isinstance(loaded, RedisDatabase)
    assert loaded.as_connection_params() == database.as_connection_params()


def test_a_connection_string_says_everything() -> None:
    database = RedisDatabase.from_connection_string("rediss://keeper:p%40ss@far.example:7000/3")
    assert database.as_connection_params() == {
        "host": "far.example",
        "port": 7000,
        "db": 3,
        "username": "keeper",
        "password": "p@ss",
        "ssl": True,
    }
    assert "p@ss" not in repr(database)
    for wrong in ("secret", "http://secret", "redis://", "redis://host/secret"):
        with pytest.raises(ValueError) as raised:
            RedisDatabase.from_connection_string(wrong)
        assert "secret" not in str(raised.value)


def test_nothing_is_opened_before_a_lock_is_asked_for() -> None:
    threads = threading.active_count(), len(os.listdir("/proc/self/task"))
    RedisLockManager(host="127.0.0.1", port=1)
    assert (threading.active_count(), len(os.listdir("/proc/self/task"))) == threads
