"""`TASK_SOURCE`: whoever calls it, the task runs once and only once, until its code is altered."""

import time

from keepwell import task
from keepwell.cache_policies import TASK_SOURCE


@task(cache_policy=TASK_SOURCE)
def my_stateful_task() -> int:
    print("sleeping")
    time.sleep(0.01)
    return 42


print(my_stateful_task())  # sleeps
print(my_stateful_task())  # does not sleep


@task(cache_policy=TASK_SOURCE)
def my_stateful_task() -> int:
    print("sleeping")
    time.sleep(0.01)
    # Another return value is other code; this comment is not.
    return 43


print(my_stateful_task())  # sleeps again
print(my_stateful_task())  # does not sleep
