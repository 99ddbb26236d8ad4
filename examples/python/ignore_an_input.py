"""`INPUTS - "debug"`: an input that does not change the result is no part of the key."""

from keepwell import task
from keepwell.cache_policies import INPUTS


@task(cache_policy=INPUTS - "debug")
def my_cached_task(x: int, debug: bool = False) -> int:
    print(f"running, debug is {debug}")
    return x + 42


if __name__ == "__main__":
    my_cached_task(1)
    my_cached_task(1, debug=True)  # still uses the cache
