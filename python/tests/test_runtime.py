"""What the running code can ask about its run."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import keepwell.runtime
from keepwell import flow, get_run_logger, tags, task
from keepwell.context import FlowRunContext, TaskRunContext
from keepwell.runtime import deployment, flow_run, task_run


def answers(module: Any, *names: str) -> list[Any]:
    return [getattr(module, name) for name in names]


def test_outside_of_runs_every_answer_is_nothing() -> None:
    names = ["id", "name", "task_name", "parameters", "tags", "run_count", "api_url", "ui_url"]
    assert answers(task_run, *names) == [None, None, None, {}, [], 0, None, None]
    names = ["id", "name", "flow_name", "flow_version", "parameters", "tags", "run_count", "parent_flow_run_id"]
    assert answers(flow_run, *names) == [None, None, None, None, {}, [], 0, None]
    names = ["root_flow_run_id", "parent_deployment_id", "job_variables", "api_url", "ui_url"]
    assert answers(flow_run, *names) == [None, None, {}, None, None]
    assert datetime.now(timezone.utc) - flow_run.scheduled_start_time < timedelta(seconds=10)
    assert answers(deployment, "id", "name", "version", "flow_run_id", "parameters") == [None, None, None, None, {}]


def test_inside_a_task_the_task_and_its_flow_are_told() -> None:
    @task(name="adding", task_run_name="add-{x}")
    def add(x: int, y: int = 2) -> tuple[list[Any], list[Any]]:
        of_task = answers(task_run, "name", "task_name", "parameters", "run_count", "tags")
        return of_task, answers(flow_run, "flow_name", "parameters", "id")

    @flow(name="etl", version="7")
    def whole(z: int) -> Any:
        of_flow = answers(flow_run, "flow_name", "flow_version", "parameters", "id", "root_flow_run_id", "run_count")
        assert (task_run.id, deployment.flow_run_id) == (None, flow_run.id)
        with tags("b", "a"):
            return of_flow, add(1)

    of_flow, (of_task, flow_of_task) = whole(3)
    assert of_task == ["add-1", "adding", {"x": 1, "y": 2}, 1, ["a", "b"]]
    assert of_flow == ["etl", "7", {"z": 3}, flow_of_task[2], flow_of_task[2], 1]
    assert flow_of_task[:2] == ["etl", {"z": 3}]


def test_ids_are_those_of_the_context() -> None:
    @task
    def look() -> bool:
        return task_run.id == str(TaskRunContext.get().task_run.id)

    @flow
    def whole() -> tuple[bool, bool]:
        return look(), flow_run.id == str(FlowRunContext.get().flow_run.id)

    assert whole() == (True, True)


def test_the_logger_of_a_run_knows_the_run(caplog: pytest.LogCaptureFixture) -> None:
    @task(name="adding")
    def add() -> None:
        get_run_logger().info("in the task")

    @flow(name="etl")
    def whole() -> None:
        get_run_logger(extra_field="e").info("in the flow")
        add()

    whole()
    told = {record.message: record.__dict__ for record in caplog.records}
    of_flow, of_task = told["in the flow"], told["in the task"]
    assert (of_flow["name"], of_flow["flow_name"], of_flow["extra_field"]) == ("keepwell.flow_runs", "etl", "e")
    assert (of_task["name"], of_task["task_name"], of_task["flow_name"]) == ("keepwell.task_runs", "adding", "etl")
    assert of_task["flow_run_id"] == of_flow["flow_run_id"]


def test_variables_answer_in_place_of_the_run_with_its_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEEPWELL__RUNTIME__TASK_RUN__NAME", "mine")
    monkeypatch.setenv("KEEPWELL__RUNTIME__TASK_RUN__RUN_COUNT", "3")
    monkeypatch.setenv("KEEPWELL__RUNTIME__TASK_RUN__INVENTED", "new")
    monkeypatch.setenv("KEEPWELL__RUNTIME__FLOW_RUN__SCHEDULED_START_TIME", "2024-01-02T03:04:05")
    assert answers(task_run, "name", "run_count", "invented") == ["mine", 3, "new"]
    assert flow_run.scheduled_start_time == datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    monkeypatch.setenv("KEEPWELL__RUNTIME__TASK_RUN__PARAMETERS", "{}")
    with pytest.raises(
        ValueError,
        match="type dict cannot be mocked using an environment variable",
    ):
        _ = task_run.parameters


def test_what_nobody_answers_is_an_attribute_error() -> None:
    for module in (task_run, flow_run, deployment):
        with pytest.raises(AttributeError, match="has no attribute 'nope'"):
            _ = module.nope
        assert set(dir(module)) == set(module.FIELDS)
    assert keepwell.runtime.__all__ == ["deployment", "flow_run", "task_run"]


def test_what_runs_print_is_logged_by_each_run_that_wants_it(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    @task(log_prints=False)
    def silent() -> None:
        print("from the silent task")

    @task
    def loud() -> None:
        print("from the loud task")

    @flow(log_prints=True)
    def whole() -> None:
        print("from the flow")
        silent()
        loud()

    whole()
    print("from outside")
    told = {record.getMessage(): record.name for record in caplog.records}
    assert {message: name for message, name in told.items() if message.startswith("from")} == {
        "from the flow": "keepwell.flow_runs",
        "from the loud task": "keepwell.task_runs",
    }
    assert capsys.readouterr().out == "from the silent task\nfrom outside\n"
