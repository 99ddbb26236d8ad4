"""What Python brings along, and numpy's own files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from worker import timed

from contestants.everybody import importing, peak_of

__all__ = ["importing"]


def hit() -> None:
    @lru_cache
    def greeting(name: str) -> str:
        return f"hello {name}"

    timed(lambda: greeting("Ada"))


def uncached() -> None:
    def increment(number: int) -> int:
        return number + 1

    timed(lambda: increment(1))


def array() -> None:
    import numpy as np

    file = Path("numbers.npy")
    np.save(file, np.arange(12_500_000, dtype=np.float64))
    timed(lambda: np.load(file))


def peak() -> None:
    peak_of("def t(): pass\ndef f(): t()\nf()")
