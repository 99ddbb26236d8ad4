//! One unit, no faults, every hour once.

use std::collections::HashSet;

use keepwell::prelude::*;
use serde::{Deserialize, Serialize};

use crate::parse::{Parsed, Reading, Unit};

/// A temperature that can be believed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Temperature {
    pub station: String,
    /// Day of the year, from 1.
    pub day: u16,
    pub celsius: f64,
}

/// Leaves out readings without a temperature, with an impossible one, and those that were sent twice.
#[task(cache_policy = INPUTS + TASK_SOURCE, depends_on(celsius))]
pub fn clean(parsed: Parsed) -> Vec<Temperature> {
    let mut seen = HashSet::new();
    parsed
        .readings
        .into_iter()
        .filter_map(|reading| {
            let celsius = celsius(&reading)?;
            let is_new = seen.insert((reading.station.clone(), reading.day, reading.hour));
            is_new.then_some(Temperature { station: reading.station, day: reading.day, celsius })
        })
        .collect()
}

/// The temperature in degrees Celsius, if it is one that occurs on this planet.
#[keepwell::source]
fn celsius(reading: &Reading) -> Option<f64> {
    let celsius = match reading.unit {
        Unit::Celsius => reading.temperature?,
        Unit::Fahrenheit => (reading.temperature? - 32.0) / 1.8,
    };
    (-90.0..=60.0).contains(&celsius).then_some(celsius)
}
