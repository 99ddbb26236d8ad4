"""The normalised syntax tree: what of a function's source counts, as bytes that no version of Python changes.

Left out: comments, formatting, docstrings and other expressions without effect, `pass`, type comments, annotations that
are not evaluated; of the outermost function also its decorators and its defaults, whose values count instead. Names of
local variables count: they can be seen (`locals()`, `f"{x=}"`), and a miss after renaming one is harmless.
"""

from __future__ import annotations

import ast

from keepwell._source import encoding

_LEFT_OUT = frozenset(("ctx", "kind", "type_comment", "type_ignores"))
_BLOCKS = frozenset(("body", "orelse", "finalbody"))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
"""A node that makes a function."""


def encode(root: ast.AST, *, annotations: bool) -> bytes:
    """The bytes of a function, class or module.

    `annotations` says whether those of parameters and return values are evaluated, that is, whether the module does
    without `from __future__ import annotations`.
    """
    pieces: list[bytes] = []
    # Each entry is what to write, and whether it stands in the body of a function. Without recursion: `a + b + …` with
    # a thousand terms is a tree a thousand levels deep.
    pending: list[tuple[object, bool]] = [(root, False)]
    outermost = root.args if isinstance(root, Function) else None
    while pending:
        item, local = pending.pop()
        if isinstance(item, bytes):
            pieces.append(item)
        elif isinstance(item, list):
            pieces.append(b"a%d:" % len(item))
            pending.extend((member, local) for member in reversed(item))
        elif isinstance(item, ast.AST):
            name, fields = _normalise(item, local, annotations)
            if item is root:
                fields = [field for field in fields if not (outermost and field[0] == "decorator_list")]
            elif item is outermost:
                fields = [field for field in fields if field[0] not in ("defaults", "kw_defaults")]
            pieces.append(encoding.node(name, len(fields)))
            for field, value in reversed(fields):
                pending.append((value, _inside(item, field, local)))
                pending.append((encoding.text(field), local))
        else:
            pieces.append(_scalar(item))
    return b"".join(pieces)


def _scalar(value: object) -> bytes:
    item = encoding.plain(value)
    if item is None:
        raise TypeError(f"a syntax tree holds a {type(value).__qualname__}, which no known version of Python does")
    return item


def _inside(node: ast.AST, field: str, local: bool) -> bool:
    if field != "body":
        return local
    return isinstance(node, _FUNCTIONS) or (local and not isinstance(node, ast.ClassDef))


def _normalise(node: ast.AST, local: bool, annotations: bool) -> tuple[str, list[tuple[str, object]]]:
    if isinstance(node, ast.Constant):
        return "Constant", [("value", _scalar(node.value))]
    if isinstance(node, ast.JoinedStr):
        return "JoinedStr", [("values", _joined(node.values))]
    if local and isinstance(node, ast.AnnAssign):
        return _declaration(node)
    unevaluated = () if annotations else ("annotation",) if isinstance(node, ast.arg) else ("returns",)
    fields: list[tuple[str, object]] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if name in _LEFT_OUT or (name in unevaluated and not isinstance(node, ast.AnnAssign)):
            continue
        if name in _BLOCKS and isinstance(value, list):
            value = [statement for statement in value if not _without_effect(statement)]
        if name == "format_spec" and isinstance(value, ast.JoinedStr) and not _joined(value.values):
            continue
        if value is not None and value != []:
            fields.append((name, value))
    return type(node).__name__, fields


def _declaration(node: ast.AnnAssign) -> tuple[str, list[tuple[str, object]]]:
    """An annotated assignment in a function, whose annotation is never evaluated, is one without annotation."""
    if node.value is None:
        return "Declaration", [("target", node.target)]
    return "Assign", [("targets", [node.target]), ("value", node.value)]


def _without_effect(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _joined(values: list[ast.expr]) -> list[ast.expr]:
    """The parts of a formatted string without the empty texts that some versions of Python put between them."""
    return [value for value in values if not (isinstance(value, ast.Constant) and value.value == "")]
