"""Results of tasks: whether, where, under which key and for how long they are kept."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from keepwell import Task, flow, settings, task
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from keepwell.context import get_run_context
from keepwell.filesystems import LocalFileSystem
from keepwell.settings import temporary_settings

POLICY = INPUTS + TASK_SOURCE


def records(storage: Path) -> list[str]:
    """The names of the records in a storage."""
    return sorted(path.name for path in storage.iterdir() if path.is_file()) if storage.exists() else []


class TestKeeping:
    def test_the_nearest_that_says_decides_whether_results_are_kept(self) -> None:
        @task
        def kept() -> bool:
            return bool(get_run_context().persist_result)

        @task
        def inside() -> bool:
            return kept()

        @flow
        def within() -> bool:
            return kept()

        always, never = inside.with_options(persist_result=True), inside.with_options(persist_result=False)
        in_task = Task(lambda: within(), persist_result=True)

        def found(persist_result: bool | None) -> list[bool]:
            @flow(persist_result=persist_result)
            def around() -> list[bool]:
                return [kept(), inside(), always(), never(), within(), kept.with_options(persist_result=True)()]

            return around()

        assert [kept(), inside(), always(), never(), within(), in_task()] == [False, False, True, False, False, True]
        assert found(None) == [False, False, True, False, False, True]
        assert found(True) == [True, True, True, False, True, True]
        assert found(False) == [False, False, True, False, False, True]
        with temporary_settings({settings.KEEPWELL_RESULTS_PERSIST_BY_DEFAULT: True}):  # type: ignore[attr-defined]
            assert [kept(), within(), never()] == [True, True, False]
            assert found(False) == [False, False, True, False, False, True]
        with temporary_settings({settings.KEEPWELL_TASKS_DEFAULT_PERSIST_RESULT: False}):  # type: ignore[attr-defined]
            assert found(True) == [False, False, False, False, False, True]

    def test_a_flow_that_says_where_or_how_keeps(self, tmp_path: Path) -> None:
        kept = Task(lambda: get_run_context().persist_result)
        for options in ({"result_storage": tmp_path / "results"}, {"result_serializer": "json"}):
            assert flow(**options)(lambda: kept())() is True  # type: ignore[call-overload]

    def test_results_are_kept_where_a_task_says(self, tmp_path: Path, home: Path) -> None:
        identity = Task(lambda x: x, cache_policy=INPUTS)
        block = LocalFileSystem(basepath=str(tmp_path / "block"))
        block.save("mine")
        places = {
            "path": tmp_path / "path",
            "text": str(tmp_path / "text"),
            "block": LocalFileSystem.load("mine"),
        }
        for x, storage in enumerate(places.values()):
            identity.with_options(result_storage=storage)(x)
        identity.with_options(result_storage="local-file-system/mine")(3)
        assert {name: len(records(tmp_path / name)) for name in places} == {"path": 1, "text": 1, "block": 2}
        assert records(home / "storage") == []

        @flow(result_storage=tmp_path / "flow")
        def around() -> None:
            identity(4)
            identity.with_options(result_storage=tmp_path / "path")(5)

        around()
        assert (len(records(tmp_path / "flow")), len(records(tmp_path / "path"))) == (1, 2)

    def test_a_storage_key_names_the_record(self, home: Path) -> None:
        @task(result_storage_key="{parameters[name]}-{task_run.task_name}-{flow_run.flow_name}.bin")
        def hello(name: str) -> str:
            return f"hello {name}"

        @flow
        def greeting() -> list[str | None]:
            return [hello("ada", return_state=True).name for _ in range(2)]

        assert greeting() == ["Completed", "Cached"]
        hello("joe")
        assert records(home / "storage") == ["ada-hello-greeting.bin", "joe-hello-None.bin"]

    def test_a_storage_key_that_cannot_be_made_fails_the_run(self) -> None:
        runs: list[int] = []
        wrong = Task(lambda name: runs.append(name), result_storage_key="{parameters[x]}")
        assert str(wrong(1, return_state=True)) == "Failed(\"the storage key could not be made: KeyError: 'x'\")"
        with pytest.raises(KeyError):
            wrong(1)
        assert runs == []

    def test_an_expiration_is_that_of_the_writer(self) -> None:
        brief = Task(lambda x: x, cache_policy=INPUTS, cache_expiration=timedelta(seconds=0.2))
        lasting = brief.with_options(cache_expiration=timedelta(days=1))
        assert [one(1, return_state=True).name for one in (brief, brief, lasting)] == ["Completed", "Cached", "Cached"]
        time.sleep(0.25)
        assert [one(1, return_state=True).name for one in (lasting, brief)] == ["Completed", "Cached"]
        time.sleep(0.25)
        assert brief(1, return_state=True).name == "Cached"

    def test_what_has_expired_before_it_is_written_is_never_a_hit(self) -> None:
        past = Task(lambda x: x, cache_policy=INPUTS, cache_expiration=timedelta(seconds=-1))
        assert [past(1, return_state=True).name for _ in range(2)] == ["Completed", "Completed"]

    def test_a_refresh_replaces_the_record(self) -> None:
        runs: list[int] = []

        def counted(x: int) -> int:
            runs.append(x)
            return len(runs)

        plain = Task(counted, cache_policy=INPUTS)
        refreshing, never = plain.with_options(refresh_cache=True), plain.with_options(refresh_cache=False)
        assert [plain(1), refreshing(1), plain(1), never(1)] == [1, 2, 2, 2]
        with temporary_settings({settings.KEEPWELL_TASKS_REFRESH_CACHE: True}):  # type: ignore[attr-defined]
            assert [plain(1), never(1), never(2)] == [3, 3, 4]
        assert plain(2) == 4

    def test_a_task_that_wants_no_memory_reads_its_storage(self, home: Path) -> None:
        remembered = Task(lambda x: [x], cache_policy=INPUTS)
        forgotten = remembered.with_options(cache_result_in_memory=False)
        sources = []
        for one, x in ((remembered, 1), (forgotten, 2)):
            one(x)
            # A record that was just written is not trusted to stay as it is until the file system's clock has moved on.
            time.sleep(0.1)
            one(x)
            sources.append(one(x, return_state=True).state_details.hit)
        assert sources == ["memory", "storage"]

    def test_a_value_that_cannot_be_kept_is_given_back_and_that_is_said(
        self, caplog: pytest.LogCaptureFixture, home: Path
    ) -> None:
        import threading

        @task(cache_policy=INPUTS, result_serializer="json")
        def lock(x: int) -> Any:
            return threading.Lock()

        state = lock(1, return_state=True)
        assert str(state) == "Completed()"
        assert state.result().acquire(blocking=False)
        warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert len(warnings) == 1 and "with serializer 'json'" in warnings[0]
        assert (state.state_details.problems, records(home / "storage")) == (warnings, [])

    def test_nothing_is_kept_of_a_failure(self, home: Path) -> None:
        @task(persist_result=True)
        def failing() -> None:
            raise ValueError

        failing(return_state=True)
        assert records(home / "storage") == []

    def test_tasks_share_a_record_by_its_key(self) -> None:
        one, other = Task(lambda x: "one", cache_policy=INPUTS), Task(lambda x: "other", cache_policy=INPUTS)
        assert (one(1), other(1), other(2)) == ("one", "one", "other")
