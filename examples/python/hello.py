"""A task whose result is kept for a day: equal inputs, in this flow run or the next, do not run it again."""

from datetime import timedelta

from keepwell import flow, task
from keepwell.cache_policies import INPUTS


@task(cache_policy=INPUTS, cache_expiration=timedelta(days=1))
def hello_task(name_input: str) -> str:
    # Doing some work.
    print("Saying hello")
    return f"hello {name_input}"


@flow
def hello_flow(name_input: str) -> None:
    hello_task(name_input)
    hello_task(name_input)  # does not run


if __name__ == "__main__":
    hello_flow("Ada")
