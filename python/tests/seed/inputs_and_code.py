"""The seed, composing policies: `TASK_SOURCE + INPUTS` runs again for a new `x` or new code."""

import sys

from keepwell import task
from keepwell.cache_policies import TASK_SOURCE, INPUTS
@task(cache_policy=TASK_SOURCE + INPUTS)
def my_cached_task(x: int):
    return x + 42


for x in sys.argv[1:]:
    print(my_cached_task(int(x)))
