"""One contestant at work: `worker.py LIBRARY CASE` does the thing for each line that it reads, and says how it went."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from time import perf_counter_ns

# A round should be long enough for the clock and short enough for many rounds.
NANOSECONDS_A_ROUND = 30_000_000


def timed(thing: Callable[[], object]) -> None:
    """Serves rounds: as many repetitions as fill one, and the nanoseconds of each on average."""
    repetitions = repetitions_for(thing)

    def nanoseconds() -> float:
        started = perf_counter_ns()
        for _ in range(repetitions):
            thing()
        return (perf_counter_ns() - started) / repetitions

    measured(nanoseconds)


def measured(number: Callable[[], float]) -> None:
    """Serves rounds of whatever `number` measures."""
    for _ in sys.stdin:
        print(number(), flush=True)


def repetitions_for(thing: Callable[[], object]) -> int:
    repetitions = 1
    while True:
        started = perf_counter_ns()
        for _ in range(repetitions):
            thing()
        if (perf_counter_ns() - started) * 2 > NANOSECONDS_A_ROUND:
            return repetitions
        repetitions *= 2


if __name__ == "__main__":
    library, case = sys.argv[1:]
    sys.modules["worker"] = sys.modules["__main__"]
    getattr(import_module(f"contestants.with_{library}"), case)()
