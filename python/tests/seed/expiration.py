"""The seed, cache expiration: it is kept with the record, and holds for every task that shares the key."""

from datetime import timedelta
import time

from keepwell import task
from keepwell.cache_policies import INPUTS


@task(cache_policy=INPUTS, cache_expiration=timedelta(seconds=1))
def quote(share):
    print(f"asking the exchange for {share}")
    return 100


@task(cache_policy=INPUTS)
def quote_for_the_report(share):
    print(f"asking for {share} again")
    return 101


print(quote("KW"))
print(quote_for_the_report("KW")) # the same key: does not run
time.sleep(1.1)
print(quote_for_the_report("KW")) # expired for this task too
