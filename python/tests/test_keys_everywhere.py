"""Keys are the same in every process, and cost no memory however much there is to hash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest

from keepwell import _core
from keyed import key

PROGRAM = """
import datetime, decimal, enum, sys, uuid
from dataclasses import dataclass, field
from typing import Any
from keepwell import _core

class Colour(enum.Enum):
    RED = "red"

@dataclass
class Point:
    x: Any
    tags: set = field(default_factory=set)

class Plain:
    def __init__(self):
        self.names = {"a", "b", "c", "longer" * 20}

def helper(x, names=frozenset({"p", "q"})):
    return x

value = [
    {f"key {n}": {f"member {m}" for m in range(20)} for n in range(20)},
    frozenset({("a", 1), ("b", 2), None, 1.5, Colour.RED}),
    Point(1, {"x", "y", "z"}), Plain(), Colour, {Colour.RED: 1, "a": 2}, decimal.Decimal("1.10"),
    uuid.UUID(int=7), datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc), helper, Point,
]
print(_core.key_digest(value).hex())
"""


def memory_taken(call: Callable[[], Any]) -> int:
    """The bytes by which the process was larger during the call than before it."""

    def sizes() -> dict[str, int]:
        lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
        return {line[0]: int(line[1]) * 1024 for line in lines if line[0] in ("VmHWM:", "VmRSS:")}

    Path("/proc/self/clear_refs").write_text("5")
    before = sizes()["VmRSS:"]
    call()
    return sizes()["VmHWM:"] - before


def test_a_key_of_a_large_array_needs_no_copy_of_it() -> None:
    array = numpy.ones(40_000_000)
    assert memory_taken(lambda: key(array)) < 64 * 1024 * 1024
    assert memory_taken(lambda: key(array.reshape(4000, 10_000)[:, ::2])) < 64 * 1024 * 1024


@pytest.mark.parametrize(
    "make",
    [
        lambda: pandas.Series(pandas.arrays.IntegerArray(numpy.arange(20_000_000), numpy.arange(20_000_000) % 2 == 0)),
        lambda: polars.Series(range(20_000_000), dtype=polars.Int64).replace(7, None),
        lambda: pyarrow.chunked_array([numpy.arange(10_000_000), numpy.arange(10_000_000)]),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_a_key_of_a_long_column_needs_no_copy_of_it(make: Any) -> None:
    column = make()
    assert memory_taken(lambda: key(column)) < 64 * 1024 * 1024


def test_keys_are_the_same_in_every_process_whatever_the_hash_seed(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    package = str(Path(_core.__file__).parents[1])
    keys = set()
    for seed in range(21):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": package}
        keys.add(subprocess.run([sys.executable, script], env=environment, check=True, capture_output=True).stdout)
    as_module = [sys.executable, "-c", "import program"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([package, str(tmp_path)])}
    keys.add(subprocess.run(as_module, env=environment, check=True, capture_output=True).stdout)
    assert len(keys) == 1
