"""The contract of storages, for whoever writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keepwell import _core

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["broken_clauses", "check_storage"]


def broken_clauses(new_storage: Callable[[], Any]) -> dict[str, str]:
    """The clauses of the contract that a storage breaks, each with how.

    `new_storage` is called for every clause and gives an object that is new and empty, with `read_path`, `write_path`,
    `delete_path` and `list_paths`. Some clauses use it from many threads.
    """
    outcomes = _core.storage_conformance(new_storage)
    return {clause.replace("_", " "): failure for clause, failure in outcomes if failure is not None}


def check_storage(new_storage: Callable[[], Any]) -> None:
    """Raises `AssertionError` with every clause of the contract that a storage breaks; see `broken_clauses`."""
    broken = broken_clauses(new_storage)
    if broken:
        lines = "\n".join(f"  {clause}: {failure}" for clause, failure in broken.items())
        raise AssertionError(f"the storage breaks its contract\n{lines}")
