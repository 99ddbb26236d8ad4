"""Nothing unsigned is unpickled: what an attacker does who can write to the storage, and what that comes to."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import cloudpickle
import pytest

from keepwell import _core, task
from keepwell.exceptions import ConfigurationError, KeepwellException, MissingResult, SettingsError
from keepwell.results import ResultStore
from keepwell.serializers import Serializer

KEY = "5a" * 32


class Evil:
    """A value whose pickle writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.path),)


class Text(Serializer[str]):
    """A serializer of the user's own, which could do anything."""

    type: Literal["mine"] = "mine"

    def dumps(self, obj: str) -> bytes:
        return obj.encode()

    def loads(self, blob: bytes) -> str:
        return blob.decode()


class Shelf:
    """A storage of the user's own, of which keepwell cannot know who can write to it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def read_path(self, path: str) -> bytes:
        try:
            return self.kept[path]
        except KeyError as error:
            raise ValueError(f"Path {path} does not exist.") from error

    def write_path(self, path: str, content: bytes) -> None:
        self.kept[path] = content


def forge(head: bytes, name: str, payload: bytes, key_id: bytes = b"", signature: bytes = b"") -> bytes:
    """A head as `docs/record-format.md` has it, with another payload, its digests and checksum right."""
    length, name_length = int.from_bytes(head[10:12], "little"), head[244]
    key_begins = length + (32 if head[15] else 0)
    key = head[key_begins : key_begins + int.from_bytes(head[240:244], "little")]
    new = bytearray(head[:244])
    new[12], new[14], new[15] = 1, 0, 1 if signature else 0
    new[176:184] = new[184:192] = len(payload).to_bytes(8, "little")
    new[192:224] = _core.digest(payload)
    new[224:240] = key_id or bytes(16)
    new += bytes([len(name)]) + name.encode() + head[245 + name_length : length - 32]
    new[10:12] = (len(new) + 32).to_bytes(2, "little")
    return bytes(new) + _core.digest(bytes(new)) + signature + key + payload


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(result_storage=tmp_path / "storage")


@pytest.fixture
def head(store: ResultStore, tmp_path: Path) -> Path:
    """The file of a genuine record of plain data under `A`."""
    store.write(key="A", obj="genuine")
    return tmp_path / "storage" / "A"


def why_not(store: ResultStore, key: str = "A") -> str:
    """Why there is no result under the key."""
    assert not store.exists(key)
    with pytest.raises(KeepwellException) as caught:
        store.read(key)
    assert type(caught.value) is MissingResult
    return str(caught.value)


def test_the_forger_can_forge(store: ResultStore, head: Path) -> None:
    head.write_bytes(forge(head.read_bytes(), "json", b'"forged"'))
    assert store.read("A").result == "forged"


@pytest.mark.parametrize("name", ["pickle", "compressed/pickle", "PICKLE", "json/objects", "mine", "auto"])
def test_a_planted_record_that_may_run_code_is_never_loaded_and_left_alone(
    store: ResultStore, head: Path, tmp_path: Path, name: str
) -> None:
    payload = pickle.dumps(Evil(tmp_path / "pwned"))
    if name == "json/objects":
        payload = b'{"__class__": "this", "data": 1}'
    planted = forge(head.read_bytes(), name, payload)
    head.write_bytes(planted)
    for serializer in ("auto", "pickle", "json", Text()):
        reader = ResultStore(result_storage=tmp_path / "storage", serializer=serializer)
        assert "the record is not trusted: it is not signed" in why_not(reader)
    assert not (tmp_path / "pwned").exists()
    assert head.read_bytes() == planted


def test_the_planted_pickle_would_have_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Evil(tmp_path / "pwned")))
    assert (tmp_path / "pwned").exists()


def test_a_pickle_with_a_signature_of_another_key_or_another_record_is_never_loaded(
    store: ResultStore, head: Path, tmp_path: Path
) -> None:
    store.write(key="B", obj=test_the_forger_can_forge)
    genuine = (tmp_path / "storage" / "B").read_bytes()
    length = int.from_bytes(genuine[10:12], "little")
    key_id, signature = genuine[224:240], genuine[length : length + 32]
    payload = pickle.dumps(Evil(tmp_path / "pwned"))
    head.write_bytes(forge(head.read_bytes(), "pickle", payload, key_id, signature))
    assert "its signature does not match" in why_not(store)
    head.write_bytes(forge(head.read_bytes(), "pickle", payload, bytes(16), hashlib.sha256(b"x").digest()))
    assert "it is signed with the unknown key" in why_not(store)
    head.write_bytes(genuine)
    assert not store.exists("A")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["cbor", "json"])
def test_a_pickle_that_is_called_data_is_read_as_data(
    store: ResultStore, head: Path, tmp_path: Path, name: str
) -> None:
    head.write_bytes(forge(head.read_bytes(), name, pickle.dumps(Evil(tmp_path / "pwned"))))
    with pytest.raises(KeepwellException):
        store.read("A").result
    assert not (tmp_path / "pwned").exists()


def test_an_unsigned_json_text_that_names_a_class_is_a_dictionary(store: ResultStore, head: Path) -> None:
    head.write_bytes(forge(head.read_bytes(), "json", b'{"__class__": "this", "data": 1}'))
    reader = ResultStore(result_storage=store.result_storage, serializer="json")
    assert reader.read("A").result == {"__class__": "this", "data": 1}


def test_ones_own_pickles_come_back_and_so_do_those_of_a_next_process(store: ResultStore, tmp_path: Path) -> None:
    store.write(key="A", obj=lambda x: x + 1)
    assert store.read("A").result(1) == 2
    assert (tmp_path / "home" / "signing.key").stat().st_mode == stat.S_IFREG | 0o600
    again = ResultStore(result_storage=tmp_path / "storage", cache_result_in_memory=False)
    assert again.read("A").result(1) == 2


def test_plain_data_needs_no_key(store: ResultStore, head: Path, tmp_path: Path) -> None:
    assert store.read("A").result == "genuine"
    assert not (tmp_path / "home" / "signing.key").exists()


def test_without_the_key_a_pickle_is_not_loaded(store: ResultStore, tmp_path: Path) -> None:
    store.write(key="A", obj=lambda x: x + 1)
    (tmp_path / "home" / "signing.key").unlink()
    stranger = ResultStore(result_storage=tmp_path / "storage")
    assert "it is signed with the unknown key" in why_not(stranger)


def test_a_key_that_others_can_read_is_refused_with_what_to_do(store: ResultStore, tmp_path: Path) -> None:
    store.write(key="A", obj=lambda x: x + 1)
    (tmp_path / "home" / "signing.key").chmod(0o644)
    other = ResultStore(result_storage=tmp_path / "storage")
    assert "is open to others (if nobody can have read it, `chmod 600` it" in why_not(other)
    with pytest.raises(SettingsError, match="is open to others") as caught:
        other.write(key="B", obj=lambda x: x + 1)
    assert "chmod 600" in caught.value.__notes__[0]


def test_a_storage_of_unknown_privacy_keeps_no_pickle_without_a_shared_secret() -> None:
    store = ResultStore(result_storage=Shelf())
    store.write(key="A", obj={"plain": 1})
    with pytest.raises(ConfigurationError, match="a result of the serializer `pickle` must be signed") as caught:
        store.write(key="B", obj=lambda x: x + 1)
    assert "KEEPWELL_RESULTS_SIGNING_KEY" in caught.value.__notes__[0]
    assert (store.read("A").result, store.exists("B")) == ({"plain": 1}, False)


def test_a_shared_secret_signs_in_any_storage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KEEPWELL_RESULTS_SIGNING_KEY", KEY)
    store = ResultStore(result_storage=Shelf())
    store.write(key="A", obj=lambda x: x + 1)
    assert store.read("A").result(1) == 2
    assert not (tmp_path / "home" / "signing.key").exists()
    monkeypatch.setenv("KEEPWELL_RESULTS_SIGNING_KEY", "6b" * 32)
    assert "unknown key" in why_not(ResultStore(result_storage=store.result_storage))
    monkeypatch.setenv("KEEPWELL_RESULTS_TRUSTED_KEYS", KEY)
    assert ResultStore(result_storage=store.result_storage).read("A").result(1) == 2


def test_a_demand_for_signatures_holds_for_data_too(
    store: ResultStore, head: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert head.exists()
    monkeypatch.setenv("KEEPWELL_RESULTS_REQUIRE_SIGNATURE", "true")
    strict = ResultStore(result_storage=store.result_storage)
    assert "it is not signed" in why_not(strict)
    strict.write(key="A", obj="signed")
    assert strict.read("A").result == "signed"


def test_a_serializer_of_ones_own_is_signed_and_read_back(tmp_path: Path) -> None:
    store = ResultStore(result_storage=tmp_path / "storage", serializer=Text())
    store.write(key="A", obj="mine")
    assert store.read("A").result == "mine"
    assert (tmp_path / "storage" / "A").read_bytes()[15] == 1


def test_a_task_whose_record_was_planted_runs_its_body_and_replaces_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []

    @task(cache_key_fn=lambda *_: "A", result_storage=tmp_path / "storage")
    def measure() -> Callable[[], int]:
        calls.append(1)
        return lambda: 7

    ResultStore(result_storage=tmp_path / "storage").write(key="A", obj="genuine")
    head = tmp_path / "storage" / "A"
    head.write_bytes(forge(head.read_bytes(), "pickle", pickle.dumps(Evil(tmp_path / "pwned"))))
    with caplog.at_level(logging.WARNING, logger="keepwell"):
        assert (measure()(), measure()(), calls) == (7, 7, [1])
    assert not (tmp_path / "pwned").exists()
    assert any("it is not signed" in message for message in caplog.messages)


def test_a_task_whose_pickle_cannot_be_signed_returns_its_value_and_says_that_it_is_not_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf = Shelf()

    @task(cache_key_fn=lambda *_: "A", result_storage=shelf)
    def measure() -> Callable[[], int]:
        return lambda: 7

    with caplog.at_level(logging.WARNING, logger="keepwell"):
        assert measure()() == 7
    assert any("it is not kept" in text and "KEEPWELL_RESULTS_SIGNING_KEY" in text for text in caplog.messages)
    assert not any(path.endswith("A") for path in shelf.kept)


def test_cloudpickle_reads_what_the_standard_library_reads() -> None:
    assert cloudpickle.loads is pickle.loads
