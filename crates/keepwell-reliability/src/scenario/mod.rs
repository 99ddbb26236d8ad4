//! The scenarios: each a way to break keepwell, with a check of everything that is left.

mod bank;
mod hostile_folder;
mod kill_writers;
mod locks;
mod power_cut;
mod simulated_seeds;
mod sync_barriers;
mod system_call_errors;
mod system_calls;

use std::fmt::Write;

use crate::failure::Checked;
use crate::figures::Figures;

/// A way to break keepwell.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What is done, in one line.
    pub(crate) about: &'static str,
    /// How many rounds the gate asks for; with none it is left to the soak.
    pub(crate) gate_rounds: u64,
    /// Does it and checks what is left.
    pub(crate) run: fn(&Order) -> Checked<Verdict>,
    /// What a worker process of this scenario does.
    pub(crate) work: fn(&[String]) -> Checked<()>,
}

/// How a scenario is to be run.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// How many rounds; a scenario that goes through all of something takes no notice.
    pub(crate) rounds: u64,
    pub(crate) seed: u64,
    /// Whether to do what takes too long for the gate.
    pub(crate) is_thorough: bool,
    /// The only case to run, of a scenario that has several.
    pub(crate) case: Option<String>,
    /// The mistake that is planted in the workers.
    pub(crate) mistake: Option<String>,
}

/// What came of a scenario that did not fail.
#[derive(Debug)]
pub(crate) enum Verdict {
    Passed(Figures),
    /// The machine does not allow it; why.
    NotPossible(String),
}

const ALL: &[&Scenario] = &[
    &system_call_errors::SCENARIO,
    &kill_writers::SCENARIO,
    &bank::SCENARIO,
    &system_calls::SCENARIO,
    &hostile_folder::SCENARIO,
    &power_cut::SCENARIO,
    &simulated_seeds::SCENARIO,
    &sync_barriers::SCENARIO,
    &locks::HOLDER_KILLED,
    &locks::HOLDER_STOPPED,
    &locks::TASK_STOPPED,
    &locks::REDIS_CHAOS,
    &locks::LOCK_CONTENTION,
];

impl Order {
    /// As the gate runs it.
    pub(crate) fn of_gate(scenario: &Scenario) -> Self {
        Self { rounds: scenario.gate_rounds, seed: 1, is_thorough: false, case: None, mistake: None }
    }

    /// Whether to run the case of this name.
    pub(crate) fn asks_for(&self, case: &str) -> bool {
        self.case.as_ref().is_none_or(|only| only == case)
    }

    /// The command that runs the case again.
    pub(crate) fn replay_case(&self, scenario: &Scenario, case: &str) -> String {
        let order = Self { case: Some(case.to_owned()), ..self.clone() };
        order.replay(scenario, self.rounds, self.seed)
    }

    /// The command that runs the scenario again with these rounds and this seed.
    pub(crate) fn replay(&self, scenario: &Scenario, rounds: u64, seed: u64) -> String {
        let mut command = format!("keepwell-reliability run {} --rounds {rounds} --seed {seed}", scenario.name);
        if self.is_thorough {
            command.push_str(" --thorough");
        }
        if let Some(case) = &self.case {
            let _ = write!(command, " --case {case}");
        }
        if let Some(mistake) = &self.mistake {
            let _ = write!(command, " --mistake {mistake}");
        }
        command
    }
}

/// All scenarios, the longest first.
pub(crate) fn all() -> &'static [&'static Scenario] {
    ALL
}

/// The scenario of this name.
pub(crate) fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().copied().find(|scenario| scenario.name == name)
}

/// The names of all scenarios and what they do, a line for each.
pub(crate) fn list() -> String {
    let line = |scenario: &&Scenario| format!("  {:<20} {}", scenario.name, scenario.about);
    ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}
