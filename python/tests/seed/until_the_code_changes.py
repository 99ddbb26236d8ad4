"""The seed, cache policies: `TASK_SOURCE` runs once until the code changes."""

from keepwell import task
from keepwell.cache_policies import TASK_SOURCE

import time


@task(cache_policy=TASK_SOURCE)
def my_stateful_task():
    print('sleeping')
    time.sleep(0.1)
    return 42

my_stateful_task() # sleeps
my_stateful_task() # does not sleep
