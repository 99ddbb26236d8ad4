"""The seed, forcing the cache to be ignored: a task that always runs and replaces the record."""

from keepwell import task

import random


def static_cache_key(context, parameters):
    # return a constant
    return "static cache key"


@task(cache_key_fn=static_cache_key, refresh_cache=True)
def caching_task():
    return random.random()


print(caching_task())
print(caching_task())
