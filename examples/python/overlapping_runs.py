"""`READ_COMMITTED`, the default: two threads that call tasks with the same key at the same time both do the work."""

import time
from concurrent.futures import ThreadPoolExecutor

from keepwell import task
from keepwell.cache_policies import INPUTS


@task(cache_policy=INPUTS)
def my_task_version_1(x: int) -> int:
    print("my_task_version_1 running")
    time.sleep(0.5)
    return x + 42


@task(cache_policy=INPUTS)
def my_task_version_2(x: int) -> int:
    print("my_task_version_2 running")
    time.sleep(0.5)
    return x + 43


if __name__ == "__main__":
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(my_task_version_1, 1), threads.submit(my_task_version_2, 1)]
    for run in runs:
        print(run.result())
