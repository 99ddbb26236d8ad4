"""Contestants take turns, so that a noisy machine disturbs both sides of a ratio alike.

Each contestant is a process of its own, in an environment of its own. The first of a table is the one that the others
are compared with.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

BENCHES = Path(__file__).resolve().parent
ROUNDS = 15


@dataclass(frozen=True)
class Contestant:
    """One way of doing the thing that a table is about."""

    title: str
    #: The environment, and the module in `contestants/` that has the case.
    library: str
    case: str
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How a contestant did: the median over all rounds, and the median of the first one's number by this one's."""

    title: str
    median: float
    ratio: float


class Worker:
    """The process of a contestant. Its log goes to a file, as a program's would."""

    def __init__(self, contestant: Contestant, python: Path, folder: Path) -> None:
        home = folder / f"{contestant.library}-{contestant.case}-{len(list(folder.iterdir()))}"
        home.mkdir()
        self._log = home / "log"
        variables = {"HOME": str(home), "PATH": "/usr/bin:/bin", **contestant.variables}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [str(python), str(BENCHES / "worker.py"), contestant.library, contestant.case],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=home,
                env=variables,
                text=True,
            )

    def turn(self) -> float | None:
        """One round's number: nanoseconds for each repetition, or what else the case measures. None where it failed."""
        try:
            print("go", file=self._process.stdin, flush=True)
            return float(self._process.stdout.readline())
        except (BrokenPipeError, ValueError):
            lines = self._log.read_text().splitlines()
            print(f"note: {self._process.args[2:]} failed: {lines[-1] if lines else ''}", file=sys.stderr)
            return None

    def end(self) -> None:
        """Lets the process end by itself."""
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def contest(contestants: list[Contestant], pythons: dict[str, Path], folder: Path, rounds: int = ROUNDS) -> list[Score]:
    """Lets the contestants run in turn, after one round that does not count. One that fails has no score."""
    present = [contestant for contestant in contestants if contestant.library in pythons]
    workers = [Worker(contestant, pythons[contestant.library], folder) for contestant in present]
    turns: list[list[float | None]] = [[] for _ in workers]
    for _ in range(rounds + 1):
        for worker, numbers in zip(workers, turns, strict=True):
            failed = bool(numbers) and numbers[-1] is None
            numbers.append(None if failed else worker.turn())
    for worker in workers:
        worker.end()
    counted = [numbers[1:] for numbers in turns]
    return [
        Score(contestant.title, median(numbers), ratio(counted[0], numbers))
        for contestant, numbers in zip(present, counted, strict=True)
        if None not in numbers
    ]


def ratio(first: list[float | None], numbers: list[float | None]) -> float:
    """The median of the first one's number by this one's, round by round; not a number where the first has none."""
    if None in first:
        return float("nan")
    return median(one / other for one, other in zip(first, numbers, strict=True) if one is not None and other)
