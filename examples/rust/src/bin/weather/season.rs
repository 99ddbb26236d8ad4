//! The season of a station: a cosine over the year, with what is certain about it.
//!
//! The cosine is fitted robustly, by iteratively reweighted least squares with Huber's weights (Huber, "Robust estimation of
//! a location parameter", 1964). How certain it is comes from a moving-block bootstrap of the residuals (Künsch, "The
//! jackknife and the bootstrap for general stationary observations", 1989): tomorrow's weather depends on today's, so
//! days are drawn by the fortnight. Each of the many draws is fitted again, and that takes its time.

use std::f64::consts::TAU;
use std::fmt;

use keepwell::prelude::*;
use serde::{Deserialize, Serialize};

use crate::daily::Station;

const YEAR: f64 = 365.0;
const BLOCK: usize = 14;
const ROUNDS: usize = 12;

/// The season of a station.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Season {
    /// The year's mean, in degrees Celsius.
    pub mean: Estimate,
    /// How far the extremes are from it, in degrees.
    pub amplitude: Estimate,
    /// The warmest day of the year, from 1.
    pub warmest_day: Estimate,
}

/// A number, and the interval that holds it in 95 of 100 cases.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Fits the season, and fits it again to `resamples` draws.
#[task(cache_policy = INPUTS + TASK_SOURCE, depends_on(fit, resampled, Season))]
pub fn fit_season(station: Station, resamples: u32) -> Season {
    let design: Vec<[f64; 3]> = station.days.iter().map(|day| terms(f64::from(*day))).collect();
    let fitted = fit(&design, &station.means);
    let expected: Vec<f64> = design.iter().map(|terms| dot(terms, &fitted)).collect();
    let residuals: Vec<f64> = station.means.iter().zip(&expected).map(|(mean, fitted)| mean - fitted).collect();
    let mut random = 1;
    let draws: Vec<[f64; 3]> =
        (0..resamples).map(|_| fit(&design, &resampled(&expected, &residuals, &mut random))).collect();
    Season::new(&fitted, &draws)
}

/// The values of the model's three terms on a day.
fn terms(day: f64) -> [f64; 3] {
    let angle = TAU * day / YEAR;
    [1.0, angle.cos(), angle.sin()]
}

fn dot(one: &[f64; 3], other: &[f64; 3]) -> f64 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// The coefficients that fit best, when days far off count for less.
#[keepwell::source]
fn fit(design: &[[f64; 3]], values: &[f64]) -> [f64; 3] {
    let mut weights = vec![1.0; values.len()];
    let mut coefficients = [0.0; 3];
    for _ in 0..ROUNDS {
        coefficients = least_squares(design, values, &weights);
        for ((weight, terms), value) in weights.iter_mut().zip(design).zip(values) {
            // Huber's constant for residuals of about three degrees.
            *weight = (1.345 * 3.0 / (value - dot(terms, &coefficients)).abs()).min(1.0);
        }
    }
    coefficients
}

/// Weighted least squares by the normal equations, solved by Cramer's rule.
fn least_squares(design: &[[f64; 3]], values: &[f64], weights: &[f64]) -> [f64; 3] {
    let mut normal = [[0.0; 3]; 3];
    let mut right = [0.0; 3];
    for ((terms, value), weight) in design.iter().zip(values).zip(weights) {
        for row in 0..3 {
            right[row] += weight * terms[row] * value;
            for column in 0..3 {
                normal[row][column] += weight * terms[row] * terms[column];
            }
        }
    }
    let whole = determinant(&normal);
    [0, 1, 2].map(|column| {
        let mut replaced = normal;
        (0..3).for_each(|row| replaced[row][column] = right[row]);
        determinant(&replaced) / whole
    })
}

fn determinant([a, b, c]: &[[f64; 3]; 3]) -> f64 {
    a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0])
}

/// The fitted year with residuals drawn in blocks from anywhere in the year.
#[keepwell::source]
fn resampled(expected: &[f64], residuals: &[f64], random: &mut u64) -> Vec<f64> {
    let mut start = 0;
    expected
        .iter()
        .enumerate()
        .map(|(index, expected)| {
            if index % BLOCK == 0 {
                start = draw(random) % residuals.len();
            }
            expected + residuals[(start + index % BLOCK) % residuals.len()]
        })
        .collect()
}

/// A pseudorandom number: xorshift64* (Vigna, 2016). Seeded alike, so that the task returns the same each time.
fn draw(state: &mut u64) -> usize {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize
}

#[keepwell::source]
impl Season {
    fn new(fitted: &[f64; 3], draws: &[[f64; 3]]) -> Self {
        let estimate = |what: fn(&[f64; 3]) -> f64| Estimate::new(what(fitted), draws.iter().map(what).collect());
        Self {
            mean: estimate(|[mean, ..]| *mean),
            amplitude: estimate(|[_, cosine, sine]| cosine.hypot(*sine)),
            warmest_day: estimate(|[_, cosine, sine]| (sine.atan2(*cosine) / TAU * YEAR).rem_euclid(YEAR)),
        }
    }
}

impl Estimate {
    fn new(value: f64, mut draws: Vec<f64>) -> Self {
        draws.sort_unstable_by(f64::total_cmp);
        let quantile = |share: f64| draws.get((draws.len() as f64 * share) as usize).copied().unwrap_or(value);
        Self { value, low: quantile(0.025), high: quantile(0.975) }
    }
}

impl fmt::Display for Season {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mean, amplitude, warmest_day } = self;
        write!(formatter, "mean {mean} °C, ± {amplitude} °C, warmest on day {warmest_day}")
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.1} [{:.1}, {:.1}]", self.value, self.low, self.high)
    }
}
