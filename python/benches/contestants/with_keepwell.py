"""keepwell."""

from __future__ import annotations

import time
from typing import Any

from worker import timed

from contestants.everybody import contended, importing, peak_of

__all__ = ["importing"]


def greeting() -> Any:
    from keepwell import task
    from keepwell.cache_policies import INPUTS

    @task(cache_policy=INPUTS)
    def greeting(name: str) -> str:
        return f"hello {name}"

    greeting("Ada")
    # The memory layer takes a record in once the file system's clock has moved on from its last write.
    time.sleep(0.05)
    return greeting


def hit() -> None:
    task = greeting()
    timed(lambda: task("Ada"))


def hit_in_flow() -> None:
    from keepwell import flow

    task = greeting()

    @flow
    def measured() -> None:
        timed(lambda: task("Ada"))

    measured()


def uncached() -> None:
    from keepwell import task
    from keepwell.cache_policies import NO_CACHE

    @task(cache_policy=NO_CACHE)
    def increment(number: int) -> int:
        return number + 1

    timed(lambda: increment(1))


def mapped() -> None:
    from keepwell import flow

    task = greeting()
    names = ["Ada"] * 1000

    @flow
    def measured() -> None:
        timed(lambda: task.map(names).result())

    measured()


def key_of(value: Any) -> None:
    from keepwell.cache_policies import INPUTS

    timed(lambda: INPUTS.compute_key(task_ctx=None, inputs={"value": value}, flow_parameters=None))


def array_key() -> None:
    import numpy as np

    key_of(np.arange(12_500_000, dtype=np.float64))


def frame_key() -> None:
    import numpy as np
    import pandas as pd

    key_of(pd.DataFrame({f"column {number}": np.arange(1_000_000) * 0.5 + number for number in range(8)}))


def array() -> None:
    import numpy as np

    from keepwell import task
    from keepwell.cache_policies import INPUTS

    @task(cache_policy=INPUTS)
    def numbers(count: int) -> np.ndarray:
        return np.arange(count, dtype=np.float64)

    timed(lambda: numbers(12_500_000))


def peak() -> None:
    peak_of("from keepwell import flow, task\n@task\ndef t(): pass\n@flow\ndef f(): t()\nf()")


def contended_memory() -> None:
    from keepwell.locking.memory import MemoryLockManager
    from keepwell.results import ResultStore
    from keepwell.transactions import IsolationLevel, transaction

    store = ResultStore(lock_manager=MemoryLockManager())
    level = IsolationLevel.SERIALIZABLE
    contended(lambda key: transaction(key=key, store=store, isolation_level=level))
