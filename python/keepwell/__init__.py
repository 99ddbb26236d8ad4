"""keepwell runs a task once and keeps its result well.

A task is an ordinary function. When it is called, keepwell computes a cache key from what the result depends on, looks
for a record under that key, and either returns the stored value (`Cached`) or runs the function and stores what it
returned (`Completed`).
"""

from __future__ import annotations

from keepwell._core import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from keepwell.context import tags
    from keepwell.flows import Flow, flow
    from keepwell.keys import Directory, File, register_encoder
    from keepwell.logging import get_run_logger
    from keepwell.states import State
    from keepwell.tasks import Task, task
    from keepwell.transactions import Transaction
    from keepwell.utilities.annotations import allow_failure, unmapped

# Where each name comes from. A module is imported when one of its names is first asked for, so that `import keepwell`
# costs next to nothing.
_MODULES: dict[str, str] = {
    "Directory": "keepwell.keys",
    "File": "keepwell.keys",
    "Flow": "keepwell.flows",
    "State": "keepwell.states",
    "Task": "keepwell.tasks",
    "Transaction": "keepwell.transactions",
    "allow_failure": "keepwell.utilities.annotations",
    "flow": "keepwell.flows",
    "get_run_logger": "keepwell.logging",
    "register_encoder": "keepwell.keys",
    "tags": "keepwell.context",
    "task": "keepwell.tasks",
    "unmapped": "keepwell.utilities.annotations",
}

__all__ = [
    "Directory",
    "File",
    "Flow",
    "State",
    "Task",
    "Transaction",
    "__version__",
    "allow_failure",
    "flow",
    "get_run_logger",
    "register_encoder",
    "tags",
    "task",
    "unmapped",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(module), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
