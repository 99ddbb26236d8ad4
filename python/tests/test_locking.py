"""Lock managers: threads, event loops, processes, holders that die, and a user's own."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import keepwell
from keepwell import _core, task
from keepwell.cache_policies import INPUTS
from keepwell.exceptions import LeaseLostError, StorageError
from keepwell.locking.filesystem import FileSystemLockManager
from keepwell.locking.memory import MemoryLockManager
from keepwell.locking.protocol import LockManager
from keepwell.locking.storage import StorageLockManager
from keepwell.transactions import IsolationLevel

Locks = MemoryLockManager | FileSystemLockManager | StorageLockManager


@pytest.fixture(params=["memory", "filesystem", "storage"])
def locks(request: pytest.FixtureRequest, tmp_path: Path) -> Locks:
    if request.param == "memory":
        return MemoryLockManager()
    kind = FileSystemLockManager if request.param == "filesystem" else StorageLockManager
    return kind(tmp_path / "locks")


@pytest.fixture
def key() -> Iterator[str]:
    """A key of the test's own, since the locks in memory are the process's."""
    yield f"key/{uuid4()}"


def test_the_managers_keep_the_protocol(locks: Locks) -> None:
    assert isinstance(locks, LockManager)


def test_a_lock_is_granted_to_one_holder_at_a_time_and_again_after_its_release(locks: Locks, key: str) -> None:
    assert locks.acquire_lock(key, "one", acquire_timeout=0)
    assert not locks.acquire_lock(key, "two", acquire_timeout=0)
    assert locks.acquire_lock(key, "one", acquire_timeout=0)
    assert (locks.is_locked(key), locks.is_lock_holder(key, "one"), locks.is_lock_holder(key, "two")) == (
        True,
        True,
        False,
    )
    locks.release_lock(key, "one")
    assert not locks.is_locked(key)
    assert locks.acquire_lock(key, "two")
    locks.release_lock(key, "two")


def test_who_has_not_got_a_lock_cannot_give_it_back(locks: Locks, key: str) -> None:
    locks.acquire_lock(key, "one")
    with pytest.raises(ValueError, match=f"No lock held by two for transaction with key {key}") as caught:
        locks.release_lock(key, "two")
    assert type(caught.value) is LeaseLostError
    assert locks.is_lock_holder(key, "one")
    locks.release_lock(key, "one")
    words = f"No lock held by one for transaction with key {key}"
    if isinstance(locks, FileSystemLockManager):
        words = f"No lock for transaction with key {key}"
    with pytest.raises(ValueError, match=words):
        locks.release_lock(key, "one")


def test_a_lock_is_free_when_its_hold_timeout_has_passed(locks: Locks, key: str) -> None:
    assert locks.acquire_lock(key, "one", hold_timeout=0.05)
    assert locks.acquire_lock(key, "two", acquire_timeout=5)
    with pytest.raises(ValueError):
        locks.release_lock(key, "one")
    locks.release_lock(key, "two")


def test_a_wait_ends_at_its_deadline_and_takes_nothing(locks: Locks, key: str) -> None:
    locks.acquire_lock(key, "one")
    start = time.monotonic()
    assert not locks.acquire_lock(key, "two", acquire_timeout=0.12)
    assert not locks.wait_for_lock(key, timeout=0.12)
    assert 0.24 <= time.monotonic() - start < 2
    locks.release_lock(key, "one")
    assert locks.wait_for_lock(key, timeout=0)
    assert not locks.is_locked(key)


@pytest.mark.parametrize("wrong", [-1, float("nan")])
def test_a_timeout_that_is_no_time_is_refused(locks: Locks, key: str, wrong: float) -> None:
    with pytest.raises(ValueError, match="a timeout is a number of seconds"):
        locks.acquire_lock(key, "one", acquire_timeout=wrong)


def test_a_thread_that_waits_goes_on_at_the_release_and_lets_others_run(locks: Locks, key: str) -> None:
    locks.acquire_lock(key, "one")
    granted: list[bool] = []
    thread = threading.Thread(target=lambda: granted.append(locks.acquire_lock(key, "two", acquire_timeout=10)))
    thread.start()
    time.sleep(0.1)
    assert granted == []
    locks.release_lock(key, "one")
    thread.join(2)
    assert granted == [True]
    locks.release_lock(key, "two")


def test_threads_that_contend_never_overlap(locks: Locks, key: str) -> None:
    inside: list[int] = []
    seen: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            assert locks.acquire_lock(key, str(number), acquire_timeout=30)
            inside.append(number)
            time.sleep(0.0002)
            seen.append(len(inside))
            inside.pop()
            locks.release_lock(key, str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 120


def test_an_event_loop_goes_on_while_a_lock_is_waited_for(locks: Locks, key: str) -> None:
    async def main() -> tuple[bool, bool, int]:
        locks.acquire_lock(key, "one")
        turns = 0
        take = asyncio.ensure_future(locks.aacquire_lock(key, "two", acquire_timeout=10))
        for _ in range(10):
            await asyncio.sleep(0.01)
            turns += 1
        assert not take.done()
        locks.release_lock(key, "one")
        granted = await take
        wait = asyncio.ensure_future(locks.await_for_lock(key, timeout=10))
        await asyncio.sleep(0.03)
        assert not wait.done()
        locks.release_lock(key, "two")
        return granted, await wait, turns

    assert asyncio.run(main()) == (True, True, 10)


def test_an_async_wait_ends_at_its_deadline(locks: Locks, key: str) -> None:
    async def main() -> tuple[bool, bool, bool]:
        locks.acquire_lock(key, "one")
        tried = await locks.aacquire_lock(key, "two", acquire_timeout=0)
        waited = await locks.aacquire_lock(key, "two", acquire_timeout=0.05)
        return tried, waited, await locks.await_for_lock(key, timeout=0.05)

    assert asyncio.run(main()) == (False, False, False)
    locks.release_lock(key, "one")


def test_a_cancelled_async_wait_takes_no_lock(locks: Locks, key: str) -> None:
    async def main() -> None:
        locks.acquire_lock(key, "one")
        take = asyncio.ensure_future(locks.aacquire_lock(key, "two"))
        await asyncio.sleep(0.02)
        take.cancel()
        with pytest.raises(asyncio.CancelledError):
            await take
        locks.release_lock(key, "one")
        await asyncio.sleep(0.1)
        assert not locks.is_locked(key)

    asyncio.run(main())


def test_fifty_async_tasks_share_one_lock_without_overlap(locks: Locks, key: str) -> None:
    async def work(number: int, inside: list[int], seen: list[int]) -> None:
        assert await locks.aacquire_lock(key, str(number), acquire_timeout=30)
        inside.append(number)
        await asyncio.sleep(0)
        seen.append(len(inside))
        inside.pop()
        locks.release_lock(key, str(number))

    async def main() -> list[int]:
        inside: list[int] = []
        seen: list[int] = []
        await asyncio.gather(*(work(number, inside, seen) for number in range(50)))
        return seen

    assert asyncio.run(main()) == [1] * 50


def test_there_is_one_memory_lock_manager_also_after_pickling() -> None:
    assert MemoryLockManager() is MemoryLockManager()
    assert pickle.loads(pickle.dumps(MemoryLockManager())) is MemoryLockManager()


def test_pickling_held_memory_locks_is_said(key: str, caplog: pytest.LogCaptureFixture) -> None:
    locks = MemoryLockManager()
    with caplog.at_level(logging.WARNING, logger="keepwell"):
        pickle.dumps(locks)
        assert caplog.messages == []
        locks.acquire_lock(key, "one")
        pickle.dumps(locks)
    locks.release_lock(key, "one")
    assert caplog.messages == [
        "Serializing MemoryLockManager with 1 active lock(s). "
        "Lock information will not be available after deserialization."
    ]


def test_a_file_system_lock_manager_keeps_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    locks = FileSystemLockManager("~/locks")
    assert locks.lock_files_directory == tmp_path / "locks"
    assert not (tmp_path / "locks").exists()
    again = pickle.loads(pickle.dumps(locks))
    assert again.lock_files_directory == tmp_path / "locks"
    assert again.acquire_lock("A", "one")
    assert not locks.acquire_lock("A", "two", acquire_timeout=0)
    assert sorted(file.name for file in (tmp_path / "locks").iterdir()) == [".shards", "A.lock"]
    again.release_lock("A", "one")


def test_keys_that_look_alike_do_not_share_a_lock(locks: Locks) -> None:
    names = ["report.v1", "report.v2", "report", "a/b", "a", "A", ".hidden", "..", "x" * 10_000, "x" * 9_999 + "y"]
    assert all(locks.acquire_lock(name, str(number), acquire_timeout=0) for number, name in enumerate(names))
    for number, name in enumerate(names):
        locks.release_lock(name, str(number))


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    locks = FileSystemLockManager(tmp_path / "file" / "locks")
    with pytest.raises(StorageError, match="cannot take the lock file"):
        locks.acquire_lock("A", "one")


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    # Whence this process has it, wherever the other one begins.
    environment = {**os.environ, "PYTHONPATH": str(Path(keepwell.__file__).parents[1])}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


_HOLD = """
import sys, time
from keepwell.locking.filesystem import FileSystemLockManager
locks = FileSystemLockManager(sys.argv[1])
assert locks.acquire_lock("A", "them", acquire_timeout=0)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock for `A`."""
    with _python(_HOLD, str(tmp_path)) as process:
        assert _line(process) == "held\n"
        yield process
        process.kill()


def test_another_process_keeps_a_lock_until_it_is_killed(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    locks = FileSystemLockManager(tmp_path)
    assert locks.is_lock_holder("A", "them")
    assert not locks.acquire_lock("A", "us", acquire_timeout=0.1)
    with pytest.raises(ValueError, match="No lock held by us"):
        locks.release_lock("A", "us")
    holder.kill()
    start = time.monotonic()
    assert locks.acquire_lock("A", "us", acquire_timeout=5)
    assert time.monotonic() - start < 1
    locks.release_lock("A", "us")


def _count(folder: Path, times: int) -> None:
    locks = FileSystemLockManager(folder / "locks")
    for _ in range(times):
        assert locks.acquire_lock("A", str(os.getpid()), acquire_timeout=60)
        number = folder / "number"
        number.write_text(str(int(number.read_text()) + 1))
        locks.release_lock("A", str(os.getpid()))


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_processes_that_contend_lose_no_update(tmp_path: Path, method: str) -> None:
    (tmp_path / "number").write_text("0")
    context = multiprocessing.get_context(method)
    processes = [context.Process(target=_count, args=(tmp_path, 25)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert (tmp_path / "number").read_text() == "100"


_FORK = """
import os, sys, time
from keepwell.locking.filesystem import FileSystemLockManager
locks = FileSystemLockManager(sys.argv[1])
assert locks.acquire_lock("A", "parent", acquire_timeout=0)
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
os._exit(0)
"""


def test_a_forked_child_does_not_keep_the_lock_of_a_dead_parent(tmp_path: Path) -> None:
    with _python(_FORK, str(tmp_path)) as process:
        child = int(_line(process))
        try:
            process.wait(10)
            assert FileSystemLockManager(tmp_path).acquire_lock("A", "us", acquire_timeout=5)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_forked_child_owns_nothing_and_takes_nothing_from_its_parent(locks: Locks, key: str) -> None:
    locks.acquire_lock(key, "parent")
    child = os.fork()
    if child == 0:
        told = [_raises(lambda: locks.release_lock(key, "parent"))]
        if not isinstance(locks, MemoryLockManager):
            told.append(not locks.acquire_lock(key, "child", acquire_timeout=0))
        os._exit(0 if all(told) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert locks.is_lock_holder(key, "parent")
    locks.release_lock(key, "parent")


def _raises(call: Callable[[], None]) -> bool:
    try:
        call()
    except ValueError:
        return True
    return False


_WAIT = """
import sys, time
from keepwell.locking.{module} import {name}
locks = {name}({arguments})
locks.acquire_lock("A", "one")
print("waiting", flush=True)
try:
    locks.{wait}
except KeyboardInterrupt:
    print("interrupted", locks.is_lock_holder("A", "one"), flush=True)
"""


@pytest.mark.parametrize("wait", ['acquire_lock("A", "two")', 'wait_for_lock("A")'])
@pytest.mark.parametrize(
    ("module", "name", "arguments"),
    [
        ("memory", "MemoryLockManager", ""),
        ("filesystem", "FileSystemLockManager", '"locks"'),
        ("storage", "StorageLockManager", '"locks"'),
    ],
)
def test_control_c_ends_a_wait_at_once(module: str, name: str, arguments: str, wait: str) -> None:
    code = _WAIT.format(module=module, name=name, arguments=arguments, wait=wait)
    with _python(code) as process:
        assert _line(process) == "waiting\n"
        time.sleep(0.2)
        start = time.monotonic()
        watchdog = threading.Timer(20, process.kill)
        watchdog.start()
        process.send_signal(signal.SIGINT)
        assert _line(process) == "interrupted True\n"
        watchdog.cancel()
        assert time.monotonic() - start < 1


class Desk:
    """A lock manager of the user's own, that no class of keepwell's is behind."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.asked: list[tuple[str, str]] = []

    def acquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        assert hold_timeout is None
        self.asked.append(("acquire", key))
        if self.held.setdefault(key, holder) == holder:
            return True
        time.sleep(min(0.01, 1 if acquire_timeout is None else acquire_timeout))
        return False

    def release_lock(self, key: str, holder: str) -> None:
        if self.held.get(key) != holder:
            raise ValueError(f"{holder} has not got it")
        self.asked.append(("release", key))
        del self.held[key]

    def is_locked(self, key: str) -> bool:
        return key in self.held

    def is_lock_holder(self, key: str, holder: str) -> bool:
        return self.held.get(key) == holder

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        return not self.is_locked(key) or timeout is None


@pytest.fixture(params=["memory", "filesystem", "storage", "own"])
def any_locks(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    made = {
        "memory": MemoryLockManager,
        "filesystem": lambda: FileSystemLockManager(tmp_path / "locks"),
        "storage": lambda: StorageLockManager(tmp_path / "locks"),
        "own": Desk,
    }
    return made[request.param]()


def test_of_threads_that_call_a_serializable_task_one_runs_the_body(any_locks: Any) -> None:
    calls: list[int] = []
    policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=any_locks)

    @task(cache_policy=policy)
    def slow(x: int) -> int:
        calls.append(x)
        time.sleep(0.1)
        return x + 1

    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(slow(1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (results, calls) == ([2] * 4, [1])
    if isinstance(any_locks, Desk):
        assert any_locks.held == {}
        kinds = [kind for kind, _ in any_locks.asked]
        assert kinds[0] == "acquire" and kinds.count("release") >= 1


def test_of_async_calls_of_a_serializable_task_one_runs_the_body(any_locks: Any) -> None:
    calls: list[int] = []
    policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=any_locks)

    @task(cache_policy=policy)
    async def slow(x: int) -> int:
        calls.append(x)
        await asyncio.sleep(0.1)
        return x + 1

    async def main() -> list[int]:
        return await asyncio.gather(*(slow(1) for _ in range(4)))

    assert (asyncio.run(main()), calls) == ([2] * 4, [1])


def test_what_is_no_lock_manager_is_refused_with_what_it_lacks() -> None:
    class Half:
        def acquire_lock(self, key: str, holder: str) -> bool:
            return bool(key and holder)

    with pytest.raises(TypeError, match="Half is no lock manager: it has no method `release_lock`"):

        @task(cache_policy=INPUTS.configure(lock_manager=Half()))  # type: ignore[arg-type]
        def never(x: int) -> int:
            return x


def test_a_lock_manager_of_ones_own_that_fails_fails_the_call_and_is_named() -> None:
    class Broken(Desk):
        def acquire_lock(self, *_: Any, **__: Any) -> bool:
            raise ConnectionError("the desk is closed")

    policy = INPUTS.configure(isolation_level=IsolationLevel.SERIALIZABLE, lock_manager=Broken())

    @task(cache_policy=policy)
    def never(x: int) -> int:
        raise AssertionError(x)

    with pytest.raises(StorageError, match=r"the lock manager Broken at .* failed in `acquire_lock`") as caught:
        never(1)
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_locking_is_not_imported_with_keepwell() -> None:
    code = "import sys, keepwell; print([name for name in sys.modules if 'locking' in name or name == 'asyncio'])"
    with _python(code) as process:
        assert _line(process) == "[]\n"


def test_the_engine_knows_its_own_locks() -> None:
    managers = MemoryLockManager, FileSystemLockManager, StorageLockManager
    assert all(issubclass(manager, _core.Locks) for manager in managers)
