"""`TASK_SOURCE + INPUTS`: the task runs again for a new `x`, or when its code changes."""

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE


@task(cache_policy=TASK_SOURCE + INPUTS)
def my_cached_task(x: int) -> int:
    print(f"running with {x}")
    return x + 42


my_cached_task(1)
my_cached_task(1)  # does not run
my_cached_task(2)


@task(cache_policy=TASK_SOURCE + INPUTS)
def my_cached_task(x: int) -> int:
    print(f"running new code with {x}")
    return x + 42


my_cached_task(1)
my_cached_task(1)  # does not run
