"""What came of a step, and what a scenario expected of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from parity.log import Log, matches


@dataclass
class Outcome:
    """What came of a step."""

    name: str | None = None
    """The state's name, where there is a state."""
    message: str | None = None
    value: object = None
    error: str | None = None
    """What was raised in place of a value."""
    runs: int | None = None
    """How often the body of a call ran."""


def complaints(step: dict[str, Any], outcome: Outcome, repetition: int, log: Log, start: int) -> Iterator[str]:
    """What is otherwise than `step` says it is the time after `repetition` others.

    `start` is where its part of the log begins.
    """
    expected = at(step.get("is"), repetition)
    if expected is not None and outcome.name != expected:
        yield f"is {outcome.name}, not {expected} ({outcome.message!r}, {outcome.error!r})"
    if "message" in step and not matches(step["message"], outcome.message or ""):
        yield f"message is {outcome.message!r}, not {step['message']!r}"
    if "error" in step and not matches(step["error"], outcome.error or ""):
        yield f"error is {outcome.error!r}, not {step['error']!r}"
    if "error" in step and outcome.error is None:
        yield "raised nothing"
    if outcome.error is not None and "error" not in step and not step.get("fails"):
        yield f"raised `{outcome.error}`"
    if "value" in step and (outcome.value, type(outcome.value)) != (step["value"], type(step["value"])):
        yield f"value is {outcome.value!r}, not {step['value']!r}"
    usual = {"Completed": 1, "Cached": 0}.get(outcome.name or "")
    runs = step.get("runs", usual)
    if outcome.runs is not None and runs is not None and outcome.runs != runs:
        yield f"the body ran {outcome.runs} times, not {runs}"
    for complaint in (
        log.expect_all(start, step["log"]) if "log" in step else None,
        log.expect_some(start, step["says"]) if "says" in step else None,
    ):
        if complaint is not None:
            yield complaint


def at(expected: str | list[str] | None, repetition: int) -> str | None:
    """What holds the time after `repetition` others."""
    return expected[min(repetition, len(expected) - 1)] if isinstance(expected, list) else expected
