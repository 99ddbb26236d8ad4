"""Tasks in different flows, and different tasks, share a record if they share its key and storage."""

from typing import Any

from keepwell import flow, task
from keepwell.context import TaskRunContext


def report_key(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    return "report.v1"


@task(cache_key_fn=report_key)
def write_report() -> str:
    print("writing the report")
    return "the report"


@task(cache_key_fn=report_key)
def read_report() -> str:
    print("there is no report")
    return ""


@flow
def nightly() -> None:
    write_report()


@flow
def morning() -> None:
    print(read_report())  # does not run


if __name__ == "__main__":
    nightly()
    morning()
