"""`SERIALIZABLE`: of two threads that call tasks with the same key, one does the work and the other uses its result."""

import time
from concurrent.futures import ThreadPoolExecutor

from keepwell import task
from keepwell.cache_policies import INPUTS
from keepwell.locking.memory import MemoryLockManager
from keepwell.transactions import IsolationLevel

one_at_a_time = INPUTS.configure(
    isolation_level=IsolationLevel.SERIALIZABLE,
    lock_manager=MemoryLockManager(),
)


@task(cache_policy=one_at_a_time)
def my_task_version_1(x: int) -> int:
    print("my_task_version_1 running")
    time.sleep(0.5)
    return x + 42


@task(cache_policy=one_at_a_time)
def my_task_version_2(x: int) -> int:
    print("my_task_version_2 running")
    time.sleep(0.5)
    return x + 43


if __name__ == "__main__":
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(my_task_version_1, 2), threads.submit(my_task_version_2, 2)]
    for run in runs:
        print(run.result())
