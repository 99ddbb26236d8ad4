"""The loggers below `keepwell`, and those of runs, whose lines say which run they belong to."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager

from keepwell.exceptions import MissingContextError
from keepwell.logging.configuration import ensure_setup
from keepwell.logging.prints import patch_print

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping
    from types import TracebackType
    from typing import Any, TypeAlias

    Adapter: TypeAlias = logging.LoggerAdapter[logging.Logger]
else:
    Adapter = logging.LoggerAdapter

__all__ = [
    "KeepwellLogAdapter",
    "LogEavesdropper",
    "disable_logger",
    "disable_run_logger",
    "flow_run_logger",
    "get_logger",
    "get_run_logger",
    "patch_print",
    "task_run_logger",
]

_RUN_LOGGERS = ("keepwell.flow_runs", "keepwell.task_runs")
_UNKNOWN = "<unknown>"


class KeepwellLogAdapter(Adapter):
    """A logger that adds fields to each record. Fields that a call gives with `extra=` win over its own."""

    extra: Mapping[str, object]

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """The message as it is, and the arguments with the fields."""
        kwargs["extra"] = {**self.extra, **(kwargs.get("extra") or {})}
        return msg, kwargs

    def getChild(  # noqa: N802 - as logging.Logger has it
        self, suffix: str, extra: Mapping[str, object] | None = None
    ) -> KeepwellLogAdapter:
        """The child of this logger, with the same fields and `extra`."""
        return KeepwellLogAdapter(self.logger.getChild(suffix), extra={**self.extra, **(extra or {})})


def get_logger(name: str | None = None) -> logging.Logger:
    """The logger `keepwell`, or the one of this name below it."""
    ensure_setup()
    if name is None or name == "keepwell":
        return logging.getLogger("keepwell")
    return logging.getLogger(name if name.startswith("keepwell.") else f"keepwell.{name}")


def get_run_logger(context: Any = None, **kwargs: str) -> logging.Logger | KeepwellLogAdapter:
    """The logger of the active task run, or else of the active flow run.

    Args:
        context: the context of the run; by default the active one.
        kwargs: more fields for each record.

    Raises:
        MissingContextError: there is no active run.
    """
    from keepwell.context import FlowRunContext, TaskRunContext

    if context is None:
        task_context, flow_context = TaskRunContext.get(), FlowRunContext.get()
    elif isinstance(context, FlowRunContext):
        task_context, flow_context = None, context
    elif isinstance(context, TaskRunContext):
        task_context, flow_context = context, FlowRunContext.get()
    else:
        kind = type(context).__name__
        expected = "Expected one of 'None', 'FlowRunContext', or 'TaskRunContext'."
        raise TypeError(f"Received unexpected type {kind!r} for context. {expected}")
    flow_run = flow_context.flow_run if flow_context is not None else None
    flow = flow_context.flow if flow_context is not None else None
    if task_context is not None:
        return task_run_logger(task_context.task_run, task_context.task, flow_run, flow, **kwargs)
    if flow_context is not None:
        return flow_run_logger(flow_run, flow, **kwargs)
    if all(logging.getLogger(name).disabled for name in _RUN_LOGGERS):
        logger = logging.getLogger("null")
        logger.disabled = True
        return logger
    raise MissingContextError("There is no active flow or task run context.")


def flow_run_logger(flow_run: Any, flow: Any = None, **kwargs: str) -> KeepwellLogAdapter:
    """The logger of a flow run; `kwargs` are more fields for each record."""
    fields = {
        "flow_run_name": flow_run.name if flow_run is not None else _UNKNOWN,
        "flow_run_id": str(flow_run.id) if flow_run is not None else _UNKNOWN,
        "flow_name": flow.name if flow is not None else _UNKNOWN,
    }
    return KeepwellLogAdapter(get_logger("keepwell.flow_runs"), extra={**fields, **kwargs})


def task_run_logger(
    task_run: Any, task: Any = None, flow_run: Any = None, flow: Any = None, **kwargs: str
) -> KeepwellLogAdapter:
    """The logger of a task run; `kwargs` are more fields for each record.

    A flow and a flow run that are not given are those of the current context.
    """
    from keepwell.context import FlowRunContext

    around = FlowRunContext.get()
    if around is not None:
        flow_run, flow = flow_run or around.flow_run, flow or around.flow
    flow_run_id = flow_run.id if flow_run is not None else getattr(task_run, "flow_run_id", None)
    fields = {
        "task_run_id": str(task_run.id),
        "flow_run_id": str(flow_run_id),
        "task_run_name": task_run.name,
        "task_name": task.name if task is not None else _UNKNOWN,
        "flow_run_name": flow_run.name if flow_run is not None else _UNKNOWN,
        "flow_name": flow.name if flow is not None else _UNKNOWN,
    }
    return KeepwellLogAdapter(get_logger("keepwell.task_runs"), extra={**fields, **kwargs})


@contextmanager
def disable_logger(name: str) -> Iterator[None]:
    """Silences the logger of this name for a block of code."""
    logger = logging.getLogger(name)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


@contextmanager
def disable_run_logger() -> Iterator[None]:
    """Silences the loggers of runs for a block of code, in which `get_run_logger()` works outside of runs too.

    It is for tests that call what a task or flow calls.
    """
    with disable_logger("keepwell.flow_runs"), disable_logger("keepwell.task_runs"):
        yield


class LogEavesdropper(logging.Handler):
    """Hears what a logger is told while its `with` block runs: `.text()` is all of it.

    Args:
        eavesdrop_on: the name of the logger.
        level: the lowest level that is heard.
    """

    def __init__(self, eavesdrop_on: str, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self.eavesdrop_on = eavesdrop_on
        self._heard = io.StringIO()
        self._target: logging.Logger | None = None
        self.setFormatter(logging.Formatter("[%(levelname)s]: %(message)s"))

    def __enter__(self) -> LogEavesdropper:
        self._target = logging.getLogger(self.eavesdrop_on)
        self._level_before = self._target.level
        self._target.level = self.level
        self._target.addHandler(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._target is not None:
            self._target.removeHandler(self)
            self._target.level = self._level_before

    def emit(self, record: logging.LogRecord) -> None:
        """Takes a record down."""
        self._heard.write(self.format(record) + "\n")

    def text(self) -> str:
        """What was heard, a line for each record."""
        return self._heard.getvalue().rstrip("\n")
