//! From hours to days, station by station.

use std::collections::BTreeMap;

use keepwell::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clean::Temperature;

/// A station and the mean temperature of each day that it reported on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Station {
    pub name: String,
    /// Days of the year, from 1, in order.
    pub days: Vec<u16>,
    /// The mean of each of them, in degrees Celsius.
    pub means: Vec<f64>,
}

/// The stations by name.
#[task(cache_policy = INPUTS + TASK_SOURCE)]
pub fn daily_means(temperatures: Vec<Temperature>) -> Vec<Station> {
    let mut stations: BTreeMap<String, BTreeMap<u16, (f64, u32)>> = BTreeMap::new();
    for Temperature { station, day, celsius } in temperatures {
        let (sum, count) = stations.entry(station).or_default().entry(day).or_default();
        *sum += celsius;
        *count += 1;
    }
    stations
        .into_iter()
        .map(|(name, days)| {
            let means = days.values().map(|(sum, count)| sum / f64::from(*count)).collect();
            Station { name, days: days.into_keys().collect(), means }
        })
        .collect()
}
