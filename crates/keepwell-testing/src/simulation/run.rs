//! One run: the story of a seed, played by as many threads as it has processes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use keepwell_core::key::CacheKey;
use keepwell_core::simulation;
use keepwell_core::storage::{MemoryStorage, ResultStorage};

use super::audit::audit;
use super::dice::Dice;
use super::history::History;
use super::locks::{LockKind, LockTable};
use super::machine::SimulatedMachine;
use super::storage::SimulatedStorage;
use super::story::{Item, Style};
use super::teller::Teller;
use super::world::{Crash, World};

/// Enough for any story that is ever nested.
const STACK: usize = 512 << 10;

/// How a seed is played.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether the trace is kept as text.
    pub keeps_trace: bool,
    /// Whether writes that nobody has an answer to may take effect much later.
    pub late_writes: bool,
    /// Whether records are also committed together.
    pub several_records: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { keeps_trace: false, late_writes: true, several_records: true }
    }
}

/// What came of a seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Stands for everything that happened, in order: equal for every run of a seed.
    pub digest: u64,
    /// How often one process could have overtaken another.
    pub steps: u64,
    /// How many values became visible.
    pub values: usize,
    /// What was not as promised; empty if all is well.
    pub violations: Vec<String>,
    /// What happened, line by line, if it was kept.
    pub trace: Option<String>,
}

/// Everything that the processes of one run share.
pub(super) struct Scene {
    pub(super) world: Arc<World>,
    pub(super) history: Arc<History>,
    pub(super) storage: Arc<SimulatedStorage>,
    pub(super) locks: Arc<LockTable>,
}

/// Plays the story of a seed in the memory of this process.
pub fn simulate(seed: u64, options: &Options) -> Outcome {
    simulate_on(seed, options, || Arc::new(MemoryStorage::new()))
}

/// Plays the story of a seed on a storage of one's own, made by `storage`. It must be empty, and say the same to the same
/// calls whenever it is asked.
pub fn simulate_on(seed: u64, options: &Options, storage: impl FnOnce() -> Arc<dyn ResultStorage>) -> Outcome {
    let mut dice = Dice::new(seed);
    let style = Style::of(&mut dice, options.several_records);
    let scripts: Vec<Vec<Item>> = (0..style.processes).map(|_| style.script(&mut dice)).collect();
    let keys = (0..style.keys).map(|key| CacheKey::new(format!("k{key}")).expect("it is legal")).collect();
    let inner = storage();
    let locks = LockTable::new(*dice.pick(&[LockKind::Kernel, LockKind::Lease]));
    let world = Arc::new(World::new(dice, options.late_writes, options.keeps_trace));
    let history = Arc::new(History::new(keys, &inner));
    let storage = Arc::new(SimulatedStorage::new(Arc::clone(&world), Arc::clone(&history), inner));
    let scene = Scene { world, history, storage, locks: Arc::new(locks) };
    scene.play(scripts);
    audit(&scene, options.several_records);
    simulation::enter(None);
    scene.outcome(seed)
}

impl Scene {
    fn play(&self, scripts: Vec<Vec<Item>>) {
        thread::scope(|scope| {
            for script in scripts {
                let seat = self.world.add_seat();
                let thread = thread::Builder::new().stack_size(STACK);
                thread.spawn_scoped(scope, move || self.live(seat, &script)).expect("a thread can be started");
            }
            while !self.world.is_complete() {
                thread::yield_now();
            }
            self.world.begin();
        });
    }

    /// The life of a seat: one process after another, until the script has come to its end.
    fn live(&self, seat: usize, script: &[Item]) {
        self.world.sit_down(seat);
        let mut items = script.iter().enumerate();
        while !self.world.is_over() {
            let life = catch_unwind(AssertUnwindSafe(|| {
                let mut teller = self.born(seat);
                items.by_ref().for_each(|(index, item)| teller.play(item, (seat << 16) + index));
            }));
            match life {
                Ok(()) => break,
                Err(end) if end.is::<Crash>() => {
                    let restart = self.world.throw(|dice| dice.time(Duration::from_millis(1), Duration::from_secs(40)));
                    self.world.replace_process(restart);
                }
                Err(panic) => self.world.violate(format!("the engine panicked: {}", words(&*panic))),
            }
        }
        simulation::enter(None);
        self.world.end();
    }

    /// A new process, on the seat that has the baton.
    pub(super) fn born(&self, seat: usize) -> Teller {
        let (process, dice) = (self.world.process(), Dice::new(self.world.throw(Dice::bits)));
        // Every other process is on another machine than the rest.
        let machine = 1 + (seat % 2) as u64;
        simulation::enter(Some(Rc::new(SimulatedMachine::new(&self.world, dice, process, machine))));
        let storage = Arc::clone(&self.storage) as Arc<dyn ResultStorage>;
        Teller::new(&self.world, &self.history, storage, &self.locks)
    }

    fn outcome(&self, seed: u64) -> Outcome {
        let values = self.history.appeared();
        let (trace, violations, steps) = self.world.result();
        Outcome { seed, digest: trace.digest(), steps, values, violations, trace: trace.into_text() }
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}
