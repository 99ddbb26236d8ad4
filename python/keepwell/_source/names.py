"""The names that a piece of code takes from outside itself, and which of them it changes."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, NamedTuple

Chain = tuple[str, ...]
"""A name and the attributes asked of it: `module.helper` is `("module", "helper")`."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# Methods of the standard containers and queues that change them and are called for what they return.
_CHANGING = frozenset(("pop", "popitem", "popleft", "setdefault", "get_nowait", "add", "append", "update"))


class Import(NamedTuple):
    """An import statement inside a function."""

    module: str
    level: int
    names: tuple[str, ...]


class Names(NamedTuple):
    """What a piece of code names of its surroundings, in an order that depends on the code alone."""

    used: tuple[Chain, ...]
    """Names that are neither parameters nor local variables."""
    own: tuple[Chain, ...]
    """Attributes asked of the function's first parameter: `self.helper` of a method."""
    changed: frozenset[Chain]
    """What the code changes in place: `calls.append(1)`, `memory[key] = value`, `module.count += 1`."""
    rebound: frozenset[str]
    """Names that the code assigns outside itself, by `global` or `nonlocal`."""
    imports: tuple[Import, ...]


class _Scope:
    """One scope, with what the scopes inside it leave open."""

    def __init__(self, *, annotations: bool, local: bool = False) -> None:
        self.annotations = annotations
        """Whether annotations of parameters and return values are evaluated."""
        self.local = local
        """Whether it is a function's, where annotations of variables are not evaluated."""
        self.used: set[Chain] = set()
        self.changed: set[Chain] = set()
        self.bound: set[str] = set()
        self.declared: set[str] = set()
        self.rebound: set[str] = set()
        self.imports: list[Import] = []
        self.inner: list[ast.AST] = []

    def read(self, nodes: list[ast.AST]) -> None:
        pending = list(reversed(nodes))
        while pending:
            node = pending.pop()
            reader = _READERS.get(type(node))
            if reader is not None:
                reader(self, node)
            if isinstance(node, _SCOPES):
                pending.extend(_evaluated_outside(node, self.annotations))
            elif isinstance(node, _COMPREHENSIONS):
                pending.append(node.generators[0].iter)
                self.inner.append(node)
            elif isinstance(node, ast.AnnAssign) and self.local:
                pending.extend(part for part in (node.target, node.value) if part is not None)
            elif isinstance(node, ast.Attribute) and (chain := _chain(node)):
                self.used.add(chain)
            else:
                pending.extend(ast.iter_child_nodes(node))

    def close(self, *, is_class: bool) -> None:
        """Adds what the inner scopes take from this one or from further out, then drops what this one binds itself."""
        local = set() if is_class else self.bound - self.declared
        for node in self.inner:
            scope = _scope(node, self.annotations)
            self.used |= scope.used
            self.changed |= scope.changed
            self.rebound |= scope.rebound - local
            self.imports += scope.imports
        self.used = {chain for chain in self.used if chain[0] not in local}
        self.changed = {chain for chain in self.changed if chain[0] not in local}

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.used.add((node.id,))
        else:
            self.bound.add(node.id)
            if isinstance(node.ctx, ast.Del):
                self.used.add((node.id,))

    def parameter(self, node: ast.arg) -> None:
        self.bound.add(node.arg)

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.bound.add(node.name)
        self.inner.append(node)

    def anonymous(self, node: ast.Lambda) -> None:
        self.inner.append(node)

    def declaration(self, node: ast.Global | ast.Nonlocal) -> None:
        self.declared.update(node.names)
        self.rebound.update(node.names)

    def import_(self, node: ast.Import) -> None:
        for alias in node.names:
            self.bound.add(alias.asname or alias.name.split(".")[0])
            self.imports.append(Import(alias.name, 0, ()))

    def import_from(self, node: ast.ImportFrom) -> None:
        self.bound.update(alias.asname or alias.name for alias in node.names)
        self.imports.append(Import(node.module or "", node.level, tuple(alias.name for alias in node.names)))

    def capture(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self.bound.add(node.name)

    def rest(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self.bound.add(node.rest)

    def target(self, node: ast.Attribute | ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node if isinstance(node, ast.Attribute) else node.value)

    def statement(self, node: ast.Expr) -> None:
        """A call whose result is thrown away is made for what it changes."""
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call):
            self._change(value.func.value if isinstance(value.func, ast.Attribute) else value.func)

    def call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
            self._change(node.func.value)

    def _change(self, node: ast.expr) -> None:
        while isinstance(node, ast.Subscript) or (isinstance(node, ast.Attribute) and _chain(node) is None):
            node = node.value
        chain = _chain(node)
        if chain is not None:
            self.changed.add(chain)


_READERS: dict[type, Callable[[_Scope, Any], None]] = {
    ast.Name: _Scope.name,
    ast.arg: _Scope.parameter,
    ast.FunctionDef: _Scope.definition,
    ast.AsyncFunctionDef: _Scope.definition,
    ast.ClassDef: _Scope.definition,
    ast.Lambda: _Scope.anonymous,
    ast.Global: _Scope.declaration,
    ast.Nonlocal: _Scope.declaration,
    ast.Import: _Scope.import_,
    ast.ImportFrom: _Scope.import_from,
    ast.ExceptHandler: _Scope.capture,
    ast.MatchAs: _Scope.capture,
    ast.MatchStar: _Scope.capture,
    ast.MatchMapping: _Scope.rest,
    ast.Attribute: _Scope.target,
    ast.Subscript: _Scope.target,
    ast.Expr: _Scope.statement,
    ast.Call: _Scope.call,
}


def of(node: ast.AST, *, annotations: bool) -> Names:
    """What the function, class or module names.

    `annotations` says whether those of the function's parameters and return value are evaluated.
    """
    outer = _Scope(annotations=annotations)
    if isinstance(node, ast.ClassDef):
        outer.read([node])
        outer.close(is_class=False)
    else:
        outer = _scope(node, annotations)
        if annotations:
            surroundings = _Scope(annotations=True)
            surroundings.read(list(_annotations(node)))
            outer.used |= surroundings.used
    own = _attributes_of_first_parameter(node)
    return Names(
        tuple(sorted(outer.used)), own, frozenset(outer.changed), frozenset(outer.rebound), tuple(outer.imports)
    )


def _scope(node: ast.AST, annotations: bool) -> _Scope:
    scope = _Scope(annotations=annotations, local=isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    if isinstance(node, _COMPREHENSIONS):
        children = list(ast.iter_child_nodes(node))
    elif isinstance(node, ast.Lambda):
        children = [*_parameters(node.args), node.body]
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        children = [*_parameters(node.args), *getattr(node, "type_params", ()), *node.body]
    else:
        children = list(getattr(node, "body", ()))
    scope.read(children)
    scope.close(is_class=isinstance(node, ast.ClassDef))
    return scope


def _parameters(arguments: ast.arguments) -> list[ast.AST]:
    """The parameters without their annotations, which are evaluated outside."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [ast.arg(parameter.arg, None) for parameter in every if parameter is not None]


def _annotations(node: ast.AST) -> list[ast.expr]:
    arguments = getattr(node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return []
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    found = [parameter.annotation for parameter in every if parameter is not None]
    return [annotation for annotation in [*found, getattr(node, "returns", None)] if annotation is not None]


def _evaluated_outside(node: ast.AST, annotations: bool) -> list[ast.AST]:
    """What of a definition inside the code runs in the scope around it: decorators, defaults, annotations, bases."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    arguments: ast.arguments = node.args  # type: ignore[attr-defined]
    defaults = [default for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None]
    return [*getattr(node, "decorator_list", ()), *defaults, *(_annotations(node) if annotations else ())]


def _chain(node: ast.expr) -> Chain | None:
    attributes = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None


def _attributes_of_first_parameter(node: ast.AST) -> tuple[Chain, ...]:
    arguments = getattr(node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return ()
    positional = [*arguments.posonlyargs, *arguments.args]
    if not positional:
        return ()
    first = positional[0].arg
    found = {_chain(child) for child in ast.walk(node) if isinstance(child, ast.Attribute)}
    return tuple(sorted({chain[1:2] for chain in found if chain and chain[0] == first}))


def bound(node: ast.ClassDef) -> frozenset[str]:
    """The names that the body of a class defines."""
    return frozenset(_scope(node, annotations=False).bound)
