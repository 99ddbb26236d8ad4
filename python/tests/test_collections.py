"""Walks through nested values, and nested dictionaries."""

from __future__ import annotations

import io
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import MagicMock

import pytest
from pydantic import BaseModel, PrivateAttr

from keepwell.utilities.annotations import quote
from keepwell.utilities.collections import (
    AutoEnum,
    StopVisiting,
    batched_iterable,
    deep_merge,
    deep_merge_dicts,
    dict_to_flatdict,
    distinct,
    ensure_iterable,
    extract_instances,
    flatdict_to_dict,
    get_from_dict,
    isiterable,
    listrepr,
    remove_nested_keys,
    set_in_dict,
    visit_collection,
)

Point = namedtuple("Point", "x y")


@dataclass(frozen=True)
class Pair:
    left: Any
    right: Any = field(default=0, compare=False)


class Model(BaseModel):
    x: Any
    y: Any = 0
    _private: Any = PrivateAttr(default=None)


def negated(value: Any) -> Any:
    return -value if type(value) is int else value


def test_numbers_are_replaced_in_containers_of_every_kind() -> None:
    nested = [1, (2, {3}), {"k": 4, 5: Point(6, 7)}, Pair(8, 9), OrderedDict(a=10), frozenset({11}), "1"]
    assert visit_collection(nested, negated, return_data=True) == [
        -1,
        (-2, {-3}),
        {"k": -4, -5: Point(-6, -7)},
        Pair(-8, -9),
        OrderedDict(a=-10),
        frozenset({-11}),
        "1",
    ]


def test_kinds_of_containers_are_kept() -> None:
    counts = defaultdict(list, {"a": 1})
    replaced = visit_collection(counts, negated, return_data=True)
    assert (type(replaced), replaced, replaced["new"]) == (defaultdict, {"a": -1, "new": []}, [])
    point = visit_collection(Point(1, 2), negated, return_data=True)
    assert (type(point), point.x) == (Point, -1)


def test_a_model_keeps_which_fields_were_set_and_what_is_private() -> None:
    model = Model(x=1)
    model._private = "p"
    replaced = visit_collection(model, negated, return_data=True)
    assert (replaced.x, replaced.model_fields_set, replaced._private) == (-1, {"x"}, "p")


def test_what_holds_nothing_to_replace_stays_the_same_object() -> None:
    nested = {"a": ["x", ("y",)], "b": Pair("z"), "c": Model(x="w")}
    assert visit_collection(nested, negated, return_data=True) is nested
    untouched = ["x"]
    replaced = visit_collection([untouched, 1], negated, return_data=True)
    assert replaced[0] is untouched


def test_the_outer_is_visited_before_the_inner_and_nothing_is_returned_unless_asked() -> None:
    seen: list[Any] = []
    assert visit_collection({"a": [1, 2]}, seen.append) is None
    assert seen == [{"a": [1, 2]}, "a", [1, 2], 1, 2]


def test_a_replacement_is_looked_into_in_place_of_the_value() -> None:
    assert visit_collection("list", lambda value: [1] if value == "list" else negated(value), return_data=True) == [-1]


def test_depth_limits_how_far_to_look() -> None:
    nested = [1, [2, [3]]]
    assert [visit_collection(nested, negated, return_data=True, max_depth=depth) for depth in (0, 1, 2, -1)] == [
        [1, [2, [3]]],
        [-1, [2, [3]]],
        [-1, [-2, [3]]],
        [-1, [-2, [-3]]],
    ]


def test_a_visitor_can_stop_at_a_value() -> None:
    def stop_at_lists_of_one(value: Any) -> Any:
        if isinstance(value, list) and len(value) == 1:
            raise StopVisiting
        return negated(value)

    assert visit_collection([[1], 2], stop_at_lists_of_one, return_data=True) == [[1], -2]


def test_annotations_are_kept_or_removed_and_are_in_the_context() -> None:
    def remember(value: Any, context: dict[str, Any]) -> Any:
        if type(value) is int:
            return f"{value} in {context.get('annotation')}"
        return value

    nested = [1, quote([2])]
    assert visit_collection(nested, negated, return_data=True) == [-1, quote([-2])]
    assert visit_collection(nested, negated, return_data=True, remove_annotations=True) == [-1, [-2]]
    removed = visit_collection(nested, remember, return_data=True, context={}, remove_annotations=True)
    assert removed == ["1 in None", ["2 in quote([2])"]]
    without = visit_collection([quote(2), 3], remember, return_data=True, context={})
    assert without == [quote("2 in quote(2)"), "3 in None"]


def test_generators_and_mocks_are_left_alone() -> None:
    generator = (number for number in [1])
    mock = MagicMock(spec=list)
    assert visit_collection([generator, mock], negated, return_data=True) == [generator, mock]
    assert (list(generator), mock.mock_calls) == ([1], [])


def test_a_value_that_contains_itself_is_looked_into_once() -> None:
    endless: list[Any] = ["a"]
    endless.append(endless)
    assert visit_collection(endless, negated, return_data=True) is endless
    shared = [1]
    assert visit_collection([shared, shared], negated, return_data=True) == [[-1], [-1]]


def test_members_of_an_auto_enum_equal_their_names() -> None:
    class Colour(AutoEnum):
        RED = AutoEnum.auto()
        BLUE = AutoEnum.auto()

    assert [Colour.RED == "RED", Colour.BLUE.value, repr(Colour.RED)] == [True, "BLUE", "Colour.RED"]


def test_texts_and_files_count_as_one_thing() -> None:
    many = [[], (), {}, set(), range(3), iter([])]
    one = ["ab", b"ab", io.StringIO(), 1, None]
    assert ([isiterable(value) for value in many], [isiterable(value) for value in one]) == ([True] * 6, [False] * 5)
    assert (ensure_iterable(1), ensure_iterable({1})) == ([1], {1})


def test_elements_are_batched_filtered_and_shown() -> None:
    assert list(batched_iterable(range(5), 2)) == [(0, 1), (2, 3), (4,)]
    assert list(distinct([1, -1, 2], key=abs)) == [1, 2]
    assert listrepr(["a", 1], sep=", ") == "'a', 1"
    assert extract_instances([1, "a", 2.0, 3], int) == [1, 3]
    assert extract_instances([1, "a"], (int, str)) == {int: [1], str: ["a"]}


def test_dictionaries_are_flattened_and_back() -> None:
    nested = {"a": {"b": 1, "c": {}}, 2: [3]}
    flat = {("a", "b"): 1, ("a", "c"): {}, (2,): [3]}
    assert (dict_to_flatdict(nested), flatdict_to_dict(flat)) == (flat, nested)


def test_nested_dictionaries_are_read_and_changed_by_path() -> None:
    nested: dict[str, Any] = {"a": {"b": [0, 1]}}
    found = [get_from_dict(nested, path, "none") for path in ("a.b[1]", ["a", "b", 0], "a.x", "a.b[7]", "a.b.c")]
    assert found == [1, 0, "none", "none", "none"]
    set_in_dict(nested, "a.c.d", 2)
    assert nested == {"a": {"b": [0, 1], "c": {"d": 2}}}
    with pytest.raises(TypeError, match=r"non-dict value: a\.b\.c"):
        set_in_dict(nested, "a.b.c", 1)


def test_dictionaries_are_merged_and_keys_removed_without_changing_the_original() -> None:
    original = {"a": {"b": 1, "c": 2}, "d": 3}
    assert deep_merge(original, {"a": {"b": 9}, "d": {"e": 4}}) == {"a": {"b": 9, "c": 2}, "d": {"e": 4}}
    assert deep_merge_dicts({"a": 1}, {"b": 2}, {"a": 3}) == {"a": 3, "b": 2}
    assert remove_nested_keys(["b", "d"], original) == {"a": {"c": 2}}
    assert original == {"a": {"b": 1, "c": 2}, "d": 3}
