"""The flow run is part of the key: the task runs once in each flow run."""

from datetime import timedelta

from keepwell import flow, task
from keepwell.cache_policies import INPUTS, RUN_ID


@task(cache_policy=INPUTS + RUN_ID, cache_expiration=timedelta(days=1))
def hello_task(name_input: str) -> str:
    # Doing some work.
    print("Saying hello")
    return f"hello {name_input}"


@flow
def hello_flow(name_input: str) -> None:
    # Runs each time the flow is run,
    hello_task(name_input)
    # but the same call within the same flow run is cached.
    hello_task(name_input)


if __name__ == "__main__":
    hello_flow("Ada")
    hello_flow("Ada")
