//! Whether what is there after a power cut is what was promised.

use keepwell_core::storage::Durability;

use super::{Change, Event, Fate, State};

/// Says which promise is broken, where one writer did this history from `initial` on, which had lasted, and the power was cut.
///
/// What was written with [`Durability::Full`], alone or in a transaction, and acknowledged, is there or has been replaced
/// since. Any other write is there or not. A transaction that was cut off is there as a whole or not at all.
pub(crate) fn explain_power_cut(initial: &State, history: &[Event], found: &State) -> Result<(), String> {
    for (key, tag) in found {
        let own: Vec<&Event> = history.iter().filter(|event| event.operation.keys().contains(key)).collect();
        let lasting = own.iter().rposition(|event| lasts(event));
        let may_be_initial = lasting.is_none() && initial.get(key).copied().flatten() == *tag;
        let is_later = own[lasting.unwrap_or(0)..].iter().any(|event| event.operation.leaves() == *tag);
        if !may_be_initial && !is_later {
            let operations: Vec<_> =
                own.iter().map(|event| format!("{} ({:?})", event.operation, event.fate)).collect();
            return Err(format!("record {key} is {tag:?} after {}", operations.join(", ")));
        }
    }
    let is_torn = |event: &&Event| {
        let keys = event.operation.keys();
        let there = keys.iter().filter(|key| found[key] == event.operation.leaves()).count();
        event.fate == Fate::Open && keys.len() > 1 && there != 0 && there != keys.len()
    };
    match history.iter().find(is_torn) {
        Some(event) => Err(format!("there is a part of {}: {found:?}", event.operation)),
        None => Ok(()),
    }
}

fn lasts(event: &Event) -> bool {
    let is_full = match &event.operation.change {
        Change::Write(items) => items.len() > 1 || event.operation.durability == Durability::Full,
        Change::Remove(_) => false,
    };
    is_full && event.fate == Fate::Done
}

#[cfg(test)]
mod tests {
    use super::super::{Item, Operation};
    use super::*;
    use crate::content::Tag;

    fn write(tag: u64, keys: &[usize], durability: Durability, fate: Fate) -> Event {
        let items = keys.iter().map(|key| Item { key: *key, length: 16 }).collect();
        Event { operation: Operation { tag: Tag(tag), change: Change::Write(items), durability }, fate }
    }

    fn state(tags: [u64; 2]) -> State {
        tags.into_iter().enumerate().map(|(key, tag)| (key, (tag != 0).then_some(Tag(tag)))).collect()
    }

    #[test]
    fn full_lasts_and_ordered_may_be_absent() {
        let history = [write(2, &[0], Durability::Full, Fate::Done), write(3, &[0, 1], Durability::Full, Fate::Open)];
        let is_kept = |history: &[Event], found| explain_power_cut(&state([1, 0]), history, &state(found)).is_ok();
        assert!(is_kept(&history, [2, 0]) && is_kept(&history, [3, 3]));
        assert!(!is_kept(&history, [1, 0]), "2 is lost");
        assert!(!is_kept(&history, [3, 0]), "half of 3");
        let history = [write(2, &[0], Durability::Ordered, Fate::Done)];
        assert!(is_kept(&history, [1, 0]) && is_kept(&history, [2, 0]));
        assert!(!is_kept(&history, [0, 0]), "1 had lasted");
    }
}
