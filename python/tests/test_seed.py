"""The programs of the seed document, each as it stands there, and what the document says comes of it.

`seed/` has them: the code of the document with the package's name changed, and the calls that make it do something.
Each is run as a user would run it.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from programs import Home, Run, is_computed_key, records_in
from redis_server import RedisServer

SEED = Path(__file__).parent / "seed"
COMPLETED, CACHED = "Completed()", "Cached(type=COMPLETED)"


@pytest.fixture
def user(tmp_path: Path) -> Home:
    """Somebody who has just installed keepwell."""
    return Home(tmp_path)


def run(user: Home, program: str, *arguments: str, exit_code: int = 0) -> Run:
    return user.run(SEED / f"{program}.py", *arguments, exit_code=exit_code)


def test_the_default_policy_hits_within_a_flow_run_and_not_across(user: Home) -> None:
    once = run(user, "default_policy")
    assert once.printed == ["squaring 3", "squaring 4", "squaring 3", "squaring 4"]
    assert once.states_of("square") == [COMPLETED, CACHED, COMPLETED] * 2
    assert run(user, "default_policy").printed == once.printed


def test_a_task_known_by_its_code_runs_once_until_the_code_changes(user: Home) -> None:
    first = run(user, "until_the_code_changes")
    assert (first.printed, first.states_of("my_stateful_task")) == (["sleeping"], [COMPLETED, CACHED])
    assert run(user, "until_the_code_changes").printed == []
    changed = run(user, "after_the_code_changed")
    assert (changed.printed, changed.states_of("my_stateful_task")) == (["sleeping"], [COMPLETED])
    assert run(user, "after_the_code_changed").printed == []
    assert len(user.records()) == 2


def test_an_edited_file_is_other_code_and_an_edited_comment_is_not(user: Home, tmp_path: Path) -> None:
    text = (SEED / "until_the_code_changes.py").read_text()
    program = tmp_path / "program.py"
    program.write_text(text)
    assert user.run(program).printed == ["sleeping"]
    program.write_text(text.replace("# sleeps", "# slept"))
    assert user.run(program).printed == []
    program.write_text(text.replace("return 42", "return 43"))
    assert user.run(program).printed == ["sleeping"]


def test_a_task_known_by_inputs_and_code_runs_again_for_new_ones_of_either(user: Home, tmp_path: Path) -> None:
    first = run(user, "inputs_and_code", "1", "1", "2")
    assert (first.printed, first.states_of("my_cached_task")) == (["43", "43", "44"], [COMPLETED, CACHED, COMPLETED])
    assert run(user, "inputs_and_code", "1", "2").states_of("my_cached_task") == [CACHED, CACHED]
    changed = tmp_path / "changed.py"
    changed.write_text((SEED / "inputs_and_code.py").read_text().replace("x + 42", "x + 43"))
    again = user.run(changed, "1")
    assert (again.printed, again.states_of("my_cached_task")) == (["44"], [COMPLETED])


def test_an_input_that_is_left_out_does_not_change_the_key(user: Home) -> None:
    first = run(user, "ignore_an_input")
    assert (first.printed, first.states_of("my_cached_task")) == (["running..."], [COMPLETED, CACHED])


def test_the_text_of_a_key_function_is_the_key_and_names_the_file(user: Home) -> None:
    first = run(user, "key_function")
    assert first.printed == [
        "my_cached_task UUID NoneType {'x': 1}",
        "2",
        "my_cached_task UUID UUID {'x': 7}",
        "2",
    ]
    assert first.states_of("my_cached_task") == [COMPLETED, CACHED]
    assert user.records() == ["static%20cache%20key"]


def test_the_expiration_of_the_writer_holds_for_every_task_that_shares_the_key(user: Home) -> None:
    first = run(user, "expiration")
    assert first.printed == ["asking the exchange for KW", "100", "100", "asking for KW again", "101"]


def test_the_expiration_is_stored_with_the_record(user: Home) -> None:
    run(user, "hello")
    (key,) = user.records()
    shown = "\n".join(user.keepwell("cache", "show", key).printed)
    in_a_day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400))
    assert re.search(rf"expires\S*\s+{in_a_day}", shown), shown


def test_records_can_be_kept_apart_from_results_and_deleted_without_harm(user: Home, tmp_path: Path) -> None:
    records = tmp_path / "cache" / "records"
    program = tmp_path / "program.py"
    program.write_text((SEED / "key_storage.py").read_text().replace("/path/to/cache/storage", str(records)))
    assert user.run(program).states_of("my_cached_task") == [COMPLETED]
    (key,) = records_in(records)
    assert is_computed_key(key)
    # The result storage holds the value alone: 43 in CBOR (RFC 8949).
    assert user.records() == [key]
    assert (user.storage / key).read_bytes() == bytes([0x18, 43])
    assert user.run(program).states_of("my_cached_task") == [CACHED]

    (records / key).write_text("edited")
    edited = user.run(program)
    assert (edited.printed, edited.states_of("my_cached_task")) == (["43"], [COMPLETED])
    assert (user.storage / key).read_bytes() == bytes([0x18, 43])
    (records / key).unlink()
    assert (user.storage / key).read_bytes() == bytes([0x18, 43])
    assert user.run(program).states_of("my_cached_task") == [COMPLETED]
    assert user.run(program).states_of("my_cached_task") == [CACHED]


def states_of_both(done: Run) -> list[str]:
    return sorted([*done.states_of("my_task_version_1"), *done.states_of("my_task_version_2")])


def at_work(program: str, folder: Path) -> Path:
    """The program with bodies that take as long as work does.

    Bodies as short as the seed's may be over before the other thread has begun, so that it is a hit in any case.
    """
    text = (SEED / f"{program}.py").read_text()
    text = text.replace("import threading\n", "import threading\nimport time\n")
    written = folder / f"{program}.py"
    written.write_text(text.replace('running")\n', 'running")\n    time.sleep(0.5)\n'))
    return written


def test_by_default_two_runs_of_a_key_overlap_and_both_do_the_work(user: Home, tmp_path: Path) -> None:
    done = user.run(at_work("read_committed", tmp_path))
    assert sorted(done.printed) == ["my_task_version_1 running", "my_task_version_2 running"]
    assert states_of_both(done) == [COMPLETED, COMPLETED]
    assert len(user.records()) == 1
    assert {line for line in done.logged if "Created" in line} == {
        f"INFO    | Task run '{name}' - Created task run '{name}' for task '{name}'"
        for name in ("my_task_version_1", "my_task_version_2")
    }


def test_the_overlapping_tasks_of_the_seed_end_well_however_the_threads_take_turns(user: Home) -> None:
    done = run(user, "read_committed")
    assert states_of_both(done) in ([COMPLETED, COMPLETED], [CACHED, COMPLETED])
    assert len(done.printed) == states_of_both(done).count(COMPLETED)


def test_at_serializable_one_run_of_a_key_does_the_work_and_the_other_uses_its_value(
    user: Home, tmp_path: Path
) -> None:
    done = user.run(at_work("serializable", tmp_path))
    assert done.printed in (["my_task_version_1 running"], ["my_task_version_2 running"])
    assert states_of_both(done) == [CACHED, COMPLETED]
    assert len(user.records()) == 1


def test_with_locks_in_redis_one_of_two_processes_does_the_work_and_the_other_uses_its_value(
    user: Home, tmp_path: Path
) -> None:
    server = RedisServer(tmp_path)
    text = (SEED / "redis_locks.py").read_text()
    program = tmp_path / "program.py"
    # The body takes as long as work does, so that the runs overlap.
    text = text.replace('host="my-redis-host"', f'host="127.0.0.1", port={server.port}')
    program.write_text(
        text.replace("    return x", '    import time\n    print("running")\n    time.sleep(1.5)\n    return x')
    )
    try:
        with ThreadPoolExecutor() as threads:
            runs = list(threads.map(user.run, [program, program]))
    finally:
        server.stop()
    assert sorted(state for run in runs for state in run.states_of("my_cached_task")) == [CACHED, COMPLETED]
    assert sorted(line for run in runs for line in run.printed) == ["43", "43", "running"]
    assert len(user.records()) == 1


def test_log_lines_have_the_form_of_the_seed(user: Home) -> None:
    done = run(user, "serializable")
    form = re.compile(
        r"\d\d:\d\d:\d\d\.\d\d\d \| INFO    \| Task run 'my_task_version_[12]' - "
        r"(Created task run 'my_task_version_[12]' for task 'my_task_version_[12]'"
        r"|Finished in state (Completed\(\)|Cached\(type=COMPLETED\)))"
    )
    assert [line for line in done.errors if form.fullmatch(line) is None] == []
    assert len(done.errors) == 4


@pytest.mark.parametrize("program", ["key_of_one_field", "serialized_by_pydantic"])
def test_what_cannot_be_serialized_is_known_by_what_is_taken_from_it(user: Home, program: str) -> None:
    for _ in range(2):  # the flow run is a part of the key: another run does not find the record
        done = run(user, program)
        assert done.printed == ["Used test"]
        assert done.states_of("use_object") == [COMPLETED, CACHED]
    assert len(user.records()) == 2


def test_after_a_failure_in_a_transaction_no_record_exists_and_the_next_run_runs_both(user: Home) -> None:
    failed = run(user, "all_or_nothing", exit_code=1)
    assert failed.errors[-1] == "RuntimeError: Error! Abort!"
    assert failed.states_of("load_data") == [COMPLETED]
    assert failed.states_of("process_data") == [
        "Failed('Task run encountered an exception RuntimeError: Error! Abort!')"
    ]
    assert user.records() == []

    succeeded = run(user, "all_or_nothing", "succeed")
    assert (succeeded.states_of("load_data"), succeeded.states_of("process_data")) == ([COMPLETED], [COMPLETED])
    assert user.records() == ["static-key-1", "static-key-2"]

    cached = run(user, "all_or_nothing", "succeed")
    assert (cached.states_of("load_data"), cached.states_of("process_data")) == ([CACHED], [CACHED])


def test_a_task_with_equal_inputs_runs_once_and_the_next_program_does_not_run_it(user: Home) -> None:
    said = "INFO    | Task run 'hello_task-…' - Saying hello"
    first = run(user, "hello")
    assert (first.printed, first.logged.count(said)) == ([], 1)
    assert first.states_of("hello_task") == [COMPLETED, CACHED]
    second = run(user, "hello")
    assert (second.printed, second.logged.count(said)) == ([], 0)
    assert second.states_of("hello_task") == [CACHED, CACHED]


def test_with_the_run_in_its_key_a_task_runs_once_in_each_flow_run(user: Home) -> None:
    done = run(user, "hello_per_flow_run")
    assert done.logged.count("INFO    | Task run 'hello_task-…' - Saying hello") == 2
    assert done.states_of("hello_task") == [COMPLETED, CACHED, COMPLETED, CACHED]


def test_a_task_that_refreshes_always_runs_and_replaces_the_record_for_all(user: Home) -> None:
    done = run(user, "refresh")
    assert done.states_of("caching_task") == [COMPLETED, COMPLETED]
    first, second = done.printed
    assert first != second
    assert run(user, "follow_the_setting").printed == [second]
    assert user.records() == ["static%20cache%20key"]


def test_the_setting_refreshes_all_tasks_but_those_that_never_refresh(user: Home) -> None:
    refreshing = user.given(KEEPWELL_TASKS_REFRESH_CACHE="true")
    written = run(refreshing, "never_refresh")
    assert written.states_of("caching_task") == [COMPLETED]
    read = run(refreshing, "never_refresh")
    assert (read.states_of("caching_task"), read.printed) == ([CACHED], written.printed)
    replaced = run(refreshing, "follow_the_setting")
    assert replaced.states_of("caching_task") == [COMPLETED]
    assert run(user, "follow_the_setting").printed == replaced.printed


def test_nothing_is_kept_unless_it_is_asked_for(user: Home) -> None:
    assert run(user, "persistence").printed == ["plain runs", "plain runs", "never_kept runs", "never_kept runs"]
    assert user.records() == []


def test_a_setting_that_the_command_has_set_holds_for_the_next_run(user: Home) -> None:
    said = user.keepwell("config", "set", "KEEPWELL_RESULTS_PERSIST_BY_DEFAULT=true").printed
    assert said[0] == "Set 'KEEPWELL_RESULTS_PERSIST_BY_DEFAULT' to 'true'."
    assert run(user, "persistence").printed == ["plain runs", "never_kept runs", "never_kept runs"]
    assert len(user.records()) == 1
    viewed = user.keepwell("config", "view").printed
    assert "KEEPWELL_RESULTS_PERSIST_BY_DEFAULT='true' (from profile)" in viewed


def test_files_are_named_by_their_keys_and_different_tasks_and_flows_share_a_record(user: Home) -> None:
    assert run(user, "shared_record").printed == ["writing the report", "the report"]
    assert run(user, "shared_record").printed == ["the report"]
    assert user.records() == ["report.v1"]


def test_a_computed_key_names_its_file_in_the_home_folder(user: Home) -> None:
    run(user, "ignore_an_input")
    (key,) = user.records()
    assert is_computed_key(key)
    assert user.storage == user.folder / ".keepwell" / "storage"
    assert any(line.startswith(key[:16]) for line in user.keepwell("cache", "ls").printed)
