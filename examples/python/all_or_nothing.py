"""A transaction: the results of both tasks are kept, or neither. `all_or_nothing.py fail` lets the second one fail."""

import sys

from keepwell import flow, task
from keepwell.transactions import transaction


@task(cache_key_fn=lambda context, parameters: "static-key-1")
def load_data() -> str:
    print("loading")
    return "some-data"


@task(cache_key_fn=lambda context, parameters: "static-key-2")
def process_data(data: str, fail: bool) -> int:
    print("processing")
    if fail:
        raise RuntimeError("Error! Abort!")
    return len(data)


@flow
def multi_task_cache(fail: bool) -> int:
    with transaction():
        return process_data(load_data(), fail)


if __name__ == "__main__":
    try:
        print(multi_task_cache(fail=sys.argv[1:] == ["fail"]))
    except RuntimeError as error:
        print(f"failed: {error}")
