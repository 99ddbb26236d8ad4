"""The seed, cache storage: records in a folder of their own. The test puts a folder in place of the path."""

from keepwell import task
from keepwell.cache_policies import TASK_SOURCE, INPUTS

cache_policy = (TASK_SOURCE + INPUTS).configure(key_storage="/path/to/cache/storage")

@task(cache_policy=cache_policy)
def my_cached_task(x: int):
    return x + 42


print(my_cached_task(1))
