"""Identifiers of runs and states."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uuid import UUID


def new_identifier() -> UUID:
    """A fresh version 7 UUID (RFC 9562, section 5.7): the time in milliseconds, then 74 random bits."""
    from uuid import UUID

    return UUID(int=_draw())


def new_identifier_text() -> str:
    """A fresh version 7 UUID as text."""
    digits = f"{_draw():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _draw() -> int:
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    upper = milliseconds << 16 | 0x7000 | random >> 68
    lower = 1 << 63 | random & (1 << 62) - 1
    return upper << 64 | lower


def as_identifier(value: UUID | str | None) -> UUID | None:
    """The UUID that `value` is or spells; `None` stays `None`. Raises `ValueError` if it spells none."""
    from uuid import UUID

    return UUID(value) if isinstance(value, str) else value
