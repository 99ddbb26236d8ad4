"""Turns what a run prints into lines of its logger.

While at least one run wants it, `builtins.print` is replaced. The replacement asks the current context whose prints are
logged: threads and event loops that run something else print as ever.
"""

from __future__ import annotations

import builtins
import sys
import threading
from contextlib import contextmanager
from contextvars import ContextVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final

_lock = threading.Lock()
_users = 0
_restore: Callable[[], None]
_logger: ContextVar[Any] = ContextVar("keepwell_prints", default=None)
# Stands for the logger of whatever run prints.
_OF_RUN: Final = object()


@contextmanager
def prints_logged(logger: Any) -> Iterator[None]:
    """Logs what the block prints at level INFO with `logger`; `None` has it printed, also inside another such block.

    What is printed to a file of one's own is printed there.
    """
    token = _logger.set(logger)
    if logger is not None:
        _begin()
    try:
        yield
    finally:
        if logger is not None:
            _end()
        _logger.reset(token)


@contextmanager
def patch_print() -> Iterator[None]:
    """Logs what runs print inside the block, each with its own logger, where their option `log_prints` says so.

    Outside of runs it is printed.
    """
    with prints_logged(_OF_RUN):
        yield


def _begin() -> None:
    """Replaces `print`, unless it is."""
    global _users, _restore
    with _lock:
        if _users == 0:
            _restore = _replace()
        _users += 1


def _end() -> None:
    """Puts `print` back once nobody needs the replacement."""
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            _restore()


def _replace() -> Callable[[], None]:
    """Replaces `print` and returns what puts it back, unless somebody else has replaced it since."""
    before: Callable[..., None] = builtins.print

    def print_or_log(*args: Any, **kwargs: Any) -> None:
        logger = _logger.get()
        if logger is _OF_RUN:
            logger = _logger_of_run()
        file = kwargs.get("file")
        if logger is None or (file is not None and file not in (sys.stdout, sys.stderr)):
            before(*args, **kwargs)
        else:
            _log(logger, before, args, kwargs)

    def restore() -> None:
        if builtins.print is print_or_log:
            builtins.print = before

    builtins.print = print_or_log
    return restore


def _logger_of_run() -> Any:
    """The logger of the active run if its prints are to be logged."""
    from keepwell.context import FlowRunContext, TaskRunContext
    from keepwell.logging.loggers import get_run_logger

    context = TaskRunContext.get() or FlowRunContext.get()
    return get_run_logger() if context is not None and context.log_prints else None


def _log(logger: Any, printer: Callable[..., None], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Logs what `printer` would print, without the white space at its end."""
    from io import StringIO

    buffer = StringIO()
    printer(*args, **{**kwargs, "file": buffer})
    # A handler that prints must not log what it prints.
    token = _logger.set(None)
    try:
        logger.info(buffer.getvalue().rstrip())
    finally:
        _logger.reset(token)
