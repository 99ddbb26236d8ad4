"""What the bodies of tasks and flows do, and the values that stand for something else in a scenario."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.world import World

A_LOCK = "(a lock)"
"""What an input is written as that stands for something without a stable key."""
LARGE = 20_000
"""How long a large result is: longer than what is kept inside a record."""


class Failure(Exception):
    """How a body or block fails on purpose."""


@dataclass
class Call:
    """A call that is under way: what its body is to do, and how often it has done it."""

    world: World
    step: dict[str, Any]
    name: str
    returns: str
    runs: int = 0


current: ContextVar[Call] = ContextVar("current")


def run() -> object:
    """The body of every task and flow."""
    call = current.get()
    call.runs += 1
    number = call.world.count(call.name)
    if call.step.get("meet"):
        call.world.meeting.wait()
    call.world.perform_all(call.step.get("steps", []), call.runs - 1)
    current.set(call)
    if call.runs <= call.step.get("fails", 0):
        raise Failure("it failed")
    return returned(call.returns, number)


def returned(returns: str, number: int) -> object:
    """What a body returns that runs for this time in a scenario."""
    if returns == "number":
        return number
    if returns == "nothing":
        return None
    if returns == "large":
        return str(number).ljust(LARGE, ".")
    if returns == "unserializable":
        return threading.Lock()
    raise AssertionError(f"nothing is called `{returns}`")


def given(value: object) -> object:
    """The input that a scenario writes like this."""
    return threading.Lock() if value == A_LOCK else value


def written(value: object) -> object:
    """What a scenario writes for a value: without the dots that only make it large."""
    return value.rstrip(".") if isinstance(value, str) else value
