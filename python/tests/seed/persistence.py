"""The seed, introduction: caching needs persistence, which is off unless a setting or the task asks for it."""

from keepwell import flow, task


@task
def plain():
    print("plain runs")
    return 1


@task(persist_result=False)
def never_kept():
    print("never_kept runs")
    return 2


@flow
def twice():
    plain()
    plain()
    never_kept()
    never_kept()


twice()
