//! What must be so after a writer has died, whatever it was doing.

use std::path::Path;
use std::time::{Duration, Instant};

use keepwell_core::storage::Durability;

use super::{Change, Item, Operation, Records, State, state_of};
use crate::content::Tag;
use crate::failure::{Checked, Failure, demand};
use crate::ground;

/// How long a later writer may take, on however busy a machine: a dead one's traces never make it wait.
const PATIENCE: Duration = Duration::from_secs(4);

/// Has a later writer write over these keys, sees that it gets through at once and that nothing of the dead one is left
/// behind, and hands out what there is then, and how long it took.
pub(crate) fn succeed(folder: &Path, mut state: State, keys: &[usize], tag: Tag) -> Checked<(State, Duration)> {
    let change = Change::Write(keys.iter().map(|key| Item { key: *key, length: 100 }).collect());
    let begun = Instant::now();
    let operation = Operation { tag, change, durability: Durability::None };
    Records::at(folder).perform(&operation).map_err(|error| Failure::from(error).within("a later writer"))?;
    let taken = begun.elapsed();
    demand(taken < PATIENCE, || format!("a later writer was stuck for {} ms", taken.as_millis()))?;
    state.extend(keys.iter().map(|key| (*key, Some(tag))));
    let found = state_of(folder)?;
    demand(found == state, || format!("after a later writer there is {found:?} instead of {state:?}"))?;
    demand(left(folder, "tmp") == 0, || "temporary files of dead writers stay".to_owned())?;
    Ok((found, taken))
}

/// How many entries a folder of the store's own has.
pub(crate) fn left(folder: &Path, name: &str) -> usize {
    ground::entries(&folder.join(".keepwell").join(name))
}
