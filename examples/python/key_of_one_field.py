"""An input that cannot be serialized, known by one of its fields: a key function as one part of the key."""

from dataclasses import dataclass
from typing import Any

from keepwell import flow, task
from keepwell.cache_policies import RUN_ID, CacheKeyFnPolicy
from keepwell.context import TaskRunContext


class NotSerializable:
    """A connection, say: nothing that could be written down."""

    def __getstate__(self) -> object:
        raise TypeError("I will not be serialized")


@dataclass
class ContainsNonSerializable:
    name: str
    bad_object: NotSerializable


def name_of_object(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    return parameters["some_object"].name


@task(cache_policy=CacheKeyFnPolicy(cache_key_fn=name_of_object) + RUN_ID)
def use_object(some_object: ContainsNonSerializable) -> str:
    return f"Used {some_object.name}"


@flow
def demo_flow() -> None:
    some_object = ContainsNonSerializable(name="test", bad_object=NotSerializable())
    state = use_object(some_object, return_state=True)  # not cached
    other_state = use_object(some_object, return_state=True)  # cached
    print(f"{state}, then {other_state}")
    print(f"{state.result()} = {other_state.result()}")


if __name__ == "__main__":
    demo_flow()
