//! `+` and `-`.

use std::ops::{Add, AddAssign, Sub};

use super::CachePolicy;

impl Add for CachePolicy {
    type Output = Self;

    /// The parts and exclusions of both sides. In any order and grouping the sum is the same.
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for CachePolicy {
    fn add_assign(&mut self, mut other: Self) {
        self.parts.inputs |= other.parts.inputs;
        self.excluded.append(&mut other.excluded);
        self.parts.task_source = self.parts.task_source.max(other.parts.task_source);
        self.parts.flow_parameters |= other.parts.flow_parameters;
        self.parts.run_id |= other.parts.run_id;
        self.parts.build |= other.parts.build;
        other.functions.retain(|function| !self.functions.contains(function));
        self.functions.append(&mut other.functions);
        self.functions.sort_by(|one, other| one.order().cmp(&other.order()));
        self.key_storage.join_with(other.key_storage);
        self.isolation_level.join_with(other.isolation_level);
        self.lock_manager.join_with(other.lock_manager);
        self.on_lease_lost.join_with(other.on_lease_lost);
    }
}

impl Sub<&str> for CachePolicy {
    type Output = Self;

    /// The same policy, configuration and all, with one argument left out of [`INPUTS`](super::INPUTS). A policy without
    /// inputs is left as it is.
    fn sub(mut self, argument: &str) -> Self {
        if self.parts.inputs {
            self.excluded.insert(argument.to_owned());
        }
        self
    }
}
