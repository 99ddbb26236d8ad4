"""Finds the syntax tree that a function or class was made from, and makes sure that it is the right one.

The file may have been edited since the code was loaded, so a tree counts only if compiling it gives the very code that
runs. Lines are not relied on: a function that has only moved is found.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import sys
import warnings
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from keepwell._source import bytecode
from keepwell._source.tree import Function

_ANNOTATIONS = __future__.annotations.compiler_flag
# Beyond this, trees are dropped: they take a few kilobytes for each line.
_KEPT_LINES = 10_000
_SURROUNDINGS = "surroundings"
# The file that code says it comes from if it was given to `python -c`, or to `exec`.
_NO_FILE = "<string>"
# Private names in a class whose name is all underscores are left as they are, as they are outside of classes.
_NO_CLASS = "_"

_files: dict[str, tuple[list[str], _File | None]] = {}


class _Found(NamedTuple):
    """A definition in a file."""

    node: Any
    qualified_name: str
    class_name: str | None
    """The class around it, whose name private names are made from."""


class _File(NamedTuple):
    path: str
    tree: ast.Module
    definitions: list[_Found]
    imported: tuple[str, ...]
    """The names that the module itself imports."""


def function(code: CodeType, namespace: dict[str, Any]) -> Function | None:
    """The node that compiles to this code, or None if there is no source or it has changed."""
    for file in _readings(code.co_filename, namespace):
        for found in _nearest_first(file, code):
            if _compiles_to(file, found, code):
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
    for file in _readings(path, namespace):
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
    return next((path for path in paths if path != _NO_FILE), _NO_FILE)


def _holds(file: _File, definition: _Found, written: list[FunctionType]) -> bool:
    """Whether the methods compile from the definition."""
    inside = _methods(definition)
    if file.path == _NO_FILE:  # Where generated methods say that they come from, too.
        names = {method.node.name for method in inside}
        written = [method for method in written if method.__name__ in names]
    return all(any(_compiles_to(file, one, method.__code__) for one in inside) for method in written)


def module(path: str) -> ast.Module | None:
    """The tree of a whole file, as it is now, or None if it cannot be read or parsed."""
    linecache.checkcache(path)
    file = _parsed(path, _lines(path, {}))
    return file.tree if file is not None else None


def _readings(path: str, namespace: dict[str, Any]) -> Iterator[_File]:
    """The file as it was when last read, which is the more likely to be what runs, and then as it is now."""
    first = _lines(path, namespace)
    if (file := _parsed(path, first)) is not None:
        yield file
    linecache.checkcache(path)
    now = _lines(path, namespace)
    if now is not first and (file := _parsed(path, now)) is not None:
        yield file


def _lines(path: str, namespace: dict[str, Any]) -> list[str]:
    lines = linecache.getlines(path, namespace)
    if not lines and path == _NO_FILE and namespace.get("__name__") == "__main__" and "-c" in sys.orig_argv[:-1]:
        program = sys.orig_argv[sys.orig_argv.index("-c") + 1]
        kept = _files.get(path)
        lines = kept[0] if kept else program.splitlines(keepends=True)
    return lines


def _parsed(path: str, lines: list[str]) -> _File | None:
    if not lines:
        return None
    kept = _files.get(path)
    if kept is not None and (kept[0] is lines or kept[0] == lines):
        return kept[1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("".join(lines), path)
        file = _File(path, tree, list(_definitions(tree)), tuple(_imported(tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        file = None
    if sum(len(other) for other, _ in _files.values()) + len(lines) > _KEPT_LINES:
        _files.clear()
    _files[path] = (lines, file)
    return file


def _definitions(tree: ast.Module) -> Iterator[_Found]:
    pending: list[tuple[ast.AST, str, str | None]] = [(tree, "", None)]
    while pending:
        node, prefix, class_name = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            qualified = prefix + getattr(node, "name", "<lambda>")
            yield _Found(node, qualified, class_name)
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


def _methods(definition: _Found) -> list[_Found]:
    """The functions defined in the body of a class, also in branches of it."""
    found: list[_Found] = []
    pending: list[ast.AST] = list(definition.node.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(_Found(node, f"{definition.qualified_name}.{node.name}", definition.node.name))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            pending.extend(ast.iter_child_nodes(node))
    return found


def _nearest_first(file: _File, code: CodeType) -> list[_Found]:
    """The file's functions of the code's name. Those that begin where the code says come first."""
    same = [found for found in file.definitions if getattr(found.node, "name", "<lambda>") == code.co_name]
    functions = [found for found in same if isinstance(found.node, Function)]
    return sorted(functions, key=lambda found: abs(_first_line(found.node) - code.co_firstlineno))


def _first_line(node: Any) -> int:
    lines: list[int] = [node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))]
    return min(lines)


def _compiles_to(file: _File, found: _Found, code: CodeType) -> bool:
    if getattr(found.node, "name", "<lambda>") != code.co_name:
        return False
    around = found.class_name or _NO_CLASS
    # Else the class would hide the global of its name from the function.
    is_global = around not in code.co_freevars
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = compile(
                _alone(file, found, around, is_global, code.co_freevars),
                code.co_filename,
                "exec",
                flags=code.co_flags & _ANNOTATIONS,
                dont_inherit=True,
            )
    except (SyntaxError, ValueError, RecursionError):
        return False
    for _ in range(2):
        compiled = next(constant for constant in compiled.co_consts if isinstance(constant, CodeType))
    candidates = (constant for constant in compiled.co_consts if isinstance(constant, CodeType))
    expected = bytecode.encode(code, f"{found.qualified_name}.<locals>.")
    place = f"{'' if is_global else f'{_SURROUNDINGS}.<locals>.'}{around}.{code.co_name}.<locals>."
    return any(one.co_name == code.co_name and bytecode.encode(one, place) == expected for one in candidates)


def _alone(file: _File, found: _Found, around: str, is_global: bool, free: tuple[str, ...]) -> ast.Module:
    """A module with nothing but the function, in surroundings that make its names what they are.

    These are a function whose parameters are the free variables, and in it the class whose private names the function
    may use. The module's imports are there, because attributes of what is imported are compiled in another way.
    """
    definition = _bare(found.node)
    statement: ast.stmt = ast.Expr(definition) if isinstance(definition, ast.Lambda) else definition
    body: list[ast.stmt] = [ast.Global([around])] if is_global else []
    body.append(_with_no_parameters(ast.ClassDef(around, [], [], [statement], [])))
    parameters = ast.arguments([], [ast.arg(name) for name in free], None, [], [], None, [])
    surroundings = _with_no_parameters(ast.FunctionDef(_SURROUNDINGS, parameters, body, []))
    imported: list[ast.stmt] = [ast.Import([ast.alias("module", name)]) for name in file.imported]
    return ast.fix_missing_locations(ast.Module([*imported, surroundings], []))


def _bare(node: Any) -> Any:
    """The function without what is evaluated outside of it: decorators, defaults, annotations."""
    given = node.args
    arguments = ast.arguments(
        posonlyargs=[ast.arg(parameter.arg) for parameter in given.posonlyargs],
        args=[ast.arg(parameter.arg) for parameter in given.args],
        vararg=ast.arg(given.vararg.arg) if given.vararg else None,
        kwonlyargs=[ast.arg(parameter.arg) for parameter in given.kwonlyargs],
        kw_defaults=[None for _ in given.kwonlyargs],
        kwarg=ast.arg(given.kwarg.arg) if given.kwarg else None,
        defaults=[],
    )
    if isinstance(node, ast.Lambda):
        return ast.copy_location(ast.Lambda(arguments, node.body), node)
    return ast.copy_location(_with_no_parameters(type(node)(node.name, arguments, node.body, [])), node)


def _with_no_parameters(definition: ast.stmt) -> ast.stmt:
    """The definition as one that is not generic, which must be said from Python 3.12 on."""
    definition.type_params = []  # type: ignore[attr-defined]
    return definition
