"""File systems: reading and writing by path, inside of a base path and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from keepwell.filesystems import LocalFileSystem, NullFileSystem, RemoteFileSystem
from keepwell.results import ResultStore


def test_what_was_written_is_read(tmp_path: Path) -> None:
    files = LocalFileSystem(basepath=str(tmp_path / "files"))

    assert files.write_path("a/b.txt", b"hello") == str(tmp_path / "files" / "a" / "b.txt")

    assert files.read_path("a/b.txt") == b"hello"
    assert files.read_path(str(tmp_path / "files" / "a" / "b.txt")) == b"hello"
    assert [path.name for path in (tmp_path / "files" / "a").iterdir()] == ["b.txt"]


def test_a_base_path_may_be_a_path(tmp_path: Path) -> None:
    assert LocalFileSystem(basepath=tmp_path).basepath == str(tmp_path)  # type: ignore[arg-type]


def test_a_base_path_is_the_current_folder_where_none_is_given(tmp_path: Path) -> None:
    LocalFileSystem().write_path("x", b"1")
    assert (tmp_path / "x").read_bytes() == b"1"


def test_a_base_path_may_begin_with_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert LocalFileSystem(basepath="~/x")._resolve_path("y") == tmp_path / "x" / "y"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x"])
def test_no_path_leads_out_of_the_base_path(tmp_path: Path, path: str) -> None:
    files = LocalFileSystem(basepath=str(tmp_path / "files"))

    with pytest.raises(ValueError, match=r"Provided path .* is outside of the base path"):
        files.read_path(path)
    with pytest.raises(ValueError, match="outside of the base path"):
        files.write_path(path, b"")


def test_a_link_leads_out_of_no_base_path(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "link").symlink_to(tmp_path)

    with pytest.raises(ValueError, match="outside of the base path"):
        LocalFileSystem(basepath=str(tmp_path / "files")).write_path("link/x", b"")


def test_what_is_missing_or_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    files = LocalFileSystem(basepath=str(tmp_path))

    with pytest.raises(ValueError, match=f"^Path {tmp_path}/x does not exist\\.$"):
        files.read_path("x")
    with pytest.raises(ValueError, match=f"^Path {tmp_path}/folder is not a file\\.$"):
        files.read_path("folder")
    with pytest.raises(ValueError, match=f"^Path {tmp_path}/folder already exists and is not a file\\.$"):
        files.write_path("folder", b"")


def test_folders_are_copied_both_ways_without_what_is_ignored(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "inner").mkdir(parents=True)
    for name in ("keep.txt", "drop.log", "inner/keep.txt", "inner/drop.log"):
        (source / name).write_text(name)
    (source / ".keepwellignore").write_text("# logs\n*.log\n")
    files = LocalFileSystem(basepath=str(tmp_path / "files"))

    files.put_directory(str(source), "copy")
    files.get_directory("copy", str(tmp_path / "back"))

    copied = sorted(path.relative_to(tmp_path / "back").as_posix() for path in (tmp_path / "back").rglob("*.*"))
    assert copied == [".keepwellignore", "inner/keep.txt", "keep.txt"]


async def test_reading_and_writing_are_coroutines_where_an_event_loop_runs(tmp_path: Path) -> None:
    files = LocalFileSystem(basepath=str(tmp_path))

    await files.write_path("x", b"1")  # type: ignore[misc]

    assert await files.read_path("x") == b"1"  # type: ignore[misc]
    assert files.read_path("x", _sync=True) == b"1"  # type: ignore[call-arg]
    assert await files.aread_path("x") == b"1"


def test_a_coroutine_can_be_had_where_no_event_loop_runs(tmp_path: Path) -> None:
    import asyncio

    files = LocalFileSystem(basepath=str(tmp_path))
    files.write_path("x", b"1")

    assert asyncio.run(files.read_path("x", _sync=False)) == b"1"  # type: ignore[call-arg, arg-type]
    assert asyncio.run(LocalFileSystem.read_path.aio(files, "x")) == b"1"  # type: ignore[attr-defined]


async def test_nothing_is_kept_by_the_file_system_that_keeps_nothing() -> None:
    nothing = NullFileSystem()
    await nothing.write_path("x", b"1")
    read: object = await nothing.read_path("x")  # type: ignore[func-returns-value]
    assert read is None


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("bucket/folder", "must start with a scheme"),
        ("memory://", "must include a location after the scheme"),
        ("file://folder/x", "scheme cannot be 'file'"),
    ],
)
def test_a_remote_base_path_is_a_url_of_another_place(base: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RemoteFileSystem(basepath=base)


def test_a_remote_path_is_below_the_base_path() -> None:
    files = RemoteFileSystem(basepath="memory://bucket/folder")

    assert files._resolve_path("a/b") == "memory://bucket/folder/a/b"
    assert files._resolve_path("memory://bucket/folder/a") == "memory://bucket/folder/a"
    for path in ("memory://other/folder/a", "memory://bucket/folderish", "../x", "memory://bucket/folder/../x"):
        with pytest.raises(ValueError, match="outside of the base path"):
            files._resolve_path(path)
    with pytest.raises(ValueError, match="must use the same scheme as the base path 'memory'"):
        files._resolve_path("s3://bucket/folder/a")


def test_a_remote_file_system_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(RuntimeError, match="pip install fsspec"):
        RemoteFileSystem(basepath="memory://bucket").read_path("x")


def test_remote_files_are_written_and_read(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    files = RemoteFileSystem(basepath="memory://bucket/folder")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "x").write_bytes(b"x")

    files.write_path("a/b", b"1")

    assert files.read_path("a/b") == b"1"
    assert files.put_directory(str(tmp_path / "source"), "up") == 1
    assert files.read_path("up/x") == b"x"
    files.delete_path("a/b")
    with pytest.raises(FileNotFoundError):
        files.read_path("a/b")
    ResultStore(result_storage=files).write([1], "k")
    assert ResultStore(result_storage=files).read("k").result == [1]
