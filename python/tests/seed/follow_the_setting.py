"""The seed, forcing the cache to be ignored: a task that refreshes when `KEEPWELL_TASKS_REFRESH_CACHE` says so."""

from keepwell import task

import random


def static_cache_key(context, parameters):
    # return a constant
    return "static cache key"


@task(cache_key_fn=static_cache_key)
def caching_task():
    return random.random()


print(caching_task())
