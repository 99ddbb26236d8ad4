"""What keepwell says in its log, and whether that was expected."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

OF_FAILED_RUNS = (
    "Task run failed with exception: ",
    "Encountered exception during execution: ",
    "Finished in state Failed(",
)
"""How lines begin that tell of a failed run and so need no mention."""


@dataclass
class Line:
    """A line, and whether the scenario mentions it."""

    level: str
    message: str
    expected: bool = False

    @property
    def text(self) -> str:
        """The line as scenarios write it."""
        return f"{self.level} {self.message}"

    @property
    def is_alarming(self) -> bool:
        """Whether it tells of something that a scenario has to mention."""
        return self.level in ("WARNING", "ERROR") and not self.message.startswith(OF_FAILED_RUNS)


@dataclass
class Log:
    """Everything that was said, in order."""

    lines: list[Line] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Keeps what is said meanwhile."""
        logger, handler = logging.getLogger("keepwell"), _Handler(self)
        level, propagate = logger.level, logger.propagate
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate

    def expect_all(self, start: int, patterns: list[str]) -> str | None:
        """Compares all lines since `start` with `patterns`. Gives the lines if they differ."""
        lines = self.lines[start:]
        for line in lines:
            line.expected = True
        same = len(lines) == len(patterns)
        same = same and all(matches(pattern, line.text) for pattern, line in zip(patterns, lines, strict=True))
        return None if same else f"the log is{shown(lines)}"

    def expect_some(self, start: int, patterns: list[str]) -> str | None:
        """Looks for a line of each pattern since `start`, in their order. Gives the first that is not there."""
        rest = iter(self.lines[start:])
        for pattern in patterns:
            line = next((line for line in rest if matches(pattern, line.text)), None)
            if line is None:
                return f"no line `{pattern}` (in this place) in:{shown(self.lines[start:])}"
            line.expected = True
        return None

    def surprises(self, start: int) -> list[str]:
        """Warnings and errors since `start` that nobody expected. What was mentioned may be said more than once."""
        mentioned = {line.text for line in self.lines if line.expected}
        return [line.text for line in self.lines[start:] if line.is_alarming and line.text not in mentioned]


def matches(pattern: str, text: str) -> bool:
    """Whether a text is as the pattern says, in which `*` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def shown(lines: Iterable[Line]) -> str:
    """Lines for a complaint."""
    return "".join(f"\n    {line.text}" for line in lines)


class _Handler(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.DEBUG)
        self.log = log

    def emit(self, record: logging.LogRecord) -> None:
        self.log.lines.append(Line(record.levelname, record.getMessage()))
