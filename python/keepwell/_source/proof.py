"""Proves that a definition is the one that running code was compiled from: it compiles to the same code."""

from __future__ import annotations
import __future__

import ast
from types import CodeType
from typing import Any

from keepwell._source import bytecode
from keepwell._source.files import File, Found, quietly

_ANNOTATIONS = __future__.annotations.compiler_flag
_SURROUNDINGS = "surroundings"
# Private names in a class whose name is all underscores are left as they are, as they are outside of classes.
_NO_CLASS = "_"


def compiles_to(file: File, found: Found, code: CodeType) -> bool:
    """Whether a definition in a file is what `code` was compiled from."""
    if getattr(found.node, "name", "<lambda>") != code.co_name:
        return False
    around = found.class_name or _NO_CLASS
    # Else the class would hide the global of its name from the function.
    is_global = around not in code.co_freevars
    try:
        with quietly():
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


def _alone(file: File, found: Found, around: str, is_global: bool, free: tuple[str, ...]) -> ast.Module:
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
