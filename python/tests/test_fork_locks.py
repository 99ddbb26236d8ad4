"""Forks of a process that holds locks: the child owns nothing, keeps nothing alive, and can take locks of its own.

Each manager, with leases that are renewed far more often than they need be: a fork falls into renewals.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from forking import Child, in_fork
from keepwell import task
from keepwell.cache_policies import INPUTS
from keepwell.exceptions import LeaseLostError
from keepwell.locking.filesystem import FileSystemLockManager
from keepwell.locking.memory import MemoryLockManager
from keepwell.locking.storage import StorageLockManager
from keepwell.redis import RedisLockManager
from keepwell.transactions import IsolationLevel
from programs import packages
from redis_server import RedisServer

Locks = MemoryLockManager | FileSystemLockManager | StorageLockManager | RedisLockManager

LEASE = 1.5
# What a busy machine may add to any wait.
SLACK = 2.0
SHARED = ["filesystem", "storage", "redis"]

_MADE_BY = {
    "filesystem": "from keepwell.locking.filesystem import FileSystemLockManager as Locks",
    "storage": "from keepwell.locking.storage import StorageLockManager as Locks",
    "redis": "from keepwell.redis import RedisLockManager as Locks",
}


def with_long_leases(test: Callable[..., None]) -> Callable[..., None]:
    """For a test in which no lease is to run out: a busy machine may halt a process for longer than a short one."""
    test.lease = 30  # type: ignore[attr-defined]
    return test


@pytest.fixture(autouse=True)
def leases(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL_LOCKS_LEASE_SECONDS", str(getattr(request.function, "lease", LEASE)))
    monkeypatch.setenv("KEEPWELL_LOCKS_HEARTBEAT_SECONDS", "0.02")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.stop()


def manager_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Locks:
    if kind == "memory":
        return MemoryLockManager()
    if kind == "redis":
        return RedisLockManager(url=request.getfixturevalue("server").url)
    return {"filesystem": FileSystemLockManager, "storage": StorageLockManager}[kind](folder / kind)


@pytest.fixture(params=["memory", *SHARED])
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    return manager_of(request.param, request, tmp_path)


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    """Locks that other processes know of."""
    return manager_of(request.param, request, tmp_path)


def key_of(request: pytest.FixtureRequest) -> str:
    """A key of the test's own, since the locks in memory are the process's."""
    return f"key/{request.node.name}"


def is_lost(give_back: Callable[[], None]) -> bool:
    try:
        give_back()
    except LeaseLostError:
        return True
    return False


def test_a_child_owns_nothing_and_takes_nothing_from_its_parent(locks: Locks, request: pytest.FixtureRequest) -> None:
    key = key_of(request)
    assert locks.acquire_lock(key, "parent", acquire_timeout=0)
    assert in_fork(lambda: is_lost(lambda: locks.release_lock(key, "parent"))) is True
    assert locks.is_lock_holder(key, "parent")
    time.sleep(2 * LEASE)
    assert locks.is_lock_holder(key, "parent")
    locks.release_lock(key, "parent")
    assert not locks.is_locked(key)


@with_long_leases
def test_a_child_is_kept_out_also_under_the_name_of_its_parent(shared: Locks) -> None:
    assert shared.acquire_lock("k", "parent", acquire_timeout=0)
    names = ["child", "parent"]
    assert in_fork(lambda: [shared.acquire_lock("k", name, acquire_timeout=0.1) for name in names]) == [False, False]
    shared.release_lock("k", "parent")


def test_the_locks_of_a_child_are_renewed_by_the_child(shared: Locks) -> None:
    assert shared.acquire_lock("parent", "parent", acquire_timeout=0)

    def work() -> bool:
        granted = shared.acquire_lock("child", "child", acquire_timeout=0)
        time.sleep(3 * LEASE)
        shared.release_lock("child", "child")
        return granted

    child = Child(work)
    end = time.monotonic() + 10
    while not shared.is_locked("child"):
        assert time.monotonic() < end
    assert not shared.acquire_lock("child", "parent", acquire_timeout=2 * LEASE)
    assert child.told() is True
    assert shared.acquire_lock("child", "parent", acquire_timeout=0)
    shared.release_lock("parent", "parent")


def test_a_child_gets_the_lock_that_its_parent_gives_back(shared: Locks) -> None:
    assert shared.acquire_lock("k", "parent", acquire_timeout=0)

    def work() -> tuple[bool, float]:
        start = time.monotonic()
        granted = shared.acquire_lock("k", "child", acquire_timeout=20)
        shared.release_lock("k", "child")
        return granted, time.monotonic() - start

    child = Child(work)
    time.sleep(2 * LEASE)
    shared.release_lock("k", "parent")
    granted, waited = child.told()
    assert granted
    assert LEASE < waited < 3 * LEASE + SLACK


_DYING = """
import os, sys, time
{made_by}
locks = Locks({place})
assert locks.acquire_lock("k", "parent", acquire_timeout=0)
if os.fork() == 0:
    assert locks.acquire_lock("own", "child", acquire_timeout=0)
    print("ready", os.getpid(), flush=True)
    print("taken", locks.acquire_lock("k", "child", acquire_timeout=20), flush=True)
    time.sleep(60)
time.sleep(60)
"""


@pytest.mark.parametrize("kind", SHARED)
def test_a_child_keeps_no_lock_of_a_dead_parent_and_can_take_it(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    place = repr(str(tmp_path / kind))
    if kind == "redis":
        place = f"url={request.getfixturevalue('server').url!r}"
    command = [sys.executable, "-W", "ignore", "-c", _DYING.format(made_by=_MADE_BY[kind], place=place)]
    environment = {**os.environ, "PYTHONPATH": packages()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline().removeprefix("ready "))
        try:
            # Long enough for a lease that nobody renews to be over.
            time.sleep(2 * LEASE)
            parent.kill()
            parent.wait()
            start = time.monotonic()
            assert parent.stdout.readline() == "taken True\n"
            assert time.monotonic() - start < (LEASE if kind == "redis" else 0) + SLACK
        finally:
            os.kill(child, signal.SIGKILL)


class Slow:
    """A storage of the user's own that takes its time, and knows when it is at work on a lock."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.is_renewing = False
        self.renewals = 0

    def read_path(self, path: str) -> bytes:
        if path not in self.kept:
            raise FileNotFoundError(path)
        return self.kept[path]

    def write_path(self, path: str, content: bytes) -> None:
        self.is_renewing = True
        time.sleep(0.05)
        self.kept[path] = content
        self.renewals += 1
        self.is_renewing = False

    def delete_path(self, path: str) -> None:
        del self.kept[path]


@with_long_leases
def test_a_fork_waits_for_a_renewal() -> None:
    storage = Slow()
    locks = StorageLockManager(storage)
    assert locks.acquire_lock("k", "parent", acquire_timeout=0)
    for _ in range(5):
        end = time.monotonic() + 10
        while not storage.is_renewing:
            assert time.monotonic() < end, "nothing is renewed"

        def work() -> tuple[bool, bool]:
            was_renewing = storage.is_renewing
            granted = locks.acquire_lock("own", "child", acquire_timeout=5)
            locks.release_lock("own", "child")
            return was_renewing, granted

        assert in_fork(work) == (False, True)
    before = storage.renewals
    time.sleep(LEASE / 2)
    assert storage.renewals > before
    locks.release_lock("k", "parent")


@with_long_leases
def test_forks_of_a_process_whose_threads_hold_and_take_leases(locks: Locks, request: pytest.FixtureRequest) -> None:
    key = key_of(request)
    stop = threading.Event()
    errors: list[BaseException] = []

    def busy(number: int) -> None:
        mine = f"{key}/{number}"
        try:
            while not stop.is_set():
                assert locks.acquire_lock(mine, "thread", acquire_timeout=30)
                assert locks.acquire_lock(f"{key}/all", mine, acquire_timeout=30)
                locks.release_lock(f"{key}/all", mine)
                locks.release_lock(mine, "thread")
        except BaseException as error:
            errors.append(error)

    def work() -> bool:
        for turn in range(3):
            assert locks.acquire_lock(f"{key}/child", "child", acquire_timeout=30), turn
            locks.release_lock(f"{key}/child", "child")
        return is_lost(lambda: locks.release_lock(f"{key}/held", "parent"))

    assert locks.acquire_lock(f"{key}/held", "parent", acquire_timeout=0)
    threads = [threading.Thread(target=busy, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        for attempt in range(25):
            assert in_fork(work) is True, attempt
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    locks.release_lock(f"{key}/held", "parent")


@with_long_leases
def test_a_body_that_forks_keeps_its_lock_and_commits(locks: Locks, request: pytest.FixtureRequest) -> None:
    policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=locks)

    @task(cache_policy=policy)
    def body(name: str) -> Any:
        return in_fork(lambda: inner(name)), in_fork(lambda: asyncio.run(later(name)))

    @task(cache_policy=policy)
    def inner(name: str) -> str:
        return f"inner {name}"

    @task(cache_policy=policy)
    async def later(name: str) -> str:
        await asyncio.sleep(0.1)
        return f"later {name}"

    name = request.node.name
    assert body(name) == (f"inner {name}", f"later {name}")
    assert body(name, return_state=True).name == inner(name, return_state=True).name == "Cached"


def _count(locks: Locks, folder: Path, times: int) -> None:
    for _ in range(times):
        assert locks.acquire_lock("k", str(os.getpid()), acquire_timeout=60)
        number = folder / "number"
        number.write_text(str(int(number.read_text()) + 1))
        locks.release_lock("k", str(os.getpid()))


@with_long_leases
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_lose_no_update(shared: Locks, method: str, tmp_path: Path) -> None:
    (tmp_path / "number").write_text("0")
    # The children of a fork have a copy of a table that is not empty.
    assert shared.acquire_lock("parent", "parent", acquire_timeout=0)
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=_count, args=(shared, tmp_path, 10)) for _ in range(3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for process in processes:
            process.start()
    _count(shared, tmp_path, 10)
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 3
    assert (tmp_path / "number").read_text() == "40"
    shared.release_lock("parent", "parent")
