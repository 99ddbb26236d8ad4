"""Logging: the loggers below `keepwell`, what their lines look like, and the logger of the active run.

Nothing is set up until the first line is to be logged. A program that has configured logging itself keeps its
configuration: see `keepwell.logging.configuration`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from keepwell.logging.loggers import LogEavesdropper, disable_run_logger, get_logger, get_run_logger

__all__ = ["LogEavesdropper", "disable_run_logger", "get_logger", "get_run_logger"]


def __getattr__(name: str) -> Any:
    # The engine sets logging up without them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from keepwell.logging import loggers

    value = getattr(loggers, name)
    globals()[name] = value
    return value
