"""What log lines look like: for people, and as JSON."""

from __future__ import annotations

import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal


class KeepwellFormatter(logging.Formatter):
    """A formatter with a form for lines of flow runs and one for those of task runs.

    Args:
        format: the form of all other lines.
        datefmt: the form of times, for `time.strftime`.
        style: how forms name fields, as in `logging.Formatter`.
        validate: whether forms are checked at once.
        defaults: values for fields that a record lacks.
        task_run_fmt: the form of lines of task runs; by default as all other lines.
        flow_run_fmt: the form of lines of flow runs; by default as all other lines.
    """

    def __init__(
        self,
        format: str | None = None,  # noqa: A002 - the name in logging configurations
        datefmt: str | None = None,
        style: Literal["%", "{", "$"] = "%",
        validate: bool = True,
        *,
        defaults: Mapping[str, Any] | None = None,
        task_run_fmt: str | None = None,
        flow_run_fmt: str | None = None,
    ) -> None:
        super().__init__(format, datefmt, style, validate, defaults=defaults)
        self._of_flow_runs = self._form(flow_run_fmt, validate)
        self._of_task_runs = self._form(task_run_fmt, validate)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - overrides
        """The record's line, without exceptions."""
        if record.name == "keepwell.flow_runs":
            return self._of_flow_runs.format(record)
        if record.name == "keepwell.task_runs":
            return self._of_task_runs.format(record)
        return self._style.format(record)

    def _form(self, form: str | None, validate: bool) -> logging.PercentStyle:
        """The style for one form, or that of all other lines."""
        if not form:
            return self._style
        made = type(self._style)(form)
        if validate:
            made.validate()
        return made


class JsonFormatter(logging.Formatter):
    """Formats each record as a JSON object on one line.

    Args:
        fmt: `"default"`, or `"pretty"` for indented objects.
        dmft: as `datefmt`: the form of times.
        style: as in `logging.Formatter`.
    """

    def __init__(self, fmt: str = "default", dmft: str | None = None, style: Literal["%", "{", "$"] = "%") -> None:
        if fmt not in ("default", "pretty"):
            raise ValueError("Format must be either 'default' or 'pretty'.")
        super().__init__(None, dmft, style)
        self._indent = 2 if fmt == "pretty" else None

    def format(self, record: logging.LogRecord) -> str:
        """The record's fields, with the message filled in and an exception as type, message and traceback."""
        import json

        fields = dict(record.__dict__, message=record.getMessage(), exc_info=_exception(record))
        return json.dumps(fields, default=str, indent=self._indent)


def _exception(record: logging.LogRecord) -> dict[str, str] | None:
    if not record.exc_info or record.exc_info[0] is None:
        return None
    import traceback

    kind, error, _ = record.exc_info
    return {
        "type": kind.__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }
