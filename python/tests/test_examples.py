"""Every example, run as a process of its own in a home made for one test. The twin of `examples/rust/tests`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from programs import REPOSITORY, Home, Run, is_computed_key, records_in

EXAMPLES = REPOSITORY / "examples" / "python"
DATA = REPOSITORY / "examples" / "data" / "weather.csv"
COMPLETED, CACHED = "Completed()", "Cached(type=COMPLETED)"


@pytest.fixture
def user(tmp_path: Path) -> Home:
    return Home(tmp_path)


def run(user: Home, program: str, *arguments: str) -> Run:
    return user.run(EXAMPLES / f"{program}.py", *arguments)


def test_a_task_with_equal_inputs_runs_once_and_the_next_program_does_not_run_it(user: Home) -> None:
    first = run(user, "hello")
    assert (first.printed, first.states_of("hello_task")) == (["Saying hello"], [COMPLETED, CACHED])
    second = run(user, "hello")
    assert (second.printed, second.states_of("hello_task")) == ([], [CACHED, CACHED])
    (key,) = user.records()
    assert is_computed_key(key)


def test_the_log_says_what_ran_and_what_was_cached(user: Home) -> None:
    assert [line for line in run(user, "hello").logged if "| Task run" in line] == [
        "INFO    | Task run 'hello_task-…' - Created task run 'hello_task-…' for task 'hello_task'",
        "INFO    | Task run 'hello_task-…' - Finished in state Completed()",
        "INFO    | Task run 'hello_task-…' - Created task run 'hello_task-…' for task 'hello_task'",
        "INFO    | Task run 'hello_task-…' - Finished in state Cached(type=COMPLETED)",
    ]


def test_with_the_run_in_its_key_a_task_runs_once_in_each_flow_run(user: Home) -> None:
    done = run(user, "hello_per_flow_run")
    assert done.printed == ["Saying hello", "Saying hello"]
    assert done.states_of("hello_task") == [COMPLETED, CACHED, COMPLETED, CACHED]


def test_the_default_policy_hits_within_a_flow_run_and_not_across(user: Home) -> None:
    done = run(user, "default_policy")
    assert done.printed == ["squaring 3", "squaring 4", "squaring 3", "squaring 4"]
    assert done.states_of("square") == [COMPLETED, CACHED, COMPLETED] * 2


def test_a_task_known_by_its_code_runs_again_when_the_code_changes(user: Home) -> None:
    assert run(user, "until_the_code_changes").printed == ["sleeping", "42", "42", "sleeping", "43", "43"]
    assert run(user, "until_the_code_changes").printed == ["42", "42", "43", "43"]
    assert len(user.records()) == 2


def test_a_task_known_by_inputs_and_code_runs_again_for_new_ones_of_either(user: Home) -> None:
    assert run(user, "inputs_and_code").printed == ["running with 1", "running with 2", "running new code with 1"]
    assert run(user, "inputs_and_code").printed == []
    assert len(user.records()) == 3


def test_an_input_that_is_left_out_does_not_change_the_key(user: Home) -> None:
    done = run(user, "ignore_an_input")
    assert (done.printed, done.states_of("my_cached_task")) == (["running, debug is False"], [COMPLETED, CACHED])


def test_the_text_of_a_key_function_is_the_key_and_names_the_file(user: Home) -> None:
    assert run(user, "key_function").printed == [
        "key for my_cached_task outside flows, x is 1",
        "running with 1",
        "2",
        "key for my_cached_task in a flow run, x is 7",
        "2",
    ]
    assert user.records() == ["static%20cache%20key"]


def test_what_cannot_be_serialized_is_known_by_what_a_key_function_takes_from_it(user: Home) -> None:
    expected = ["Completed(), then Cached(type=COMPLETED)", "Used test = Used test"]
    assert run(user, "key_of_one_field").printed == expected
    # The flow run is a part of the key: another run does not find the record.
    assert run(user, "key_of_one_field").printed == expected
    assert len(user.records()) == 2


def test_tasks_of_different_flows_share_a_record_by_its_key(user: Home) -> None:
    assert run(user, "shared_record").printed == ["writing the report", "the report"]
    assert user.records() == ["report.v1"]


def test_the_expiration_of_the_writer_holds_for_every_task_that_shares_the_key(user: Home) -> None:
    printed = run(user, "expiration").printed
    assert printed == ["asking the exchange for KW", "100", "100", "asking for KW again", "101"]


def states_of_both(done: Run) -> list[str]:
    return sorted([*done.states_of("my_task_version_1"), *done.states_of("my_task_version_2")])


def test_by_default_two_runs_of_a_key_overlap_and_each_gets_its_own_value(user: Home) -> None:
    done = run(user, "overlapping_runs")
    assert sorted(done.printed) == ["43", "44", "my_task_version_1 running", "my_task_version_2 running"]
    assert states_of_both(done) == [COMPLETED, COMPLETED]
    assert len(user.records()) == 1


def test_at_serializable_one_run_of_a_key_does_the_work_and_the_other_uses_its_value(user: Home) -> None:
    done = run(user, "one_run_at_a_time")
    first, second = ["44", "44", "my_task_version_1 running"], ["45", "45", "my_task_version_2 running"]
    assert sorted(done.printed) in (first, second)
    assert states_of_both(done) == [CACHED, COMPLETED]
    assert len(user.records()) == 1


def test_records_can_be_kept_apart_from_results_and_deleted_without_harm(user: Home) -> None:
    assert run(user, "records_apart_from_results").printed == ["running with 1", "43"]
    records = user.folder / "cache-records"
    (key,) = records_in(records)
    # The result storage holds the value alone: 43 in CBOR (RFC 8949).
    assert (user.records(), (user.storage / key).read_bytes()) == ([key], bytes([0x18, 43]))
    assert run(user, "records_apart_from_results").printed == ["43"]
    (records / key).unlink()
    assert run(user, "records_apart_from_results").printed == ["running with 1", "43"]


def test_a_missing_result_is_a_miss_and_is_replaced(user: Home) -> None:
    run(user, "records_apart_from_results")
    (key,) = user.records()
    (user.storage / key).unlink()
    done = run(user, "records_apart_from_results")
    assert done.printed == ["running with 1", "43"]
    why = f"its result is missing: `{key}` is not in {user.storage}"
    assert f"WARNING | Task run 'my_cached_task' - No record for key '{key}': {why}" in done.logged
    assert run(user, "records_apart_from_results").printed == ["43"]


def test_nothing_is_kept_unless_it_is_asked_for(user: Home) -> None:
    assert run(user, "persistence").printed == ["plain runs", "plain runs", "never_kept runs", "never_kept runs"]
    assert user.records() == []


def test_the_setting_keeps_all_results_but_those_that_are_never_kept(user: Home) -> None:
    keeping = user.given(KEEPWELL_RESULTS_PERSIST_BY_DEFAULT="true")
    assert run(keeping, "persistence").printed == ["plain runs", "never_kept runs", "never_kept runs"]
    assert len(user.records()) == 1


def test_a_task_that_refreshes_replaces_the_record_for_all(user: Home) -> None:
    first = run(user, "refresh").printed
    assert first == ["runs where there is no record", "1", "always runs", "2", "2", "2"]
    assert run(user, "refresh").printed == ["2", "always runs", "2", "2", "2"]
    assert user.records() == ["static%20cache%20key"]


def test_the_setting_refreshes_all_tasks_but_those_that_never_refresh(user: Home) -> None:
    refreshing = user.given(KEEPWELL_TASKS_REFRESH_CACHE="true")
    first = run(refreshing, "refresh").printed
    assert first == ["runs where there is no record", "1", "always runs", "2", "runs as set", "3", "3"]
    assert run(refreshing, "refresh").printed == ["3", "always runs", "2", "runs as set", "3", "3"]


def test_after_a_failure_in_a_transaction_no_record_exists_and_the_next_run_runs_both(user: Home) -> None:
    failed = run(user, "all_or_nothing", "fail")
    assert failed.printed == ["loading", "processing", "failed: Error! Abort!"]
    assert failed.states_of("load_data") == [COMPLETED]
    assert user.records() == []
    assert run(user, "all_or_nothing").printed == ["loading", "processing", "9"]
    assert user.records() == ["static-key-1", "static-key-2"]
    cached = run(user, "all_or_nothing")
    assert cached.printed == ["9"]
    assert (cached.states_of("load_data"), cached.states_of("process_data")) == ([CACHED], [CACHED])


def pipeline(user: Home, change: Callable[[str], str] = str) -> list[str]:
    """Runs the pipeline over the first lines of the data, changed; the states that it printed, one for each step."""
    pytest.importorskip("numpy")
    file = user.folder / "data.csv"
    file.write_text(change("\n".join(DATA.read_text().splitlines()[:2000])))
    printed = user.run(EXAMPLES / "weather", str(file), "20").printed
    return [state for line in printed for state in (COMPLETED, CACHED) if state in line]


def test_the_second_run_of_the_pipeline_is_cached_throughout(user: Home) -> None:
    assert pipeline(user) == [COMPLETED] * 4
    assert pipeline(user) == [CACHED] * 4


def test_a_change_that_is_cleaned_away_does_not_reach_the_slow_step(user: Home) -> None:
    pipeline(user)
    with_noise = pipeline(user, lambda text: text + "\nALMERIA,2025-03-01T00:00:00,-999.0,C,50")
    assert with_noise == [COMPLETED, COMPLETED, CACHED, CACHED]


def test_the_demonstration_runs_the_pipeline_twice_and_nothing_the_second_time(user: Home) -> None:
    pytest.importorskip("numpy")
    if not Path(sys.executable).with_name("keepwell").exists():
        pytest.skip("the demonstration starts the installed command")
    printed = run(user, "demo", str(DATA), "20").printed
    assert sum(COMPLETED in line for line in printed) == sum(CACHED in line for line in printed) == 11
    assert printed[-1].startswith("the second run took 1/")
