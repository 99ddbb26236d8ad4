"""Locks in a storage: processes, holders that die, event loops, pickles, and storages that locks cannot be kept in."""

from __future__ import annotations

import asyncio
import copy
import logging
import multiprocessing
import os
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keepwell import task
from keepwell.cache_policies import INPUTS, CacheKeyFnPolicy
from keepwell.exceptions import ConfigurationError, LeaseLostError, SettingsError
from keepwell.filesystems import LocalFileSystem
from keepwell.locking.protocol import LockManager
from keepwell.locking.storage import StorageLockManager
from keepwell.settings import (
    KEEPWELL_LOCKS_HEARTBEAT_SECONDS,
    KEEPWELL_LOCKS_LEASE_SECONDS,
    temporary_settings,
)
from keepwell.transactions import IsolationLevel

# What a busy machine may add to any wait.
SLACK = 2.0


@pytest.fixture
def locks(tmp_path: Path) -> StorageLockManager:
    return StorageLockManager(tmp_path / "place")


def test_a_lock_is_an_object_beside_the_results_while_it_is_held(tmp_path: Path, locks: StorageLockManager) -> None:
    assert isinstance(locks, LockManager)
    assert not (tmp_path / "place").exists()
    assert locks.acquire_lock("k", "one", acquire_timeout=0)
    assert [file.name for file in (tmp_path / "place" / ".keepwell" / "locks").iterdir()] == ["k"]
    locks.release_lock("k", "one")
    assert list((tmp_path / "place" / ".keepwell" / "locks").iterdir()) == []


def _one_at_a_time(folder: Path, lease: float | None = None) -> Any:
    locks = StorageLockManager(folder / "place", lease=lease)
    return CacheKeyFnPolicy(lambda _context, _inputs: "k").configure(
        isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=locks
    )


def _work(folder: Path) -> None:
    @task(cache_policy=_one_at_a_time(folder), result_storage=folder / "place")
    def slow() -> str:
        with (folder / "bodies").open("a") as bodies:
            bodies.write(f"{os.getpid()}\n")
        time.sleep(0.5)
        return str(os.getpid())

    (folder / f"result{os.getpid()}").write_text(slow())


def test_of_two_processes_one_runs_the_body_and_the_other_uses_its_value(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_work, args=(tmp_path,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    [body] = (tmp_path / "bodies").read_text().split()
    assert {result.read_text() for result in tmp_path.glob("result*")} == {body}
    assert len(list(tmp_path.glob("result*"))) == 2


def _hold(folder: Path, lease: float) -> None:
    locks = StorageLockManager(folder / "place", lease=lease)
    assert locks.acquire_lock("k", "them", acquire_timeout=0)
    (folder / "held").touch()
    time.sleep(120)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[multiprocessing.Process]:
    """Another process that has the lock for `k` by a lease of one second."""
    process = multiprocessing.get_context("spawn").Process(target=_hold, args=(tmp_path, 1.0))
    process.start()
    end = time.monotonic() + 30
    while not (tmp_path / "held").exists():
        assert time.monotonic() < end, "the lock was not taken"
        time.sleep(0.01)
    yield process  # type: ignore[misc]
    process.kill()
    process.join()


def test_a_lock_outlives_its_lease_while_its_holder_lives_and_is_free_when_it_is_killed(
    locks: StorageLockManager, holder: multiprocessing.Process
) -> None:
    assert not locks.acquire_lock("k", "us", acquire_timeout=2.5)
    assert (locks.is_locked("k"), locks.is_lock_holder("k", "them")) == (True, True)
    with pytest.raises(LeaseLostError, match="No lock held by us for transaction with key k"):
        locks.release_lock("k", "us")
    holder.kill()
    holder.join()
    start = time.monotonic()
    assert locks.acquire_lock("k", "us", acquire_timeout=30)
    assert time.monotonic() - start < 1 + SLACK


def test_an_event_loop_goes_on_while_a_lock_is_waited_for(locks: StorageLockManager, tmp_path: Path) -> None:
    rival = StorageLockManager(tmp_path / "place")
    assert rival.acquire_lock("k", "them", acquire_timeout=0)

    async def longest_pause() -> float:
        assert not await locks.aacquire_lock("k", "us", acquire_timeout=0)
        assert not await locks.await_for_lock("k", timeout=0.1)
        waiting = asyncio.ensure_future(locks.aacquire_lock("k", "us", acquire_timeout=30))
        freed = asyncio.ensure_future(locks.await_for_lock("k"))
        start, longest, last, is_held = time.monotonic(), 0.0, time.monotonic(), True
        while not waiting.done():
            await asyncio.sleep(0.01)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            if is_held and now - start > 0.5:
                rival.release_lock("k", "them")
                is_held = False
        assert await waiting
        locks.release_lock("k", "us")
        assert await freed
        return longest

    assert asyncio.run(longest_pause()) < 0.5


def test_of_async_tasks_in_two_managers_one_runs_the_body(tmp_path: Path) -> None:
    ran: list[int] = []

    async def body() -> int:
        ran.append(1)
        await asyncio.sleep(0.2)
        return 7

    both = [task(body, cache_policy=_one_at_a_time(tmp_path)) for _ in range(2)]

    async def main() -> list[int]:
        return list(await asyncio.gather(*(one() for one in both)))

    assert (asyncio.run(main()), ran) == ([7, 7], [1])


def test_a_manager_can_be_pickled_and_copied_and_finds_the_same_locks_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = StorageLockManager("place", lease=9, heartbeat=2)
    assert locks.acquire_lock("k", "one", acquire_timeout=0)
    pickled = pickle.dumps(locks)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for other in (pickle.loads(pickled), copy.deepcopy(locks)):
        assert (other.storage, other.lease, other.heartbeat) == (tmp_path / "place", 9, 2)
        assert not other.acquire_lock("k", "two", acquire_timeout=0)
        assert other.is_lock_holder("k", "one")
    assert repr(locks) == f"StorageLockManager(locks in {tmp_path / 'place'})"


def test_a_forked_child_has_none_of_its_parents_locks_and_asks_for_itself(locks: StorageLockManager) -> None:
    assert locks.acquire_lock("k", "parent")
    child = os.fork()
    if child == 0:
        found = (
            locks.acquire_lock("k", "child", acquire_timeout=0),
            locks.acquire_lock("child's", "child", acquire_timeout=0),
        )
        try:
            locks.release_lock("k", "parent")
        except LeaseLostError:
            os._exit(0 if found == (False, True) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    locks.release_lock("k", "parent")


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"lease": 0.5}, "a lease of 0.5 s is too short"),
        ({"lease": 2, "heartbeat": 1.5}, "a heartbeat every 1.5 s cannot keep a lease of 2 s"),
        ({"heartbeat": 20}, "a heartbeat every 20 s cannot keep a lease of 30 s"),
    ],
)
def test_a_lease_that_cannot_be_kept_is_refused(tmp_path: Path, terms: dict[str, float], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        StorageLockManager(tmp_path, **terms)
    with pytest.raises(ValueError, match="a lease is a number of seconds"):
        StorageLockManager(tmp_path, lease=-1)


def test_the_settings_say_the_lease_where_it_is_not_given(tmp_path: Path) -> None:
    with temporary_settings({KEEPWELL_LOCKS_LEASE_SECONDS: "4", KEEPWELL_LOCKS_HEARTBEAT_SECONDS: "2"}):
        StorageLockManager(tmp_path)
        StorageLockManager(tmp_path, lease=2)
        with pytest.raises(SettingsError, match=r"a heartbeat every 2.1 s cannot keep a lease of 4 s"):
            StorageLockManager(tmp_path, heartbeat=2.1)


class Shelf:
    """A storage object of the user's own."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def read_path(self, path: str) -> bytes:
        return self.kept[path]

    def write_path(self, path: str, content: bytes) -> None:
        self.kept[path] = content


class Emptied(Shelf):
    """One that can remove, too."""

    def delete_path(self, path: str) -> None:
        del self.kept[path]


def test_a_storage_object_of_ones_own_keeps_locks_within_the_process_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Emptied()
    with caplog.at_level(logging.WARNING, logger="keepwell"):
        locks = StorageLockManager(shelf)  # type: ignore[arg-type]
    [warning] = caplog.messages
    assert warning.startswith("Locks in `Emptied at 0x") and "hold within this process only" in warning
    assert locks.storage is shelf
    assert locks.acquire_lock("k", "one", acquire_timeout=0)
    assert not StorageLockManager(shelf).acquire_lock("k", "two", acquire_timeout=0)  # type: ignore[arg-type]
    locks.release_lock("k", "one")
    assert [path for path in shelf.kept if "locks" in path] == []


def test_a_folder_is_not_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="keepwell"):
        StorageLockManager(tmp_path)
        StorageLockManager("memory://locks")
        block = StorageLockManager(LocalFileSystem(basepath=str(tmp_path)))
    assert caplog.messages == []
    assert repr(block) == f"StorageLockManager(locks in {tmp_path})"


def test_a_storage_that_locks_cannot_be_kept_in_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot remove objects, so no lock in it could be given back"):
        StorageLockManager(Shelf())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="`null://` keeps nothing, and so no locks"):
        StorageLockManager("null://")
    with pytest.raises(TypeError, match="a storage is a path"):
        StorageLockManager(7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a storage's name is empty"):
        StorageLockManager("")


def test_a_task_and_its_locks_share_one_storage(tmp_path: Path) -> None:
    LocalFileSystem(basepath=str(tmp_path / "place")).save("place")
    place = "local-file-system/place"
    policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=StorageLockManager(place))
    assert pickle.loads(pickle.dumps(policy.lock_manager)).storage == place

    @task(cache_policy=policy, result_storage=place)
    def add(x: int) -> int:
        assert len(list((tmp_path / "place" / ".keepwell" / "locks").iterdir())) == 1
        return x + 1

    assert [add(1, return_state=True).name for _ in range(2)] == ["Completed", "Cached"]
