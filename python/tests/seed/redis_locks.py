"""The seed, cache isolation: locks in a shared Redis server, for tasks that run on several machines."""

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from keepwell.redis import RedisLockManager
from keepwell.transactions import IsolationLevel

cache_policy = (INPUTS + TASK_SOURCE).configure(
    isolation_level=IsolationLevel.SERIALIZABLE,
    lock_manager=RedisLockManager(host="my-redis-host"),
)


@task(cache_policy=cache_policy)
def my_cached_task(x: int):
    return x + 42


if __name__ == "__main__":
    print(my_cached_task(1))
