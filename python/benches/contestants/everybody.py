"""What is measured alike for every library: importing it, and the memory at a program's peak."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import count
from time import perf_counter_ns
from typing import Any

from worker import measured, timed


def importing() -> None:
    """Serves the nanoseconds that a new process takes longer for importing than one that imports nothing."""
    module, *names = os.environ["IMPORTED"].split(",")
    measured(lambda: process(f"from {module} import {', '.join(names)}") - process("pass"))


def process(program: str) -> float:
    started = perf_counter_ns()
    subprocess.run([sys.executable, "-c", program], check=True)
    return float(perf_counter_ns() - started)


def peak_of(program: str) -> None:
    """Serves the bytes that a new process with this program has at its peak."""
    report = "\nimport resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"

    def peak() -> float:
        done = subprocess.run([sys.executable, "-c", program + report], check=True, capture_output=True, text=True)
        return float(done.stdout.split()[-1]) * 1024

    measured(peak)


THREADS, KEYS = 64, 200


def contended(begin: Callable[[str], AbstractContextManager[Any]]) -> None:
    """Serves the nanoseconds that 64 threads take who all want the records of the same 200 new keys, one body for each.

    `begin` begins a serializable transaction for a key.
    """
    rounds = count()

    def contend() -> None:
        number = next(rounds)
        bodies: list[int] = []

        def want_all(_: int) -> None:
            for key in range(KEYS):
                with begin(f"{number}-{key}") as transaction:
                    if not transaction.is_committed():
                        bodies.append(key)
                        transaction.stage(key)

        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(want_all, range(THREADS)))
        if sorted(bodies) != list(range(KEYS)):
            raise AssertionError(f"{len(bodies)} bodies ran for {KEYS} keys")

    timed(contend)
