"""How tasks and flows are pickled: like functions, by the name that their module has them under, or by their parts."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def by_name(definition: Any) -> str | tuple[Any, ...] | None:
    """What `__reduce__` is to return for a task or flow that can be found by its name; `None` for one that cannot.

    The program's own file is not found by its name in every process, so what is defined there travels with its code,
    which needs `cloudpickle`.
    """
    function = definition.fn
    receiver = definition.__dict__.get("_receiver")
    if receiver is not None:
        found: Any = getattr(receiver, getattr(function, "__name__", ""), None)
        is_same = type(found) is type(definition) and found._given is definition._given
        return (getattr, (receiver, function.__name__)) if is_same else None
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if module is None or name is None or module in ("__main__", "__mp_main__"):
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is definition and definition.__module__ == module else None
