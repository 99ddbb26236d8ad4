"""Locks in the place where results are: for machines that share nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from keepwell import _core
from keepwell.locking._asynchronous import RemoteLocks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from keepwell.filesystems import WritableFileSystem

__all__ = ["StorageLockManager"]


class StorageLockManager(RemoteLocks):
    """Grants locks to whoever reaches the same storage, by nothing but what is written there.

    A lock is granted for the time of a lease and renewed while it is held and this object is there, so a holder that
    dies frees it when the lease has run out; on the same machine sooner. Whoever waits looks every 50 ms at first, and
    every second at last. While the storage cannot be reached nobody is granted a lock.

    In a folder the locks hold between all processes that see the same files. An object of your own cannot write on
    condition that nobody else has: locks in it, as those in `memory://…`, hold within the process only, and a warning
    says so. Its methods are Python's, so a thread that keeps the interpreter for longer than a lease loses its locks.

    It may be pickled and copied if its storage may be, without its locks.

    Args:
        storage: What a task's `result_storage` may be: a path, the name of a saved block, a storage.
        lease: For how many seconds a lock is granted, 1 or more; `KEEPWELL_LOCKS_LEASE_SECONDS` unless given.
        heartbeat: Every how many seconds it is renewed, at most half the lease; a third of it unless given here or,
            where `lease` is not given either, by `KEEPWELL_LOCKS_HEARTBEAT_SECONDS`.

    Raises:
        SettingsError: The lease or the heartbeat is too short or too long.
        ConfigurationError: No lock can be kept in this storage: it keeps nothing, or cannot remove anything.
        TypeError: It is no storage.
    """

    storage: WritableFileSystem | str | Path
    lease: float | None
    heartbeat: float | None

    def __new__(
        cls,
        storage: WritableFileSystem | str | os.PathLike[str],
        lease: float | None = None,
        heartbeat: float | None = None,
    ) -> StorageLockManager:
        """The locks in this storage. Nothing is written before the first is asked for."""
        place = _wherever_one_is(storage)
        manager: StorageLockManager = super().__new__(cls, None, None, (place, lease, heartbeat))
        manager.storage, manager.lease, manager.heartbeat = place, lease, heartbeat
        return manager

    def __init__(self, *_args: Any, **_options: Any) -> None:
        """`__new__` has done it all."""

    def __reduce__(self) -> tuple[type[StorageLockManager], tuple[Any, ...]]:
        return type(self), (self.storage, self.lease, self.heartbeat)


def _wherever_one_is(storage: Any) -> Any:
    """The same storage, also for a process in another folder."""
    if isinstance(storage, str) and ("://" in storage or _core.saved_block(storage) is not None):
        return storage
    if storage and isinstance(storage, (str, os.PathLike)):
        return Path(storage).expanduser().absolute()
    return storage
