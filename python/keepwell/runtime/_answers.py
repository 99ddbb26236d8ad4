"""How a module of `keepwell.runtime` answers: a variable that a test has set, else what the active run says."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any


def answer(module: str, fields: Mapping[str, Callable[[], Any]], name: str) -> Any:
    """The answer to `module.name`.

    Raises:
        AttributeError: there is no such field, and no variable gives it.
    """
    short = module.rpartition(".")[2]
    variable = f"KEEPWELL__RUNTIME__{short.upper()}__{name.upper()}"
    text = os.environ.get(variable)
    field = fields.get(name)
    if field is None:
        if text is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return text
    real = field()
    return real if text is None else _cast(variable, text, real)


def listed(tags: Iterable[str] | None) -> list[str]:
    """Tags as a list: in their own order if they have one."""
    if isinstance(tags, set | frozenset):
        return sorted(tags)
    return list(tags or ())


def _cast(variable: str, text: str, real: Any) -> Any:
    """The text of a variable as a value of the type of the real answer."""
    from datetime import datetime, timezone

    if isinstance(real, bool):
        return text.lower() in ("true", "1")
    if isinstance(real, datetime):
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
    if real is None or isinstance(real, str):
        return text
    if isinstance(real, int | float):
        return type(real)(text)
    kind = type(real).__name__
    raise ValueError(f"a value of type {kind} cannot be mocked using an environment variable: unset {variable}")
