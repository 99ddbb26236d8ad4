"""The seed, cache policies: the task of `until_the_code_changes.py` with its return value changed."""

from keepwell import task
from keepwell.cache_policies import TASK_SOURCE

import time


@task(cache_policy=TASK_SOURCE)
def my_stateful_task():
    print('sleeping')
    time.sleep(0.1)

    # change the return value, for example
    return 43 

my_stateful_task() # sleeps again
