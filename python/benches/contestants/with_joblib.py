"""joblib's `Memory`."""

from __future__ import annotations

from typing import Any

from worker import timed

from contestants.everybody import importing

__all__ = ["importing"]


def memory() -> Any:
    from joblib import Memory

    return Memory("joblib", verbose=0)


def hit() -> None:
    @memory().cache
    def greeting(name: str) -> str:
        return f"hello {name}"

    timed(lambda: greeting("Ada"))


def array() -> None:
    import numpy as np

    @memory().cache
    def numbers(count: int) -> np.ndarray:
        return np.arange(count, dtype=np.float64)

    timed(lambda: numbers(12_500_000))


def array_key() -> None:
    import joblib
    import numpy as np

    numbers = np.arange(12_500_000, dtype=np.float64)
    timed(lambda: joblib.hash(numbers))


def frame_key() -> None:
    import joblib
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({f"column {number}": np.arange(1_000_000) * 0.5 + number for number in range(8)})
    timed(lambda: joblib.hash(frame))
