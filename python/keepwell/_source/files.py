"""Source files as syntax trees, and the functions and classes that are defined in them."""

from __future__ import annotations

import ast
import linecache
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

# Beyond this, trees are dropped: they take a few kilobytes for each line.
_KEPT_LINES = 10_000
# The file that code says it comes from if it was given to `python -c`, or to `exec`.
NO_FILE = "<string>"

# Warnings are filtered for all threads at once.
_one_at_a_time = threading.Lock()

_files: dict[str, tuple[list[str], File | None]] = {}


class Found(NamedTuple):
    """A definition in a file."""

    node: Any
    qualified_name: str
    class_name: str | None
    """The class around it, whose name private names are made from."""


class File(NamedTuple):
    """A file of source, read and parsed."""

    path: str
    tree: ast.Module
    definitions: list[Found]
    imported: tuple[str, ...]
    """The names that the module itself imports."""


def readings(path: str, namespace: dict[str, Any]) -> Iterator[File]:
    """The file as it was when last read, which is the more likely to be what runs, and then as it is now."""
    first = lines_of(path, namespace)
    if (file := parsed(path, first)) is not None:
        yield file
    linecache.checkcache(path)
    now = lines_of(path, namespace)
    if now is not first and (file := parsed(path, now)) is not None:
        yield file


def lines_of(path: str, namespace: dict[str, Any]) -> list[str]:
    """The lines of a file, or of the program of a command line; none if they are not to be had."""
    lines = linecache.getlines(path, namespace)
    if not lines and path == NO_FILE and namespace.get("__name__") == "__main__" and "-c" in sys.orig_argv[:-1]:
        program = sys.orig_argv[sys.orig_argv.index("-c") + 1]
        kept = _files.get(path)
        lines = kept[0] if kept else program.splitlines(keepends=True)
    return lines


def parsed(path: str, lines: list[str]) -> File | None:
    """The file with these lines; `None` if they are no Python."""
    if not lines:
        return None
    kept = _files.get(path)
    if kept is not None and (kept[0] is lines or kept[0] == lines):
        return kept[1]
    try:
        with quietly():
            tree = ast.parse("".join(lines), path)
        file = File(path, tree, list(_definitions(tree)), tuple(_imported(tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        file = None
    if sum(len(other) for other, _ in _files.values()) + len(lines) > _KEPT_LINES:
        _files.clear()
    _files[path] = (lines, file)
    return file


@contextmanager
def quietly() -> Iterator[None]:
    """Without the warnings that reading the source gives: the user has seen them when it was loaded."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _definitions(tree: ast.Module) -> Iterator[Found]:
    pending: list[tuple[ast.AST, str, str | None]] = [(tree, "", None)]
    while pending:
        node, prefix, class_name = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            qualified = prefix + getattr(node, "name", "<lambda>")
            yield Found(node, qualified, class_name)
            if isinstance(node, ast.ClassDef):
                prefix, class_name = f"{qualified}.", node.name
            else:
                prefix = f"{qualified}.<locals>."
        pending.extend((child, prefix, class_name) for child in reversed(list(ast.iter_child_nodes(node))))


def _imported(tree: ast.Module) -> Iterator[str]:
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name != "*")
        elif isinstance(node, (ast.Module, ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ExceptHandler)):
            pending.extend(ast.iter_child_nodes(node))
