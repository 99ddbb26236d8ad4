"""diskcache's `Cache.memoize`."""

from __future__ import annotations

from worker import timed

from contestants.everybody import importing

__all__ = ["importing"]


def hit() -> None:
    from diskcache import Cache

    @Cache("diskcache").memoize()
    def greeting(name: str) -> str:
        return f"hello {name}"

    timed(lambda: greeting("Ada"))


def array() -> None:
    import numpy as np
    from diskcache import Cache

    @Cache("diskcache").memoize()
    def numbers(count: int) -> np.ndarray:
        return np.arange(count, dtype=np.float64)

    timed(lambda: numbers(12_500_000))
