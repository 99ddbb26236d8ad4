"""The seed, cache keys: tasks in different flows, and different tasks, share a record by its key."""

from keepwell import flow, task


def report_key(context, parameters):
    return "report.v1"


@task(cache_key_fn=report_key)
def write_report():
    print("writing the report")
    return "the report"


@task(cache_key_fn=report_key)
def read_report():
    print("there is no report")
    return ""


@flow
def nightly():
    write_report()


@flow
def morning():
    print(read_report()) # does not run


nightly()
morning()
