"""From hours to days, station by station."""

from dataclasses import dataclass

import numpy as np

from clean import Temperatures
from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE


@dataclass
class Station:
    """A station and the mean temperature of each day that it reported on."""

    name: str
    #: Days of the year, from 1, in order.
    days: np.ndarray
    #: The mean of each of them, in degrees Celsius.
    means: np.ndarray


@task(cache_policy=INPUTS + TASK_SOURCE)
def daily_means(temperatures: Temperatures) -> list[Station]:
    """The stations by name."""
    return [
        station_of(name, temperatures.day[here], temperatures.celsius[here])
        for name, here in ((name, temperatures.station == index) for index, name in enumerate(temperatures.names))
    ]


def station_of(name: str, day: np.ndarray, celsius: np.ndarray) -> Station:
    counts, sums = np.bincount(day), np.bincount(day, weights=celsius)
    days = np.flatnonzero(counts)
    return Station(name, days, sums[days] / counts[days])
