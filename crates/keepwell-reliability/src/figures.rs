//! What a scenario counted.

use std::collections::BTreeMap;
use std::fmt;

/// Counts and worst cases by name, in the order in which they were first named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    names: Vec<&'static str>,
    values: BTreeMap<&'static str, Figure>,
}

#[derive(Clone, Copy, Debug)]
enum Figure {
    Sum(u64),
    Most(u64),
}

impl Figures {
    /// Adds to a count.
    pub(crate) fn add(&mut self, name: &'static str, count: u64) {
        self.merge(name, Figure::Sum(count));
    }

    /// Notes a value of which the largest counts.
    pub(crate) fn most(&mut self, name: &'static str, value: u64) {
        self.merge(name, Figure::Most(value));
    }

    /// The value of this name; zero where nothing was counted.
    pub(crate) fn value(&self, name: &str) -> u64 {
        match self.values.get(name) {
            Some(Figure::Sum(value) | Figure::Most(value)) => *value,
            None => 0,
        }
    }

    /// Takes another run's figures in.
    pub(crate) fn take_in(&mut self, other: &Self) {
        for name in &other.names {
            self.merge(name, other.values[name]);
        }
    }

    fn merge(&mut self, name: &'static str, figure: Figure) {
        let Some(known) = self.values.get_mut(name) else {
            self.names.push(name);
            self.values.insert(name, figure);
            return;
        };
        match (known, figure) {
            (Figure::Sum(known), Figure::Sum(more)) => *known += more,
            (Figure::Most(known), Figure::Most(other)) => *known = (*known).max(other),
            (known, figure) => *known = figure,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.names.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            match self.values[name] {
                Figure::Sum(value) => write!(formatter, "{comma}{value} {name}")?,
                Figure::Most(value) => write!(formatter, "{comma}{name} {value}")?,
            }
        }
        Ok(())
    }
}
