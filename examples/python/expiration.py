"""`cache_expiration`: the writer says how long a record counts, and that holds for every task that shares the key."""

import time
from datetime import timedelta

from keepwell import task
from keepwell.cache_policies import INPUTS


@task(cache_policy=INPUTS, cache_expiration=timedelta(seconds=2))
def quote(share: str) -> int:
    print(f"asking the exchange for {share}")
    return 100


@task(cache_policy=INPUTS)
def quote_for_the_report(share: str) -> int:
    print(f"asking for {share} again")
    return 101


if __name__ == "__main__":
    print(quote("KW"))
    print(quote_for_the_report("KW"))  # the same key: does not run
    time.sleep(2.1)
    print(quote_for_the_report("KW"))  # expired for this task too
