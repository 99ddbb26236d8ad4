"""File systems: where bytes are read and written by path, and storages of results."""

from __future__ import annotations

import abc
import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, PrivateAttr, field_validator

from keepwell._dispatch import async_dispatch
from keepwell.blocks.core import Block

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "LocalFileSystem",
    "NullFileSystem",
    "ReadableDeploymentStorage",
    "ReadableFileSystem",
    "RemoteFileSystem",
    "WritableDeploymentStorage",
    "WritableFileSystem",
]

_IGNORE_FILE = ".keepwellignore"


class ReadableFileSystem(Block, abc.ABC):
    """A block that bytes can be read from. `read_path` may be a coroutine."""

    _block_schema_capabilities: ClassVar[list[str] | None] = ["read-path"]

    @abc.abstractmethod
    def read_path(self, path: str) -> Any:
        """The bytes at a path. Where there are none it raises `FileNotFoundError`, `KeyError` or `ValueError`."""


class WritableFileSystem(ReadableFileSystem, abc.ABC):
    """A block that bytes can be read from and written to: a storage of results.

    keepwell reads, compares and writes under a lock of this process; between processes the last write stays. Two
    further methods are used where there are: `delete_path(path)` and `list_paths(prefix)`.
    """

    _block_schema_capabilities: ClassVar[list[str] | None] = ["read-path", "write-path"]

    @abc.abstractmethod
    def write_path(self, path: str, content: bytes) -> Any:
        """Writes bytes at a path, making whatever leads there."""


class ReadableDeploymentStorage(Block, abc.ABC):
    """A block that whole folders can be fetched from."""

    _block_schema_capabilities: ClassVar[list[str] | None] = ["get-directory"]

    @abc.abstractmethod
    def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> Any:
        """Copies a folder of the storage to a local one."""


class WritableDeploymentStorage(ReadableDeploymentStorage, abc.ABC):
    """A block that whole folders can be fetched from and put to."""

    _block_schema_capabilities: ClassVar[list[str] | None] = ["get-directory", "put-directory"]

    @abc.abstractmethod
    def put_directory(
        self, local_path: str | None = None, to_path: str | None = None, ignore_file: str | None = None
    ) -> Any:
        """Copies a local folder into the storage."""


class LocalFileSystem(WritableFileSystem, WritableDeploymentStorage):
    """Files in a folder of this machine. As a storage of results it is the engine's own."""

    _block_type_name: ClassVar[str | None] = "Local File System"
    _block_type_slug: ClassVar[str | None] = "local-file-system"

    basepath: str | None = Field(default=None, description="The folder; the current one where none is given.")

    @field_validator("basepath", mode="before")
    @classmethod
    def _of_path(cls, value: Any) -> Any:
        return str(value) if isinstance(value, os.PathLike) else value

    def _keepwell_location(self) -> str | None:
        """The folder that the engine is to use, unless a subclass reads or writes in its own way."""
        kind = type(self)
        is_own = kind.read_path is LocalFileSystem.read_path and kind.write_path is LocalFileSystem.write_path
        return str(self._folder()) if is_own else None

    def _folder(self) -> Path:
        return Path(self.basepath or ".").expanduser().resolve()

    def _resolve_path(self, path: str | Path | None, validate: bool = True) -> Path:
        """The whole path of one inside the folder.

        Raises `ValueError` if it leads out of it, unless `validate` is false.
        """
        folder = self._folder()
        whole = (folder / Path(path or ".").expanduser()).resolve()
        if validate and not whole.is_relative_to(folder):
            raise ValueError(f"Provided path {whole} is outside of the base path {folder}.")
        return whole

    async def aread_path(self, path: str) -> bytes:
        """As `read_path`."""
        return await asyncio.to_thread(self._read, path)

    @async_dispatch(aread_path)
    def read_path(self, path: str) -> bytes:
        """The content of a file.

        Raises `ValueError` if there is none, or it is not a file.
        """
        return self._read(path)

    async def awrite_path(self, path: str, content: bytes) -> str:
        """As `write_path`."""
        return await asyncio.to_thread(self._write, path, content)

    @async_dispatch(awrite_path)
    def write_path(self, path: str, content: bytes) -> str:
        """Writes a file, whole or not at all, with the folders that lead to it, and returns its path.

        Raises `ValueError` if there is something that is not a file.
        """
        return self._write(path, content)

    async def aget_directory(self, from_path: str | None = None, local_path: str | None = None) -> None:
        """As `get_directory`."""
        await asyncio.to_thread(self._get_directory, from_path, local_path)

    @async_dispatch(aget_directory)
    def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> None:
        """Copies a folder inside this one, or all of it, to `local_path`, or into the current folder."""
        self._get_directory(from_path, local_path)

    async def aput_directory(
        self, local_path: str | None = None, to_path: str | None = None, ignore_file: str | None = None
    ) -> None:
        """As `put_directory`."""
        await asyncio.to_thread(self._put_directory, local_path, to_path, ignore_file)

    @async_dispatch(aput_directory)
    def put_directory(
        self, local_path: str | None = None, to_path: str | None = None, ignore_file: str | None = None
    ) -> None:
        """Copies a local folder, or the current one, into this one, without what a line of `ignore_file` matches."""
        self._put_directory(local_path, to_path, ignore_file)

    def _read(self, path: str) -> bytes:
        file = self._resolve_path(path)
        if not file.exists():
            raise ValueError(f"Path {file} does not exist.")
        if not file.is_file():
            raise ValueError(f"Path {file} is not a file.")
        return file.read_bytes()

    def _write(self, path: str, content: bytes) -> str:
        file = self._resolve_path(path)
        if file.exists() and not file.is_file():
            raise ValueError(f"Path {file} already exists and is not a file.")
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{os.urandom(8).hex()}.tmp")
        try:
            temporary.write_bytes(content)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        return str(file)

    def _get_directory(self, from_path: str | None, local_path: str | None) -> None:
        source, target = self._resolve_path(from_path), Path(local_path or ".").expanduser().resolve()
        if source != target:
            shutil.copytree(source, target, dirs_exist_ok=True)

    def _put_directory(self, local_path: str | None, to_path: str | None, ignore_file: str | None) -> None:
        source, target = Path(local_path or ".").expanduser().resolve(), self._resolve_path(to_path)
        if source != target:
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=_ignoring(source, ignore_file))


class RemoteFileSystem(WritableFileSystem, WritableDeploymentStorage):
    """Files wherever the package `fsspec` reaches: `RemoteFileSystem(basepath="s3://bucket/folder", settings={…})`."""

    _block_type_name: ClassVar[str | None] = "Remote File System"
    _block_type_slug: ClassVar[str | None] = "remote-file-system"

    basepath: str = Field(description="Where the files are: a URL.")
    settings: dict[str, Any] = Field(default_factory=dict, description="What fsspec is told beside the URL.")

    _filesystem: Any = PrivateAttr(default=None)

    @field_validator("basepath")
    @classmethod
    def _check_basepath(cls, value: str) -> str:
        scheme, location, *_ = urlsplit(value)
        if not scheme:
            raise ValueError(f"Base path must start with a scheme. Got {value!r}.")
        if not location:
            raise ValueError(f"Base path must include a location after the scheme. Got {value!r}.")
        if scheme == "file":
            raise ValueError("Base path scheme cannot be 'file'. Use `LocalFileSystem` instead for local file access.")
        return value

    @property
    def filesystem(self) -> Any:
        """The fsspec file system.

        Raises `RuntimeError` if fsspec, or what it needs for this scheme, is not installed.
        """
        if self._filesystem is None:
            self._filesystem = _fsspec_filesystem(urlsplit(self.basepath).scheme, self.settings)
        return self._filesystem

    def _resolve_path(self, path: str) -> str:
        """The whole URL of a path below the base path.

        Raises `ValueError` if it has another scheme, another location, or is outside of the base path.
        """
        base, given = urlsplit(self.basepath), urlsplit(path)
        if not given.scheme:
            whole = f"{self.basepath.rstrip('/')}/{path.lstrip('/')}"
        elif given.scheme != base.scheme:
            raise ValueError(
                f"Path {path!r} with scheme {given.scheme!r} must use the same scheme as the base path {base.scheme!r}."
            )
        elif given.netloc != base.netloc or not _is_below(given.path, base.path):
            raise ValueError(f"Path {path!r} is outside of the base path {self.basepath!r}.")
        else:
            whole = path
        if ".." in urlsplit(whole).path.split("/"):
            raise ValueError(f"Path {path!r} is outside of the base path {self.basepath!r}.")
        return whole

    async def aread_path(self, path: str) -> bytes:
        """As `read_path`."""
        return await asyncio.to_thread(self._read, path)

    @async_dispatch(aread_path)
    def read_path(self, path: str) -> bytes:
        """The content of a file.

        Raises `FileNotFoundError` if there is none.
        """
        return self._read(path)

    async def awrite_path(self, path: str, content: bytes) -> str:
        """As `write_path`."""
        return await asyncio.to_thread(self._write, path, content)

    @async_dispatch(awrite_path)
    def write_path(self, path: str, content: bytes) -> str:
        """Writes a file and returns its URL."""
        return self._write(path, content)

    def delete_path(self, path: str) -> None:
        """Removes a file.

        Raises `FileNotFoundError` if there is none.
        """
        self.filesystem.rm_file(self._resolve_path(path))

    async def aget_directory(self, from_path: str | None = None, local_path: str | None = None) -> None:
        """As `get_directory`."""
        await asyncio.to_thread(self._get_directory, from_path, local_path)

    @async_dispatch(aget_directory)
    def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> None:
        """Copies a folder below the base path, or all of it, to `local_path`, or into the current folder."""
        self._get_directory(from_path, local_path)

    async def aput_directory(
        self,
        local_path: str | None = None,
        to_path: str | None = None,
        ignore_file: str | None = None,
        overwrite: bool = True,
    ) -> int:
        """As `put_directory`."""
        return await asyncio.to_thread(self._put_directory, local_path, to_path, ignore_file, overwrite)

    @async_dispatch(aput_directory)
    def put_directory(
        self,
        local_path: str | None = None,
        to_path: str | None = None,
        ignore_file: str | None = None,
        overwrite: bool = True,
    ) -> int:
        """Copies a local folder, or the current one, below the base path, and says how many files those were."""
        return self._put_directory(local_path, to_path, ignore_file, overwrite)

    def _read(self, path: str) -> bytes:
        with self.filesystem.open(self._resolve_path(path), "rb") as file:
            content: bytes = file.read()
            return content

    def _write(self, path: str, content: bytes) -> str:
        whole = self._resolve_path(path)
        self.filesystem.makedirs(whole.rpartition("/")[0], exist_ok=True)
        with self.filesystem.open(whole, "wb") as file:
            file.write(content)
        return whole

    def _get_directory(self, from_path: str | None, local_path: str | None) -> None:
        source = self._resolve_path(from_path or "").rstrip("/") + "/"
        self.filesystem.get(source, str(Path(local_path or ".").absolute()), recursive=True)

    def _put_directory(
        self, local_path: str | None, to_path: str | None, ignore_file: str | None, overwrite: bool
    ) -> int:
        source = Path(local_path or ".").expanduser().resolve()
        target = self._resolve_path(to_path or "").rstrip("/")
        ignoring = _ignoring(source, ignore_file)
        copied = 0
        for folder, folders, files in os.walk(source):
            ignored = ignoring(folder, [*folders, *files])
            folders[:] = [name for name in folders if name not in ignored]
            for name in files:
                file = Path(folder, name)
                whole = f"{target}/{file.relative_to(source).as_posix()}"
                if name not in ignored and (overwrite or not self.filesystem.exists(whole)):
                    self.filesystem.put_file(str(file), whole, overwrite=True)
                    copied += 1
        return copied


class NullFileSystem(BaseModel):
    """Keeps nothing: what is written is forgotten."""

    def _keepwell_location(self) -> str:
        return "null://"

    async def read_path(self, path: str) -> None:
        """Nothing."""

    async def write_path(self, path: str, content: bytes) -> None:
        """Does nothing."""

    async def get_directory(self, from_path: str | None = None, local_path: str | None = None) -> None:
        """Does nothing."""

    async def put_directory(
        self, local_path: str | None = None, to_path: str | None = None, ignore_file: str | None = None
    ) -> None:
        """Does nothing."""


def _fsspec_filesystem(scheme: str, settings: dict[str, Any]) -> Any:
    try:
        import fsspec  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError as error:
        raise RuntimeError(
            f"File system created with scheme {scheme!r}, but the package `fsspec` is not installed: "
            "run `pip install fsspec`."
        ) from error
    try:
        return fsspec.filesystem(scheme, **settings)
    except ImportError as error:
        raise RuntimeError(
            f"File system created with scheme {scheme!r} requires an additional package: {error}."
        ) from error


def _is_below(path: str, base: str) -> bool:
    base = base.rstrip("/")
    return path == base or path.startswith(f"{base}/")


def _ignoring(folder: Path, ignore_file: str | None) -> Callable[[str, list[str]], set[str]]:
    """Which of some names in a folder below this one a line of the ignore file matches."""
    from fnmatch import fnmatch

    file = Path(ignore_file) if ignore_file is not None else folder / _IGNORE_FILE
    lines = file.read_text().splitlines() if ignore_file is not None or file.exists() else []
    patterns = [line.strip().strip("/") for line in lines if line.strip() and not line.startswith("#")]

    def ignored(inside: str, names: list[str]) -> set[str]:
        below = Path(inside).relative_to(folder)
        paths = {name: (below / name).as_posix() for name in names}
        return {
            name for name, path in paths.items() if any(fnmatch(name, line) or fnmatch(path, line) for line in patterns)
        }

    return ignored
