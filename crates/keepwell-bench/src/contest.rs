//! Two or more ways of doing the same thing, timed in turn.

use std::fmt;
use std::time::Instant;

/// How often each contestant has its turn.
const ROUNDS: usize = 15;

/// One way of doing the thing.
pub struct Contestant<'a> {
    name: &'a str,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Contestant<'a> {
    /// The contestant of this name.
    pub fn new(name: &'a str, run: impl FnMut() + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

impl fmt::Debug for Contestant<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// How one contestant did.
#[derive(Clone, Debug)]
pub struct Score {
    /// The contestant.
    pub name: String,
    /// The median over all rounds, in nanoseconds for each repetition.
    pub median: f64,
    /// The median of the first contestant's time divided by this one's, round by round: below 1 the first was faster.
    pub ratio: f64,
}

/// Lets the contestants run in turn, `repetitions` times in each of 15 rounds, after one round that does not count.
pub fn contest(repetitions: u32, contestants: &mut [Contestant<'_>]) -> Vec<Score> {
    let mut times = vec![Vec::with_capacity(ROUNDS); contestants.len()];
    for round in 0..=ROUNDS {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..repetitions {
                (contestant.run)();
            }
            if round > 0 {
                times.push(start.elapsed().as_nanos() as f64 / f64::from(repetitions));
            }
        }
    }
    let first = times[0].clone();
    let score = |(contestant, times): (&Contestant<'_>, &Vec<f64>)| Score {
        name: contestant.name.to_owned(),
        median: median(times.clone()),
        ratio: median(first.iter().zip(times).map(|(first, time)| first / time).collect()),
    };
    contestants.iter().zip(&times).map(score).collect()
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

impl fmt::Display for Score {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = match self.median {
            nanoseconds if nanoseconds < 1e4 => format!("{:.2} µs", nanoseconds / 1e3),
            nanoseconds if nanoseconds < 1e6 => format!("{:.1} µs", nanoseconds / 1e3),
            nanoseconds => format!("{:.2} ms", nanoseconds / 1e6),
        };
        write!(formatter, "| {} | {time} | {:.2} |", self.name, self.ratio)
    }
}
