"""Records of results, as Python shows them: a value and what is known about it."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

import keepwell
from keepwell import _core
from keepwell.exceptions import SerializationError
from keepwell.serializers import Serializer, UnknownSerializer
from keepwell.settings import get_current_settings

R = TypeVar("R")

# What the engine's own records begin with.
_MAGIC = b"\x89KWL\r\n\x1a\n"


def _default_serializer() -> Serializer[Any]:
    return Serializer(type=get_current_settings().results.default_serializer)


class ResultRecordMetadata(BaseModel):
    """What is known about a result without the result: where it is, until when it counts, what wrote it."""

    storage_key: str | None = None
    expiration: datetime | None = None
    serializer: Any = Field(default_factory=_default_serializer)
    keepwell_version: str = keepwell.__version__
    storage_block_id: UUID | None = None

    @field_validator("serializer", mode="before")
    @classmethod
    def _find_serializer(cls, value: Any) -> Serializer[Any]:
        """What was written by a serializer that is not to be found here can be looked at all the same."""
        if isinstance(value, dict) and "type" in value and value["type"] not in Serializer._registry:
            return UnknownSerializer(**value)
        found: Serializer[Any] = value if isinstance(value, Serializer) else Serializer.model_validate(value)
        return found

    def dump_bytes(self) -> bytes:
        """The metadata as JSON."""
        return self.model_dump_json().encode()

    @classmethod
    def load_bytes(cls, data: bytes) -> ResultRecordMetadata:
        """The metadata of what `dump_bytes` made.

        Raises `ValidationError` if it is something else.
        """
        return cls.model_validate_json(data)


class ResultRecord(BaseModel, Generic[R]):
    """A result and what is known about it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True)

    metadata: ResultRecordMetadata
    result: R

    _persisted: bool = PrivateAttr(default=False)
    _key: str | None = PrivateAttr(default=None)

    @property
    def expiration(self) -> datetime | None:
        """Until when it counts; `None` where it does not expire."""
        return self.metadata.expiration

    @property
    def serializer(self) -> Serializer[Any]:
        """What turns the result into bytes."""
        serializer: Serializer[Any] = self.metadata.serializer
        return serializer

    @property
    def is_persisted(self) -> bool:
        """Whether it has been written, or was read."""
        return self._persisted

    def serialize_result(self) -> bytes:
        """The result as bytes, by its serializer.

        Raises `SerializationError` if that refuses it.
        """
        try:
            return self.serializer.dumps(self.result)
        except Exception as error:
            raise refuse_to_serialize(self.result, self.serializer, error) from error

    def serialize_metadata(self) -> bytes:
        """The metadata as JSON."""
        return self.metadata.dump_bytes()

    def serialize(self) -> bytes:
        """Metadata and result as JSON, the result in base64: for taking it elsewhere by hand. No store reads it.

        Raises `SerializationError` if the serializer refuses the result.
        """
        metadata = self.metadata.model_dump(mode="json")
        result = base64.b64encode(self.serialize_result()).decode()
        return json.dumps({"metadata": metadata, "result": result}).encode()

    @classmethod
    def deserialize(cls, data: bytes, backup_serializer: Serializer[Any] | None = None) -> ResultRecord[R]:
        """The record of what `serialize` made, or of the content of a record's file in a store.

        Nobody vouches for either, and a pickle runs code: for bytes that are trusted otherwise. `backup_serializer` is
        used where the one that is named is not to be found. Raises `ValueError` if it is no record.
        """
        if data.startswith(_MAGIC):
            return cls._of_stored(_core.inspect_record(data), backup_serializer)
        document = json.loads(data)
        metadata = json.dumps(document["metadata"]).encode()
        return cls.deserialize_from_result_and_metadata(
            base64.b64decode(document["result"]), metadata, backup_serializer
        )

    @classmethod
    def deserialize_from_result_and_metadata(
        cls, result: bytes, metadata: bytes, backup_serializer: Serializer[Any] | None = None
    ) -> ResultRecord[R]:
        """The record of a result and its metadata, as `serialize_result` and `serialize_metadata` made them."""
        known = ResultRecordMetadata.load_bytes(metadata)
        if isinstance(known.serializer, UnknownSerializer) and backup_serializer is not None:
            known = known.model_copy(update={"serializer": backup_serializer})
        return cls(metadata=known, result=known.serializer.loads(result))

    @classmethod
    def _of_stored(cls, stored: _core.StoredRecord, backup: Serializer[Any] | None) -> ResultRecord[R]:
        name = stored.serializer
        serializer = Serializer(type=name) if name in Serializer._registry else backup or UnknownSerializer(type=name)
        metadata = ResultRecordMetadata(
            storage_key=stored.key, expiration=of_milliseconds(stored.expiration), serializer=serializer
        )
        record = cls(metadata=metadata, result=stored.value(serializer))
        record._key, record._persisted = stored.key, True
        return record

    def __eq__(self, other: Any) -> bool:
        if not isinstance(other, ResultRecord):
            return False
        return self.metadata.model_dump() == other.metadata.model_dump() and bool(self.result == other.result)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


def refuse_to_serialize(value: Any, serializer: Serializer[Any], cause: Exception) -> SerializationError:
    """The error of a value that a serializer refuses, because of `cause`."""
    return SerializationError(
        f"Failed to serialize object of type {type(value).__name__!r} with serializer {serializer.type!r}. "
        'You can try a different serializer (e.g. result_serializer="json") or disabling persistence '
        f"(persist_result=False) for this flow or task. The serializer says: {cause}"
    )


def to_milliseconds(time: datetime | None) -> int | None:
    """Milliseconds since the epoch. A time without a zone is local."""
    return None if time is None else max(0, int(time.timestamp() * 1000))


def of_milliseconds(milliseconds: int | None) -> datetime | None:
    """The time of so many milliseconds since the epoch, in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
