"""The seed, caching several tasks: both results are kept, or neither. With the argument `succeed`, nothing fails."""

import sys

from keepwell import task, flow
from keepwell.transactions import transaction


@task(cache_key_fn=lambda *args, **kwargs: "static-key-1")
def load_data():
    return "some-data"


@task(cache_key_fn=lambda *args, **kwargs: "static-key-2")
def process_data(data, fail):
    if fail:
        raise RuntimeError("Error! Abort!")

    return len(data)


@flow
def multi_task_cache(fail: bool = True):
    with transaction():
        data = load_data()
        process_data(data=data, fail=fail)


if sys.argv[1:] == ["succeed"]:
    multi_task_cache(fail=False)
else:
    multi_task_cache()
