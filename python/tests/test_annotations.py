"""Annotations of arguments."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from keepwell import _core
from keepwell.utilities.annotations import BaseAnnotation, NotSet, allow_failure, freeze, opaque, quote, unmapped

EVERY = [unmapped, allow_failure, quote, opaque, freeze]


@pytest.mark.parametrize("annotation", EVERY)
def test_an_annotation_holds_its_value_and_nothing_else(annotation: type[BaseAnnotation]) -> None:
    value = [1]
    annotated = annotation(value)
    (unpacked,) = annotated
    assert annotated.value is annotated.unwrap() is unpacked is value
    assert annotated.rewrap(2) == annotation(2)
    assert repr(annotated) == f"{annotation.__name__}([1])"
    assert isinstance(annotated, _core.Input)
    with pytest.raises(AttributeError):
        annotated.value = 3
    with pytest.raises(AttributeError):
        annotated.other = 3


@pytest.mark.parametrize("annotation", EVERY)
def test_annotations_are_equal_if_they_say_the_same_of_equal_values(annotation: type[BaseAnnotation]) -> None:
    assert [annotation(1) == other(1) for other in EVERY] == [other is annotation for other in EVERY]
    assert annotation(1) != annotation(2) and annotation(1) != 1
    assert {annotation(1), annotation(1)} == {annotation(1)}


@pytest.mark.parametrize("annotation", EVERY)
def test_annotations_can_be_pickled_copied_and_subscripted(annotation: type[BaseAnnotation]) -> None:
    annotated = annotation([1])
    assert pickle.loads(pickle.dumps(annotated)) == copy.copy(annotated) == copy.deepcopy(annotated) == annotated
    assert annotation[int](1) == annotation(1)


def test_each_annotation_has_its_own_way_to_the_value() -> None:
    assert [unmapped(5)[0], unmapped(5)[99], quote(5).unquote(), freeze(5).unfreeze()] == [5, 5, 5, 5]


def test_the_base_is_no_annotation_and_not_set_is_a_class() -> None:
    with pytest.raises(TypeError, match="derive a class"):
        BaseAnnotation(1)
    assert isinstance(NotSet, type)


def test_importing_annotations_imports_nothing_slow() -> None:
    slow = {"inspect", "dataclasses", "asyncio", "logging", "pathlib", "json", "uuid"}
    code = (
        "import sys; before = set(sys.modules); import keepwell.utilities.annotations;"
        "print(sorted(set(sys.modules) - before))"
    )
    output = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=PATHS)
    assert slow.intersection(eval(output.stdout)) == set()


PATHS = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
