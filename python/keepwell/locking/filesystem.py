"""Locks between the processes of one machine, by files in a folder."""

from __future__ import annotations

import os
from pathlib import Path

from keepwell import _core
from keepwell.locking._asynchronous import AsynchronousLocks

# A child that was forked while its parent had a lock must not keep it alive after the parent.
os.register_at_fork(after_in_child=_core.leave_parents_locks)


class FileSystemLockManager(AsynchronousLocks):
    """Grants locks by `flock` on files in the folder `lock_files_directory`, made when a first lock is taken.

    The system frees the locks of a process that ends, however it ends. A lock with a `hold_timeout` is given back by
    its own process when its time is over. For processes of one machine, or of several where the folder's file system
    has `flock`.
    """

    lock_files_directory: Path

    def __new__(cls, lock_files_directory: str | os.PathLike[str]) -> FileSystemLockManager:
        """The locks in this folder; `~` is the user's home."""
        path = Path(lock_files_directory).expanduser().resolve()
        manager: FileSystemLockManager = super().__new__(cls, path)
        manager.lock_files_directory = path
        return manager

    def __init__(self, lock_files_directory: str | os.PathLike[str]) -> None:
        """`__new__` has done it all."""

    def __reduce__(self) -> tuple[type[FileSystemLockManager], tuple[Path]]:
        return type(self), (self.lock_files_directory,)
