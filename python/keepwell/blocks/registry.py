"""Saved blocks as files: `$KEEPWELL_HOME/blocks/<type>/<name>.json`, for this user's eyes only.

A file is one JSON object: `block_type`, `class` (`module:name`), `name`, `id`, `is_anonymous` and `data`, which has the
fields of the block with all secrets as they are. It is written whole or not at all.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from keepwell import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIX = ".json"


def folder() -> str:
    """The folder of all saved blocks."""
    from keepwell.settings import get_current_settings

    return os.path.join(get_current_settings().home, "blocks")


def is_saved(slug: str, name: str) -> bool:
    """Whether a block of this type is saved under this name."""
    return os.path.isfile(_path(slug, name))


def read(slug: str, name: str) -> dict[str, Any] | None:
    """What is saved under this name; `None` if nothing is.

    Raises `ValueError` if the file is damaged.
    """
    path = _path(slug, name)
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"the saved block {slug}/{name} cannot be read: {path} is damaged ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
        raise ValueError(f"the saved block {slug}/{name} cannot be read: {path} is damaged (it holds no block)")
    return document


def write(slug: str, name: str, document: dict[str, Any], *, overwrite: bool) -> None:
    """Saves a block.

    Raises `FileExistsError` if the name is taken and `overwrite` is false: what is saved stays.
    """
    path = _path(slug, name)
    for parent in (os.path.dirname(folder()), folder(), os.path.dirname(path)):
        os.makedirs(parent, mode=0o700, exist_ok=True)
    temporary = f"{path}.{os.getpid()}.{os.urandom(8).hex()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        if overwrite:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def remove(slug: str, name: str) -> bool:
    """Forgets a saved block. Says whether there was one."""
    try:
        os.unlink(_path(slug, name))
    except FileNotFoundError:
        return False
    return True


def names(slug: str) -> list[str]:
    """The names under which blocks of this type are saved, in order, without those that were given none."""
    documents = (document for document in _documents(slug) if not document.get("is_anonymous"))
    return sorted(str(document["name"]) for document in documents)


def slugs() -> list[str]:
    """The types of which blocks are saved, in order."""
    try:
        return sorted(entry.name for entry in os.scandir(folder()) if entry.is_dir())
    except FileNotFoundError:
        return []


def find(identifier: str) -> dict[str, Any] | None:
    """What is saved under this identifier, of any type."""
    every = (document for slug in slugs() for document in _documents(slug))
    return next((document for document in every if document.get("id") == identifier), None)


def _documents(slug: str) -> Iterator[dict[str, Any]]:
    try:
        files = sorted(os.listdir(os.path.join(folder(), slug)))
    except FileNotFoundError:
        return
    for file in files:
        name = _core.key_of_file_name(file.removesuffix(_SUFFIX)) if file.endswith(_SUFFIX) else None
        document = read(slug, name) if name is not None else None
        if document is not None:
            yield document


def _path(slug: str, name: str) -> str:
    return os.path.join(folder(), _core.key_file_name(slug), _core.key_file_name(name) + _SUFFIX)
