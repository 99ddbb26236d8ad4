"""Where log lines go: the terminal's standard error."""

from __future__ import annotations

import logging
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

_COLOURS: Mapping[int, str] = {
    logging.DEBUG: "\x1b[2m",
    logging.INFO: "\x1b[36m",
    logging.WARNING: "\x1b[33m",
    logging.ERROR: "\x1b[31m",
    logging.CRITICAL: "\x1b[1;31m",
}
_PLAIN = "\x1b[0m"


class KeepwellConsoleHandler(logging.Handler):
    """Writes lines to standard error, the name of the level coloured on a terminal.

    Colours are off where the setting `KEEPWELL_LOGGING_COLORS` or the variable `NO_COLOR` says so. Where a handler of
    the root logger writes to the terminal, the program shows log lines in its own way; this handler is silent then.

    Args:
        stream: where to write; by default what `sys.stderr` is when a line is written.
        styles: the escape sequence that precedes the name of a level, by level.
        level: the lowest level that is written.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        styles: Mapping[int, str] | None = None,
        level: int | str = logging.NOTSET,
    ) -> None:
        super().__init__(level)
        self._stream = stream
        self._styles = _COLOURS if styles is None else styles

    @property
    def stream(self) -> TextIO:
        """Where lines go now."""
        return self._stream if self._stream is not None else sys.stderr

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line. A failure is reported as `logging` reports failures of handlers."""
        if self._stream is None and _root_shows(record):
            return
        try:
            line = self.format(record)
            stream = self.stream
            if _is_coloured(stream):
                line = self._coloured(line, record)
            stream.write(line + "\n")
            stream.flush()
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Nothing is held back."""

    def _coloured(self, line: str, record: logging.LogRecord) -> str:
        style = self._styles.get(record.levelno)
        return line.replace(record.levelname, f"{style}{record.levelname}{_PLAIN}", 1) if style else line


def _root_shows(record: logging.LogRecord) -> bool:
    """Whether the record reaches a handler of the root logger that writes to the terminal."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None and logger.parent is not None:
        if not logger.propagate:
            return False
        logger = logger.parent
    return any(_target(handler) in (sys.stderr, sys.stdout) for handler in logging.root.handlers)


def _target(handler: logging.Handler) -> object:
    """The stream of a handler, also where that is behind a console of its own, as `rich` has one."""
    return getattr(handler, "stream", None) or getattr(getattr(handler, "console", None), "file", handler)


def _is_coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or not getattr(stream, "isatty", bool)():
        return False
    from keepwell.settings import get_current_settings

    return bool(get_current_settings().logging.colors)
