"""Result stores of tasks and flows: where results go, and what a run sees of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from keepwell import flow, task
from keepwell.cache_policies import INPUTS
from keepwell.filesystems import LocalFileSystem, NullFileSystem
from keepwell.locking.memory import MemoryLockManager
from keepwell.results import ResultStore, get_result_store, should_persist_result
from keepwell.serializers import JSONSerializer
from keepwell.transactions import IsolationLevel


class Shelf:
    """A storage in a dictionary."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}

    def read_path(self, path: str) -> bytes:
        return self.things[path]

    def write_path(self, path: str, content: bytes) -> None:
        self.things[path] = content


class AsynchronousShelf(Shelf):
    """The same with coroutines."""

    async def read_path(self, path: str) -> bytes:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().read_path(path)

    async def write_path(self, path: str, content: bytes) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        super().write_path(path, content)


@pytest.mark.parametrize("shelf", [Shelf, AsynchronousShelf])
def test_a_tasks_results_are_kept_in_a_storage_of_ones_own(shelf: type[Shelf]) -> None:
    kept, runs = shelf(), []

    @task(cache_policy=INPUTS, result_storage=kept)
    def double(x: int) -> int:
        runs.append(x)
        return 2 * x

    states = [double(1, return_state=True), double(1, return_state=True)]

    assert [state.name for state in states] == ["Completed", "Cached"]
    assert [state.result() for state in states] == [2, 2]
    assert runs == [1]
    assert len([path for path in kept.things if not path.startswith(".keepwell/")]) == 1


async def test_an_asynchronous_tasks_results_are_kept_in_an_asynchronous_storage() -> None:
    kept, runs = AsynchronousShelf(), []

    @task(cache_policy=INPUTS, result_storage=kept)
    async def double(x: int) -> int:
        runs.append(x)
        return 2 * x

    assert [await double(1), await double(1)] == [2, 2]
    assert runs == [1]


def test_records_are_kept_in_a_storage_of_ones_own_apart_from_results(tmp_path: Path) -> None:
    keys, runs = Shelf(), []
    policy = INPUTS.configure(key_storage=keys)

    @task(cache_policy=policy, result_storage=tmp_path / "results", result_serializer="json")
    def double(x: int) -> int:
        runs.append(x)
        return 2 * x

    assert [double(1), double(1)] == [2, 2]
    assert runs == [1]
    keys.things.clear()
    assert double(1) == 2
    assert runs == [1, 1]


def test_a_storage_that_fails_costs_no_result() -> None:
    class Broken(Shelf):
        def read_path(self, path: str) -> bytes:
            raise ConnectionError("the line is dead")

    @task(cache_policy=INPUTS, result_storage=Broken())
    def double(x: int) -> int:
        return 2 * x

    assert [double(1, return_state=True).name for _ in range(2)] == ["Completed", "Completed"]


def test_an_interrupt_in_a_storage_that_is_written_stops_the_task() -> None:
    class Interrupted(Shelf):
        def write_path(self, path: str, content: bytes) -> None:
            if not path.startswith(".keepwell/"):
                raise KeyboardInterrupt
            super().write_path(path, content)

    kept = Interrupted()

    @task(cache_policy=INPUTS, result_storage=kept)
    def double(x: int) -> int:
        return 2 * x

    with pytest.raises(KeyboardInterrupt):
        double(1)
    assert list(kept.things) == [".keepwell/store.json"]


def test_an_interrupt_in_a_storage_that_is_read_stops_the_task() -> None:
    class Interrupted(Shelf):
        def read_path(self, path: str) -> bytes:
            raise KeyboardInterrupt

    @task(cache_policy=INPUTS, result_storage=Interrupted())
    def double(x: int) -> int:
        pytest.fail("the body ran all the same")

    with pytest.raises(KeyboardInterrupt):
        double(1)


def test_a_run_sees_the_store_that_its_results_go_to(tmp_path: Path) -> None:
    seen: list[ResultStore] = []

    @task(persist_result=True, result_storage=tmp_path / "of the task")
    def look() -> bool:
        seen.append(get_result_store())
        return should_persist_result()

    @flow(result_storage=tmp_path / "of the flow")
    def outer() -> bool:
        seen.append(get_result_store())
        return look()

    assert outer()
    assert [store.result_storage for store in seen] == [
        LocalFileSystem(basepath=str(tmp_path / "of the flow")),
        LocalFileSystem(basepath=str(tmp_path / "of the task")),
    ]


def test_the_store_outside_of_runs_is_what_the_settings_name(home: Path) -> None:
    assert get_result_store().result_storage == LocalFileSystem(basepath=str(home / "storage"))
    assert not should_persist_result()


def test_a_result_can_be_read_by_hand_under_its_key(tmp_path: Path) -> None:
    @task(cache_key_fn=lambda _context, _parameters: "my key", result_storage=tmp_path)
    def make() -> dict[str, int]:
        return {"a": 1}

    make()
    assert ResultStore(result_storage=tmp_path).read("my key").result == {"a": 1}


def test_a_store_for_a_task_is_what_the_task_and_its_policy_want(tmp_path: Path) -> None:
    locks = MemoryLockManager()
    policy = INPUTS.configure(key_storage=tmp_path / "keys", lock_manager=locks)

    @task(
        cache_policy=policy,
        result_storage=tmp_path / "results",
        result_serializer="json",
        cache_result_in_memory=False,
    )
    def wants() -> None: ...

    store = ResultStore().update_for_task(wants)

    assert store.result_storage == LocalFileSystem(basepath=str(tmp_path / "results"))
    assert store.metadata_storage == LocalFileSystem(basepath=str(tmp_path / "keys"))
    assert (store.serializer, store.cache_result_in_memory) == (JSONSerializer(), False)
    assert store.lock_manager is locks


def test_a_store_for_a_flow_keeps_no_records_and_one_for_its_tasks_does(tmp_path: Path) -> None:
    @flow(result_storage=tmp_path)
    def outer() -> None: ...

    @task
    def inner() -> None: ...

    of_flow = ResultStore().update_for_flow(outer)
    of_task = of_flow.update_for_task(inner)

    assert isinstance(of_flow.metadata_storage, NullFileSystem)
    assert of_task.metadata_storage is None
    assert of_task.result_storage == LocalFileSystem(basepath=str(tmp_path))


def test_serializable_needs_a_lock_manager() -> None:
    plain, locking = ResultStore(), ResultStore(lock_manager=MemoryLockManager())
    levels: list[Any] = [IsolationLevel.READ_COMMITTED, IsolationLevel.SERIALIZABLE]

    assert [plain.supports_isolation_level(level) for level in levels] == [True, False]
    assert [locking.supports_isolation_level(level) for level in levels] == [True, True]
    with pytest.raises(ValueError, match="Unsupported isolation level: odd"):
        plain.supports_isolation_level("odd")  # type: ignore[arg-type]
