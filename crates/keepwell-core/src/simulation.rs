//! What stands in for the machine when the engine is simulated: random bits, and which process this is.
//!
//! Clock, storages and locks are handed to the engine anyway; this is the rest of what tells one run from another. Only a
//! build with the feature `simulation` has it; in any other, the engine asks nobody, which costs nothing.

/// A simulated machine, as a thread of one of its processes sees it.
pub trait Machine {
    /// 128 random bits.
    fn random(&self) -> u128;

    /// The id of the process that the thread belongs to.
    fn process(&self) -> u32;

    /// Whether there is no process of this id any more.
    fn is_gone(&self, process: u32) -> bool;

    /// Tells the machine from any other.
    fn number(&self) -> u64;

    /// The machine's name.
    fn host(&self) -> String;
}

/// What the simulated machine of this thread says; `None` where the thread is not simulated.
#[cfg(not(feature = "simulation"))]
#[inline(always)]
pub(crate) fn ask<T>(_: impl FnOnce(&dyn Machine) -> T) -> Option<T> {
    None
}

#[cfg(feature = "simulation")]
pub use simulated::enter;

#[cfg(feature = "simulation")]
pub(crate) use simulated::ask;

#[cfg(feature = "simulation")]
mod simulated {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::Machine;

    thread_local! {
        static MACHINE: RefCell<Option<Rc<dyn Machine>>> = const { RefCell::new(None) };
    }

    /// Lets this thread run on a simulated machine from now on; with `None`, on the real one again.
    pub fn enter(machine: Option<Rc<dyn Machine>>) {
        MACHINE.set(machine);
    }

    pub(crate) fn ask<T>(question: impl FnOnce(&dyn Machine) -> T) -> Option<T> {
        let machine = MACHINE.with_borrow(Option::clone)?;
        Some(question(&*machine))
    }
}
