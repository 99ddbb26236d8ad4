"""Finds the syntax tree that a function or class was made from, and makes sure that it is the right one.

The file may have been edited since the code was loaded, so a tree counts only if compiling it gives the very code that
runs. Lines are not relied on: a function that has only moved is found.
"""

from __future__ import annotations

import ast
import linecache
import sys
from types import CodeType, FunctionType
from typing import Any

from keepwell._source.files import NO_FILE, File, Found, lines_of, parsed, readings
from keepwell._source.proof import compiles_to
from keepwell._source.tree import Function


def function(code: CodeType, namespace: dict[str, Any]) -> Function | None:
    """The node that compiles to this code, or None if there is no source or it has changed."""
    # Code that was sent by value no longer says where it is from; what came with it may.
    for path in dict.fromkeys((code.co_filename, namespace.get("__file__") or code.co_filename)):
        for file in readings(path, namespace):
            for found in _nearest_first(file, code):
                if compiles_to(file, found, code):
                    return found.node  # type: ignore[no-any-return]
    return None


def class_(definition: type) -> ast.ClassDef | None:
    """The node that a class was made from, or None if there is no source or it has changed.

    The class's methods must compile from it.
    """
    module = sys.modules.get(definition.__module__)
    namespace = vars(module) if module else {}
    methods = [function for member in vars(definition).values() for function in _functions(member)]
    methods = [method for method in methods if method.__qualname__ == f"{definition.__qualname__}.{method.__name__}"]
    path = namespace.get("__file__") or _path([method for method in methods if method.__globals__ is namespace])
    written = [method for method in methods if method.__code__.co_filename == path]
    for file in readings(path, namespace):
        for found in reversed(file.definitions):
            if (
                found.qualified_name == definition.__qualname__
                and isinstance(found.node, ast.ClassDef)
                and _holds(file, found, written)
            ):
                return found.node
    return None


def _functions(member: object) -> list[FunctionType]:
    """The functions that an attribute of a class is made of."""
    if isinstance(member, property):
        found = [member.fget, member.fset, member.fdel]
    else:
        found = [member.__func__ if isinstance(member, (staticmethod, classmethod)) else member]  # type: ignore[list-item]
    return [function for function in found if isinstance(function, FunctionType)]


def _path(methods: list[FunctionType]) -> str:
    """The file of a class whose module has none: what its methods say, but for those that a decorator has generated."""
    paths = (method.__code__.co_filename for method in methods)
    return next((path for path in paths if path != NO_FILE), NO_FILE)


def _holds(file: File, definition: Found, written: list[FunctionType]) -> bool:
    """Whether the methods compile from the definition."""
    inside = _methods(definition)
    if file.path == NO_FILE:  # Where generated methods say that they come from, too.
        names = {method.node.name for method in inside}
        written = [method for method in written if method.__name__ in names]
    return all(any(compiles_to(file, one, method.__code__) for one in inside) for method in written)


def module(path: str) -> ast.Module | None:
    """The tree of a whole file, as it is now, or None if it cannot be read or parsed."""
    linecache.checkcache(path)
    file = parsed(path, lines_of(path, {}))
    return file.tree if file is not None else None


def _methods(definition: Found) -> list[Found]:
    """The functions defined in the body of a class, also in branches of it."""
    found: list[Found] = []
    pending: list[ast.AST] = list(definition.node.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(Found(node, f"{definition.qualified_name}.{node.name}", definition.node.name))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            pending.extend(ast.iter_child_nodes(node))
    return found


def _nearest_first(file: File, code: CodeType) -> list[Found]:
    """The file's functions of the code's name. Those that begin where the code says come first."""
    same = [found for found in file.definitions if getattr(found.node, "name", "<lambda>") == code.co_name]
    functions = [found for found in same if isinstance(found.node, Function)]
    return sorted(functions, key=lambda found: abs(_first_line(found.node) - code.co_firstlineno))


def _first_line(node: Any) -> int:
    lines: list[int] = [node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]
    return min(lines)
