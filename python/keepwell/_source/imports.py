"""The files behind modules: those that a function imports when it runs, and those it uses as a whole.

They are read, not imported, so the digest is the same before and after the import has run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from keepwell._source import origin
from keepwell._source.names import Import

_files: dict[tuple[str, str], File] = {}


class File:
    """One file of the user's own. There is one object for each."""

    path: str
    package: str
    """The package that its relative imports start from."""

    def __new__(cls, path: str, module: str) -> File:
        file = _files.get((path, module))
        if file is None:
            file = _files[path, module] = object.__new__(cls)
            file.path = path
            file.package = module if path.endswith("__init__.py") else module.rpartition(".")[0]
        return file


def modules(imports: Iterable[Import], package: str) -> Iterator[str]:
    """The absolute names of the modules that these statements import, in the order of the code."""
    done = set()
    for statement in imports:
        base = _absolute(statement, package)
        inside = [f"{base}.{name}" for name in statement.names if name != "*" and is_module(f"{base}.{name}", base)]
        for name in (base, *inside):
            if name and name not in done:
                done.add(name)
                yield name


def _absolute(statement: Import, package: str) -> str:
    if not statement.level:
        return statement.module
    parts = package.split(".")
    parts = parts[: len(parts) - statement.level + 1]
    return ".".join([*parts, statement.module] if statement.module else parts)


def is_module(name: str, parent: str) -> bool:
    """Whether a name that is imported from a package of the user's own is a module in it."""
    path = _path(parent)
    return path is not None and path.endswith("__init__.py") and origin.is_users_file(path) and _path(name) is not None


def source_path(name: str) -> str | None:
    """The file of a module of the user's own, or None for any other."""
    if name.partition(".")[0] == "keepwell":
        return None
    path = _path(name)
    return path if path is not None and path.endswith(".py") and origin.is_users_file(path) else None


def _path(name: str) -> str | None:
    loaded = sys.modules.get(name)
    if loaded is not None:
        return getattr(loaded, "__file__", None)
    from importlib.util import find_spec

    try:
        specification = find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return specification.origin if specification is not None and specification.has_location else None
