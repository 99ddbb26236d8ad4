//! What must be so once every process has ended and nothing fails any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use keepwell_core::transaction::CommitMode;

use super::run::Scene;
use super::story::{Call, Item};
use super::world::Crash;

/// How long a new writer may have to wait for what dead ones have left behind.
const PATIENCE: Duration = Duration::from_secs(200);

/// Looks whether locks were given back, and whether a new process gets through and reads what it wrote.
pub(super) fn audit(scene: &Scene, together: bool) {
    if scene.world.is_over() {
        return;
    }
    let held = scene.locks.of_the_living(&scene.world);
    if !held.is_empty() {
        return scene.world.violate(format!("locks were not given back: {}", held.join(", ")));
    }
    scene.world.settle_down();
    scene.storage.deliver_all();
    let outcome = catch_unwind(AssertUnwindSafe(|| get_through(scene, together)));
    if outcome.is_err_and(|end| !end.is::<Crash>()) {
        scene.world.violate("the engine panicked when nothing failed any more".to_owned());
    }
}

fn get_through(scene: &Scene, with_several: bool) {
    let began = scene.world.now();
    let keys = scene.history.keys().len();
    let mut teller = scene.born(0);
    let all = (0..keys).map(|key| Item::Task(call(key, false))).collect();
    let together = Call { key: None, children: all, ..call(0, false) };
    let alone = (0..keys).map(|key| (Item::Task(call(key, true)), 1));
    let together = with_several.then_some((Item::Block(together, CommitMode::Lazy), keys));
    for (number, (item, expected)) in together.into_iter().chain(alone).enumerate() {
        let before = scene.history.appeared();
        teller.play(&item, usize::MAX - number);
        if !scene.world.is_over() && scene.history.appeared() != before + expected {
            return scene.world.violate("a new writer does not get through".to_owned());
        }
    }
    teller.play(&Item::Read((0..keys).collect(), 1), 0);
    let waited = scene.world.now().saturating_sub(began);
    if waited > PATIENCE {
        scene.world.violate(format!("a new writer had to wait for {waited:?}"));
    }
}

fn call(key: usize, is_serializable: bool) -> Call {
    Call {
        key: Some(key),
        is_serializable,
        overwrites: true,
        children: Vec::new(),
        failures: 0,
        retries: 0,
        is_caught: false,
        is_encodable: true,
        size: 0,
        work: Duration::ZERO,
    }
}
