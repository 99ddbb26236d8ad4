"""Blocks: configuration that is saved under a name, such as where a storage is and how to reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keepwell.blocks.core import Block

__all__ = ["Block"]


def __getattr__(name: str) -> Any:
    if name != "Block":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from keepwell.blocks.core import Block

    return Block
