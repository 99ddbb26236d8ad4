"""Prints the tables of `BENCHMARKS.md` about Python, every ratio from this one run.

`compare.py WHEEL [TABLE…]`: the tables to make, all where none is named; `--without LIBRARY` leaves a library out.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from contest import contest
from environments import REQUIREMENTS, pythons
from tables import TABLES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("tables", nargs="*", choices=[[], *(table.name for table in TABLES)])
    parser.add_argument("--without", action="append", default=[], choices=list(REQUIREMENTS))
    arguments = parser.parse_args()
    libraries = [library for library in ["keepwell", *REQUIREMENTS] if library not in arguments.without]
    found = pythons(arguments.wheel.resolve(), arguments.wheel.resolve().parents[1] / "venvs", libraries)
    wanted = [table for table in TABLES if not arguments.tables or table.name in arguments.tables]
    # On the file system of the current folder: a temporary one is often in memory.
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for table in wanted:
            rounds = 7 if table.name in ("array", "array-key", "frame-key", "peak", "map") else 15
            print(table.text(contest(table.contestants, found, Path(folder), rounds)), flush=True)


if __name__ == "__main__":
    main()
