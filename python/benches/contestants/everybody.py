"""What is measured alike for every library: importing it, and the memory at a program's peak."""

from __future__ import annotations

import os
import subprocess
import sys
from time import perf_counter_ns

from worker import measured


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
