"""The hash functions that are of use on their own."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from keepwell import _core
from keepwell.exceptions import HashError
from keepwell.utilities.hashing import file_hash, hash_objects, stable_hash


def test_texts_and_bytes_are_hashed_one_after_the_other() -> None:
    expected = hashlib.md5(b"ab\xc3\xa9c").hexdigest()
    assert stable_hash("ab", "\u00e9", b"c") == expected
    assert stable_hash("ab\u00e9c", hash_algo=hashlib.sha256) == hashlib.sha256(b"ab\xc3\xa9c").hexdigest()


def test_a_file_is_hashed_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    assert file_hash(str(path)) == stable_hash(b"content")
    assert file_hash(str(path), hash_algo=hashlib.sha256) == hashlib.sha256(b"content").hexdigest()


def test_values_have_the_digest_that_keys_are_made_of() -> None:
    assert hash_objects(1, x=2) == _core.key_digest(((1,), {"x": 2})).hex()
    assert hash_objects(1, x=2) != hash_objects(1, y=2)
    assert hash_objects([1]) != hash_objects((1,))
    assert hash_objects(a=1, b=2) == hash_objects(b=2, a=1)


def test_another_algorithm_hashes_the_same_bytes() -> None:
    expected = hashlib.sha256(_core.encode_key(((1,), {}))).hexdigest()
    assert hash_objects(1, hash_algo=hashlib.sha256) == expected


def test_a_value_without_a_stable_content_has_no_hash() -> None:
    assert hash_objects(threading.Lock()) is None
    with pytest.raises(HashError) as caught:
        hash_objects(1, threading.Lock(), raise_on_failure=True)
    assert str(caught.value) == (
        "Unable to create hash - objects could not be serialized.\n"
        "  cannot hash objects[0][1]: _thread.lock holds what cannot be seen"
    )
