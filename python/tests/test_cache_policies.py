"""Cache policies: what they are made of, how they add up, and the keys that they give."""

from __future__ import annotations

import copy
import logging
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from keepwell import flow, task
from keepwell.cache_policies import (
    DEFAULT,
    FLOW_PARAMETERS,
    INPUTS,
    NO_CACHE,
    NONE,
    RUN_ID,
    TASK_SOURCE,
    CacheKeyFnPolicy,
    CachePolicy,
    CompoundCachePolicy,
    FlowParameters,
    Inputs,
    RunId,
    TaskSource,
    _None,
)
from keepwell.context import TaskRunContext
from keepwell.exceptions import CacheKeyError
from keepwell.locking.filesystem import FileSystemLockManager
from keepwell.locking.memory import MemoryLockManager
from keepwell.transactions import IsolationLevel

ALL = [NO_CACHE, INPUTS, TASK_SOURCE, RUN_ID, FLOW_PARAMETERS, DEFAULT, CacheKeyFnPolicy(len)]


def records(home: Path) -> list[str]:
    """The names of the records in the default storage."""
    storage = home / "storage"
    return sorted(path.name for path in storage.iterdir() if path.is_file()) if storage.exists() else []


def keys_of(policy: CachePolicy) -> list[str | None]:
    """The keys of two calls of a task with this policy, with 1 and with 2."""

    @task(cache_policy=policy, persist_result=True)
    def identity(x: int) -> int:
        return x

    return [identity(x, return_state=True).state_details.cache_key for x in (1, 2)]


def test_default_is_the_inputs_the_code_and_the_run() -> None:
    assert CompoundCachePolicy([TaskSource(), RunId(), Inputs()]) == DEFAULT
    assert [type(policy) for policy in DEFAULT.policies] == [TaskSource, RunId, Inputs]
    assert DEFAULT == INPUTS + TASK_SOURCE + RUN_ID


def test_policies_are_equal_by_class_and_what_they_hold() -> None:
    assert (_None(), Inputs(), TaskSource(), RunId(), FlowParameters()) == (
        NO_CACHE,
        INPUTS,
        TASK_SOURCE,
        RUN_ID,
        FLOW_PARAMETERS,
    )
    assert NONE == NO_CACHE and NONE is not NO_CACHE
    assert Inputs(exclude=["x"]) != INPUTS
    assert INPUTS.configure(key_storage="a") != INPUTS
    assert Inputs() in DEFAULT.policies
    assert INPUTS != TASK_SOURCE and INPUTS != "INPUTS"


def test_policies_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(INPUTS)


def test_what_a_policy_shows_of_itself() -> None:
    assert repr(INPUTS - "x") == "Inputs(key_storage=None, isolation_level=None, lock_manager=None, exclude=['x'])"
    assert repr(RUN_ID.configure(key_storage="a")) == "RunId(key_storage='a', isolation_level=None, lock_manager=None)"


@pytest.mark.parametrize("policy", ALL, ids=lambda policy: type(policy).__name__)
def test_a_copy_of_a_policy_is_equal_to_it(policy: CachePolicy) -> None:
    configured = policy.configure(isolation_level=IsolationLevel.SERIALIZABLE, key_storage="a")
    for one in (policy, configured):
        assert copy.copy(one) == one
        assert copy.deepcopy(one) == one
        assert pickle.loads(pickle.dumps(one)) == one
        assert cloudpickle.loads(cloudpickle.dumps(one)) == one


def test_a_policy_that_travelled_gives_the_same_keys() -> None:
    policy = CacheKeyFnPolicy(named_by_x) + INPUTS
    assert keys_of(pickle.loads(pickle.dumps(policy))) == keys_of(policy)


def named_by_x(context: TaskRunContext, parameters: dict[str, Any]) -> str:
    return f"x-{parameters['x']}"


def test_a_policy_that_says_nothing_of_keys_must_be_told_how() -> None:
    with pytest.raises(NotImplementedError):
        CachePolicy().compute_key(task_ctx=None, inputs=None, flow_parameters=None)


@pytest.mark.parametrize("policy", ALL[:-1], ids=lambda policy: type(policy).__name__)
def test_without_anything_to_go_by_there_is_no_key(policy: CachePolicy) -> None:
    assert policy.compute_key(task_ctx=None, inputs=None, flow_parameters=None, hello="world") is None
    assert policy.compute_key(task_ctx=None, inputs={}, flow_parameters={}) is None


def test_a_key_can_be_computed_by_hand() -> None:
    one, again = (INPUTS.compute_key(None, {"x": 42, "y": y}, None) for y in ("foo", "foo"))
    assert one == again is not None
    assert INPUTS.compute_key(None, {"x": 42, "y": "bar"}, None) != one
    assert (INPUTS - "y").compute_key(None, {"x": 42, "y": "bar"}, None) == (INPUTS - "y").compute_key(
        None, {"x": 42, "y": "foo"}, None
    )
    assert FLOW_PARAMETERS.compute_key(None, None, {"x": 1}) not in (None, one)
    assert CacheKeyFnPolicy(lambda context, parameters: "a key").compute_key(None, {}, None) == "a key"
    assert CacheKeyFnPolicy().compute_key(None, {"x": 1}, None) is None


def test_inputs_that_are_all_excluded_still_make_a_key() -> None:
    key = (INPUTS - "x").compute_key(None, {"x": 1}, None)
    assert key is not None
    assert key == (INPUTS - "x").compute_key(None, {"x": 2}, None)


def test_the_order_of_inputs_does_not_count() -> None:
    assert INPUTS.compute_key(None, {"x": 1, "y": 2}, None) == INPUTS.compute_key(None, {"y": 2, "x": 1}, None)


def test_an_input_that_has_no_key_is_named_with_the_ways_out() -> None:
    with pytest.raises(CacheKeyError, match=r"parameters\.numbers") as raised:
        INPUTS.compute_key(None, {"numbers": (x for x in (1,))}, None)
    assert any('INPUTS - "numbers"' in note for note in raised.value.__notes__)


def test_adding_nothing_gives_the_policy_itself() -> None:
    assert (_None() + INPUTS) is INPUTS
    assert (INPUTS + NONE) is INPUTS
    assert (NO_CACHE + DEFAULT) is DEFAULT


def test_sums_are_flat_and_have_one_policy_of_inputs() -> None:
    total = (INPUTS - "b") + TASK_SOURCE + ((INPUTS - "a") + RUN_ID)
    assert total == CompoundCachePolicy([TASK_SOURCE, RUN_ID, Inputs(exclude=["a", "b"])])


def test_only_policies_can_be_added() -> None:
    with pytest.raises(TypeError):
        INPUTS + "debug"  # type: ignore[operator]


def test_a_sum_has_no_order() -> None:
    assert keys_of(INPUTS + TASK_SOURCE) == keys_of(TASK_SOURCE + INPUTS)
    assert keys_of(CacheKeyFnPolicy(named_by_x) + INPUTS) == keys_of(INPUTS + CacheKeyFnPolicy(named_by_x))
    assert keys_of(TASK_SOURCE + TASK_SOURCE + INPUTS) == keys_of(INPUTS + TASK_SOURCE)


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ({"key_storage": "a"}, {"key_storage": Path("b")}, "storage locations"),
        (
            {"isolation_level": IsolationLevel.SERIALIZABLE},
            {"isolation_level": IsolationLevel.READ_COMMITTED},
            "isolation levels",
        ),
        (
            {"lock_manager": MemoryLockManager()},
            {"lock_manager": FileSystemLockManager("locks")},
            "lock implementations",
        ),
    ],
    ids=["storage", "isolation", "locks"],
)
def test_policies_that_disagree_cannot_be_added(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=f"Cannot add CachePolicies with different {what}") as raised:
        INPUTS.configure(**one) + TASK_SOURCE.configure(**other)
    assert isinstance(raised.value, CacheKeyError)
    total = INPUTS.configure(**one) + TASK_SOURCE.configure(**one)
    (name, value), *_ = one.items()
    assert getattr(total, name) == value


def test_a_sum_is_configured_as_either_side_is() -> None:
    total = INPUTS.configure(key_storage="a") + TASK_SOURCE.configure(isolation_level="SERIALIZABLE")
    assert (total.key_storage, total.isolation_level, total.lock_manager) == ("a", "SERIALIZABLE", None)


def test_configure_gives_another_policy_and_says_nothing_of_what_it_is_given() -> None:
    policy = INPUTS.configure(key_storage="a", lock_manager="b", isolation_level="c")  # type: ignore[arg-type]
    assert (policy.key_storage, policy.lock_manager, policy.isolation_level) == ("a", "b", "c")
    assert (INPUTS.key_storage, INPUTS.lock_manager, INPUTS.isolation_level) == (None, None, None)
    again = policy.configure(key_storage="z")
    assert (again.key_storage, again.lock_manager, again.isolation_level) == ("z", "b", "c")
    # Whether it can be used is found out where it is.
    assert (policy + TASK_SOURCE).lock_manager == "b"
    with pytest.raises(TypeError, match="str is no lock manager"):
        task(cache_policy=INPUTS.configure(lock_manager="b"))(lambda x: x)  # type: ignore[arg-type]


def test_taking_an_input_away_keeps_the_configuration() -> None:
    policy = INPUTS.configure(key_storage="a") - "x"
    assert policy == Inputs(exclude=["x"], key_storage="a")
    total = DEFAULT.configure(key_storage="a") - "x"
    assert total == CompoundCachePolicy([TASK_SOURCE, RUN_ID, Inputs(["x"])], key_storage="a")


def test_policies_without_inputs_have_nothing_to_take_away() -> None:
    policy = TASK_SOURCE + RUN_ID
    assert (policy - "x") is policy
    assert (RUN_ID - "x") is RUN_ID
    with pytest.raises(TypeError, match=r"Can only subtract strings from key policies\."):
        INPUTS - 1  # type: ignore[operator]


def test_an_input_that_the_task_has_not_got_is_refused_with_those_it_has() -> None:
    with pytest.raises(CacheKeyError, match=r"no argument `z`; it has `x`, `y`"):
        task(cache_policy=INPUTS - "z")(lambda x, y: x)


def test_what_is_no_policy_is_refused() -> None:
    with pytest.raises(TypeError, match="a cache policy must be a `CachePolicy`, such as `INPUTS`"):
        task(cache_policy="INPUTS")(lambda x: x)  # type: ignore[arg-type]


def test_a_key_function_alone_names_the_record(home: Path) -> None:
    policy = CachePolicy.from_cache_key_fn(named_by_x)
    assert policy == CacheKeyFnPolicy(cache_key_fn=named_by_x)
    assert keys_of(policy) == ["x-1", "x-2"] == records(home)


def test_a_key_function_that_returns_nothing_is_no_caching(home: Path) -> None:
    for nothing in (None, ""):
        assert keys_of(CacheKeyFnPolicy(lambda context, parameters, nothing=nothing: nothing)) == [None, None]
    assert records(home) == []


def test_lambdas_in_one_sum_are_told_apart_by_their_code() -> None:
    def total(first: Any, second: Any) -> CachePolicy:
        return CacheKeyFnPolicy(first) + CacheKeyFnPolicy(second)

    ab = keys_of(total(lambda context, parameters: "a", lambda context, parameters: "b"))
    ba = keys_of(total(lambda context, parameters: "b", lambda context, parameters: "a"))
    assert ab == ba and ab[0] == ab[1] is not None
    one = lambda context, parameters: str(parameters["x"])  # noqa: E731
    other = lambda context, parameters: str(3 - parameters["x"])  # noqa: E731
    # With 1 the texts are 1 and 2, with 2 they are 2 and 1: not the same key.
    crossed = keys_of(total(one, other))
    assert crossed == keys_of(total(other, one))
    assert crossed[0] != crossed[1]


def test_a_key_function_that_is_added_twice_counts_once() -> None:
    once = keys_of(CacheKeyFnPolicy(named_by_x) + RUN_ID)
    assert once[0] != once[1]

    @task(cache_policy=CacheKeyFnPolicy(named_by_x) + CacheKeyFnPolicy(named_by_x) + INPUTS)
    def identity(x: int) -> int:
        return x

    states = [identity(1, return_state=True).name for _ in range(2)]
    assert states == ["Completed", "Cached"]


def test_functions_that_cannot_be_told_apart_are_refused() -> None:
    class Keyed:
        def __call__(self, context: Any, parameters: Any) -> str:
            return "a"

    with pytest.raises(CacheKeyError, match="two key functions are both named"):
        task(cache_policy=CacheKeyFnPolicy(Keyed()) + CacheKeyFnPolicy(Keyed()))(lambda x: x)


@dataclass
class Suffixed(CachePolicy):
    """A policy of a user's own."""

    suffix: str = "s"

    def compute_key(
        self,
        task_ctx: TaskRunContext | None,
        inputs: dict[str, Any] | None,
        flow_parameters: dict[str, Any] | None,
        **kwargs: Any,
    ) -> str | None:
        assert task_ctx is not None and inputs is not None
        return f"{task_ctx.task.name}-{inputs['x']}-{flow_parameters}-{self.suffix}"


def test_a_policy_of_ones_own_is_asked_for_its_key(home: Path) -> None:
    @task(cache_policy=Suffixed("q"))
    def square(x: int) -> int:
        return x * x

    @flow
    def squares(n: int) -> list[str | None]:
        return [square(n, return_state=True).name for _ in range(2)]

    assert squares(3) == ["Completed", "Cached"]
    assert records(home) == ["square-3-%7B%27n%27%3A%203%7D-q"]
    assert Suffixed() == Suffixed("s") != Suffixed("q")
    assert Suffixed("q").configure(key_storage="a").key_storage == "a"


def test_a_policy_of_ones_own_is_part_of_sums() -> None:
    keys = keys_of(Suffixed() + TASK_SOURCE)
    assert len({*keys}) == 2 and keys == keys_of(TASK_SOURCE + Suffixed())


def test_a_key_that_cannot_be_computed_is_said_and_the_body_runs(caplog: pytest.LogCaptureFixture, home: Path) -> None:
    class Broken(CachePolicy):
        def compute_key(self, *args: Any, **kwargs: Any) -> str | None:
            raise ValueError("no idea")

    for policy in (Broken(), INPUTS + Broken(), CacheKeyFnPolicy(lambda context, parameters: 1 // 0)):
        caplog.clear()
        runs: list[int] = []

        @task(cache_policy=policy, persist_result=True)
        def noted(x: int, runs: list[int] = runs) -> int:
            runs.append(x)
            return x

        states = [noted(1, return_state=True) for _ in range(2)]
        assert [str(state) for state in states] == ["Completed()", "Completed()"]
        assert runs == [1, 1]
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
        assert len(said) == 2
        assert said[0].startswith("The cache key could not be computed, so the result will not be kept: ")
        assert states[0].state_details.problems == [said[0]]
    assert records(home) == []


@pytest.mark.parametrize("returned", [5, b"key", ["a"]], ids=["int", "bytes", "list"])
def test_a_key_that_is_no_text_fails_the_run_before_its_body(returned: Any, home: Path) -> None:
    runs: list[int] = []

    @task(cache_key_fn=lambda context, parameters: returned)
    def noted() -> None:
        runs.append(1)

    state = noted(return_state=True)
    assert state.is_failed()
    with pytest.raises(TypeError, match=r"returned a value of type `\w+`, not a text: return a `str`"):
        state.result()
    with pytest.raises(TypeError):
        noted()
    assert (runs, records(home)) == ([], [])
    with pytest.raises(TypeError, match="not a text"):
        CacheKeyFnPolicy(lambda context, parameters: returned).compute_key(None, {"x": 1}, None)


def test_any_text_is_a_key(home: Path) -> None:
    keys = ["../x", "~x", "a/b", "ü", "x" * 300, "a.b", "."]

    @task(cache_key_fn=lambda context, parameters: parameters["key"])
    def named(key: str) -> str:
        return key

    assert [named(key, return_state=True).name for key in keys] == ["Completed"] * len(keys)
    assert [named(key, return_state=True).name for key in keys] == ["Cached"] * len(keys)
    assert [named(key) for key in keys] == keys
    assert len(records(home)) == len(keys)
    assert not (home / "x").exists()


def test_the_run_is_the_flow_run_where_there_is_one() -> None:
    @task(cache_policy=RUN_ID)
    def once() -> int:
        return 1

    @flow
    def twice() -> list[str | None]:
        return [once(return_state=True).name for _ in range(2)]

    assert twice() == ["Completed", "Cached"]
    assert twice() == ["Completed", "Cached"]
    assert [once(return_state=True).name for _ in range(2)] == ["Completed", "Completed"]


def test_the_parameters_of_the_flow_are_a_key() -> None:
    @task(cache_policy=FLOW_PARAMETERS)
    def once() -> int:
        return 1

    @flow
    def around(n: int, m: int = 2) -> str | None:
        return once(return_state=True).name

    assert [around(1), around(1, 2), around("1"), around(1, m=3)] == ["Completed", "Cached", "Cached", "Completed"]  # type: ignore[arg-type]


def test_results_are_kept_apart_from_records_where_a_policy_says_so(tmp_path: Path, home: Path) -> None:
    @task(cache_policy=INPUTS.configure(key_storage=tmp_path / "records"))
    def identity(x: int) -> int:
        return x

    states = [identity(1, return_state=True).name for _ in range(2)]
    assert states == ["Completed", "Cached"]
    assert records(home) == sorted(path.name for path in (tmp_path / "records").iterdir() if path.is_file())
