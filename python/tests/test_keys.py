"""What arguments become in keys: the same bytes for what is the same, others for what differs, errors for the rest."""

from __future__ import annotations

import asyncio
import collections
import copy
import datetime
import decimal
import enum
import fractions
import functools
import http
import io
import json
import math
import pathlib
import random
import re
import socket
import sys
import threading
import types
import uuid
import weakref
import zoneinfo
from dataclasses import dataclass, field, make_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import numpy
import pandas
import polars
import pyarrow
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell import _core
from keepwell.exceptions import CacheKeyError
from keyed import key, refusal

# What the expressions of the vectors name.
MODULES = {
    module.__name__: module
    for module in (
        collections,
        datetime,
        decimal,
        fractions,
        http,
        numpy,
        pandas,
        pathlib,
        polars,
        pyarrow,
        re,
        types,
        uuid,
        zoneinfo,
    )
}
VECTORS = json.loads((Path(__file__).parents[2] / "parity" / "keys.json").read_text())["values"]


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Shade(enum.Enum):
    RED = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Level(enum.IntEnum):
    LOW = 1


class Pair(NamedTuple):
    a: Any
    b: Any = None


class Couple(NamedTuple):
    a: Any
    b: Any = None


@dataclass
class Point:
    x: Any
    y: Any = 0
    note: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Place:
    x: Any
    y: Any = 0


@dataclass(frozen=True)
class Slotted:
    __slots__ = ("x",)
    x: Any


@attrs.define
class Vector:
    x: Any
    y: Any = 0


class Plain:
    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)


class Slots:
    __slots__ = ("__hidden", "a")

    def __init__(self, a: Any, hidden: Any) -> None:
        self.a = a
        self.__hidden = hidden


class Names(list):  # type: ignore[type-arg]
    label = "names"


class Text(str):
    pass


class Model(pydantic.BaseModel):
    x: Any = 1
    secret: pydantic.SecretStr = pydantic.SecretStr("a")
    excluded: Any = pydantic.Field(1, exclude=True)
    _private: Any = pydantic.PrivateAttr(1)


class SubModel(Model):
    pass


class Described(pydantic.BaseModel):
    lock: Any
    counted: Any = 1

    @pydantic.model_serializer
    def describe(self) -> dict[str, Any]:
        return {"counted": self.counted}


class Serialized(pydantic.BaseModel):
    lock: Any
    other: Any = 1

    @pydantic.field_serializer("lock")
    def describe(self, value: Any) -> str:
        return type(value).__name__


class Keyed:
    def __init__(self, counted: Any, ignored: Any) -> None:
        self.counted, self.ignored = counted, ignored

    def __keepwell_key__(self) -> Any:
        return self.counted


class Opaque:
    def __init__(self) -> None:
        self.lock = threading.Lock()


def model(private: Any) -> Model:
    made = Model()
    made._private = private
    return made


def aware(zone: datetime.tzinfo | None, fold: int = 0) -> datetime.datetime:
    return datetime.datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold)


def frame(**columns: Any) -> pandas.DataFrame:
    return pandas.DataFrame(columns)


def attach(given: pandas.DataFrame) -> pandas.DataFrame:
    given.attrs["unit"] = "m"
    return given


def with_gaps(filler: bytes) -> Any:
    """A structure of one byte, seven unused ones, and a float."""
    return numpy.frombuffer(b"\1" + filler * 7 + numpy.float64(1).tobytes(), numpy.dtype("i1,f8", align=True))


UTC = datetime.timezone.utc
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
NUMBERS = numpy.arange(12.0).reshape(3, 4)

DIFFERENT: list[tuple[str, Any, Any]] = [
    ("integer and float", 1, 1.0),
    ("integer and truth value", 1, True),
    ("nothing and false", None, False),
    ("number and text", 1, "1"),
    ("text and bytes", "a", b"a"),
    ("bytes and byte array", b"a", bytearray(b"a")),
    ("bytes and memory view", b"a", memoryview(b"a")),
    ("views of other formats", memoryview(b"abcd"), memoryview(b"abcd").cast("H")),
    ("zero and negative zero", 0.0, -0.0),
    ("big integers", 2**64, 2**64 + 1),
    ("big integers of two signs", 2**70, -(2**70)),
    ("integer and its complement", 5, ~5),
    ("composed and decomposed text", "\u00e9", "e\u0301"),
    ("list and tuple", [1, 2], (1, 2)),
    ("order of a list", [1, 2], [2, 1]),
    ("nesting", [[1], 2], [1, [2]]),
    ("empty list and empty tuple", [], ()),
    ("empty map and empty list", {}, []),
    ("set and list", {1}, [1]),
    ("set and frozen set", {1}, frozenset({1})),
    ("keys of two types", {1: "x"}, {"1": "x"}),
    ("key and value", {"a": "b"}, {"b": "a"}),
    ("one more entry", {"a": 1}, {"a": 1, "b": None}),
    ("where a text ends", ["ab", "c"], ["a", "bc"]),
    ("decimals of other digits", decimal.Decimal("1.0"), decimal.Decimal("1.00")),
    ("decimal and float", decimal.Decimal(1), 1.0),
    ("fraction and number", fractions.Fraction(1, 1), 1),
    ("complex and float", complex(1, 0), 1.0),
    ("complex with negative zero", complex(1, 0.0), complex(1, -0.0)),
    ("uuid and its text", uuid.UUID(int=1), str(uuid.UUID(int=1))),
    ("path and text", pathlib.PurePosixPath("a"), "a"),
    ("paths of two systems", pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a")),
    ("date and datetime", datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1)),
    ("naive and aware", aware(None), aware(UTC)),
    ("zones", aware(UTC), aware(BERLIN)),
    ("folds", aware(BERLIN), aware(BERLIN, fold=1)),
    ("zone and fixed offset", aware(BERLIN), aware(datetime.timezone(datetime.timedelta(hours=2)))),
    ("named and unnamed offset", aware(UTC), aware(datetime.timezone(datetime.timedelta(0), "Z"))),
    ("time and text", datetime.time(1), "01:00:00.000000"),
    ("durations", datetime.timedelta(microseconds=1), datetime.timedelta(microseconds=2)),
    ("ranges of equal elements", range(0), range(1, 1)),
    ("range and list", range(2), [0, 1]),
    ("slice and tuple", slice(1, 2), (1, 2, None)),
    ("ellipsis and its name", ..., "Ellipsis"),
    ("singletons", ..., NotImplemented),
    ("members", Colour.RED, Colour.BLUE),
    ("members of two enumerations", Colour.RED, Shade.RED),
    ("member and value", Level.LOW, 1),
    ("member and name", Colour.RED, "RED"),
    ("flags", Access.READ, Access.READ | Access.WRITE),
    ("flags and none", Access.READ, Access(0)),
    ("named tuple and tuple", Pair(1, 2), (1, 2)),
    ("named tuples of two classes", Pair(1, 2), Couple(1, 2)),
    ("data classes of two names", Point(1), Place(1)),
    ("data class and dictionary", Point(1), {"x": 1, "y": 0, "note": None}),
    ("field that is not compared", Point(1), Point(1, note="n")),
    ("types of a field", Point(1), Point(1.0)),
    ("slotted fields", Slotted(1), Slotted(2)),
    ("attrs fields", Vector(1), Vector(2)),
    ("attrs and data class", Vector(1), Place(1)),
    ("fields of a plain object", Plain(a=1), Plain(a=2)),
    ("names of a plain object's fields", Plain(a=1), Plain(b=1)),
    ("private slots", Slots(1, 2), Slots(1, 3)),
    ("derived list and list", Names([1]), [1]),
    ("derived text and text", Text("a"), "a"),
    ("ordered dictionary and dictionary", collections.OrderedDict(a=1), {"a": 1}),
    (
        "order of an ordered dictionary",
        collections.OrderedDict([("a", 1), ("b", 2)]),
        collections.OrderedDict([("b", 2), ("a", 1)]),
    ),
    ("default factories", collections.defaultdict(list), collections.defaultdict(dict)),
    ("queues of other limits", collections.deque([1], 1), collections.deque([1], 2)),
    ("counter and dictionary", collections.Counter("a"), {"a": 1}),
    ("namespaces", types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)),
    ("exceptions", ValueError("a"), TypeError("a")),
    ("arguments of exceptions", ValueError("a"), ValueError("b")),
    ("secrets", Model(), Model(secret=pydantic.SecretStr("b"))),
    ("excluded fields", Model(), Model(excluded=2)),
    ("private fields", model(1), model(2)),
    ("model and derived model", Model(), SubModel()),
    ("what a model's serializer gives", Described(lock=None), Described(lock=None, counted=2)),
    ("what a field's serializer leaves", Serialized(lock=None), Serialized(lock=None, other=2)),
    ("what its own key gives", Keyed(1, 0), Keyed(2, 0)),
    ("patterns", re.compile("a"), re.compile("a", 2)),
    ("functions", len, max),
    ("bound functions of two values", "a".join, "b".join),
    ("partial applications", functools.partial(int, 1), functools.partial(int, 2)),
    ("classes", int, float),
    ("generic classes", list[int], list[str]),
    ("array and list", NUMBERS, NUMBERS.tolist()),
    ("shapes", NUMBERS, NUMBERS.reshape(4, 3)),
    ("number of dimensions", numpy.zeros(1), numpy.zeros((1, 1))),
    ("types of elements", numpy.zeros(2), numpy.zeros(2, "f4")),
    ("byte orders", numpy.zeros(2), numpy.zeros(2, ">f8")),
    ("signs of elements", numpy.zeros(2, "i8"), numpy.zeros(2, "u8")),
    ("truth values and bytes", numpy.zeros(2, "?"), numpy.zeros(2, "u1")),
    ("elements", NUMBERS, NUMBERS + 1e-9),
    ("units of time", numpy.array([1], "M8[s]"), numpy.array([1], "M8[ms]")),
    ("empty arrays of two shapes", numpy.empty((0, 2)), numpy.empty((2, 0))),
    ("empty arrays of two types", numpy.empty(0), numpy.empty(0, "i8")),
    ("array without dimensions and scalar", numpy.array(1.0), numpy.float64(1.0)),
    ("scalar and float", numpy.float64(1.0), 1.0),
    ("scalars of two widths", numpy.float32(1), numpy.float64(1)),
    ("objects in arrays", numpy.array([1, "a"], object), numpy.array([1, "b"], object)),
    ("objects of two types", numpy.array([1], object), numpy.array([True], object)),
    ("names of fields", numpy.zeros(1, [("a", "i4")]), numpy.zeros(1, [("b", "i4")])),
    ("widths of texts", numpy.array(["a"], "U1"), numpy.array(["a"], "U2")),
    ("masked arrays", numpy.ma.array([1, 2], mask=[0, 1]), numpy.ma.array([1, 2], mask=[0, 0])),
    ("order of columns", frame(a=[1], b=[2]), frame(b=[2], a=[1])),
    ("names of columns", frame(a=[1]), frame(b=[1])),
    ("types of columns", frame(a=[1]), frame(a=[1.0])),
    ("indexes", pandas.Series([1]), pandas.Series([1], index=[1])),
    ("names of series", pandas.Series([1]), pandas.Series([1], name="a")),
    ("names of indexes", pandas.Index([1]), pandas.Index([1], name="a")),
    ("index and series", pandas.Index([1]), pandas.Series([1])),
    ("series and frame", pandas.Series([1], name="a"), frame(a=[1])),
    ("missing and zero", pandas.Series([0, None], dtype="Int64"), pandas.Series([0, 0], dtype="Int64")),
    ("missing values", pandas.NA, pandas.NaT),
    ("nanoseconds", pandas.Timestamp(1, unit="ns"), pandas.Timestamp(2, unit="ns")),
    ("categories", pandas.Categorical(["a"]), pandas.Categorical(["a"], categories=["a", "b"])),
    ("orders of categories", pandas.Categorical(["a"]), pandas.Categorical(["a"], ordered=True)),
    ("attached to a frame", frame(a=[1]), attach(frame(a=[1]))),
    ("frames of two libraries", frame(a=[1]), polars.DataFrame({"a": [1]})),
    ("frames of polars", polars.DataFrame({"a": [1, None]}), polars.DataFrame({"a": [1, 0]})),
    ("types of polars", polars.Series([1]), polars.Series([1], dtype=polars.Int32)),
    ("enumerations of polars", polars.Series(["a"], dtype=polars.Enum(["a"])), polars.Series(["a"])),
    ("arrays of arrow", pyarrow.array([1, None]), pyarrow.array([1, 0])),
    ("types of arrow", pyarrow.array([1], "i4"), pyarrow.array([1], pyarrow.date32())),
    ("array and chunks of arrow", pyarrow.array([1]), pyarrow.chunked_array([[1]])),
    ("table and batch of arrow", pyarrow.table({"a": [1]}), pyarrow.record_batch({"a": [1]})),
]


def fresh_class() -> Any:
    return make_dataclass("Fresh", ["a"])


SHUFFLED = list("thequickbrownfox")

SAME: list[tuple[str, Any, Any]] = [
    ("integers", 10**30, int("1" + "0" * 30)),
    ("not numbers", math.nan, -math.nan),
    ("texts", "abc", "".join(["a", "b", "c"])),
    ("order of a dictionary", {"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ("order of a nested dictionary", [{"a": {1: 2, 3: 4}}], [{"a": {3: 4, 1: 2}}]),
    ("order of a set", set(SHUFFLED), {*SHUFFLED[::-1]}),
    ("order of a frozen set", frozenset(SHUFFLED), frozenset(SHUFFLED[::-1])),
    ("pure and concrete paths", pathlib.PurePosixPath("a/b"), pathlib.PosixPath("a/b")),
    ("paths", Path("a") / "b", Path("a/b")),
    ("fractions", fractions.Fraction(2, 4), fractions.Fraction(1, 2)),
    ("zones", aware(BERLIN), aware(zoneinfo.ZoneInfo.no_cache("Europe/Berlin"))),
    ("fixed offsets", aware(UTC), aware(datetime.timezone(datetime.timedelta(0)))),
    ("durations", datetime.timedelta(days=1), datetime.timedelta(hours=24)),
    ("classes made twice", fresh_class()(1), fresh_class()(1)),
    ("order of fields", Plain(a=1, b=2), Plain(b=2, a=1)),
    ("order of flags", Access.READ | Access.WRITE, Access.WRITE | Access.READ),
    ("shared parts and copies", [SHUFFLED, SHUFFLED], [SHUFFLED, list(SHUFFLED)]),
    ("what a serializer leaves out", Described(lock=1), Described(lock=threading.Lock())),
    ("what a field's serializer hides", Serialized(lock=threading.Lock()), Serialized(lock=threading.Lock())),
    ("what its own key leaves out", Keyed(1, 0), Keyed(1, threading.Lock())),
    ("orders in memory", NUMBERS, numpy.asfortranarray(NUMBERS)),
    ("views and copies", NUMBERS[:, ::2], NUMBERS[:, ::2].copy()),
    ("reversed views", NUMBERS[::-1], NUMBERS[::-1].copy()),
    ("transposed views", NUMBERS.T, NUMBERS.T.copy()),
    ("broadcast arrays", numpy.broadcast_to(numpy.int8(1), (3,)), numpy.ones(3, "i1")),
    ("lists of objects", numpy.array([["a", 1]], object), numpy.array([[1, "a"]], object)[:, ::-1]),
    ("unused bytes", with_gaps(b"\0"), with_gaps(b"?")),
    ("unaligned arrays", numpy.frombuffer(b"x" * 17, "u8", offset=1), numpy.frombuffer(b"x" * 16, "u8")),
    (
        "blocks of a frame",
        frame(a=[1, 2], b=[3, 4]),
        pandas.concat([frame(a=[1, 2]), frame(b=[3, 4])], axis=1),
    ),
    ("rows of a frame by slices", frame(a=[1, 2, 3])[:2], frame(a=[1, 2])),
    (
        "where strings are kept",
        pandas.Series(["a", None], dtype="string[python]"),
        pandas.Series(["a", None], dtype="string[pyarrow]"),
    ),
    (
        "what lies under missing values",
        pandas.Series(pandas.arrays.IntegerArray(numpy.array([1, 7]), numpy.array([False, True]))),
        pandas.Series([1, None], dtype="Int64"),
    ),
    (
        "chunks of polars",
        polars.concat([polars.Series("a", [1, 2]), polars.Series("a", [3, None])], rechunk=False),
        polars.Series("a", [1, 2, 3, None]),
    ),
    (
        "chunks of texts of polars",
        polars.concat([polars.Series("a", ["x"]), polars.Series("a", ["y"])], rechunk=False),
        polars.Series("a", ["x", "y"]),
    ),
    (
        "chunks of more texts than are made at a time",
        polars.concat([polars.Series("a", ["x"] * 70_000), polars.Series("a", ["y", None])], rechunk=False),
        polars.Series("a", [*["x"] * 70_000, "y", None]),
    ),
    (
        "numbers of more than are made at a time",
        pandas.Series([*range(300_000), None], dtype="Int64"),
        pandas.concat([pandas.Series(range(300_000)), pandas.Series([None])], ignore_index=True).astype("Int64"),
    ),
    (
        "chunks of times",
        pyarrow.chunked_array([[1], [2, None]], pyarrow.timestamp("ns")),
        pyarrow.chunked_array([[1, 2, None]], pyarrow.timestamp("ns")),
    ),
    ("chunks of arrow", pyarrow.chunked_array([[1, 2], [3]]), pyarrow.chunked_array([[1], [2, 3]])),
    ("slices of arrow", pyarrow.array([0, 1, None, 3])[1:], pyarrow.array([1, None, 3])),
    ("slices of truth values", pyarrow.array([True, False, None])[1:], pyarrow.array([False, None])),
    ("maps of files and arrays", numpy.array([1]), copy.copy(numpy.array([1]))),
]


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in DIFFERENT], ids=[pair[0] for pair in DIFFERENT])
def test_what_differs_has_another_key(one: Any, other: Any) -> None:
    assert _core.encode_key(one) != _core.encode_key(other)
    assert key([one]) != key([other])


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in SAME], ids=[pair[0] for pair in SAME])
def test_what_is_the_same_has_one_key(one: Any, other: Any) -> None:
    assert _core.encode_key(one).hex() == _core.encode_key(other).hex()
    assert key({"x": one}) == key({"x": other})


def described(value: Any) -> Any:
    """The Python value that a vector describes."""
    ((kind, content),) = value.items()
    simple = {"null": lambda _: None, "bool": bool, "int": int, "f64": float, "text": str, "bytes": bytes.fromhex}
    if kind in simple:
        return simple[kind](content)
    if kind == "numbers":
        name, numbers = content
        return bytes(numbers) if name == "u8" else numpy.array(numbers, f"{name[0]}{int(name[1:]) // 8}")
    if kind == "map":
        return {described(name): described(item) for name, item in content}
    of = {"list": list, "tuple": tuple, "set": set}[kind]
    return of(described(item) for item in content)


def only_in_rust(vector: dict[str, Any]) -> bool:
    text = json.dumps(vector.get("value"))
    return (
        any(f'"{kind}"' in text for kind in ("char", "f32", "nested_none", "record", "enum"))
        and '"numbers"' not in text
    )


@pytest.mark.parametrize(
    "vector", [vector for vector in VECTORS if not only_in_rust(vector)], ids=lambda vector: vector["name"]
)
def test_the_golden_vectors_hold(vector: dict[str, Any]) -> None:
    value = eval(vector["python"], dict(MODULES)) if "python" in vector else described(vector["value"])
    assert _core.encode_key(value).hex() == vector["bytes"]
    assert _core.key_digest(value).hex() == vector["digest"]


NOT_CACHEABLE: list[tuple[str, Any, str]] = [
    ("generator", lambda: (number for number in range(3)), "generator can be read only once"),
    ("iterator", lambda: iter([1]), "list_iterator can be read only once"),
    ("map", lambda: map(str, [1]), "map can be read only once"),
    ("lock", threading.Lock, "_thread.lock holds what cannot be seen"),
    ("socket", socket.socket, "socket.socket holds what cannot be seen"),
    ("bytes in memory", io.BytesIO, "_io.BytesIO is an open file"),
    ("module", lambda: sys, "module is a module"),
    ("object without fields", object, "object has no fields to see"),
    ("random numbers", random.Random, "random.Random holds what cannot be seen"),
    ("lone surrogate", lambda: "\ud800", "it is a text with a lone surrogate, which is not Unicode"),
    ("weak reference", lambda: weakref.ref(Plain), "weakref.ReferenceType holds what cannot be seen"),
    (
        "long float",
        lambda: numpy.longdouble(1),
        "an array of <f16 has bytes without a meaning; convert it to 64-bit floats",
    ),
]


@pytest.mark.parametrize(
    ("make", "problem"), [case[1:] for case in NOT_CACHEABLE], ids=[case[0] for case in NOT_CACHEABLE]
)
def test_what_has_no_stable_content_is_refused(make: Any, problem: str) -> None:
    value = make()
    assert refusal(value) == f"cannot hash parameters.x: {problem}"
    if hasattr(value, "close"):
        value.close()


def test_the_error_names_the_place_and_the_ways_out() -> None:
    with pytest.raises(CacheKeyError) as caught:
        key([1, 2, 3, Opaque()])
    assert str(caught.value) == "cannot hash parameters.x[3].lock: _thread.lock holds what cannot be seen"
    assert caught.value.__notes__ == [
        'hint: leave it out with `INPUTS - "x"`, name results with a `cache_key_fn`, say what stands for it with '
        "`register_encoder`, or use `NO_CACHE`"
    ]


def test_the_error_names_keys_fields_and_elements() -> None:
    lock = threading.Lock()
    assert refusal({"a": {1: (lock,)}}).startswith('cannot hash parameters.x["a"][1][0]: ')
    assert refusal(Point(x=Pair(lock))).startswith("cannot hash parameters.x.x.a: ")
    assert refusal({(1, lock): 1}).startswith("cannot hash parameters.x[…][1]: ")
    assert refusal(numpy.array([1, lock], object)).startswith("cannot hash parameters.x[1]: ")
    assert refusal(pandas.Series([0] * 70_000 + [lock], dtype=object)).startswith("cannot hash parameters.x[70000]: ")
    assert refusal(functools.partial(print, lock)).startswith("cannot hash parameters.x.args[0]: ")


def test_a_coroutine_is_refused_and_not_started() -> None:
    started = []

    async def body() -> None:
        started.append(1)

    coroutine = body()
    assert refusal(coroutine) == "cannot hash parameters.x: coroutine is to be awaited"
    asyncio.run(coroutine)
    assert started == [1]


def test_a_refused_generator_still_yields_everything() -> None:
    numbers = (number for number in range(3))
    refusal([numbers])
    assert list(numbers) == [0, 1, 2]


def test_a_refused_file_is_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one\ntwo\n")
    with path.open() as file:
        assert file.readline() == "one\n"
        assert refusal({"file": file}) == 'cannot hash parameters.x["file"]: _io.TextIOWrapper is an open file'
        assert file.readline() == "two\n"


def test_nothing_is_changed_by_being_hashed() -> None:
    array = numpy.arange(6).reshape(2, 3)[:, ::2]
    value = {"list": [1, {2}], "array": array, "frame": frame(a=[1, None]), "model": Model(), "point": Point([1])}
    before = copy.deepcopy(value)
    key(value)
    assert value["list"] == before["list"]
    assert numpy.array_equal(value["array"], before["array"])
    assert value["frame"].equals(before["frame"])
    assert (value["model"], value["point"]) == (before["model"], before["point"])


def test_what_holds_itself_is_refused() -> None:
    items: list[Any] = []
    items.append({"again": items})
    assert refusal(items) == 'cannot hash parameters.x[0]["again"]: it holds itself'
    node = Plain()
    node.next = node
    assert refusal(node) == "cannot hash parameters.x.next: it holds itself"
    array = numpy.empty(1, object)
    array[0] = array
    assert refusal(array).endswith(": it holds itself")


def test_what_makes_itself_up_is_refused() -> None:
    class Endless:
        def __keepwell_key__(self) -> Any:
            return [Endless()]

    assert refusal(Endless()).endswith("levels deep")


@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: (x,), lambda x: {"k": x}, lambda x: Plain(f=x)])
def test_twenty_thousand_levels_are_no_problem(wrap: Any) -> None:
    one, other = 1, 2
    for _ in range(20_000):
        one, other = wrap(one), wrap(other)
    assert key(one) != key(other)
    while not isinstance(one, int):
        one = one[0] if isinstance(one, (list, tuple)) else one["k"] if isinstance(one, dict) else one.f
        other = other[0] if isinstance(other, (list, tuple)) else other["k"] if isinstance(other, dict) else other.f


def test_a_dictionary_that_changes_while_it_is_read_is_refused() -> None:
    victim: dict[Any, Any] = {}

    class Meddler:
        def __keepwell_key__(self) -> Any:
            victim[len(victim)] = 1
            return 1

    victim["m"] = Meddler()
    assert refusal(victim).startswith("cannot hash parameters.x")


def test_an_exception_of_the_users_is_the_cause() -> None:
    class Broken:
        def __keepwell_key__(self) -> Any:
            raise ZeroDivisionError("broken")

    with pytest.raises(CacheKeyError, match=r"`__keepwell_key__` of .*Broken failed") as caught:
        key(Broken())
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_interrupt_is_passed_on() -> None:
    class Interrupted:
        def __keepwell_key__(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        key([Interrupted()])


def test_a_time_zone_that_shows_nothing_of_itself_is_refused() -> None:
    class Zone(datetime.tzinfo):
        def utcoffset(self, moment: datetime.datetime | None) -> datetime.timedelta:
            return datetime.timedelta(0)

    assert refusal(aware(Zone())).endswith("Zone shows nothing of itself")


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.datetimes()
    | st.timedeltas()
    | st.uuids()
)
hashable = st.recursive(scalars, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
nested = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
        | st.tuples(inner)
        | st.sets(hashable, max_size=3)
    ),
    max_leaves=20,
)


@given(nested)
@settings(max_examples=150, deadline=None)
def test_a_deep_copy_has_the_same_key(value: Any) -> None:
    assert _core.encode_key(value) == _core.encode_key(copy.deepcopy(value))


@given(st.lists(nested, min_size=1, max_size=4), st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_leaf_has_another_key(value: list[Any], data: Any) -> None:
    changed = copy.deepcopy(value)
    inner: Any = changed
    while True:
        index = (
            data.draw(st.integers(0, len(inner) - 1))
            if isinstance(inner, list)
            else data.draw(st.sampled_from(list(inner)))
        )
        if not isinstance(inner[index], (list, dict)) or not inner[index]:
            break
        inner = inner[index]
    inner[index] = ("changed", repr(inner[index]))
    assert _core.encode_key(value) != _core.encode_key(changed)


@given(nested, nested)
@settings(max_examples=150, deadline=None)
def test_unequal_values_have_other_keys(one: Any, other: Any) -> None:
    if one != other:
        assert _core.encode_key(one) != _core.encode_key(other)
