"""`key_storage`: cache records in one folder, results alone in the result storage."""

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE


@task(cache_policy=(TASK_SOURCE + INPUTS).configure(key_storage="cache-records"))
def my_cached_task(x: int) -> int:
    print(f"running with {x}")
    return x + 42


if __name__ == "__main__":
    print(my_cached_task(1))
