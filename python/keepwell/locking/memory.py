"""Locks between the threads and event loops of one process."""

from __future__ import annotations

import logging

from keepwell.locking._asynchronous import AsynchronousLocks


class MemoryLockManager(AsynchronousLocks):
    """Grants locks within this process. There is one, whoever makes it.

    It may be pickled, without its locks: in another process it stands for the locks there. A forked child begins with
    none.
    """

    _instance: MemoryLockManager | None = None

    def __new__(cls) -> MemoryLockManager:
        """The one of this process."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __reduce__(self) -> tuple[type[MemoryLockManager], tuple[()]]:
        held = self._held()
        if held:
            logging.getLogger("keepwell.locking").warning(
                "Serializing MemoryLockManager with %d active lock(s). Lock information will not be available after "
                "deserialization.",
                held,
            )
        return type(self), ()
