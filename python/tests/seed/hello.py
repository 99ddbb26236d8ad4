"""The seed, caching example: the second call with equal inputs does not run, in this flow run or another."""

from datetime import timedelta
from keepwell import flow, task
from keepwell.cache_policies import INPUTS
@task(cache_policy=INPUTS, cache_expiration=timedelta(days=1))
def hello_task(name_input):
    # Doing some work
    print("Saying hello")
    return "hello " + name_input

@flow(log_prints=True)
def hello_flow(name_input):
    hello_task(name_input)
    hello_task(name_input) # does not rerun


hello_flow("Ada")
