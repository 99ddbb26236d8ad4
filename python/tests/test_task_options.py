"""Options of tasks: what they may be, what they amount to, and what `with_options` keeps."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from keepwell import Task, flow, settings, task
from keepwell.cache_policies import (
    DEFAULT,
    INPUTS,
    NO_CACHE,
    NONE,
    TASK_SOURCE,
    CacheKeyFnPolicy,
    CachePolicy,
)
from keepwell.exceptions import ReservedArgumentError
from keepwell.filesystems import LocalFileSystem
from keepwell.settings import temporary_settings
from keepwell.tasks import exponential_backoff, task_input_hash


def identity(x: Any = None) -> Any:
    """Gives back what it is given."""
    return x


def a_key(context: Any, parameters: dict[str, Any]) -> str:
    return "a key"


def hook(*arguments: Any) -> None: ...


def other_hook(*arguments: Any) -> None: ...


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name not in ("self", "fn", "__fn")}


def test_the_decorator_the_class_and_with_options_take_the_same_options() -> None:
    of_class, of_decorator = parameters_of(Task.__init__), parameters_of(task)
    assert of_class.keys() - of_decorator.keys() == {"on_commit", "on_rollback"}
    assert of_decorator.keys() - of_class.keys() == set()
    assert of_class.keys() - parameters_of(Task.with_options).keys() == {"version", "on_commit", "on_rollback"}
    differing = {name for name, default in of_decorator.items() if default != of_class[name]}
    assert differing == {"log_prints"}


def test_what_a_task_is_unless_it_is_told() -> None:
    made = task(identity)
    assert (made.name, made.description, made.tags, made.version) == (
        "identity",
        "Gives back what it is given.",
        set(),
        None,
    )
    assert (made.retries, made.retry_delay_seconds, made.retry_jitter_factor, made.retry_condition_fn) == (
        0,
        0,
        None,
        None,
    )
    assert (made.cache_key_fn, made.cache_expiration, made.refresh_cache, made.persist_result) == (None,) * 4
    assert (made.result_storage, made.result_serializer, made.result_storage_key) == (None, None, None)
    assert (made.cache_result_in_memory, made.timeout_seconds, made.log_prints, made.task_run_name) == (
        True,
        None,
        None,
        None,
    )
    assert (made.on_completion_hooks, made.on_failure_hooks, made.on_running_hooks) == ([], [], [])
    assert (made.on_commit_hooks, made.on_rollback_hooks) == ([], [])
    assert (made.isasync, made.isgenerator) == (False, False)
    assert made.cache_policy is DEFAULT
    assert Task(identity).log_prints is False
    assert repr(made) == "<Task 'identity'>"


def test_a_task_looks_like_its_function() -> None:
    made = task(identity)
    assert (made.__name__, made.__doc__, made.__wrapped__, made.fn) == (
        "identity",
        identity.__doc__,
        identity,
        identity,
    )
    assert inspect.signature(made) == inspect.signature(identity)


def test_a_task_is_named_as_its_function_or_class_unless_told() -> None:
    class Callable_:
        def __call__(self) -> int:
            return 1

    assert [task(fn).name for fn in (lambda: 1, functools.partial(identity, 1), Callable_())] == [
        "<lambda>",
        "partial",
        "Callable_",
    ]
    assert task(name="another", description="more")(identity).name == "another"
    assert task(description="more")(identity).description == "more"


def test_a_task_has_a_key_that_tells_it_from_others() -> None:
    assert task(identity).task_key.startswith("identity-")
    assert task(identity).task_key == task(identity).task_key != task(a_key).task_key


@pytest.mark.parametrize(
    ("options", "persist_result", "policy"),
    [
        ({}, None, DEFAULT),
        ({"persist_result": True}, True, DEFAULT),
        ({"persist_result": False}, False, NO_CACHE),
        ({"persist_result": False, "cache_policy": None}, False, None),
        ({"persist_result": False, "cache_policy": INPUTS}, False, NO_CACHE),
        ({"persist_result": False, "cache_key_fn": a_key}, False, NO_CACHE),
        ({"persist_result": False, "result_storage_key": "k"}, False, NO_CACHE),
        ({"cache_policy": None}, None, None),
        ({"cache_policy": INPUTS}, True, INPUTS),
        ({"cache_policy": NO_CACHE}, None, NO_CACHE),
        ({"cache_policy": NONE}, None, NONE),
        ({"cache_policy": NO_CACHE, "persist_result": True}, True, NO_CACHE),
        ({"cache_key_fn": a_key}, True, CacheKeyFnPolicy(a_key)),
        ({"cache_key_fn": a_key, "cache_policy": INPUTS}, True, CacheKeyFnPolicy(a_key)),
        ({"result_storage_key": "k"}, True, None),
        ({"result_storage_key": "k", "cache_policy": INPUTS}, True, None),
        ({"result_storage_key": "k", "cache_key_fn": a_key}, True, None),
        ({"result_storage_key": "k", "cache_policy": NO_CACHE}, True, NO_CACHE),
        ({"result_serializer": "json"}, True, DEFAULT),
        ({"result_storage": Path("results")}, True, DEFAULT),
        ({"cache_expiration": timedelta(days=1)}, None, DEFAULT),
    ],
    ids=str,
)
def test_what_options_amount_to(
    options: dict[str, Any], persist_result: bool | None, policy: CachePolicy | None
) -> None:
    made = Task(identity, **options)
    assert (made.persist_result, made.cache_policy) == (persist_result, policy)
    if policy in (DEFAULT, INPUTS):
        assert made.cache_policy is policy


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        (
            {"cache_policy": INPUTS, "cache_key_fn": a_key},
            "Both `cache_policy` and `cache_key_fn` are set on task",
        ),
        (
            {"cache_policy": INPUTS, "persist_result": False},
            "Ignoring `cache_policy` because `persist_result` is False",
        ),
    ],
    ids=["both", "not kept"],
)
def test_options_that_contradict_each_other_are_said_when_a_task_is_defined(
    options: dict[str, Any], warning: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = Task(identity, **options)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 1 and warning in said[0]
    # And again by each run, where who reads its log or its state finds it.
    assert made(return_state=True).state_details.problems == said


@pytest.mark.parametrize("options", [{"persist_result": False}, {"persist_result": False, "cache_policy": NO_CACHE}])
def test_options_that_agree_are_not_warned_of(options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    Task(identity, **options)()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_settings_count_when_a_task_is_defined() -> None:
    with temporary_settings({settings.KEEPWELL_TASKS_DEFAULT_NO_CACHE: True}):  # type: ignore[attr-defined]
        plain, chosen = Task(identity), Task(identity, cache_policy=INPUTS)
        by_function = Task(identity, cache_key_fn=a_key)
    assert (plain.cache_policy, plain.persist_result) == (NO_CACHE, None)
    assert (chosen.cache_policy, by_function.cache_policy) == (INPUTS, CacheKeyFnPolicy(a_key))
    with temporary_settings({settings.KEEPWELL_TASKS_DISABLE_CACHING: True}):  # type: ignore[attr-defined]
        assert Task(identity, cache_policy=INPUTS).cache_policy == NO_CACHE
        assert chosen.cache_policy is INPUTS
        assert chosen.with_options().cache_policy == NO_CACHE
    assert plain.with_options().cache_policy is DEFAULT


def test_retries_are_those_of_the_settings_unless_told() -> None:
    with temporary_settings(
        {
            settings.KEEPWELL_TASKS_DEFAULT_RETRIES: 3,  # type: ignore[attr-defined]
            settings.KEEPWELL_TASKS_DEFAULT_RETRY_DELAY_SECONDS: "1,10",  # type: ignore[attr-defined]
        }
    ):
        made, told = Task(identity), Task(identity, retries=0, retry_delay_seconds=2)
    assert (made.retries, made.retry_delay_seconds) == (3, [1.0, 10.0])
    assert (told.retries, told.retry_delay_seconds) == (0, 2)


def test_delays_may_be_a_function_of_the_number_of_retries() -> None:
    made = Task(identity, retries=3, retry_delay_seconds=exponential_backoff(10), retry_jitter_factor=0.5)
    assert (made.retry_delay_seconds, made.retry_jitter_factor) == ([10, 20, 40], 0.5)
    assert len(exponential_backoff(1)(100)) == 50


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"task_run_name": 1}, TypeError, "Expected string or callable for 'task_run_name'; got int instead."),
        (
            {"retry_delay_seconds": "soon"},
            TypeError,
            "Invalid `retry_delay_seconds` provided; must be an int, float, list or callable. Received type "
            "<class 'str'>",
        ),
        (
            {"retries": 60, "retry_delay_seconds": [1] * 51},
            ValueError,
            "Can not configure more than 50 retry delays per task.",
        ),
        ({"retry_jitter_factor": -1}, ValueError, "`retry_jitter_factor` must be >= 0."),
        ({"retry_condition_fn": "no"}, TypeError, "Expected `retry_condition_fn` to be callable, got str instead."),
        (
            {"on_completion": hook},
            TypeError,
            "Expected iterable for 'on_completion'; got function instead. Please provide a list of hooks to "
            "'on_completion':\n\n@task(on_completion=[hook1, hook2])\ndef my_task():\n\tpass",
        ),
        (
            {"on_failure": [hook, "hook"]},
            TypeError,
            "Expected callables in 'on_failure'; got str instead. Please provide a list of hooks to 'on_failure':\n\n"
            "@task(on_failure=[hook1, hook2])\ndef my_task():\n\tpass",
        ),
        (
            {"result_storage": LocalFileSystem(basepath="results")},
            TypeError,
            "Result storage configuration must be persisted server-side. Please call `.save()` on your block before "
            "passing it in, or use a string reference like 'local-file-system/my-storage' instead.",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_wrong_options_are_refused_when_a_task_is_defined(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        task(**options)(identity)
    assert str(raised.value) == message


@pytest.mark.parametrize("name", ["wait_for", "return_state"])
def test_names_that_calls_need_are_refused(name: str) -> None:
    function = eval(f"lambda {name}: 1")
    with pytest.raises(ReservedArgumentError, match=f"'{name}' is a reserved argument name and cannot be used in"):
        task(function)


def test_only_what_can_be_called_becomes_a_task() -> None:
    with pytest.raises(TypeError, match="'fn' must be callable"):
        Task(fn=1)  # type: ignore[arg-type]


def test_hooks_are_added_by_decorators_that_give_the_function_back() -> None:
    made = task(on_completion=[hook])(identity)
    for add in (made.on_completion, made.on_failure, made.on_running, made.on_commit, made.on_rollback):
        assert add(other_hook) is other_hook
    assert made.on_completion_hooks == [hook, other_hook]
    assert (made.on_failure_hooks, made.on_running_hooks) == ([other_hook], [other_hook])
    assert (made.on_commit_hooks, made.on_rollback_hooks) == ([other_hook], [other_hook])


EVERYTHING: dict[str, Any] = {
    "name": "one",
    "description": "what it does",
    "tags": {"a"},
    "version": "1",
    "cache_policy": INPUTS,
    "cache_expiration": timedelta(days=1),
    "task_run_name": "run",
    "retries": 2,
    "retry_delay_seconds": 5,
    "retry_jitter_factor": 0.1,
    "persist_result": True,
    "result_storage": Path("results"),
    "result_serializer": "json",
    "cache_result_in_memory": False,
    "timeout_seconds": 4.0,
    "log_prints": True,
    "refresh_cache": True,
    "retry_condition_fn": a_key,
    "viz_return_value": 3,
}
HOOKS: dict[str, Any] = {name: [hook] for name in ("on_completion", "on_failure", "on_running")}
TRANSACTION_HOOKS: dict[str, Any] = {name: [hook] for name in ("on_commit", "on_rollback")}


def test_with_options_keeps_what_it_is_not_given() -> None:
    made = Task(identity, **EVERYTHING, **HOOKS, **TRANSACTION_HOOKS)
    other = made.with_options()
    assert other is not made
    assert {name: getattr(other, name) for name in EVERYTHING} == EVERYTHING
    assert {name: getattr(other, f"{name}_hooks") for name in HOOKS | TRANSACTION_HOOKS} == HOOKS | TRANSACTION_HOOKS
    # What is changed here is not changed there.
    other.on_completion(other_hook)
    other.tags.add("b")
    assert (made.on_completion_hooks, made.tags) == ([hook], {"a"})


def test_with_options_replaces_what_it_is_given() -> None:
    given: dict[str, Any] = {
        "name": "two",
        "description": "something else",
        "tags": {"b"},
        "cache_policy": TASK_SOURCE,
        "cache_expiration": timedelta(days=2),
        "task_run_name": "another",
        "retries": 0,
        "retry_delay_seconds": 0,
        "retry_jitter_factor": 0,
        "result_storage": Path("elsewhere"),
        "result_serializer": "pickle",
        "cache_result_in_memory": True,
        "timeout_seconds": 9.0,
        "log_prints": False,
        "refresh_cache": False,
    }
    other = Task(identity, **EVERYTHING, **HOOKS).with_options(**given, on_completion=[other_hook])
    assert {name: getattr(other, name) for name in given} == given
    assert (other.on_completion_hooks, other.on_failure_hooks) == ([other_hook], [hook])


def test_with_options_can_unset_some_options_and_not_others() -> None:
    other = Task(identity, **EVERYTHING).with_options(
        refresh_cache=None,
        result_serializer=None,
        result_storage=None,
        task_run_name=None,
        name=None,
        tags=[],
        cache_expiration=None,
        timeout_seconds=None,
    )
    assert (other.refresh_cache, other.result_serializer, other.result_storage, other.task_run_name) == (None,) * 4
    assert (other.name, other.tags, other.cache_expiration, other.timeout_seconds) == (
        "one",
        {"a"},
        timedelta(days=1),
        4.0,
    )


def test_with_options_starts_from_what_the_user_asked_for() -> None:
    assert Task(identity, persist_result=False).with_options(persist_result=True).cache_policy is DEFAULT
    without = Task(identity, cache_policy=INPUTS).with_options(cache_policy=NO_CACHE)
    assert (without.cache_policy, without.persist_result) == (NO_CACHE, None)
    off = Task(identity, cache_policy=INPUTS).with_options(persist_result=False)
    assert (off.cache_policy, off.with_options(persist_result=True).cache_policy) == (NO_CACHE, INPUTS)


def test_a_task_travels_with_its_options() -> None:
    made = Task(identity, **EVERYTHING, **HOOKS, **TRANSACTION_HOOKS)
    other = cloudpickle.loads(cloudpickle.dumps(made))
    assert {name: getattr(other, name) for name in EVERYTHING} == EVERYTHING
    assert other.fn is identity and other(3) == 3


def test_a_number_alone_is_not_taken_for_a_policy() -> None:
    with pytest.raises(TypeError):
        Task(identity, cache_policy=1)  # type: ignore[arg-type]


def test_the_version_stands_for_the_code() -> None:
    one = task(version="1", cache_policy=TASK_SOURCE)(lambda: 1)
    other = task(version="1", cache_policy=TASK_SOURCE)(lambda: 2)
    third = task(version="2", cache_policy=TASK_SOURCE)(lambda: 3)
    assert (one(), other(), third()) == (1, 1, 3)


def test_the_hash_of_a_task_and_its_inputs_can_be_its_key() -> None:
    @task(cache_key_fn=task_input_hash)
    def double(x: int) -> int:
        return 2 * x

    @task(cache_key_fn=task_input_hash)
    def triple(x: int) -> int:
        return 3 * x

    @flow
    def both() -> list[Any]:
        return [double(1), triple(1), double(1, return_state=True).name, double(2, return_state=True).name]

    assert both() == [2, 3, "Cached", "Completed"]
