"""The season of a station: a cosine over the year, with what is certain about it.

The cosine is fitted robustly, by iteratively reweighted least squares with Huber's weights (Huber, "Robust estimation
of a location parameter", 1964). How certain it is comes from a moving-block bootstrap of the residuals (Künsch, "The
jackknife and the bootstrap for general stationary observations", 1989): tomorrow's weather depends on today's, so
days are drawn by the fortnight. Each of the many draws is fitted again, and that takes its time.
"""

from dataclasses import dataclass

import numpy as np

from daily import Station
from keepwell import task
from keepwell.cache_policies import INPUTS, TASK_SOURCE

YEAR = 365.0
BLOCK = 14
ROUNDS = 12


@dataclass
class Estimate:
    """A number, and the interval that holds it in 95 of 100 cases."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1f} [{self.low:.1f}, {self.high:.1f}]"


@dataclass
class Season:
    """The season of a station."""

    #: The year's mean, in degrees Celsius.
    mean: Estimate
    #: How far the extremes are from it, in degrees.
    amplitude: Estimate
    #: The warmest day of the year, from 1.
    warmest_day: Estimate

    def __str__(self) -> str:
        return f"mean {self.mean} °C, ± {self.amplitude} °C, warmest on day {self.warmest_day}"


@task(cache_policy=INPUTS + TASK_SOURCE)
def fit_season(station: Station, resamples: int) -> Season:
    """Fits the season, and fits it again to `resamples` draws."""
    angle = 2 * np.pi * station.days / YEAR
    design = np.stack([np.ones_like(angle), np.cos(angle), np.sin(angle)], axis=1)
    fitted = fit(design, station.means)
    expected = design @ fitted
    residuals = station.means - expected
    # Seeded alike, so that the task returns the same each time.
    random = np.random.default_rng(1)
    draws = np.array([fit(design, expected + resampled(residuals, random)) for _ in range(resamples)])
    return season_of(fitted, draws)


def fit(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The coefficients that fit best, when days far off count for less."""
    weights = np.ones_like(values)
    for _ in range(ROUNDS):
        weighted = design * weights[:, np.newaxis]
        coefficients = np.linalg.solve(weighted.T @ design, weighted.T @ values)
        # Huber's constant for residuals of about three degrees.
        weights = np.minimum(1.345 * 3.0 / np.abs(values - design @ coefficients), 1.0)
    return coefficients


def resampled(residuals: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Residuals drawn in blocks from anywhere in the year."""
    starts = random.integers(len(residuals), size=-(-len(residuals) // BLOCK))
    drawn = (starts[:, np.newaxis] + np.arange(BLOCK)).reshape(-1)[: len(residuals)]
    return residuals[drawn % len(residuals)]


def season_of(fitted: np.ndarray, draws: np.ndarray) -> Season:
    return Season(
        mean=estimate(fitted[0], draws[:, 0]),
        amplitude=estimate(np.hypot(fitted[1], fitted[2]), np.hypot(draws[:, 1], draws[:, 2])),
        warmest_day=estimate(day(fitted[1], fitted[2]), day(draws[:, 1], draws[:, 2])),
    )


def day(cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    return np.arctan2(sine, cosine) / (2 * np.pi) * YEAR % YEAR


def estimate(value: np.ndarray, draws: np.ndarray) -> Estimate:
    low, high = np.quantile(draws, [0.025, 0.975]) if len(draws) else (value, value)
    return Estimate(float(value), float(low), float(high))
