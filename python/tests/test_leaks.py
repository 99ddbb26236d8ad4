"""What nothing refers to any more is freed, cycles through keepwell's own objects too."""

from __future__ import annotations

import gc
import logging
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from keepwell import flow, task
from keepwell.cache_policies import INPUTS, NO_CACHE


@pytest.fixture(autouse=True)
def no_logs() -> Iterator[None]:
    """Pytest keeps every record of the logs, which would look like a leak."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Payload:
    """Something that can be seen to be freed."""


def local_recursive_task() -> weakref.ref[Any]:
    @task(cache_policy=NO_CACHE)
    def count_down(number: int) -> int:
        return 0 if number == 0 else count_down(number - 1)

    assert count_down(3) == 0
    return weakref.ref(count_down)


def test_a_local_recursive_task_is_freed() -> None:
    reference = local_recursive_task()
    gc.collect()
    assert reference() is None


def task_with_a_hook() -> weakref.ref[Any]:
    def note(*_told: object) -> None:
        assert noted is not None

    @task(cache_policy=NO_CACHE, on_completion=[note])
    def noted() -> int:
        return 1

    assert noted() == 1
    return weakref.ref(noted)


def test_a_task_with_a_hook_that_closes_over_it_is_freed() -> None:
    reference = task_with_a_hook()
    gc.collect()
    assert reference() is None


def flow_with_a_hook() -> weakref.ref[Any]:
    def note(*_told: object) -> None:
        assert noted is not None

    @flow(on_completion=[note])
    def noted() -> int:
        return 1

    assert noted() == 1
    return weakref.ref(noted)


def test_a_flow_with_a_hook_that_closes_over_it_is_freed() -> None:
    reference = flow_with_a_hook()
    gc.collect()
    assert reference() is None


def test_arguments_and_results_of_calls_are_freed() -> None:
    @task(cache_policy=NO_CACHE, persist_result=False)
    def same(payload: Payload) -> Payload:
        return payload

    payloads = [Payload() for _ in range(1_000)]
    references = [weakref.ref(payload) for payload in payloads]
    for payload in payloads:
        assert same(payload) is payload
    del payload, payloads
    gc.collect()
    assert [reference for reference in references if reference() is not None] == []


class Holder:
    """A task as a method."""

    @task(cache_policy=NO_CACHE)
    def kept(self) -> int:
        return 1


def test_an_object_that_keeps_its_own_bound_task_is_freed() -> None:
    holder = Holder()
    holder.bound = holder.kept  # type: ignore[attr-defined]
    assert holder.kept() == 1
    reference = weakref.ref(holder)
    del holder
    gc.collect()
    assert reference() is None


def test_calls_without_caching_leave_nothing_tracked_behind() -> None:
    @task(cache_policy=NO_CACHE, persist_result=False)
    def add(number: int) -> list[int]:
        return [number + 1]

    def tracked_after(calls: int) -> int:
        for number in range(calls):
            add(number)
        gc.collect()
        return len(gc.get_objects())

    first = tracked_after(1_000)
    assert tracked_after(1_000) - first < 100


def test_hits_leave_nothing_tracked_behind() -> None:
    @task(cache_policy=INPUTS, persist_result=True)
    def add(number: int) -> list[int]:
        return [number + 1]

    def tracked_after(calls: int) -> int:
        for _ in range(calls):
            assert add(1) == [2]
        gc.collect()
        return len(gc.get_objects())

    first = tracked_after(1_000)
    assert tracked_after(1_000) - first < 100
