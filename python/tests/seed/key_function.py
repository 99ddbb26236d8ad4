"""The seed, cache key functions: the text that the function returns is the key."""

from keepwell import flow, task


def static_cache_key(context, parameters):
    print(context.task.name, type(context.task_run_id).__name__, type(context.flow_run_id).__name__, parameters)
    # return a constant
    return "static cache key"


@task(cache_key_fn=static_cache_key)
def my_cached_task(x: int):
    return x + 1


@flow
def my_flow():
    print(my_cached_task(7))


print(my_cached_task(1))
my_flow()
