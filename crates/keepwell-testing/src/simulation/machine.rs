//! What the engine asks of its machine, answered by the dice.

use std::cell::RefCell;

use keepwell_core::simulation::Machine;

use super::dice::Dice;

/// Numbers of processes begin here, so that they look like what they are.
const FIRST_PROCESS: usize = 1_000;

/// The machine as one process sees it.
pub(super) struct SimulatedMachine {
    dice: RefCell<Dice>,
    process: usize,
}

impl SimulatedMachine {
    pub(super) fn new(dice: Dice, process: usize) -> Self {
        Self { dice: RefCell::new(dice), process }
    }
}

impl Machine for SimulatedMachine {
    fn random(&self) -> u128 {
        let mut dice = self.dice.borrow_mut();
        u128::from(dice.bits()) << 64 | u128::from(dice.bits())
    }

    fn process(&self) -> u32 {
        u32::try_from(FIRST_PROCESS + self.process).expect("there are few processes")
    }

    fn host(&self) -> String {
        "simulated".to_owned()
    }
}
