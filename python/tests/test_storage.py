"""Storages that Python names: paths, saved blocks, URLs, and objects of the user's own."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from keepwell import _core, task
from keepwell.cache_policies import INPUTS
from keepwell.exceptions import CommitUnknownError, ConfigurationError, MissingResult, StorageError
from keepwell.filesystems import LocalFileSystem, NullFileSystem, WritableFileSystem
from keepwell.results import ResultStore
from keepwell.testing.storages import broken_clauses, check_storage


class Shelf:
    """A storage in a dictionary."""

    def __init__(self, missing: type[Exception] | None = FileNotFoundError) -> None:
        self.things: dict[str, bytes] = {}
        self.missing = missing

    def read_path(self, path: str) -> bytes | None:
        if path not in self.things and self.missing is not None:
            raise self.missing(path)
        return self.things.get(path)

    def write_path(self, path: str, content: bytes) -> None:
        self.things[path] = content


class AsynchronousShelf(Shelf):
    """The same with coroutines, all of which run on one loop."""

    def __init__(self) -> None:
        super().__init__()
        self.loops: set[int] = set()

    async def read_path(self, path: str) -> bytes | None:  # type: ignore[override]
        self.loops.add(id(asyncio.get_running_loop()))
        await asyncio.sleep(0)
        return super().read_path(path)

    async def write_path(self, path: str, content: bytes) -> None:  # type: ignore[override]
        self.loops.add(id(asyncio.get_running_loop()))
        await asyncio.sleep(0)
        super().write_path(path, content)


class BlockShelf(WritableFileSystem):
    """A block that is a storage."""

    things: dict[str, bytes] = Field(default_factory=dict)

    async def read_path(self, path: str) -> bytes:
        return self.things[path]

    async def write_path(self, path: str, content: bytes) -> None:
        self.things[path] = content


def store(storage: Any, **options: Any) -> ResultStore:
    return ResultStore(result_storage=storage, serializer="json", **options)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("/a/b", "/a/b"),
        ("./a", "{here}/a"),
        ("../a", "{up}/a"),
        ("~/a", "{home}/a"),
        ("a", "{here}/a"),
        ("a/b", "{here}/a/b"),
        ("a/b/c", "{here}/a/b/c"),
    ],
)
def test_a_text_that_names_no_saved_block_is_a_path(
    name: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert _core.storage_location(name) == place.format(here=tmp_path, up=tmp_path.parent, home="/somewhere")
    assert _core.storage_location(Path(name)) == place.format(here=tmp_path, up=tmp_path.parent, home="/somewhere")


def test_a_text_that_names_a_saved_block_is_that_block(tmp_path: Path) -> None:
    LocalFileSystem(basepath="/elsewhere").save("mine")

    assert _core.storage_location("local-file-system/mine") == "/elsewhere"
    assert _core.storage_location("./local-file-system/mine") == f"{tmp_path}/local-file-system/mine"
    assert _core.storage_location(Path("local-file-system/mine")) == f"{tmp_path}/local-file-system/mine"


def test_a_storage_that_is_not_available_is_named() -> None:
    with pytest.raises(ConfigurationError, match="storages at `s3://` are not available yet"):
        _core.storage_location("s3://bucket/folder")
    with pytest.raises(ValueError, match="`file://` is not needed: give the path, `/x`"):
        _core.storage_location("file:///x")
    with pytest.raises(ValueError, match="a storage's name is empty"):
        _core.storage_location("")
    with pytest.raises(TypeError, match="not a `int`"):
        _core.storage_location(5)


def test_a_storage_in_memory_is_known_by_its_name() -> None:
    store("memory://one").write({"a": 1}, "k")

    assert store("memory://one").read("k").result == {"a": 1}
    assert not store("memory://other").exists("k")


def test_nothing_is_kept_where_nothing_is_to_be_kept() -> None:
    nothing = store(NullFileSystem())
    nothing.write(1, "k")
    assert not nothing.exists("k")


def test_a_local_file_system_is_the_engines_own_folder(tmp_path: Path) -> None:
    store(LocalFileSystem(basepath=str(tmp_path / "files"))).write(1, "a key")

    assert store(tmp_path / "files").read("a key").result == 1
    assert (tmp_path / "files" / "a%20key").is_file()


def test_a_file_system_that_reads_in_its_own_way_is_asked(tmp_path: Path) -> None:
    paths = []

    class Noting(LocalFileSystem):
        def read_path(self, path: str) -> bytes:
            paths.append(path)
            return super().read_path(path, _sync=True)  # type: ignore[call-arg]

    noting = store(Noting(basepath=str(tmp_path / "files")))
    noting.write(1, "k")

    assert noting.read("k").result == 1
    assert "k" in paths


@pytest.mark.parametrize("missing", [FileNotFoundError, KeyError, ValueError, None])
def test_a_users_object_keeps_results_however_it_says_that_something_is_missing(
    missing: type[Exception] | None,
) -> None:
    shelf = Shelf(missing)
    kept = store(shelf)

    assert not kept.exists("k")
    with pytest.raises(MissingResult, match="there is none"):
        kept.read("k")
    kept.write({"a": [1, 2]}, "k")

    assert kept.read("k").result == {"a": [1, 2]}
    assert store(shelf).exists("k")
    assert sorted(shelf.things) == [".keepwell/store.json", "k"]


def test_a_large_result_is_an_object_of_its_own() -> None:
    shelf = Shelf()
    large = "x" * 100_000
    store(shelf).write(large, "k")

    assert store(shelf).read("k").result == large
    assert len([path for path in shelf.things if path.startswith(".keepwell/blobs/")]) == 1


@pytest.mark.parametrize("key", ["a/b", "../x", "/etc/passwd", "~x", ".hidden", "é", "k" * 300])
def test_no_key_leads_out_of_a_users_storage(key: str) -> None:
    shelf = Shelf()
    store(shelf).write(1, key)

    assert store(shelf).read(key).result == 1
    written = [path for path in shelf.things if not path.startswith(".keepwell/")]
    assert len(written) == 1 and "/" not in written[0] and not written[0].startswith((".", "~"))


def test_a_result_is_replaced() -> None:
    shelf = Shelf()
    for value in (1, 2):
        store(shelf).write(value, "k")
    assert store(shelf).read("k").result == 2


def test_coroutines_are_run_to_their_end() -> None:
    shelf = AsynchronousShelf()
    store(shelf).write(1, "k")
    assert store(shelf).read("k").result == 1
    assert len(shelf.loops) == 1


async def test_coroutines_are_run_also_where_an_event_loop_runs() -> None:
    shelf = AsynchronousShelf()
    store(shelf).write(1, "blocking")
    await store(shelf).awrite(2, "waiting")

    assert store(shelf).read("blocking").result == 1
    assert (await store(shelf).aread("waiting")).result == 2
    assert len(shelf.loops) == 1
    assert id(asyncio.get_running_loop()) not in shelf.loops


def test_a_storage_of_coroutines_may_use_another_one() -> None:
    class Forwarding(AsynchronousShelf):
        def __init__(self) -> None:
            super().__init__()
            self.inner = store(AsynchronousShelf())

        async def write_path(self, path: str, content: bytes) -> None:  # type: ignore[override]
            self.inner.write(len(content), f"length of {path}")
            await super().write_path(path, content)

    forwarding = Forwarding()
    store(forwarding).write(1, "k")
    assert forwarding.inner.exists("length of k")


def test_a_block_of_ones_own_is_a_storage() -> None:
    block = BlockShelf()
    block.save("mine")
    store(block).write(1, "k")

    assert store(block).read("k").result == 1
    assert _core.storage_location(block) == "blockshelf/mine"


def test_a_read_that_fails_is_no_absence_and_names_the_cause() -> None:
    class Broken(Shelf):
        def read_path(self, path: str) -> bytes | None:
            raise ConnectionError("the line is dead")

    with pytest.raises(StorageError, match=r"`.*Broken at 0x[0-9a-f]+` could not read .*the line is dead") as raised:
        store(Broken()).read("k")
    assert isinstance(raised.value.__cause__, ConnectionError)
    assert raised.value.__notes__ == ["hint: where there is nothing, `read_path` is to raise FileNotFoundError"]


def test_an_outage_that_passes_is_not_noticed() -> None:
    class Shaky(Shelf):
        failures = 2

        def read_path(self, path: str) -> bytes | None:
            if self.failures > 0:
                self.failures -= 1
                raise ConnectionError
            return super().read_path(path)

    assert not store(Shaky()).exists("k")


def test_a_write_that_fails_is_an_error_and_leaves_what_was_there() -> None:
    shelf = Shelf()
    store(shelf).write(1, "k")

    def refuse(path: str, content: bytes) -> None:
        raise PermissionError("read-only")

    shelf.write_path = refuse  # type: ignore[method-assign]
    # Only the object knows whether what it refused may still come about.
    with pytest.raises(CommitUnknownError, match=r"could not write `k`: .*read-only"):
        store(shelf).write(2, "k")
    assert store(shelf).read("k").result == 1


def test_a_write_of_which_nobody_can_tell_is_said_to_be_unknown() -> None:
    class Half(Shelf):
        is_dead = False

        def read_path(self, path: str) -> bytes | None:
            if self.is_dead:
                raise ConnectionError
            return super().read_path(path)

        def write_path(self, path: str, content: bytes) -> None:
            super().write_path(path, content)
            if path == "k":
                self.is_dead = True
                raise ConnectionError

    with pytest.raises(CommitUnknownError):
        store(Half()).write(1, "k")


def test_a_write_that_took_effect_before_it_failed_is_a_success() -> None:
    class Late(Shelf):
        def write_path(self, path: str, content: bytes) -> None:
            super().write_path(path, content)
            if path == "k":
                raise TimeoutError

    late = Late()
    store(late).write(1, "k")
    assert store(late).read("k").result == 1


def test_what_is_no_bytes_is_refused() -> None:
    class Text(Shelf):
        def read_path(self, path: str) -> Any:
            return "text"

    with pytest.raises(StorageError, match="`read_path` is to return bytes, not `str`"):
        store(Text()).exists("k")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_every_kind_are_read(kind: type) -> None:
    class Kind(Shelf):
        def read_path(self, path: str) -> Any:
            found = super().read_path(path)
            return found if found is None else kind(found)

    kept = Kind(None)
    store(kept).write([1], "k")
    assert store(kept).read("k").result == [1]


def test_a_damaged_record_is_missing_and_is_written_anew() -> None:
    shelf = Shelf()
    store(shelf).write(1, "k")
    shelf.things["k"] = shelf.things["k"][:-1] + b"?"

    with pytest.raises(MissingResult, match="it is damaged"):
        store(shelf).read("k")
    store(shelf).write(2, "k")
    assert store(shelf).read("k").result == 2


def test_a_damaged_record_is_taken_out_of_the_way_where_the_object_can_remove() -> None:
    class Removing(Shelf):
        def delete_path(self, path: str) -> None:
            del self.things[path]

    shelf = Removing()
    store(shelf).write(1, "k")
    damaged = shelf.things["k"] = shelf.things["k"][:-1] + b"?"

    with pytest.raises(MissingResult):
        store(shelf).read("k")
    assert shelf.things[".keepwell/quarantine/k"] == damaged
    assert "k" not in shelf.things


def test_a_record_is_removed_only_where_the_object_can_remove() -> None:
    class Removing(Shelf):
        def delete_path(self, path: str) -> None:
            del self.things[path]

    removing = store(Removing())
    removing.write(1, "k")
    assert (removing.delete("k"), removing.delete("k"), removing.exists("k")) == (True, False, False)

    plain = store(Shelf())
    plain.write(1, "k")
    with pytest.raises(ConfigurationError, match="cannot remove objects"):
        plain.delete("k")
    assert plain.exists("k")


def test_records_of_another_storage_do_not_count() -> None:
    one, other = Shelf(), Shelf()
    for shelf in (one, other):
        store(shelf).write(1, "k")
    other.things["k"] = one.things["k"]

    with pytest.raises(MissingResult, match="it cannot be used here"):
        store(other).read("k")


def test_records_are_kept_apart_from_results() -> None:
    keys, results = Shelf(), Shelf()
    store(results, metadata_storage=keys).write([1], "k")

    assert store(results, metadata_storage=keys).read("k").result == [1]
    assert results.things["k"] == b"[1]"
    del results.things["k"]
    with pytest.raises(MissingResult, match="its result is missing"):
        store(results, metadata_storage=keys).read("k")


def test_no_write_is_lost_between_threads_that_use_one_object() -> None:
    class Slow(Shelf):
        def read_path(self, path: str) -> bytes | None:
            try:
                return super().read_path(path)
            finally:
                time.sleep(0.001)

    shelf = Slow()
    threads = [threading.Thread(target=store(shelf).write, args=(number, f"k{number % 3}")) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    generations = [store(shelf)._engine().read(f"k{number}") for number in range(3)]
    assert [stored.generation for stored in generations] == [4, 4, 4]


class WholeShelf(Shelf):
    """A storage with all that there is to have."""

    def delete_path(self, path: str) -> None:
        del self.things[path]

    def list_paths(self, prefix: str) -> list[str]:
        return [path for path in list(self.things) if path.startswith(prefix)]


def test_a_users_object_keeps_the_whole_contract_of_storages() -> None:
    check_storage(WholeShelf)


def test_an_asynchronous_users_object_keeps_the_whole_contract_of_storages() -> None:
    class Asynchronous(AsynchronousShelf):
        async def delete_path(self, path: str) -> None:
            del self.things[path]

        async def list_paths(self, prefix: str) -> list[str]:
            return [path for path in list(self.things) if path.startswith(prefix)]

    check_storage(Asynchronous)


def test_an_object_that_breaks_the_contract_is_told_how() -> None:
    class Forgetful(WholeShelf):
        def write_path(self, path: str, content: bytes) -> None:
            super().write_path(path, content[:10])

    with pytest.raises(AssertionError, match="an object reads back as it was written"):
        check_storage(Forgetful)
    assert set(broken_clauses(Shelf)) == {
        "create succeeds again after a removal",
        "swap of an absent object fails",
        "a version that was replaced never comes back",
        "put of a blob that is there keeps it",
        "names of every shape are objects of their own",
        "locks of every shape are objects of their own",
        "objects of different kinds never meet",
        "removal says whether there was an object",
        "removal at another version changes nothing",
        "one of many racing removers finds the object",
        "a list names every object of its kind and no other",
        "a quarantined object is out of the way",
    }


def test_an_interrupt_in_a_users_storage_stops_the_program() -> None:
    class Interrupted(Shelf):
        def read_path(self, path: str) -> bytes | None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store(Interrupted()).exists("k")


def test_a_storage_of_the_settings_that_cannot_be_opened_costs_caching_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KEEPWELL_RESULTS_DEFAULT_STORAGE", "s3://bucket")

    @task(cache_policy=INPUTS)
    def double(x: int) -> int:
        return 2 * x

    states = [double(2, return_state=True) for _ in range(2)]
    assert [(state.name, state.result()) for state in states] == [("Completed", 4), ("Completed", 4)]
    why = "the storage `s3://bucket` cannot be opened"
    assert all(why in state.state_details.miss and why in state.state_details.problems[0] for state in states)


def test_the_settings_name_a_storage_in_memory_or_a_saved_block(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path
) -> None:
    LocalFileSystem(basepath=str(tmp_path / "kept")).save("mine")

    @task(cache_policy=INPUTS)
    def double(x: int) -> int:
        return 2 * x

    for address in ("memory://of-the-settings", "local-file-system/mine"):
        monkeypatch.setenv("KEEPWELL_RESULTS_DEFAULT_STORAGE", address)
        assert [double(3, return_state=True).name for _ in range(2)] == ["Completed", "Cached"]
    assert len([path for path in (tmp_path / "kept").iterdir() if path.is_file()]) == 1
    assert not (home / "storage").exists()
