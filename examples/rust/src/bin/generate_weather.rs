//! Writes the measurements that the weather example reads: a year of hourly temperatures from eight stations, with the
//! faults of real sensors. The same bytes each time.
//!
//! `cargo run -p keepwell-examples --bin generate_weather > examples/data/weather.csv`

use std::f64::consts::TAU;
use std::io::{self, BufWriter, Write};

use jiff::ToSpan;
use jiff::civil::{DateTime, date};

const HOURS: usize = 365 * 24;

/// A station, the mean of its year, how far summer and winter are from it, and by how much a day swings.
const STATIONS: [(&str, f64, f64, f64); 8] = [
    ("ALMERIA", 18.9, 7.2, 4.1),
    ("BERGEN", 8.2, 6.4, 2.0),
    ("CLERMONT", 11.8, 8.6, 5.2),
    ("DEBRECEN", 10.9, 11.4, 5.6),
    ("EVORA", 16.3, 7.9, 6.3),
    ("FREIBURG", 11.4, 9.1, 4.8),
    ("GDANSK", 8.6, 9.4, 3.1),
    ("HELSINKI", 6.1, 11.2, 2.9),
];

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1, without 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// About normal with mean 0 and deviation 1: twelve uniform numbers, added.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

fn main() -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    writeln!(output, "station,time,temperature,unit,humidity")?;
    let start = date(2025, 1, 1).at(0, 0, 0, 0);
    for (index, station) in STATIONS.iter().enumerate() {
        let mut random = Random(0x006b_6565_7077_656c + index as u64);
        let mut weather = 0.0;
        for hour in 0..HOURS {
            // What today's weather is away from the season stays for days.
            weather = 0.994 * weather + 0.33 * random.normal();
            let time = start + i64::try_from(hour).expect("a year has few hours").hours();
            write_rows(&mut output, &mut random, station, (hour, time), weather)?;
        }
    }
    output.flush()
}

fn write_rows(
    output: &mut impl Write,
    random: &mut Random,
    &(station, mean, season, swing): &(&str, f64, f64, f64),
    (hour, time): (usize, DateTime),
    weather: f64,
) -> io::Result<()> {
    let year = (hour as f64 - 24.0 * 200.0) / HOURS as f64;
    let day = (hour % 24) as f64 / 24.0 - 0.625;
    let celsius = mean + season * (TAU * year).cos() + swing * (TAU * day).cos() + weather;
    let humidity = (75.0 - 1.1 * (celsius - mean) + 6.0 * random.normal()).clamp(15.0, 100.0);
    let (temperature, unit) = reading(random, celsius);
    let row = format!("{station},{time},{temperature},{unit},{humidity:.0}");
    writeln!(output, "{row}")?;
    if random.share() < 0.004 {
        // A gateway that was not heard sends again.
        writeln!(output, "{row}")?;
    }
    if random.share() < 0.0006 {
        // The line breaks off.
        writeln!(output, "{}", &row[..row.len() / 2])?;
    }
    Ok(())
}

/// What the sensor reports: mostly degrees Celsius, sometimes nothing, a fault code or degrees Fahrenheit.
fn reading(random: &mut Random, celsius: f64) -> (String, &'static str) {
    match random.share() {
        fault if fault < 0.012 => (String::new(), "C"),
        fault if fault < 0.017 => ("-999.0".to_owned(), "C"),
        fault if fault < 0.060 => (format!("{:.1}", celsius * 1.8 + 32.0), "F"),
        _ => (format!("{celsius:.1}"), "C"),
    }
}
