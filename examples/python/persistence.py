"""Caching needs persistence, which is off unless a policy or the setting asks for it.

`KEEPWELL_RESULTS_PERSIST_BY_DEFAULT` is the setting, for all tasks; `persist_result=False` rules both out.
"""

from keepwell import flow, task


@task
def plain() -> int:
    print("plain runs")
    return 1


@task(persist_result=False)
def never_kept() -> int:
    print("never_kept runs")
    return 2


@flow
def twice() -> None:
    plain()
    plain()
    never_kept()
    never_kept()


if __name__ == "__main__":
    twice()
