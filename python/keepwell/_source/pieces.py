"""One function, class or module by itself: its bytes and the names it uses. Found once, as code never changes."""

from __future__ import annotations
import __future__

from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple
from weakref import WeakKeyDictionary

from keepwell._source import bytecode, encoding, lookup, names, tree

_ANNOTATIONS = __future__.annotations.compiler_flag
_KEPT = 4096


class Piece(NamedTuple):
    """What is known of a piece of code without looking at the values that it names."""

    encoded: bytes
    names: names.Names
    defined: frozenset[str] | None
    """The names that a class's body defines; None where its source is not known."""


_functions: dict[tuple[str, CodeType], Piece] = {}
_classes: WeakKeyDictionary[type, Piece] = WeakKeyDictionary()


def of_function(function: FunctionType) -> Piece:
    """The function's normalised syntax tree, or its compiled code where the source is not to be had."""
    code = function.__code__
    piece = _functions.get((code.co_filename, code))
    if piece is None:
        if len(_functions) >= _KEPT:
            _functions.clear()
        piece = _functions[code.co_filename, code] = _read_function(function)
    return piece


def _read_function(function: FunctionType) -> Piece:
    code = function.__code__
    node = lookup.function(code, function.__globals__)
    if node is None:
        say(f"the source of {function.__module__}.{function.__qualname__} is not to be had or has changed since it was "
            "loaded: its compiled code counts, which other versions of Python compile differently")  # fmt: skip
        return Piece(bytecode.encode(code), _of_names(bytecode.names(code)), None)
    annotations = not code.co_flags & _ANNOTATIONS
    found = names.of(node, annotations=annotations)
    # `super()` uses a cell that no name in the source speaks of.
    used = tuple(sorted({*found.used, *((name,) for name in code.co_freevars if name == "__class__")}))
    return Piece(tree.encode(node, annotations=annotations), found._replace(used=used), None)


def of_class(definition: type, module: ModuleType | None) -> Piece:
    """The class's normalised syntax tree, decorators included, or only its qualified name where there is no source."""
    piece = _classes.get(definition)
    if piece is None:
        piece = _classes[definition] = _read_class(definition, module)
    return piece


def _read_class(definition: type, module: ModuleType | None) -> Piece:
    node = lookup.class_(definition)
    if node is None:
        say(f"the source of {definition.__module__}.{definition.__qualname__} is not to be had or has changed since it "
            "was loaded: its attributes count, methods by their compiled code")  # fmt: skip
        return Piece(encoding.text(definition.__qualname__), _of_names(set()), None)
    annotations = getattr(module, "annotations", None) is not __future__.annotations
    return Piece(tree.encode(node, annotations=annotations), names.of(node, annotations=annotations), names.bound(node))


def of_module(path: str) -> Piece:
    """A whole file's normalised syntax tree."""
    node = lookup.module(path)
    if node is None:
        return Piece(encoding.NULL, _of_names(set()), None)
    return Piece(tree.encode(node, annotations=True), names.of(node, annotations=True), None)


def _of_names(found: set[str]) -> names.Names:
    return names.Names(tuple((name,) for name in sorted(found)), (), frozenset(), frozenset(), ())


def say(message: str) -> None:
    """Logs at debug level what about a key is less than it could be."""
    import logging

    logging.getLogger("keepwell.keys").debug(message)
