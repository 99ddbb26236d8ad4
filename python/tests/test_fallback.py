"""Arguments without a stable content: not cached, or by their pickles where that is asked for."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE, CachePolicy, Inputs
from keepwell.exceptions import CacheKeyError

BY_PICKLE = INPUTS.configure(fallback="pickle")


class Bare:
    """Has nothing to see that two of them could be compared by."""


class Other:
    """Another such class."""


def runs_of(policy: CachePolicy, *arguments: Any) -> list[int]:
    """How often the body has run after a call with each of the arguments."""
    ran = 0
    counts = []

    @task(cache_policy=policy, persist_result=True)
    def look_at(thing: Any) -> str:
        nonlocal ran
        ran += 1
        return type(thing).__name__

    for argument in arguments:
        assert look_at(argument) == type(argument).__name__
        counts.append(ran)
    return counts


def test_a_call_whose_argument_has_no_stable_content_is_not_cached() -> None:
    assert runs_of(INPUTS, Bare(), Bare()) == [1, 2]


def test_the_pickle_of_such_an_argument_counts_where_asked() -> None:
    assert runs_of(BY_PICKLE, Bare(), Bare(), Other(), Bare()) == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "policy",
    [
        BY_PICKLE + TASK_SOURCE,
        TASK_SOURCE + BY_PICKLE,
        INPUTS + BY_PICKLE,
        BY_PICKLE - "another",
        (BY_PICKLE + TASK_SOURCE) - "another",
        BY_PICKLE.configure(isolation_level="READ_COMMITTED"),
        copy.deepcopy(BY_PICKLE),
        pickle.loads(pickle.dumps(BY_PICKLE)),
    ],
    ids=repr,
)
def test_what_is_made_of_such_a_policy_asks_for_it_too(policy: CachePolicy) -> None:
    thing = {"thing": Bare()}
    assert policy.compute_key(None, thing, None) == policy.compute_key(None, thing, None)


def test_a_policy_that_does_not_ask_has_no_key_for_such_an_argument() -> None:
    with pytest.raises(CacheKeyError, match=r"parameters\.thing"):
        INPUTS.compute_key(None, {"thing": Bare()}, None)


def test_arguments_with_a_stable_content_have_the_same_key_with_a_fallback_and_without() -> None:
    inputs = {"numbers": [1, 2.5], "name": "Ada"}
    assert BY_PICKLE.compute_key(None, inputs, None) == INPUTS.compute_key(None, inputs, None)


def test_a_fallback_is_part_of_what_a_policy_is() -> None:
    assert INPUTS.fallback is None
    assert BY_PICKLE.fallback == "pickle"
    assert BY_PICKLE != INPUTS
    assert Inputs(fallback="pickle") == BY_PICKLE
    assert repr(BY_PICKLE).endswith("exclude=[], fallback='pickle')")


def test_a_fallback_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="`repr` is no fallback for inputs; there is `pickle`, or `None`"):
        INPUTS.configure(fallback="repr")  # type: ignore[arg-type]
