"""Serializers: what turns results into bytes and back.

A task names one by its type (`result_serializer="json"`) or gives an instance (`PickleSerializer(picklelib="dill")`).
`auto`, the default, writes deterministic CBOR where a value is plain data, which Rust reads too, and a pickle where it
is not. One's own is a subclass of `Serializer` with a `type` of its own:

    class TextSerializer(Serializer[str]):
        type: Literal["text"] = "text"

        def dumps(self, obj: str) -> bytes:
            return obj.encode()

        def loads(self, blob: bytes) -> str:
            return blob.decode()

`loads` of a pickle runs code that its bytes name. In a store that is safe, since records which may run code are served
only under the signature of a trusted key; called by hand it is for bytes that are trusted otherwise.
"""

from __future__ import annotations

import base64
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SerializeAsAny,
    field_validator,
    model_validator,
)

from keepwell import _core, _json
from keepwell._json import decode_object as keepwell_json_object_decoder
from keepwell._json import encode_object as keepwell_json_object_encoder

__all__ = [
    "AutoSerializer",
    "CBORSerializer",
    "CompressedAutoSerializer",
    "CompressedCBORSerializer",
    "CompressedJSONSerializer",
    "CompressedPickleSerializer",
    "CompressedSerializer",
    "JSONSerializer",
    "PickleSerializer",
    "Serializer",
    "UnknownSerializer",
    "keepwell_json_object_decoder",
    "keepwell_json_object_encoder",
]

D = TypeVar("D")

_ENCODER = "keepwell.serializers.keepwell_json_object_encoder"
_DECODER = "keepwell.serializers.keepwell_json_object_decoder"


class Serializer(BaseModel, Generic[D]):
    """What turns values into bytes and back. `Serializer(type="json")` is a `JSONSerializer`.

    A subclass is found by the default of its field `type`, from when it is defined.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    _registry: ClassVar[dict[str, type[Serializer[Any]]]] = {}

    type: str

    def __new__(cls, *_args: Any, **kwargs: Any) -> Serializer[Any]:
        """An instance of the subclass that `type` names, where it is made of this class itself."""
        found = cls._registry.get(str(kwargs.get("type"))) if cls._is_base() else None
        return super().__new__(found or cls)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        default = cls.model_fields["type"].default
        # `JSONSerializer[int]` is another class to Python, but no other serializer.
        if isinstance(default, str) and cls.__pydantic_generic_metadata__["origin"] is None:
            cls._registry[default] = cls

    @classmethod
    def _is_base(cls) -> bool:
        return cls is Serializer or cls.__pydantic_generic_metadata__["origin"] is Serializer

    @model_validator(mode="wrap")
    @classmethod
    def _dispatch(cls, value: Any, handler: ModelWrapValidatorHandler[Serializer[Any]]) -> Serializer[Any]:
        if not cls._is_base():
            return handler(value)
        if isinstance(value, Serializer):
            return value
        if isinstance(value, str):
            value = {"type": value}
        if isinstance(value, dict) and "type" in value:
            found = cls._registry.get(str(value["type"]))
            if found is None:
                names = ", ".join(sorted(cls._registry))
                raise ValueError(f"there is no serializer of type {value['type']!r}; there are {names}")
            return found.model_validate(value)
        return handler(value)

    def dumps(self, obj: D) -> bytes:
        """The value as bytes."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to turn a value into bytes")

    def loads(self, blob: bytes) -> D:
        """The value of the bytes."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to turn bytes into a value")


class UnknownSerializer(Serializer[Any]):
    """Stands for a serializer that is not to be found here, with all that is known of it. It can do nothing."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    type: str

    def dumps(self, obj: Any) -> bytes:  # noqa: ARG002
        """Raises `RuntimeError`."""
        raise RuntimeError(self._refusal("serialization"))

    def loads(self, blob: bytes) -> Any:  # noqa: ARG002
        """Raises `RuntimeError`."""
        raise RuntimeError(self._refusal("deserialization"))

    def _refusal(self, what: str) -> str:
        return f"Serializer {self.type!r} is not available in this environment, so {what} cannot be performed."


class AutoSerializer(Serializer[D]):
    """Deterministic CBOR for plain data, a pickle for the rest. The default.

    Attributes:
        mmap: Whether large results in folders are mapped into memory rather than read; the setting
            `KEEPWELL_RESULTS_MMAP` unless given. Their arrays cannot be written to, and may lie across words
            (`array.flags.aligned`).
    """

    type: Literal["auto"] = "auto"
    mmap: bool | None = None

    def dumps(self, obj: D) -> bytes:
        """The value as CBOR if it is plain data, else as a pickle."""
        payload: bytes = _core.encode_result(self, obj)[1]
        return payload

    def loads(self, blob: bytes) -> D:
        """The value of what `dumps` made. Runs code if that is a pickle."""
        # No item of deterministic CBOR begins with the byte of the empty array and goes on.
        is_pickle = blob[:1] == b"\x80" and len(blob) > 1
        value: D = _core.decode_result(self, "pickle" if is_pickle else "cbor", blob)
        return value


class CBORSerializer(Serializer[D]):
    """Deterministic CBOR. Refuses what is not plain data.

    Attributes:
        mmap: As for `AutoSerializer`.
    """

    type: Literal["cbor"] = "cbor"
    mmap: bool | None = None

    def dumps(self, obj: D) -> bytes:
        """The value as CBOR. Raises `SerializationError` if it is not plain data."""
        payload: bytes = _core.encode_result(self, obj)[1]
        return payload

    def loads(self, blob: bytes) -> D:
        """The value of the CBOR. Raises `SerializationError` if that is not what the bytes are."""
        value: D = _core.decode_result(self, "cbor", blob)
        return value


class PickleSerializer(Serializer[D]):
    """Pickles, made and read by the module `picklelib`.

    `dumps` gives them as text in base64. In a store they are kept as they are, signed.
    """

    type: Literal["pickle"] = "pickle"
    picklelib: str = "cloudpickle"
    picklelib_version: str | None = None

    @field_validator("picklelib")
    @classmethod
    def _check_picklelib(cls, value: str) -> str:
        return _check_library(value, "pickle", "Pickle", ("dumps", "loads"))

    def dumps(self, obj: D) -> bytes:
        """The value as a pickle in base64."""
        return base64.encodebytes(_json.find_object(self.picklelib).dumps(obj))

    def loads(self, blob: bytes) -> D:
        """The value of such a pickle. Runs code that the bytes name."""
        value: D = _json.find_object(self.picklelib).loads(base64.decodebytes(blob))
        return value


class JSONSerializer(Serializer[D]):
    """JSON, made and read by the module `jsonlib`.

    What JSON has no form for goes through `object_encoder`, and each object that is read through `object_decoder`; both
    are names of functions, or `None`. The default ones write the name of the object's class beside its data, by
    pydantic.
    """

    type: Literal["json"] = "json"
    jsonlib: str = "json"
    object_encoder: str | None = Field(default=_ENCODER)
    object_decoder: str | None = Field(default=_DECODER)
    dumps_kwargs: dict[str, Any] = Field(default_factory=dict)
    loads_kwargs: dict[str, Any] = Field(default_factory=dict)

    @field_validator("dumps_kwargs")
    @classmethod
    def _check_dumps_kwargs(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "default" in value:
            raise ValueError("`default` cannot be provided. Use `object_encoder` instead.")
        return value

    @field_validator("loads_kwargs")
    @classmethod
    def _check_loads_kwargs(cls, value: dict[str, Any]) -> dict[str, Any]:
        if "object_hook" in value:
            raise ValueError("`object_hook` cannot be provided. Use `object_decoder` instead.")
        return value

    def dumps(self, obj: D) -> bytes:
        """The value as JSON."""
        return self._dump(obj)[0]

    def loads(self, blob: bytes) -> D:
        """The value of the JSON. The default decoder imports the classes that the text names."""
        value: D = self._load(blob, named=True)
        return value

    def _dump(self, obj: Any) -> tuple[bytes, bool]:
        """The value as JSON, and whether the default decoder must be let loose on it to have the value back."""
        encoder = None if self.object_encoder is None else _json.find_object(self.object_encoder)
        called = False

        def encode(obj: Any) -> Any:
            nonlocal called
            called = True
            return encoder(obj)  # type: ignore[misc]

        arguments = self.dumps_kwargs if encoder is None else {**self.dumps_kwargs, "default": encode}
        text = _json.find_object(self.jsonlib).dumps(obj, **arguments)
        return text.encode() if isinstance(text, str) else text, called and self.object_decoder == _DECODER

    def _load(self, blob: bytes, named: bool) -> Any:
        """The value of the JSON. The default decoder sees only what is `named`; one of the user's own sees all."""
        arguments = dict(self.loads_kwargs)
        if self.object_decoder is not None and (named or self.object_decoder != _DECODER):
            arguments["object_hook"] = _json.find_object(self.object_decoder)
        return _json.find_object(self.jsonlib).loads(blob.decode(), **arguments)


class CompressedSerializer(Serializer[D]):
    """What another serializer makes, compressed.

    `dumps` compresses with the module `compressionlib` and gives text in base64. In a store the engine compresses,
    whatever `compressionlib` says, so that every reader can read it.
    """

    type: Literal["compressed"] = "compressed"
    serializer: SerializeAsAny[Serializer[Any]]
    compressionlib: str = "lzma"

    @field_validator("compressionlib")
    @classmethod
    def _check_compressionlib(cls, value: str) -> str:
        return _check_library(value, "compression", "Compression", ("compress", "decompress"))

    def dumps(self, obj: D) -> bytes:
        """The value as the inner serializer has it, compressed, in base64."""
        return base64.encodebytes(_json.find_object(self.compressionlib).compress(self.serializer.dumps(obj)))

    def loads(self, blob: bytes) -> D:
        """The value of what `dumps` made; as safe as the inner serializer."""
        compressed = base64.decodebytes(blob)
        value: D = self.serializer.loads(_json.find_object(self.compressionlib).decompress(compressed))
        return value


class CompressedPickleSerializer(CompressedSerializer[D]):
    """Pickles, compressed."""

    type: Literal["compressed/pickle"] = "compressed/pickle"  # type: ignore[assignment]
    serializer: SerializeAsAny[Serializer[Any]] = Field(default_factory=PickleSerializer)


class CompressedJSONSerializer(CompressedSerializer[D]):
    """JSON, compressed."""

    type: Literal["compressed/json"] = "compressed/json"  # type: ignore[assignment]
    serializer: SerializeAsAny[Serializer[Any]] = Field(default_factory=JSONSerializer)


class CompressedAutoSerializer(CompressedSerializer[D]):
    """CBOR or pickles, compressed."""

    type: Literal["compressed/auto"] = "compressed/auto"  # type: ignore[assignment]
    serializer: SerializeAsAny[Serializer[Any]] = Field(default_factory=AutoSerializer)


class CompressedCBORSerializer(CompressedSerializer[D]):
    """CBOR, compressed."""

    type: Literal["compressed/cbor"] = "compressed/cbor"  # type: ignore[assignment]
    serializer: SerializeAsAny[Serializer[Any]] = Field(default_factory=CBORSerializer)


def _check_library(name: str, kind: str, title: str, methods: tuple[str, ...]) -> str:
    try:
        library = _json.find_object(name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"Failed to import requested {kind} library: {name!r}.") from error
    for method in methods:
        if not callable(getattr(library, method, None)):
            raise ValueError(f"{title} library at {name!r} does not have a {method!r} method.")
    return name
