"""Follows code from a function to all that it names, and writes down what of it counts."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any, NamedTuple

from keepwell._source import encoding, imports, origin, pieces, snapshot
from keepwell._source.names import Chain, Names
from keepwell._source.snapshot import MISSING, Content, Get, Guard, Snapshot
from keepwell._source.values import DATA, class_of, named_only, parts_of

# What Python itself keeps in a class, which differs from version to version.
_KEPT_BY_PYTHON = frozenset(
    (
        *("__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__firstlineno__"),
        *("__static_attributes__", "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"),
        *("__parameters__", "__abstractmethods__", "_abc_impl"),
    )
)

Variable = tuple[int, str]
"""A variable's identity: of what holds it, and its name."""

Change = tuple[Variable, bool]
"""A variable that the code changes, and whether by another value in it or by changing its value in place."""


class _Place(NamedTuple):
    """Where a variable is, and what it holds."""

    variable: Variable
    get: Get
    name: str
    value: Any


class _Value(NamedTuple):
    """A value whose digest is computed when all code is known."""

    value: Any
    head: bytes


class _Group(NamedTuple):
    """Items that belong together."""

    kind: str
    items: list[_Item]


_Item = bytes | _Value | _Group


class Walk:
    """One pass over the code. `state` says what the code itself changes: it counts by name and class, not by value."""

    def __init__(self, root: object, *, deep: bool, state: frozenset[Change]) -> None:
        self.deep = deep
        self.state = state
        self.changed: set[Change] = set()
        self._root = root
        self._numbers: dict[int, int] = {}
        self._found: list[Any] = []
        self._guards: list[Guard] = []
        self._guarded: set[Variable] = set()
        self._contents: list[Content] = []
        self._own_attributes: list[tuple[str, Any]] = []
        self._items: list[_Item] = []

    def follow(self) -> None:
        """Goes through all code. What the code changes is known afterwards."""
        self._items.append(self._reference(self._root))
        done = 0
        while done < len(self._found):
            self._items.append(_Group("", list(self._describe(self._found[done]))))
            done += 1

    def snapshot(self, hash_: Callable[[bytes], bytes]) -> Snapshot:
        """The digest, with all that it depends on."""
        encoded = encoding.tagged("python", *map(self._finish, self._items))
        return Snapshot(hash_(encoded), tuple(self._own_attributes), tuple(self._guards), tuple(self._contents))

    def _finish(self, item: _Item) -> bytes:
        if isinstance(item, bytes):
            return item
        if isinstance(item, _Group):
            return encoding.tagged(item.kind, *map(self._finish, item.items))
        digest = snapshot.digest_of(item.value)
        self._contents.append(Content(item.value, digest))
        if digest is None:
            kind = f"{type(item.value).__module__}.{type(item.value).__qualname__}"
            pieces.say(f"a {kind} that the code names cannot be encoded: only its type counts")
            return encoding.tagged("unseen", item.head)
        return encoding.tagged("content", item.head, encoding.data(digest))

    def _number(self, found: object) -> bytes:
        number = self._numbers.get(id(found))
        if number is None:
            number = self._numbers[id(found)] = len(self._found)
            self._found.append(found)
        return encoding.tagged("code", encoding.integer(number))

    # What stands for a value

    def _reference(self, value: Any) -> _Item:
        item = encoding.plain(value)
        if item is not None:
            return encoding.tagged("value", item)
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._number(value) if origin.is_users(value.__module__) else named_only(value)
        if isinstance(value, ModuleType):
            return self._module(value)
        try:
            parts = parts_of(value)
        except Exception:  # A proxy for an object that is not there, say.
            return named_only(type(value))
        if parts is not None:
            return _Group(type(value).__qualname__, [self._reference(part) for part in parts])
        if isinstance(value, BuiltinFunctionType):
            return named_only(value)
        return self._instance(value)

    def _function(self, function: FunctionType) -> _Item:
        if origin.is_users(function.__globals__.get("__name__")):
            return self._number(function)
        attributes = vars(function)
        found = [attributes["__wrapped__"]] if "__wrapped__" in attributes else []
        if function.__globals__.get("__name__") == "functools" and "registry" in attributes:  # Of `singledispatch`.
            found += [part for pair in attributes["registry"].items() for part in pair]
        return (
            _Group("wrapper", [named_only(function), *map(self._reference, found)]) if found else named_only(function)
        )

    def _module(self, module: ModuleType) -> bytes:
        path = imports.source_path(module.__name__)
        return origin.encode(module.__name__) if path is None else self._number(imports.File(path, module.__name__))

    def _instance(self, value: Any) -> _Item:
        kind = type(value)
        if origin.is_users(kind.__module__):
            return _Value(value, encoding.array(encoding.text(kind.__qualname__), self._number(kind)))
        head = named_only(kind)
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
        if isinstance(name, str):  # NumPy's functions, say, which are objects of a class of their own.
            return encoding.array(head, encoding.text(name))
        if isinstance(value, re.Pattern):
            return encoding.tagged("pattern", encoding.plain(value.pattern) or head, encoding.integer(value.flags))
        return _Value(value, head) if kind.__module__.partition(".")[0] in DATA else head

    # What a function, class or file is made of

    def _describe(self, found: Any) -> Iterable[_Item]:
        if isinstance(found, FunctionType):
            return self._describe_function(found)
        return self._describe_class(found) if isinstance(found, type) else self._describe_file(found)

    def _describe_function(self, function: FunctionType) -> Iterable[_Item]:
        piece = pieces.of_function(function)
        get = snapshot.attributes(function)
        self._guard_attributes(get, function, "__code__", "__defaults__")
        yield encoding.tagged("function", piece.encoded)
        for value in function.__defaults__ or ():
            yield self._reference(value)
        if named := function.__kwdefaults__:
            self._guard_attributes(get, function, "__kwdefaults__")
            for name in sorted(named):
                yield encoding.text(name)
                yield self._watch(named.get, name, named[name])
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        yield from self._named_by(piece.names, cells, function.__globals__)
        if self.deep:
            yield from self._own(function, piece.names)
        wrapped = vars(function).get("__wrapped__", MISSING) if function.__dict__ else MISSING
        if wrapped is not MISSING:
            yield encoding.text("wrapped")
            yield self._watch(vars(function).get, "__wrapped__", wrapped)

    def _describe_class(self, definition: type) -> Iterable[_Item]:
        module = sys.modules.get(definition.__module__)
        piece = pieces.of_class(definition, module)
        self._guard_attributes(snapshot.attributes(definition), definition, "__bases__")
        yield encoding.tagged("class", piece.encoded)
        for base in definition.__bases__:
            yield self._reference(base)
        # Other metaclasses are named by a base class already, and the standard library's change their names.
        if origin.is_users(type(definition).__module__):
            yield self._reference(type(definition))
        if module is not None:
            yield from self._named_by(piece.names, {}, vars(module))
        members = vars(definition)
        for name in sorted(members):
            if name in _KEPT_BY_PYTHON or (piece.defined is not None and name not in piece.defined):
                continue
            yield encoding.text(name)
            yield self._member(definition, name, by_type=piece.defined is not None)

    def _describe_file(self, file: imports.File) -> Iterable[_Item]:
        piece = pieces.of_module(file.path)
        yield encoding.tagged("module", piece.encoded)
        yield from self._imported(piece.names, file.package)

    def _named_by(self, names: Names, cells: dict[str, CellType], namespace: dict[str, Any]) -> Iterable[_Item]:
        self._note_changes(names, cells, namespace)
        done = set()
        for chain in names.used:
            label, place = self._find(chain, cells, namespace)
            if label in done or (chain[0] not in cells and not self.deep):
                continue
            done.add(label)
            yield encoding.text(".".join(label))
            yield self._variable(place)
        if self.deep:
            yield from self._imported(names, namespace.get("__package__") or "")

    def _variable(self, place: _Place) -> _Item:
        if (place.variable, True) in self.state:
            return encoding.tagged("state")
        if place.value is MISSING:
            self._guard(place)
            return encoding.tagged("missing")
        self._guard(place)
        item = self._reference(place.value)
        if (place.variable, False) in self.state and not isinstance(item, _Group):
            return encoding.tagged("state", item.head if isinstance(item, _Value) else encoding.NULL)
        return item

    def _own(self, function: FunctionType, names: Names) -> Iterable[_Item]:
        """What a method asks of `self`, where its class defines it."""
        definition = class_of(function)
        for chain in names.own if definition else ():
            for base in definition.__mro__ if definition else ():
                if chain[0] in vars(base):
                    if origin.is_users(base.__module__):
                        yield encoding.text(f"self.{chain[0]}")
                        yield self._member(base, chain[0], by_type=True)
                    break

    def _member(self, definition: type, name: str, *, by_type: bool) -> _Item:
        """An attribute of a class. Changeable values may count by type: what made them counts already."""
        if ((id(definition), name), True) in self.state:
            return encoding.tagged("state")
        item = self._watch(vars(definition).get, name, vars(definition)[name])
        return item.head if by_type and isinstance(item, _Value) else item

    def _imported(self, names: Names, package: str) -> Iterable[_Item]:
        for name in imports.modules(names.imports, package):
            path = imports.source_path(name)
            yield encoding.text(name)
            yield origin.encode(name) if path is None else self._number(imports.File(path, name))

    # Variables

    def _find(self, chain: Chain, cells: dict[str, CellType], namespace: dict[str, Any]) -> tuple[Chain, _Place]:
        """The variable that a chain of names leads to through the user's own modules, and the names that lead there."""
        name = chain[0]
        if name in cells:
            get = snapshot.content(cells[name])
            place = _Place((id(cells[name]), name), get, name, get(name, MISSING))
        else:
            place = _Place((id(namespace), name), namespace.get, name, namespace.get(name, MISSING))
        for length, attribute in enumerate(chain[1:], 1):
            module = place.value
            if not isinstance(module, ModuleType) or not origin.is_users(module.__name__):
                return chain[:length], place
            self._guard(place)
            space = vars(module)
            place = _Place((id(space), attribute), space.get, attribute, space.get(attribute, MISSING))
        return chain, place

    def _note_changes(self, names: Names, cells: dict[str, CellType], namespace: dict[str, Any]) -> None:
        for name in names.rebound:
            self.changed.add((self._find((name,), cells, namespace)[1].variable, True))
        for chain in names.changed:
            label, place = self._find(chain, cells, namespace)
            if isinstance(place.value, type) and len(chain) > len(label):
                self.changed.add(((id(place.value), chain[len(label)]), True))
            elif not isinstance(place.value, (FunctionType, type, ModuleType, BuiltinFunctionType)):
                self.changed.add((place.variable, False))

    def _watch(self, get: Get, name: str, value: Any) -> _Item:
        if value is not self._root:
            self._guards.append(Guard(get, name, value))
        return self._reference(value)

    def _guard(self, place: _Place) -> None:
        if place.variable not in self._guarded and place.value is not self._root:
            self._guarded.add(place.variable)
            self._guards.append(Guard(place.get, place.name, place.value))

    def _guard_attributes(self, get: Get, holder: Any, *names: str) -> None:
        found = [Guard(get, name, getattr(holder, name)) for name in names]
        if holder is self._root:
            self._own_attributes.extend((guard.name, guard.value) for guard in found)
        else:
            self._guards.extend(found)
