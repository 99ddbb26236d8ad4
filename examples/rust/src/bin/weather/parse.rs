//! From text to readings. Lines that are no reading are counted, not guessed at.

use jiff::civil::DateTime;
use keepwell::prelude::*;
use serde::{Deserialize, Serialize};

/// What was found in the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parsed {
    /// The readings, in the file's order.
    pub readings: Vec<Reading>,
    /// How many lines were none.
    pub unreadable: usize,
}

/// What a station reported.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reading {
    pub station: String,
    /// Day of the year, from 1.
    pub day: u16,
    pub hour: u8,
    /// As reported: not there, in either unit, or a fault code.
    pub temperature: Option<f64>,
    pub unit: Unit,
}

/// The unit of a temperature.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Unit {
    Celsius,
    Fahrenheit,
}

/// Reads the file, which has a line of headings.
#[task(cache_policy = INPUTS + TASK_SOURCE, depends_on(Reading))]
pub fn parse(text: String) -> Parsed {
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let readings: Vec<Reading> = lines.iter().filter_map(|line| Reading::parse(line)).collect();
    let unreadable = lines.len() - readings.len();
    Parsed { readings, unreadable }
}

#[keepwell::source]
impl Reading {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(',').collect();
        let [station, time, temperature, unit, _humidity] = fields.as_slice() else { return None };
        let time: DateTime = time.parse().ok()?;
        Some(Self {
            station: (*station).to_owned(),
            day: u16::try_from(time.date().day_of_year()).ok()?,
            hour: u8::try_from(time.hour()).ok()?,
            temperature: if temperature.is_empty() { None } else { Some(temperature.parse().ok()?) },
            unit: match *unit {
                "C" => Unit::Celsius,
                "F" => Unit::Fahrenheit,
                _ => return None,
            },
        })
    }
}
