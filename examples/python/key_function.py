"""A key function: the text that it returns is the key. It sees the run and the inputs by name."""

from typing import Any

from keepwell import flow, task
from keepwell.context import TaskRunContext


def static_cache_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    in_flow = "outside flows" if context.flow_run_id is None else "in a flow run"
    print(f"key for {context.task.name} {in_flow}, x is {parameters['x']}")
    # Return a constant.
    return "static cache key"


@task(cache_key_fn=static_cache_key)
def my_cached_task(x: int) -> int:
    print(f"running with {x}")
    return x + 1


@flow
def my_flow() -> None:
    print(my_cached_task(7))


if __name__ == "__main__":
    print(my_cached_task(1))
    my_flow()  # another x, the same key
