"""`refresh_cache`: one task always runs and replaces the record, one follows the setting, and one never refreshes.

`KEEPWELL_TASKS_REFRESH_CACHE=true` changes the second alone.
"""

from typing import Any

from keepwell import task
from keepwell.context import TaskRunContext


def static_cache_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    return "static cache key"


@task(cache_key_fn=static_cache_key, refresh_cache=True)
def always(value: int) -> int:
    print("always runs")
    return value


@task(cache_key_fn=static_cache_key)
def as_set(value: int) -> int:
    print("runs as set")
    return value


@task(cache_key_fn=static_cache_key, refresh_cache=False)
def never(value: int) -> int:
    print("runs where there is no record")
    return value


if __name__ == "__main__":
    print(never(1))
    print(always(2))
    print(as_set(3))
    print(never(4))
