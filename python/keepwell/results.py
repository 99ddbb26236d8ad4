"""Result stores and records: reading and writing results by key, outside of any run too."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from keepwell import _core
from keepwell._dispatch import async_dispatch
from keepwell._records import ResultRecord, ResultRecordMetadata, of_milliseconds, refuse_to_serialize, to_milliseconds
from keepwell.blocks.core import Block
from keepwell.exceptions import ConfigurationError, SerializationError
from keepwell.filesystems import LocalFileSystem, NullFileSystem
from keepwell.serializers import Serializer, UnknownSerializer
from keepwell.settings import get_current_settings

if TYPE_CHECKING:
    from typing_extensions import Self

    from keepwell.flows import Flow
    from keepwell.tasks import Task
    from keepwell.transactions import IsolationLevel

__all__ = [
    "DEFAULT_STORAGE_KEY_FN",
    "ResultRecord",
    "ResultRecordMetadata",
    "ResultStore",
    "aget_default_result_storage",
    "aresolve_result_storage",
    "get_default_persist_setting",
    "get_default_persist_setting_for_tasks",
    "get_default_result_serializer",
    "get_default_result_storage",
    "get_result_store",
    "resolve_result_storage",
    "resolve_serializer",
    "should_persist_result",
]


def DEFAULT_STORAGE_KEY_FN() -> str:  # noqa: N802 (the name is given)
    """A key that nothing else has."""
    return uuid4().hex


def _storage(storage: Any) -> Any:
    if isinstance(storage, (str, Path)):
        return _named_storage(str(storage), is_path=isinstance(storage, Path))
    if isinstance(storage, UUID):
        return Block.load_from_ref(storage, _sync=True)  # type: ignore[call-arg]
    if hasattr(storage, "read_path") and hasattr(storage, "write_path"):
        return storage
    raise TypeError(
        "Result storage must be one of the following types: 'UUID', 'Block', 'str'. "
        f"Got unsupported type {type(storage).__name__!r}."
    )


def _named_storage(name: str, is_path: bool) -> Any:
    """The saved block of this name, the folder of this path, or the URL as it is."""
    block = None if is_path else _core.saved_block(name)
    if block is not None or (not is_path and "://" in name):
        return name if block is None else block
    return LocalFileSystem(basepath=os.path.abspath(os.path.expanduser(name)))


async def aresolve_result_storage(result_storage: Any) -> Any:
    """As `resolve_result_storage`."""
    return _storage(result_storage)


@async_dispatch(aresolve_result_storage)
def resolve_result_storage(result_storage: Any) -> Any:
    """The storage that is meant: a path gives a `LocalFileSystem`, the name or id of a saved block gives the block.

    Raises `TypeError` for anything that is no storage; `ValueError` if no block has that identifier.
    """
    return _storage(result_storage)


def resolve_serializer(serializer: Any) -> Serializer[Any]:
    """The serializer that is meant, by its type (`"json"`) or itself.

    Raises `TypeError` for anything else; `ValidationError` if there is no serializer of that type.
    """
    if isinstance(serializer, Serializer):
        return serializer
    if isinstance(serializer, str):
        return Serializer(type=serializer)
    raise TypeError(
        "Result serializer must be one of the following types: 'Serializer', 'str'. "
        f"Got unsupported type {type(serializer).__name__!r}."
    )


def get_default_result_serializer() -> Serializer[Any]:
    """The serializer that the settings name."""
    return resolve_serializer(get_current_settings().results.default_serializer)


async def aget_default_result_storage() -> Any:
    """As `get_default_result_storage`."""
    return _default_storage()


@async_dispatch(aget_default_result_storage)
def get_default_result_storage() -> Any:
    """The storage that the settings name."""
    return _default_storage()


# The folders that results go to where no storage is named: one object for each path.
_default_storages: dict[str, LocalFileSystem] = {}


def _default_storage() -> Any:
    results = get_current_settings().results
    if results.default_storage is not None:
        return _storage(str(results.default_storage))
    path = str(results.local_storage_path)
    return _default_storages.setdefault(path, LocalFileSystem(basepath=path))


def get_default_persist_setting() -> bool:
    """Whether results are kept where neither task nor flow says."""
    return bool(get_current_settings().results.persist_by_default)


def get_default_persist_setting_for_tasks() -> bool:
    """Whether results of tasks are kept where neither task nor flow says."""
    setting = get_current_settings().tasks.default_persist_result
    return get_default_persist_setting() if setting is None else bool(setting)


def should_persist_result() -> bool:
    """Whether the result of the running task is kept, or of the flow; outside of both, what the settings say."""
    from keepwell.context import FlowRunContext, TaskRunContext

    run = TaskRunContext.get() or FlowRunContext.get()
    return get_default_persist_setting() if run is None else bool(run.persist_result)


def get_result_store() -> ResultStore:
    """The store of the task that is running, or of the flow; outside of both, the one that the settings name."""
    from keepwell.context import FlowRunContext, TaskRunContext

    run = TaskRunContext.get() or FlowRunContext.get()
    store = None if run is None else run.result_store
    return ResultStore() if store is None else store


class ResultStore(BaseModel):
    """Where results are kept, and how.

    Records go to `metadata_storage` where there is one, apart from the results; else both go to `result_storage`. A
    storage is a path, a saved block, or any object with `read_path` and `write_path`. `ResultStore()` is what the
    settings name.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)

    result_storage: Any = Field(default_factory=_default_storage)
    metadata_storage: Any = None
    lock_manager: Any = None
    cache_result_in_memory: bool = True
    serializer: Any = Field(default_factory=get_default_result_serializer)
    storage_key_fn: Callable[[], str] = DEFAULT_STORAGE_KEY_FN

    _opened: tuple[tuple[Any, ...], _core.ResultStore] | None = PrivateAttr(default=None)

    @field_validator("result_storage", "metadata_storage", mode="before")
    @classmethod
    def _resolve_storage(cls, value: Any) -> Any:
        return value if value is None else _storage(value)

    @field_validator("serializer", mode="before")
    @classmethod
    def _resolve_serializer(cls, value: Any) -> Any:
        return Serializer.model_validate(value) if isinstance(value, dict) else resolve_serializer(value)

    @classmethod
    def _of_engine(cls, engine: _core.ResultStore) -> ResultStore:
        """The store that the engine uses."""
        store = cls(result_storage=_shown(engine.result_storage), metadata_storage=_shown(engine.key_storage))
        store._opened = store._parts(), engine
        return store

    @property
    def result_storage_block_id(self) -> UUID | None:
        """The identifier of the saved block that `result_storage` is, if it is one."""
        return getattr(self.result_storage, "_block_document_id", None)

    def _parts(self) -> tuple[Any, ...]:
        return (self.result_storage, self.metadata_storage, self.lock_manager, self.cache_result_in_memory)

    def _engine(self) -> _core.ResultStore:
        """The engine's store, made when it is first needed, and anew when a part has been replaced."""
        parts = (*self._parts(), self.serializer.type)
        if self._opened is None or any(one is not other for one, other in zip(self._opened[0], parts, strict=False)):
            engine = _core.ResultStore(
                result_storage=self.result_storage,
                key_storage=self.metadata_storage,
                lock_manager=self.lock_manager,
                memory=self.cache_result_in_memory,
                serializer=self.serializer.type,
            )
            self._opened = parts, engine
        return self._opened[1]

    # Stores for runs.

    async def aupdate_for_flow(self, flow: Flow[..., Any]) -> Self:
        """As `update_for_flow`."""
        return self._for_flow(flow)

    @async_dispatch(aupdate_for_flow)
    def update_for_flow(self, flow: Flow[..., Any]) -> Self:
        """A store like this one for the results of a flow, which have no records."""
        return self._for_flow(flow)

    async def aupdate_for_task(self, task: Task[..., Any]) -> Self:
        """As `update_for_task`."""
        return self._for_task(task)

    @async_dispatch(aupdate_for_task)
    def update_for_task(self, task: Task[..., Any]) -> Self:
        """A store like this one with what the task, or its cache policy, wants otherwise."""
        return self._for_task(task)

    def _for_flow(self, flow: Flow[..., Any]) -> Self:
        return self.model_copy(update={**_wanted_by(flow), "metadata_storage": NullFileSystem()})

    def _for_task(self, task: Task[..., Any]) -> Self:
        update = {**_wanted_by(task), "cache_result_in_memory": task.cache_result_in_memory}
        policy: Any = task.cache_policy
        if getattr(policy, "key_storage", None) is not None:
            update["metadata_storage"] = _storage(policy.key_storage)
        elif isinstance(self.metadata_storage, NullFileSystem):
            update["metadata_storage"] = None
        if getattr(policy, "lock_manager", None) is not None:
            update["lock_manager"] = policy.lock_manager
        return self.model_copy(update=update)

    # Records.

    def create_result_record(
        self, obj: Any, key: str | None = None, expiration: datetime | None = None
    ) -> ResultRecord[Any]:
        """A record of a value, which is not yet kept. Without a key it gets one of its own."""
        return self._record(obj, self._key(key or self.storage_key_fn()), self.serializer, expiration)

    def exists(self, key: str) -> bool:
        """Whether there is a record under a key that counts. No result is read."""
        return bool(self._engine().exists(self._key(key)))

    async def aexists(self, key: str) -> bool:
        """As `exists`."""
        return await asyncio.to_thread(self.exists, key)

    def read(self, key: str, holder: str | None = None) -> ResultRecord[Any]:
        """The record under a key. Where somebody else than `holder` has the key's lock, it waits.

        Raises `MissingResult` with the reason if there is none that counts; `SerializationError` if the serializer
        cannot make a value of it.
        """
        key = self._key(key)
        if self.lock_manager is not None and not self.is_lock_holder(key, holder):
            self.wait_for_lock(key)
        return self._read(key)

    async def aread(self, key: str, holder: str | None = None) -> ResultRecord[Any]:
        """As `read`."""
        key = self._key(key)
        if self.lock_manager is not None and not self.is_lock_holder(key, holder):
            await self.await_for_lock(key)
        return await asyncio.to_thread(self._read, key)

    def write(
        self,
        obj: Any,
        key: str | None = None,
        expiration: datetime | None = None,
        holder: str | None = None,
    ) -> None:
        """Keeps a value under a key, replacing what was there.

        Raises `RuntimeError` if somebody else than `holder` has the key's lock; `SerializationError` if the serializer
        refuses the value; `StorageError` if it could not be written.
        """
        self.persist_result_record(self.create_result_record(obj, key, expiration), holder)

    async def awrite(
        self,
        obj: Any,
        key: str | None = None,
        expiration: datetime | None = None,
        holder: str | None = None,
    ) -> None:
        """As `write`."""
        await self.apersist_result_record(self.create_result_record(obj, key, expiration), holder)

    def persist_result_record(self, result_record: ResultRecord[Any], holder: str | None = None) -> None:
        """Keeps a record.

        Raises as `write`.
        """
        key = self._key_of(result_record)
        if self.lock_manager is not None and self.is_locked(key) and not self.is_lock_holder(key, holder):
            raise RuntimeError(f"Cannot write to result record with key {key} because it is locked by another holder.")
        expiration = to_milliseconds(result_record.expiration)
        try:
            self._engine().write(key, result_record.result, result_record.serializer, expiration)
        except SerializationError as error:
            raise refuse_to_serialize(result_record.result, result_record.serializer, error) from error
        result_record._persisted = True

    async def apersist_result_record(self, result_record: ResultRecord[Any], holder: str | None = None) -> None:
        """As `persist_result_record`."""
        holder = holder or self.generate_default_holder()
        await asyncio.to_thread(self.persist_result_record, result_record, holder)

    def delete(self, key: str) -> bool:
        """Removes the record under a key, and says whether there was one. A result that is kept apart stays."""
        return bool(self._engine().remove(self._key(key)))

    async def adelete(self, key: str) -> bool:
        """As `delete`."""
        return await asyncio.to_thread(self.delete, key)

    @classmethod
    async def _afrom_metadata(cls, metadata: ResultRecordMetadata) -> ResultRecord[Any]:
        return await asyncio.to_thread(cls._of_metadata, metadata)

    @classmethod
    @async_dispatch(_afrom_metadata.__func__)  # type: ignore[attr-defined]
    def _from_metadata(cls, metadata: ResultRecordMetadata) -> ResultRecord[Any]:
        return cls._of_metadata(metadata)

    @classmethod
    def _of_metadata(cls, metadata: ResultRecordMetadata) -> ResultRecord[Any]:
        if metadata.storage_key is None:
            raise ValueError("storage_key is required to hydrate a result record from metadata")
        block_id = metadata.storage_block_id
        storage = _default_storage() if block_id is None else _storage(block_id)
        if block_id is None and os.path.isabs(metadata.storage_key):
            storage = LocalFileSystem(basepath=os.path.dirname(metadata.storage_key))
        return cls(result_storage=storage, serializer=metadata.serializer).read(metadata.storage_key)

    def _read(self, key: str) -> ResultRecord[Any]:
        stored = self._engine().read(key)
        value = stored.value(self.serializer)
        written_by = self.serializer if stored.serializer == self.serializer.type else _serializer(stored.serializer)
        record = self._record(value, key, written_by, of_milliseconds(stored.expiration))
        record._persisted = True
        return record

    def _record(
        self, value: Any, key: str, serializer: Serializer[Any], expiration: datetime | None
    ) -> ResultRecord[Any]:
        metadata = ResultRecordMetadata(
            storage_key=self._storage_key(key),
            expiration=expiration,
            serializer=serializer,
            storage_block_id=self.result_storage_block_id,
        )
        record: ResultRecord[Any] = ResultRecord(result=value, metadata=metadata)
        record._key = key
        return record

    def _storage_key(self, key: str) -> str:
        """The path of the record's file where results are in a folder that is no saved block; else the key."""
        folder = self._folder()
        return key if folder is None else os.path.join(folder, _core.key_file_name(key))

    def _key(self, text: str) -> str:
        """The key that is meant by itself or by the path of its file."""
        folder = self._folder()
        if folder is None or os.path.dirname(text) != folder:
            return text
        return _core.key_of_file_name(os.path.basename(text)) or text

    def _key_of(self, record: ResultRecord[Any]) -> str:
        return record._key or self._key(record.metadata.storage_key or self.storage_key_fn())

    def _folder(self) -> str | None:
        is_folder = isinstance(self.result_storage, LocalFileSystem) and self.result_storage_block_id is None
        return self.result_storage._keepwell_location() if is_folder else None

    # Locks.

    def supports_isolation_level(self, level: IsolationLevel) -> bool:
        """Whether transactions can be isolated so: SERIALIZABLE needs a lock manager.

        Raises `ValueError` for a level that there is not.
        """
        from keepwell.transactions import IsolationLevel

        if level == IsolationLevel.READ_COMMITTED:
            return True
        if level == IsolationLevel.SERIALIZABLE:
            return self.lock_manager is not None
        raise ValueError(f"Unsupported isolation level: {level}")

    @staticmethod
    def generate_default_holder() -> str:
        """A name for whoever is running: the host, the process, the thread, and the asyncio task if there is one."""
        thread = threading.current_thread()
        holder = f"{socket.gethostname()}:{os.getpid()}:{thread.ident}:{thread.name}"
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return holder
        return holder if task is None else f"{holder}:{id(task)}"

    def acquire_lock(self, key: str, holder: str | None = None, timeout: float | None = None) -> bool:
        """Takes the lock of a key, waiting up to `timeout` seconds or for ever. Says whether it was granted.

        Raises `ConfigurationError` if the store has no lock manager, as all that concern locks do.
        """
        granted: bool = self._locks().acquire_lock(key, holder or self.generate_default_holder(), timeout)
        return granted

    async def aacquire_lock(self, key: str, holder: str | None = None, timeout: float | None = None) -> bool:
        """As `acquire_lock`."""
        granted: bool = await self._locks().aacquire_lock(key, holder or self.generate_default_holder(), timeout)
        return granted

    def release_lock(self, key: str, holder: str | None = None) -> None:
        """Gives the lock of a key back.

        Raises `ValueError` if `holder` has not got it.
        """
        self._locks().release_lock(key, holder or self.generate_default_holder())

    def is_locked(self, key: str) -> bool:
        """Whether anybody has the lock of a key."""
        return bool(self._locks().is_locked(key))

    def is_lock_holder(self, key: str, holder: str | None = None) -> bool:
        """Whether `holder`, or the caller, has the lock of a key."""
        return bool(self._locks().is_lock_holder(key, holder or self.generate_default_holder()))

    def wait_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """Waits until the lock of a key is free, up to `timeout` seconds or for ever. Says whether it is."""
        return bool(self._locks().wait_for_lock(key, timeout))

    async def await_for_lock(self, key: str, timeout: float | None = None) -> bool:
        """As `wait_for_lock`."""
        return bool(await self._locks().await_for_lock(key, timeout))

    def _locks(self) -> Any:
        if self.lock_manager is None:
            raise ConfigurationError(
                "Result store is not configured with a lock manager. Please set a lock manager when creating the "
                "result store to enable locking."
            )
        return self.lock_manager


def _shown(place: Any) -> Any:
    """A storage of the engine as Python shows it."""
    return NullFileSystem() if place == "null://" else place


def _wanted_by(run: Any) -> dict[str, Any]:
    """What a task or flow wants its results kept by."""
    wanted: dict[str, Any] = {}
    if run.result_storage is not None:
        wanted["result_storage"] = _storage(run.result_storage)
    if run.result_serializer is not None:
        wanted["serializer"] = resolve_serializer(run.result_serializer)
    return wanted


def _serializer(name: str) -> Serializer[Any]:
    return Serializer(type=name) if name in Serializer._registry else UnknownSerializer(type=name)
