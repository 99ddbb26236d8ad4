"""From text to readings, in columns. Lines that are no reading are counted, not guessed at."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE


@dataclass
class Parsed:
    """What was found in the file: the readings in its order, an array for each column, and how many lines were none."""

    names: list[str]
    #: Which of the names.
    station: np.ndarray
    #: Day of the year, from 1.
    day: np.ndarray
    hour: np.ndarray
    #: As reported: not a number where there is none, in either unit, or a fault code.
    temperature: np.ndarray
    is_fahrenheit: np.ndarray
    unreadable: int


@task(cache_policy=INPUTS + TASK_SOURCE)
def parse(text: str) -> Parsed:
    """Reads the file, which has a line of headings."""
    lines = text.splitlines()[1:]
    readings = [reading for line in lines if (reading := read(line)) is not None]
    stations, days, hours, temperatures, units = zip(*readings, strict=True)
    names = sorted(set(stations))
    number = {name: index for index, name in enumerate(names)}
    return Parsed(
        names=names,
        station=np.array([number[name] for name in stations], dtype=np.int16),
        day=np.array(days, dtype=np.int16),
        hour=np.array(hours, dtype=np.int16),
        temperature=np.array(temperatures, dtype=np.float64),
        is_fahrenheit=np.array([unit == "F" for unit in units]),
        unreadable=len(lines) - len(readings),
    )


def read(line: str) -> tuple[str, int, int, float, str] | None:
    """A reading, or nothing where the line is none."""
    fields = line.split(",")
    if len(fields) != 5 or fields[3] not in ("C", "F"):
        return None
    station, time, temperature, unit, _ = fields
    try:
        at = datetime.fromisoformat(time)
        return station, at.timetuple().tm_yday, at.hour, float(temperature or "nan"), unit
    except ValueError:
        return None
