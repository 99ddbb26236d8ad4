"""Result stores and records, used on their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from keepwell.blocks.core import Block
from keepwell.exceptions import ConfigurationError, MissingResult, SerializationError
from keepwell.filesystems import LocalFileSystem, NullFileSystem
from keepwell.results import (
    ResultRecord,
    ResultRecordMetadata,
    ResultStore,
    get_default_persist_setting,
    get_default_persist_setting_for_tasks,
    get_default_result_serializer,
    get_default_result_storage,
    resolve_result_storage,
    resolve_serializer,
)
from keepwell.serializers import AutoSerializer, CBORSerializer, JSONSerializer, PickleSerializer, UnknownSerializer
from keepwell.settings import temporary_settings


def now() -> datetime:
    return datetime.now(timezone.utc)


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(result_storage=LocalFileSystem(basepath=str(tmp_path / "results")), serializer="json")


class Locks:
    """Locks in a dictionary: a lock manager of one's own. It never waits: a lock that is waited for is given up."""

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}
        self.waited_for: list[str] = []

    def acquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        return self.holders.setdefault(key, holder) == holder

    async def aacquire_lock(
        self, key: str, holder: str, acquire_timeout: float | None = None, hold_timeout: float | None = None
    ) -> bool:
        return self.acquire_lock(key, holder)

    def release_lock(self, key: str, holder: str) -> None:
        if self.holders.get(key) != holder:
            raise ValueError(f"No lock held by {holder} for transaction with key {key}")
        del self.holders[key]

    def is_locked(self, key: str) -> bool:
        return key in self.holders

    def is_lock_holder(self, key: str, holder: str) -> bool:
        return self.holders.get(key) == holder

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        self.waited_for.append(key)
        return self.holders.pop(key, None) is not None

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        return self.wait_for_lock(key)


def test_the_default_store_is_what_the_settings_name(home: Path) -> None:
    store = ResultStore()

    assert store.result_storage == LocalFileSystem(basepath=str(home / "storage"))
    assert (store.metadata_storage, store.lock_manager, store.cache_result_in_memory) == (None, None, True)
    assert store.serializer == get_default_result_serializer()


def test_what_was_written_is_read(store: ResultStore) -> None:
    store.write({"a": [1, 2]}, key="k")

    record = store.read("k")

    assert record.result == {"a": [1, 2]}
    assert (record.expiration, record.serializer, record.is_persisted) == (None, JSONSerializer(), True)


def test_a_record_is_a_file_named_by_its_key(store: ResultStore, tmp_path: Path) -> None:
    record = store.create_result_record(1, key="a key")
    assert record.metadata.storage_key == str(tmp_path / "results" / "a%20key")
    assert not record.is_persisted

    store.persist_result_record(record)

    assert record.is_persisted
    assert Path(record.metadata.storage_key).is_file()
    assert store.read("a key") == record
    assert store.read(record.metadata.storage_key) == record


def test_a_record_without_a_key_gets_one_of_its_own(store: ResultStore) -> None:
    first, second = store.create_result_record(1), store.create_result_record(1)
    assert first.metadata.storage_key != second.metadata.storage_key

    named = store.model_copy(update={"storage_key_fn": lambda: "mine"})
    named.write(2)
    assert store.read("mine").result == 2


def test_a_record_in_a_saved_block_has_the_bare_key_and_the_block(tmp_path: Path) -> None:
    block = LocalFileSystem(basepath=str(tmp_path))
    identifier = block.save("mine")

    record = ResultStore(result_storage="local-file-system/mine", serializer="json").create_result_record(1, key="k")

    assert (record.metadata.storage_key, record.metadata.storage_block_id) == ("k", identifier)


def test_what_is_missing_is_an_error_with_the_reason(store: ResultStore, tmp_path: Path) -> None:
    with pytest.raises(MissingResult, match=f"no record under key `k` in {tmp_path}/results: there is none"):
        store.read("k")
    with pytest.raises(ValueError, match="no record"):
        store.read("k")


def test_an_expired_record_is_missing(store: ResultStore) -> None:
    store.write(1, key="past", expiration=now() - timedelta(seconds=1))
    store.write(1, key="future", expiration=now() + timedelta(days=1))

    assert (store.exists("past"), store.exists("future")) == (False, True)
    with pytest.raises(MissingResult, match="it expired"):
        store.read("past")


def test_an_expiration_is_read_to_the_millisecond_in_utc(store: ResultStore) -> None:
    at = datetime(2100, 1, 2, 3, 4, 5, 678_000, tzinfo=timezone(timedelta(hours=5)))
    store.write(1, key="k", expiration=at)

    expiration = store.read("k").expiration

    assert (expiration, str(expiration)) == (at, "2100-01-01 22:04:05.678000+00:00")


def test_each_read_gives_a_value_of_its_own(store: ResultStore) -> None:
    store.write([1], key="k")
    store.read("k").result.append(2)
    assert store.read("k").result == [1]


def test_existence_is_told_without_decoding(store: ResultStore) -> None:
    pickling = store.model_copy(update={"serializer": PickleSerializer()})
    pickling.write(complex(1, 2), key="k")

    assert pickling.read("k").result == complex(1, 2)
    assert store.exists("k")
    with pytest.raises(SerializationError):
        store.read("k")


def test_a_record_says_what_wrote_it(store: ResultStore) -> None:
    store.write(1, key="k")
    automatic = store.model_copy(update={"serializer": AutoSerializer()})
    automatic.write(1, key="l")

    assert (automatic.read("k").serializer, automatic.read("l").serializer) == (JSONSerializer(), CBORSerializer())


def test_results_are_compressed_where_the_serializer_says_so(store: ResultStore, tmp_path: Path) -> None:
    large = "x" * 1_000_000
    store.model_copy(update={"serializer": resolve_serializer("compressed/json")}).write(large, key="k")

    assert store.model_copy(update={"serializer": resolve_serializer("compressed/json")}).read("k").result == large
    assert sum(file.stat().st_size for file in (tmp_path / "results").rglob("*") if file.is_file()) < 10_000


def test_another_stores_refresh_is_seen_at_once(store: ResultStore) -> None:
    other = ResultStore(result_storage=store.result_storage, serializer="json")
    for value in range(3):
        other.write(value, key="k")
        assert store.read("k").result == value
    other.delete("k")
    assert not store.exists("k")


def test_deleting_says_whether_there_was_something(store: ResultStore) -> None:
    store.write(1, key="k")
    assert (store.delete("k"), store.delete("k")) == (True, False)


def test_a_value_that_the_serializer_refuses_is_said_and_nothing_is_written(store: ResultStore) -> None:
    with pytest.raises(
        SerializationError, match=r"Failed to serialize object of type 'object' with serializer 'json'\. You can try"
    ):
        store.write(object(), key="k")
    assert not store.exists("k")


async def test_everything_can_be_awaited(store: ResultStore) -> None:
    await store.awrite(1, key="k")
    record = store.create_result_record(2, key="l")
    await store.apersist_result_record(record)

    assert (await store.aread("k")).result == 1
    assert (await store.aread("l")) == record
    assert (await store.aexists("k"), await store.aexists("m")) == (True, False)
    assert await store.adelete("k")


def test_records_and_results_are_kept_apart_where_that_is_asked_for(tmp_path: Path) -> None:
    store = ResultStore(result_storage=tmp_path / "results", metadata_storage=tmp_path / "keys", serializer="json")
    store.write({"a": 1}, key="k")

    assert (tmp_path / "results" / "k").read_bytes() == b'{"a": 1}'
    assert (tmp_path / "keys" / "k").is_file()
    assert store.read("k").result == {"a": 1}


def test_a_copy_with_another_part_uses_it(store: ResultStore, tmp_path: Path) -> None:
    store.write(1, key="k")
    other = store.model_copy(update={"result_storage": LocalFileSystem(basepath=str(tmp_path / "other"))})
    assert (store.exists("k"), other.exists("k")) == (True, False)


def test_a_store_without_lock_manager_says_what_to_do(store: ResultStore) -> None:
    actions: list[Callable[[], Any]] = [
        lambda: store.acquire_lock("k"),
        lambda: store.release_lock("k"),
        lambda: store.is_locked("k"),
        lambda: store.is_lock_holder("k"),
        lambda: store.wait_for_lock("k"),
    ]
    for action in actions:
        with pytest.raises(ConfigurationError, match="is not configured with a lock manager"):
            action()


def test_a_key_that_somebody_else_has_locked_is_not_written(store: ResultStore) -> None:
    locked = store.model_copy(update={"lock_manager": Locks()})
    assert locked.acquire_lock("k", holder="me")

    with pytest.raises(RuntimeError, match="Cannot write to result record with key k because it is locked by another"):
        locked.write(1, key="k", holder="you")
    with pytest.raises(RuntimeError, match="locked by another holder"):
        locked.write(1, key="k")

    locked.write(1, key="k", holder="me")
    assert locked.read("k", holder="me").result == 1
    assert locked.lock_manager.waited_for == []


async def test_a_reader_waits_for_the_lock(store: ResultStore) -> None:
    store.write(1, key="k")
    locked = store.model_copy(update={"lock_manager": Locks()})

    locked.acquire_lock("k", holder="me")
    assert locked.read("k").result == 1
    await locked.aacquire_lock("k", holder="me")
    assert (await locked.aread("k", holder="you")).result == 1
    assert locked.lock_manager.waited_for == ["k", "k"]


def test_a_lock_is_the_callers_where_no_holder_is_named(store: ResultStore) -> None:
    locked = store.model_copy(update={"lock_manager": Locks()})

    assert locked.acquire_lock("k")
    assert (locked.is_locked("k"), locked.is_lock_holder("k"), locked.is_lock_holder("k", "you")) == (True, True, False)
    locked.release_lock("k")
    assert not locked.is_locked("k")


async def test_a_holder_is_named_by_host_process_thread_and_task() -> None:
    import asyncio
    import os
    import socket
    import threading

    thread = threading.current_thread()
    expected = f"{socket.gethostname()}:{os.getpid()}:{thread.ident}:{thread.name}"
    assert ResultStore.generate_default_holder() == f"{expected}:{id(asyncio.current_task())}"
    assert (await asyncio.to_thread(ResultStore.generate_default_holder)).count(":") == 3


def test_a_record_survives_being_taken_elsewhere(store: ResultStore) -> None:
    record = store.create_result_record(
        {"a": b"\0\xff".hex()}, key="k", expiration=datetime(2100, 1, 1, tzinfo=timezone.utc)
    )

    assert ResultRecord.deserialize(record.serialize()) == record
    assert (
        ResultRecord.deserialize_from_result_and_metadata(record.serialize_result(), record.serialize_metadata())
        == record
    )


def test_a_records_file_can_be_looked_at(store: ResultStore) -> None:
    store.write([1, 2], key="k")
    file = Path(str(store.read("k").metadata.storage_key))

    record: ResultRecord[Any] = ResultRecord.deserialize(file.read_bytes())

    assert (record.result, record.metadata.storage_key, record.serializer) == ([1, 2], "k", JSONSerializer())
    with pytest.raises(Exception, match="damaged"):
        ResultRecord.deserialize(file.read_bytes()[:-1])


def test_metadata_survives_its_bytes() -> None:
    metadata = ResultRecordMetadata(
        storage_key="k",
        expiration=datetime(2100, 1, 1, tzinfo=timezone.utc),
        serializer=PickleSerializer(),
        storage_block_id=UUID(int=1),
    )
    assert ResultRecordMetadata.load_bytes(metadata.dump_bytes()) == metadata


def test_metadata_of_an_unknown_serializer_can_be_looked_at() -> None:
    metadata = ResultRecordMetadata.load_bytes(b'{"storage_key":"k","serializer":{"type":"odd","level":3}}')

    assert metadata.serializer == UnknownSerializer(type="odd", level=3)  # type: ignore[call-arg]
    with pytest.raises(RuntimeError, match="Serializer 'odd' is not available in this environment"):
        ResultRecord.deserialize_from_result_and_metadata(b"1", metadata.dump_bytes())
    record: ResultRecord[int] = ResultRecord.deserialize_from_result_and_metadata(
        b"1", metadata.dump_bytes(), backup_serializer=JSONSerializer()
    )
    assert record.result == 1


def test_metadata_of_a_known_serializer_is_checked() -> None:
    with pytest.raises(ValidationError):
        ResultRecordMetadata.load_bytes(b'{"serializer":{"type":"json","odd":1}}')


def test_a_record_is_found_again_by_its_metadata(store: ResultStore) -> None:
    record = store.create_result_record(1, key="k")
    store.persist_result_record(record)

    assert ResultStore._from_metadata(record.metadata) == record
    with pytest.raises(ValueError, match="storage_key is required"):
        ResultStore._from_metadata(ResultRecordMetadata())


def test_a_storage_is_named_in_many_ways(tmp_path: Path) -> None:
    block = LocalFileSystem(basepath="/x")
    identifier = block.save("mine")

    assert resolve_result_storage(block) is block
    assert resolve_result_storage(tmp_path) == LocalFileSystem(basepath=str(tmp_path))
    assert resolve_result_storage(str(tmp_path)) == LocalFileSystem(basepath=str(tmp_path))
    assert resolve_result_storage("a/b") == LocalFileSystem(basepath=str(tmp_path / "a" / "b"))
    assert resolve_result_storage("local-file-system/mine") == block
    assert resolve_result_storage(identifier) == block
    nothing = NullFileSystem()
    assert resolve_result_storage(nothing) is nothing
    with pytest.raises(
        TypeError, match=r"must be one of the following types: 'UUID', 'Block', 'str'\. Got unsupported type 'int'"
    ):
        resolve_result_storage(1)


def test_a_serializer_is_named_by_its_type_or_itself() -> None:
    serializer: JSONSerializer[Any] = JSONSerializer()
    assert resolve_serializer(serializer) is serializer
    assert resolve_serializer("pickle") == PickleSerializer()
    with pytest.raises(TypeError, match=r"'Serializer', 'str'\. Got unsupported type 'int'"):
        resolve_serializer(1)
    with pytest.raises(ValidationError):
        resolve_serializer("odd")


async def test_resolving_is_a_coroutine_where_an_event_loop_runs(tmp_path: Path) -> None:
    assert await resolve_result_storage(tmp_path) == LocalFileSystem(basepath=str(tmp_path))
    assert resolve_result_storage(tmp_path, _sync=True) == LocalFileSystem(basepath=str(tmp_path))  # type: ignore[call-arg]
    assert await get_default_result_storage() == get_default_result_storage(_sync=True)  # type: ignore[call-arg]


def test_the_settings_name_the_default_storage(tmp_path: Path) -> None:
    LocalFileSystem(basepath="/x").save("mine")
    with temporary_settings({"results.local_storage_path": str(tmp_path)}):
        assert get_default_result_storage() == LocalFileSystem(basepath=str(tmp_path))
    with temporary_settings({"results.default_storage": "local-file-system/mine"}):
        assert get_default_result_storage() == Block.load("local-file-system/mine")
    with temporary_settings({"results.default_storage": str(tmp_path)}):
        assert get_default_result_storage() == LocalFileSystem(basepath=str(tmp_path))


def test_the_settings_say_whether_results_are_kept() -> None:
    assert (get_default_persist_setting(), get_default_persist_setting_for_tasks()) == (False, False)
    with temporary_settings({"results.persist_by_default": True}):
        assert (get_default_persist_setting(), get_default_persist_setting_for_tasks()) == (True, True)
        with temporary_settings({"tasks.default_persist_result": False}):
            assert (get_default_persist_setting(), get_default_persist_setting_for_tasks()) == (True, False)
