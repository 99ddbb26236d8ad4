"""Results as bytes: plain data reads back as it was, all else is refused, and no bytes can do harm."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import math
import pathlib
import random
import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pandas
import polars
import pyarrow
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell import _core
from keepwell.exceptions import SerializationError


def again(value: Any) -> Any:
    return _core.decode_value(_core.encode_value(value))


def memory_taken(call: Callable[[], Any]) -> int:
    """The bytes by which the process was larger during the call than before it."""

    def sizes() -> dict[str, int]:
        lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
        return {line[0]: int(line[1]) * 1024 for line in lines if line[0] in ("VmHWM:", "VmRSS:")}

    Path("/proc/self/clear_refs").write_text("5")
    before = sizes()["VmRSS:"]
    call()
    return sizes()["VmHWM:"] - before


UTC = datetime.timezone.utc
NUMBERS = numpy.arange(12.0).reshape(3, 4)

PLAIN: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**63,
    -(2**63) - 1,
    2**64,
    -(2**64) - 1,
    10**100,
    1.5,
    -0.0,
    math.inf,
    "",
    "\u00e9\U0001f600",
    b"\0\xff",
    bytearray(b"ab"),
    [],
    [1, [2, ["x"]]],
    (),
    (1, (2,)),
    {},
    {"b": 1, "a": {1: (2,), None: []}},
    {1, 2},
    frozenset({1, (2, 3)}),
    {frozenset({1}): {2}},
    complex(1, -0.0),
    range(1, 10, 3),
    range(0),
    slice(None, 3),
    ...,
    NotImplemented,
    decimal.Decimal("1.10"),
    decimal.Decimal("-Infinity"),
    fractions.Fraction(1, 3),
    uuid.UUID(int=7),
    datetime.date(2026, 1, 1),
    datetime.datetime(2026, 1, 1, 1, 2, 3, 4),
    datetime.datetime(1, 1, 1, tzinfo=UTC),
    datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))),
    datetime.time(1, 2, 3, 4),
    datetime.time(1, tzinfo=UTC),
    datetime.timedelta.max,
    datetime.timedelta.min,
    pathlib.Path("a/b"),
    pathlib.Path("\udcff"),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_reads_back_as_it_was(value: Any) -> None:
    read = again([value])[0]
    assert type(read) is type(value)
    assert read == value
    assert repr(read) == repr(value)


def test_not_a_number_reads_back() -> None:
    assert math.isnan(again(math.nan))


def test_the_order_of_a_dictionary_is_kept() -> None:
    assert list(again({"b": 1, "a": 2, "c": 3})) == ["b", "a", "c"]


ARRAYS: list[Any] = [
    NUMBERS,
    numpy.asfortranarray(NUMBERS),
    NUMBERS[::2, ::-1],
    numpy.array(1.5),
    numpy.empty((0, 3)),
    numpy.empty((2, 0), "U5"),
    numpy.zeros(3, ">i4"),
    numpy.array([1 + 2j]),
    numpy.array([True, False]),
    numpy.array(["a", "\u00e9b"]),
    numpy.array([b"a", b"bc"]),
    numpy.array(["2026-01-01", "NaT"], "M8[ns]"),
    numpy.array([1, 2], "m8[s]"),
    numpy.array([(1, 2.0)], [("a", "i1"), ("b", "f8", (2, 2))]),
    numpy.ones((2, 2), numpy.dtype("i1,f8", align=True)),
    numpy.zeros(2, numpy.dtype({"names": ["b", "a"], "formats": ["i2", "i1"], "offsets": [4, 0], "itemsize": 12})),
    numpy.array([[1, "a"], [None, (2,)]], object),
    *(numpy.array([0, 1, 100], kind) for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype} {array.shape}")
def test_arrays_read_back_equal_and_can_be_written_to(array: Any) -> None:
    read = again(array)
    assert type(read) is numpy.ndarray
    assert (read.dtype, read.shape) == (array.dtype, array.shape)
    numpy.testing.assert_array_equal(read, array)
    assert _core.key_digest(read) == _core.key_digest(array)
    assert read.flags.writeable


SCALARS: list[Any] = [
    numpy.float64(1.5),
    numpy.float32(1.5),
    numpy.int8(-1),
    numpy.bool_(True),
    numpy.str_("ab"),
    numpy.bytes_(b"ab"),
    numpy.datetime64("2026-01-01"),
    numpy.timedelta64(1, "s"),
    numpy.complex64(1j),
    numpy.void(b"ab"),
]


@pytest.mark.parametrize("scalar", SCALARS, ids=lambda scalar: type(scalar).__name__)
def test_scalars_of_arrays_read_back(scalar: Any) -> None:
    read = again(scalar)
    assert type(read) is type(scalar)
    assert read.dtype == scalar.dtype
    assert read == scalar


TABLES: dict[str, Any] = {
    "pandas": pandas.DataFrame(
        {
            "a": [1, 2],
            "b": ["x", None],
            "c": pandas.Categorical(["u", "v"]),
            "d": pandas.to_datetime(["2026", "2027"]),
            "e": pandas.array([1, None], dtype="Int64"),
            "f": pandas.to_datetime(["2026", "2027"], utc=True),
        },
        index=pandas.Index([7, 8], name="row"),
    ),
    "pandas series": pandas.Series([1, 2], name="a", index=["x", "y"]),
    "pandas series without a name": pandas.Series([1.5]),
    "polars": polars.DataFrame(
        {"a": [1, None], "b": ["x", None], "c": [[1], []]}, schema_overrides={"a": polars.Int16}
    ),
    "polars series": polars.Series("a", ["x", "y"], dtype=polars.Enum(["x", "y"])),
    "arrow": pyarrow.table({"a": [1, None], "b": [{"x": 1}, None]}),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_frames_and_series_read_back_equal(table: Any) -> None:
    read = again({"table": table})["table"]
    assert type(read) is type(table)
    assert read.equals(table)
    assert _core.key_digest(read) == _core.key_digest(table)


def test_a_frame_that_would_come_back_changed_is_refused() -> None:
    with pytest.raises(SerializationError, match=r"cannot serialize result\[0\]: it would not come back as it is"):
        _core.encode_value([pandas.DataFrame({"a": pandas.Series([1], dtype=object)})])


class Colour(enum.Enum):
    RED = 1


class Pair(NamedTuple):
    a: int


@dataclass
class Point:
    x: int


class Model(pydantic.BaseModel):
    x: int = 1


class Text(str):
    pass


@pytest.mark.parametrize(
    "value",
    [
        Colour.RED,
        Pair(1),
        Point(1),
        Model(),
        Text("a"),
        collections.OrderedDict(),
        collections.deque([1]),
        len,
        int,
        memoryview(b"a"),
        pathlib.PurePosixPath("a"),
        numpy.rec.array([(1,)], dtype=[("a", "i1")]),
        numpy.ma.array([1], mask=[1]),
        datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(0), "own")),
        object(),
        iter([1]),
        ValueError("a"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_only_code_could_read_back_is_refused(value: Any) -> None:
    with pytest.raises(SerializationError, match=r'^cannot serialize result\["a"\]\[1\]: '):
        _core.encode_value({"a": [0, value]})


def test_what_rust_writes_reads_as_the_nearest_plain_data() -> None:
    def read(digits: str) -> Any:
        return _core.decode_value(bytes.fromhex(digits))

    assert read("da6b7700036161") == "a"
    assert read("da6b77000101") is None
    assert read("d81b8164556e6974") is None
    assert read("d81b826450616972820102") == [1, 2]
    assert read("d81b8265506f696e74a16178fb3ff0000000000000") == {"x": 1.0}
    assert read("da6b7700028265436f6c6f7263526564") == "Red"
    assert read("da6b77000283655368617065664369726c636c81fb3ff0000000000000") == {"Cirlcl": [1.0]}
    assert read("fa3f800000") == 1.0


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        ("", "malformed bytes at offset 0: the bytes end too early"),
        ("0000", "malformed bytes at offset 1: more bytes than the value has"),
        ("9bffffffffffffffff", "malformed bytes at offset 0: a length beyond the end"),
        ("a2616101616102", "a map has the same key twice"),
        ("a18000", "unhashable type: 'list'"),
        ("d90102820101", "a set has the same member twice"),
        ("c24101", "a big integer longer than needed"),
        ("da6b7700085820" + "00" * 32, "a text was expected"),
        ("da6b77000863616263", "reading it failed"),
        ("d81e820100", "reading it failed"),
        ("d8254100", "reading it failed"),
        ("da6b770004582000", "malformed"),
        ("da6b77000441aa", "the tag 1802960900 is not one of a value"),
        ("da6b77001b41aa", "the tag 1802960923 is not one of a value"),
        ("da6b77001082616100", "the tag 1802960912 is not one of a value"),
        ("d85643000000", "reading it failed"),
        ("d8284100", "an array was expected"),
        ("d828828102d84841aa", "reading it failed"),
        ("da6b77001583627c4f810141aa", "reading it failed"),
        ("da6b770015836866382c7b6576616c8101410a", "reading it failed"),
        ("da6b7700168262787841aa", 'a frame of the library "xx", which is not known'),
        ("da6b7700168266706f6c61727341aa", "reading it failed"),
        ("da6b77000a84643230323660f600f6", "reading it failed"),
        ("da6b77000d82656f746865726161", "a path of another system"),
    ],
)
def test_bytes_that_hold_no_value_are_refused(digits: str, problem: str) -> None:
    with pytest.raises(SerializationError) as caught:
        _core.decode_value(bytes.fromhex(digits))
    assert str(caught.value).startswith("cannot deserialize result: ")
    assert problem in str(caught.value)


def test_changed_bytes_are_a_value_or_refused_and_nothing_else() -> None:
    tables = {name: table for name, table in TABLES.items() if "Frame" not in type(table).__name__}
    samples = [_core.encode_value(value) for value in (PLAIN, ARRAYS[:8], SCALARS, tables["arrow"])]
    chance = random.Random(7)
    outcomes = collections.Counter[str]()
    for _ in range(4000):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            _core.decode_value(bytes(data[: chance.randint(1, len(data))] if chance.random() < 0.2 else data))
            outcomes["read"] += 1
        except SerializationError:
            outcomes["refused"] += 1
    assert outcomes["read"] > 100
    assert outcomes["refused"] > 100


def test_a_hundred_thousand_levels_are_no_problem() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    read = again(value)
    depth = 0
    while read:
        read, depth = read[0], depth + 1
    assert depth == 100_000


def test_an_array_reads_back_with_one_copy() -> None:
    data = _core.encode_value(numpy.ones(20_000_000))
    read = []
    assert memory_taken(lambda: read.append(_core.decode_value(data))) < 1.2 * 160_000_000
    assert read[0].nbytes == 160_000_000


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.fractions()
    | st.complex_numbers(allow_nan=False)
)
nested = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(scalars, inner, max_size=4)
        | st.tuples(inner, inner)
        | st.sets(scalars, max_size=3)
    ),
    max_leaves=20,
)


@given(nested)
@settings(max_examples=150, deadline=None)
def test_nested_plain_data_reads_back_as_it_was(value: Any) -> None:
    read = again(value)
    assert read == value
    assert _core.encode_key(read) == _core.encode_key(value)
