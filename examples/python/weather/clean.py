"""One unit, no faults, every hour once."""

from dataclasses import dataclass

import numpy as np

from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE
from parse import Parsed


@dataclass
class Temperatures:
    """Temperatures that can be believed, a column for each thing."""

    names: list[str]
    #: Which of the names.
    station: np.ndarray
    #: Day of the year, from 1.
    day: np.ndarray
    celsius: np.ndarray


@task(cache_policy=INPUTS + TASK_SOURCE)
def clean(parsed: Parsed) -> Temperatures:
    """Leaves out readings without a temperature, with an impossible one, and those that were sent twice."""
    temperature = celsius(parsed)
    believable = np.flatnonzero((temperature >= -90.0) & (temperature <= 60.0))
    hours = (parsed.station.astype(np.int64) * 366 + parsed.day) * 24 + parsed.hour
    _, first = np.unique(hours[believable], return_index=True)
    kept = believable[np.sort(first)]
    return Temperatures(parsed.names, parsed.station[kept], parsed.day[kept], temperature[kept])


def celsius(parsed: Parsed) -> np.ndarray:
    """The temperatures in degrees Celsius."""
    return np.where(parsed.is_fahrenheit, (parsed.temperature - 32.0) / 1.8, parsed.temperature)
