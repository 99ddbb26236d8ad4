"""What stands for a value in keys where its user says so: by an encoder, by the content of files, by pickles."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from keepwell import _core
from keepwell.exceptions import CacheKeyError
from keepwell.keys import Directory, File, register_encoder
from keyed import key, refusal


def test_a_registered_encoder_says_what_stands_for_a_value() -> None:
    class Handle:
        def __init__(self, name: str) -> None:
            self.name, self.lock = name, threading.Lock()

    assert "lock" in refusal(Handle("a"))
    register_encoder(Handle)(lambda handle: handle.name)
    assert key(Handle("a")) == key(Handle("a"))
    assert key(Handle("a")) != key(Handle("b"))
    first = key(Handle("a"))
    register_encoder(Handle, version=2)(lambda handle: handle.name)
    assert key(Handle("a")) != first


def test_an_encoder_counts_for_exactly_its_class() -> None:
    class Base:
        def __init__(self) -> None:
            self.lock = threading.Lock()

    class Derived(Base):
        pass

    register_encoder(Base)(lambda value: "base")
    key(Base())
    assert "lock" in refusal(Derived())


def test_an_encoder_needs_a_class_and_a_version() -> None:
    with pytest.raises(TypeError, match="3 is none"):
        register_encoder(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must not be negative"):
        register_encoder(int, version=-1)
    with pytest.raises(ValueError, match="cannot be called"):
        register_encoder(Path)(3)  # type: ignore[type-var]


def test_a_pickle_is_hashed_only_where_asked() -> None:
    class Bare:
        pass

    assert _core.encode_key(Bare(), pickle=True).hex().startswith("da6b77001b5820")
    assert _core.encode_key([1, "a"], pickle=True) == _core.encode_key([1, "a"])
    with pytest.raises(CacheKeyError, match="can be read only once"):
        _core.encode_key(iter([1]), pickle=True)
    with pytest.raises(CacheKeyError, match="and cannot be pickled"):
        _core.encode_key(threading.Lock(), pickle=True)


def test_a_file_is_its_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"content")
    other.write_bytes(b"content")
    assert _core.encode_key(File(one)).hex() == "da6b7700125820" + _core.digest(b"content").hex()
    assert key(File(one)) == key(File(str(other)))
    assert key(one) != key(other)
    other.write_bytes(b"another")
    assert key(File(one)) != key(File(other))


def test_a_file_that_was_hashed_before_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    past = time.time() - 60
    os.utime(path, (past, past))
    before = key(File(path))
    assert key(File(path)) == before
    path.write_bytes(b"after!")
    os.utime(path, (past, past))
    assert key(File(path)) != before


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(File(tmp_path / "no")).startswith(f"cannot hash parameters.x: cannot read {tmp_path}/no: ")
    assert "it is no regular file" in refusal(File(tmp_path))


def test_a_folder_is_the_names_and_contents_in_it(tmp_path: Path) -> None:
    def folder(name: str, files: dict[str, str]) -> Directory:
        for file, content in files.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return Directory(tmp_path / name)

    one = folder("one", {"a": "1", "deep/b": "2"})
    assert key(one) == key(folder("same", {"deep/b": "2", "a": "1"}))
    assert key(one) != key(folder("content", {"a": "1", "deep/b": "3"}))
    assert key(one) != key(folder("name", {"a": "1", "deep/c": "2"}))
    (tmp_path / "one" / "deep" / "loop").symlink_to(tmp_path / "one")
    assert key(one) == key(Directory(tmp_path / "same"))


def test_files_are_used_like_paths(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("text")
    file = File(path)
    assert Path(file).read_text() == "text"
    assert (str(file), repr(file)) == (str(path), f"File({str(path)!r})")
    assert file == File(str(path))
    assert file != Directory(path)
    assert hash(file) == hash(File(path))
