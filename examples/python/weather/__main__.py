"""A pipeline over a year of measurements: parse, clean, average by day, fit a season to each station.

`python examples/python/weather FILE [RESAMPLES]` prints each task's state and time. Run it again and every task is
`Cached`; change a line of the file and what depends on it runs.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clean import clean
from daily import daily_means
from keepwell import flow
from parse import parse
from season import fit_season


@flow
def weather(text: str, resamples: int) -> None:
    started = time.perf_counter()
    parsed = step("parse", parse, text)
    temperatures = step("clean", clean, parsed)
    for station in step("daily means", daily_means, temperatures):
        season = step(f"season of {station.name}", fit_season, station, resamples)
        print(f"      {season}")
    print(f"total {time.perf_counter() - started:.3f} s")


def step(name: str, task: Callable[..., Any], *arguments: Any) -> Any:
    """Runs one task, and prints its state and time."""
    started = time.perf_counter()
    state = task(*arguments, return_state=True)
    print(f"  {name:<20} {state!s:<24} {(time.perf_counter() - started) * 1000:>9.3f} ms", flush=True)
    return state.result()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: weather FILE [RESAMPLES]")
    weather(Path(sys.argv[1]).read_text(), int(sys.argv[2]) if len(sys.argv) == 3 else 1000)
