"""Locks in nothing but a result storage: for machines that share a folder or an object store."""

from __future__ import annotations

from typing import Any

from keepwell.locking._asynchronous import RemoteLocks

__all__ = ["StorageLockManager"]


class StorageLockManager(RemoteLocks):
    """Grants locks to processes wherever they run, by the conditional writes of a storage that all of them reach.

    A lock is granted for the time of a lease (`KEEPWELL_LOCKS_LEASE_SECONDS`) and renewed while it is held, so a holder
    that dies frees it when the lease has run out; at once where it was a process of the same machine. Whoever waits
    looks every 50 ms at first, and every second at last.

    It holds between processes if the storage's conditional writes do. It may be pickled and copied if the storage may,
    without its locks.
    """

    def __new__(cls, result_storage: Any) -> StorageLockManager:
        """The locks in this storage: a folder, a URL, or an object, as for a task's `result_storage`."""
        manager: StorageLockManager = super().__new__(cls, None, None, result_storage)
        manager._result_storage = result_storage
        return manager

    _result_storage: Any

    def __init__(self, result_storage: Any) -> None:
        """`__new__` has done it all."""

    def __reduce__(self) -> tuple[type[StorageLockManager], tuple[Any]]:
        return type(self), (self._result_storage,)
