"""Serializers: which one is meant, what it writes, and what each reads."""

from __future__ import annotations

import base64
import bz2
import datetime
import json
import lzma
import os
import pickle
import subprocess
import sys
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pydantic
import pytest

import keepwell
from keepwell import _core
from keepwell.exceptions import SerializationError
from keepwell.serializers import (
    AutoSerializer,
    CBORSerializer,
    CompressedAutoSerializer,
    CompressedCBORSerializer,
    CompressedJSONSerializer,
    CompressedPickleSerializer,
    CompressedSerializer,
    JSONSerializer,
    PickleSerializer,
    Serializer,
    UnknownSerializer,
    keepwell_json_object_decoder,
    keepwell_json_object_encoder,
)


class Model(pydantic.BaseModel):
    number: int
    when: datetime.date


@dataclass
class Point:
    x: int
    y: int


class Upper(Serializer[str]):
    """Keeps text in upper case."""

    type: Literal["upper"] = "upper"
    suffix: str = ""

    def dumps(self, obj: str) -> bytes:
        return (obj.upper() + self.suffix).encode()

    def loads(self, blob: bytes) -> str:
        return blob.decode().removesuffix(self.suffix)


def _lambda(x: int) -> int:
    return x + 1


PLAIN = [None, True, 1, -(2**70), 1.5, "text", [1, [2]], {"a": {"b": None}}]
MODEL = Model(number=1, when=datetime.date(2026, 11, 24))
OBJECTS = [MODEL, Point(1, 2), {1, 2}, uuid.UUID(int=7), datetime.datetime(2026, 1, 2, 3, 4, 5), Path("/a/b")]
ALL = [
    AutoSerializer(),
    CBORSerializer(),
    JSONSerializer(),
    PickleSerializer(),
    CompressedSerializer(serializer="json"),
    CompressedAutoSerializer(),
    CompressedCBORSerializer(),
    CompressedJSONSerializer(),
    CompressedPickleSerializer(),
]


def _name(serializer: Serializer[Any]) -> str:
    return serializer.type


@pytest.mark.parametrize("serializer", ALL, ids=_name)
@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_comes_back_from_every_serializer(serializer: Serializer[Any], value: Any) -> None:
    assert serializer.loads(serializer.dumps(value)) == value
    name, payload = _core.encode_result(serializer, value)
    assert _core.decode_result(serializer, name, payload) == value


@pytest.mark.parametrize("serializer", ["auto", "json", "pickle", "compressed/json"])
@pytest.mark.parametrize("value", OBJECTS, ids=lambda value: type(value).__name__)
def test_objects_come_back_as_what_they_were(serializer: str, value: Any) -> None:
    found = Serializer(type=serializer)
    assert found.loads(found.dumps(value)) == value
    assert _core.decode_result(serializer, *_core.encode_result(serializer, value)) == value


def test_a_type_names_its_serializer() -> None:
    for serializer in ALL[:4] + ALL[5:]:
        assert type(Serializer(type=serializer.type)) is type(serializer)
        assert Serializer.model_validate({"type": serializer.type}) == serializer
        assert Serializer.model_validate(serializer.type) == serializer


def test_a_subclass_is_found_by_its_type_and_given_its_arguments() -> None:
    assert repr(Serializer(type="upper", suffix="!")) == "Upper(type='upper', suffix='!')"
    assert Serializer(type="upper") == Upper()


def test_a_parametrized_serializer_is_no_other_serializer() -> None:
    class OfText(pydantic.BaseModel):
        serializer: JSONSerializer[str]

    assert OfText(serializer={"type": "json"}).serializer.type == "json"
    assert type(Serializer(type="json")) is JSONSerializer


def test_a_type_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(pydantic.ValidationError, match="there is no serializer of type 'nope'; there are auto, cbor"):
        Serializer(type="nope")
    with pytest.raises(pydantic.ValidationError, match="Field required"):
        Serializer()
    with pytest.raises(pydantic.ValidationError, match="there is no serializer of type 'nope'"):
        _core.encode_result("nope", 1)


def test_what_is_no_serializer_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a serializer or the name of one, got 3"):
        _core.encode_result(3, 1)


@pytest.mark.parametrize("serializer", [JSONSerializer, PickleSerializer, AutoSerializer, Upper])
def test_an_argument_that_there_is_not_is_refused(serializer: type[Serializer[Any]]) -> None:
    with pytest.raises(pydantic.ValidationError, match="Extra inputs are not permitted"):
        serializer(wrong=1)


def test_a_base_class_says_what_it_lacks() -> None:
    class Nothing(Serializer[Any]):
        type: Literal["nothing"] = "nothing"

    with pytest.raises(NotImplementedError):
        Nothing().dumps(1)
    with pytest.raises(NotImplementedError):
        Nothing().loads(b"")


def test_an_unknown_serializer_keeps_what_is_known_of_it_and_does_nothing() -> None:
    unknown = UnknownSerializer(type="theirs", level=3)
    assert unknown.model_dump() == {"type": "theirs", "level": 3}
    words = "Serializer 'theirs' is not available in this environment, so deserialization cannot be performed."
    with pytest.raises(RuntimeError, match=words):
        unknown.loads(b"")
    with pytest.raises(RuntimeError, match="so serialization cannot be performed"):
        unknown.dumps(1)


class TestWhatARecordHolds:
    @pytest.mark.parametrize(
        ("serializer", "value", "name"),
        [
            ("auto", {"a": 1}, "cbor"),
            ("auto", _lambda, "pickle"),
            ("cbor", {"a": 1}, "cbor"),
            ("json", {"a": 1}, "json"),
            ("json", {"a": {1}}, "json/objects"),
            ("pickle", {"a": 1}, "pickle"),
            ("compressed/json", [1], "json"),
            ("compressed/auto", [1], "cbor"),
            (CompressedSerializer(serializer=Upper()), "a", "upper"),
            (Upper(), "a", "upper"),
            ("upper", "a", "upper"),
        ],
    )
    def test_the_name_says_what_the_bytes_are(self, serializer: Any, value: Any, name: str) -> None:
        assert _core.encode_result(serializer, value)[0] == name

    def test_json_is_plain_json_and_a_pickle_is_a_pickle(self) -> None:
        assert json.loads(_core.encode_result("json", {"a": [1, None]})[1]) == {"a": [1, None]}
        assert pickle.loads(_core.encode_result(PickleSerializer(picklelib="pickle"), (1, 2))[1]) == (1, 2)

    def test_a_function_of_the_main_program_is_pickled_by_value(self) -> None:
        code = "\n".join(
            [
                "from keepwell import _core",
                "def twice(x): return 2 * x",
                "name, payload = _core.encode_result('auto', twice)",
                "del twice",
                "print(name, _core.decode_result('auto', name, payload)(21))",
            ]
        )
        assert _output(code) == "pickle 42\n"

    @pytest.mark.parametrize("name", ["cbor", "json"])
    @pytest.mark.parametrize("serializer", [*ALL, Upper()], ids=_name)
    def test_everybody_reads_data(self, serializer: Serializer[Any], name: str) -> None:
        payload = _core.encode_result(name, {"a": [1]})[1]
        assert _core.decode_result(serializer, name, payload) == {"a": [1]}

    @pytest.mark.parametrize("name", ["pickle", "json/objects", "upper"])
    @pytest.mark.parametrize("serializer", ["cbor", "json", "pickle", "auto", "upper"])
    def test_what_may_run_code_is_read_by_who_writes_it(self, serializer: str, name: str) -> None:
        readers = {"pickle": {"pickle", "auto"}, "json/objects": {"json", "auto"}, "upper": {"upper"}}
        payload = {"pickle": pickle.dumps("A"), "json/objects": b'"A"', "upper": b"A"}[name]
        if serializer in readers[name]:
            assert _core.decode_result(serializer, name, payload) == "A"
        else:
            words = f"the result was written by the serializer `{name}`, which `{serializer}` does not read"
            with pytest.raises(SerializationError, match=words):
                _core.decode_result(serializer, name, payload)

    def test_data_that_looks_like_an_object_stays_data(self) -> None:
        data = {"__class__": "builtins.set", "data": [1]}
        name, payload = _core.encode_result("json", data)
        assert name == "json"
        for serializer in ("json", "auto", JSONSerializer(), AutoSerializer()):
            assert _core.decode_result(serializer, name, payload) == data

    @pytest.mark.parametrize("serializer", ["auto", "json", "pickle", "cbor"])
    def test_bytes_of_no_value_are_an_error(self, serializer: str) -> None:
        for name in ("cbor", "json", serializer if serializer != "auto" else "pickle"):
            with pytest.raises(SerializationError):
                _core.decode_result(serializer, name, b"\xff\xff")

    @pytest.mark.parametrize("serializer", ["auto", "json", "pickle", "cbor", "compressed/pickle"])
    def test_a_value_without_a_form_is_an_error_in_the_same_words(self, serializer: str) -> None:
        words = (
            rf"Failed to serialize object of type 'lock' with serializer '{serializer}'. You can try a different "
            r"serializer \(e.g. result_serializer=\"json\"\) or disabling persistence \(persist_result=False\) for "
            r"this flow or task"
        )
        with pytest.raises(SerializationError, match=words):
            _core.encode_result(serializer, threading.Lock())

    def test_an_interruption_goes_through_as_it_is(self) -> None:
        class Interrupting(Upper):
            type: Literal["interrupting"] = "interrupting"  # type: ignore[assignment]

            def dumps(self, obj: str) -> bytes:
                raise KeyboardInterrupt("now")

        with pytest.raises(KeyboardInterrupt, match="now"):
            _core.encode_result(Interrupting(), "a")

    def test_what_a_serializer_of_ones_own_raises_is_the_cause(self) -> None:
        with pytest.raises(SerializationError, match="Failed to serialize object of type 'int'") as caught:
            _core.encode_result(Upper(), 3)
        assert isinstance(caught.value.__cause__, AttributeError)

    def test_a_serializer_of_ones_own_must_return_bytes(self) -> None:
        class Wrong(Upper):
            type: Literal["wrong"] = "wrong"  # type: ignore[assignment]

            def dumps(self, obj: str) -> bytes:
                return obj  # type: ignore[return-value]

        with pytest.raises(SerializationError, match="Failed to serialize"):
            _core.encode_result(Wrong(), "a")


class TestPickle:
    def test_dumps_is_base64(self) -> None:
        assert pickle.loads(base64.decodebytes(PickleSerializer().dumps((1,)))) == (1,)

    def test_the_library_that_is_named_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pickle, "dumps", lambda obj: b"dumped")
        monkeypatch.setattr(pickle, "loads", lambda blob: ("loaded", blob))
        serializer = PickleSerializer(picklelib="pickle")
        assert serializer.dumps(1) == base64.encodebytes(b"dumped")
        assert serializer.loads(base64.encodebytes(b"x")) == ("loaded", b"x")
        assert _core.encode_result(serializer, 1) == ("pickle", b"dumped")
        assert _core.decode_result(serializer, "pickle", b"x") == ("loaded", b"x")

    @pytest.mark.parametrize("missing", ["dumps", "loads"])
    def test_a_library_must_have_both_functions(self, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
        monkeypatch.delattr(pickle, missing)
        with pytest.raises(
            pydantic.ValidationError, match=f"Pickle library at 'pickle' does not have a '{missing}' method"
        ):
            PickleSerializer(picklelib="pickle")

    def test_a_library_must_be_there(self) -> None:
        with pytest.raises(
            pydantic.ValidationError, match=r"Failed to import requested pickle library: 'nope\.at\.all'"
        ):
            PickleSerializer(picklelib="nope.at.all")


def encode_complex(value: complex) -> dict[str, float]:
    return {"real": value.real, "imaginary": value.imag}


def decode_complex(found: dict[str, Any]) -> Any:
    return complex(found["real"], found["imaginary"]) if set(found) == {"real", "imaginary"} else found


class TestJSON:
    def test_an_object_names_its_class(self) -> None:
        assert json.loads(JSONSerializer().dumps(MODEL)) == {
            "__class__": f"{__name__}.Model",
            "data": {"number": 1, "when": "2026-11-24"},
        }

    def test_exceptions_come_back_by_their_message(self) -> None:
        back = JSONSerializer[ValueError]().loads(JSONSerializer().dumps(ValueError("wrong")))
        assert (type(back), back.args) == (ValueError, ("wrong",))

    @pytest.mark.parametrize("name", ["builtins.print", "os.system", "builtins.int", "nope.Nope"])
    def test_what_is_called_an_exception_must_be_one(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"Invalid exception type: '{name}'"):
            keepwell_json_object_decoder({"__exc_type__": name, "message": "echo"})

    def test_a_class_that_is_not_there_leaves_the_dictionary(self) -> None:
        found = {"__class__": "nope.Nope", "data": 1}
        assert keepwell_json_object_decoder(found) is found
        other = {"x": 1}
        assert keepwell_json_object_decoder(other) is other

    def test_the_functions_are_each_others_inverse(self) -> None:
        assert keepwell_json_object_decoder(keepwell_json_object_encoder(MODEL)) == MODEL

    def test_ones_own_functions_are_used_and_need_no_class(self) -> None:
        serializer = JSONSerializer(
            object_encoder=f"{__name__}.encode_complex", object_decoder=f"{__name__}.decode_complex"
        )
        assert serializer.loads(serializer.dumps([1 + 2j])) == [1 + 2j]
        assert _core.encode_result(serializer, [1 + 2j]) == ("json", b'[{"real": 1.0, "imaginary": 2.0}]')
        assert _core.decode_result(serializer, *_core.encode_result(serializer, [1 + 2j])) == [1 + 2j]

    def test_without_functions_it_is_json_and_nothing_else(self) -> None:
        serializer = JSONSerializer(object_encoder=None, object_decoder=None)
        with pytest.raises(TypeError):
            serializer.dumps({1})
        assert serializer.loads(b'{"__class__": "builtins.set", "data": [1]}') == {
            "__class__": "builtins.set",
            "data": [1],
        }

    def test_arguments_go_to_the_library(self) -> None:
        assert JSONSerializer(dumps_kwargs={"indent": 1}).dumps([1]) == b"[\n 1\n]"
        assert JSONSerializer(loads_kwargs={"parse_int": str}).loads(b"[1]") == ["1"]
        assert _core.encode_result(JSONSerializer(dumps_kwargs={"indent": 1}), [1])[1] == b"[\n 1\n]"

    def test_arguments_must_not_collide(self) -> None:
        with pytest.raises(
            pydantic.ValidationError, match=r"`default` cannot be provided\. Use `object_encoder` instead\."
        ):
            JSONSerializer(dumps_kwargs={"default": "foo"})
        with pytest.raises(pydantic.ValidationError, match="`object_hook` cannot be provided"):
            JSONSerializer(loads_kwargs={"object_hook": "foo"})


class TestCompressed:
    @pytest.mark.parametrize(("library", "module"), [("lzma", lzma), ("bz2", bz2)])
    def test_dumps_is_compressed_by_the_library_that_is_named(self, library: str, module: Any) -> None:
        blob = CompressedSerializer(serializer="json", compressionlib=library).dumps([1, 2])
        assert module.decompress(base64.decodebytes(blob)) == b"[1, 2]"

    def test_a_library_must_have_both_functions(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delattr(lzma, "compress")
        words = "Compression library at 'lzma' does not have a 'compress' method"
        with pytest.raises(pydantic.ValidationError, match=words):
            CompressedSerializer(serializer="json", compressionlib="lzma")
        with pytest.raises(pydantic.ValidationError, match="Failed to import requested compression library: 'nope'"):
            CompressedSerializer(serializer="json", compressionlib="nope")

    def test_the_inner_serializer_is_kept_with_its_arguments(self) -> None:
        serializer = CompressedSerializer(serializer=JSONSerializer(dumps_kwargs={"indent": 1}))
        assert CompressedSerializer.model_validate(serializer.model_dump()) == serializer
        assert _core.encode_result(serializer, [1])[1] == b"[\n 1\n]"


def _output(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(keepwell.__file__).parents[1])}
    return subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)


def test_a_name_and_plain_data_import_neither_pydantic_nor_cloudpickle() -> None:
    code = """
import sys
from keepwell import _core
for serializer in ("auto", "cbor", "json", "compressed/auto"):
    _core.decode_result(serializer, *_core.encode_result(serializer, {"a": [1, 2.5, None]}))
print([name for name in ("pydantic", "cloudpickle", "pickle", "keepwell.serializers") if name in sys.modules])
"""
    assert _output(code) == "[]\n"
