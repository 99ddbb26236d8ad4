//! What the engine asks of its machine, answered by the dice.

use std::cell::RefCell;
use std::sync::Arc;

use keepwell_core::simulation::Machine;

use super::dice::Dice;
use super::world::World;

/// Numbers of processes begin here, so that they look like what they are.
const FIRST_PROCESS: usize = 1_000;

/// The machine as one process sees it.
pub(super) struct SimulatedMachine {
    dice: RefCell<Dice>,
    world: Arc<World>,
    process: usize,
    number: u64,
}

impl SimulatedMachine {
    /// A machine of this number, as a process on it sees it.
    pub(super) fn new(world: &Arc<World>, dice: Dice, process: usize, number: u64) -> Self {
        Self { dice: RefCell::new(dice), world: Arc::clone(world), process, number }
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

    fn is_gone(&self, process: u32) -> bool {
        let process = usize::try_from(process).expect("it is the number of a process").checked_sub(FIRST_PROCESS);
        process.is_some_and(|process| self.world.condition(process).is_dead)
    }

    fn number(&self) -> u64 {
        self.number
    }

    fn host(&self) -> String {
        format!("simulated-{}", self.number)
    }
}
