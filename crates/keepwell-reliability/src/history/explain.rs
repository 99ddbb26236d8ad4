//! Whether what is there can be explained: by an order of the operations that keeps each writer's own, in which every
//! acknowledged operation took place whole, and every one that was cut off took place whole or not at all.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Operation;
use crate::content::Tag;

/// What is under each key: whose record, or none.
pub(crate) type State = BTreeMap<usize, Option<Tag>>;

/// An operation and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) operation: Operation,
    pub(crate) fate: Fate,
}

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was acknowledged.
    Done,
    /// It failed, and nothing of it may be visible.
    Refused,
    /// Nobody was told.
    Open,
}

/// Which operation a key's state comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// It was so from the beginning.
    Before,
    Event(usize),
}

/// Says why `found` cannot have come of these histories, one for each writer, beginning at `initial`.
pub(crate) fn explain(initial: &State, histories: &[Vec<Event>], found: &State) -> Result<(), String> {
    let question = Question { initial, found, events: histories.iter().flatten().collect(), histories };
    let origins = found.keys().map(|key| Ok((*key, question.origins(*key)?))).collect::<Result<Vec<_>, String>>();
    let outcome = origins.and_then(|origins| {
        if question.some_order_exists(&origins, &mut Vec::new()) {
            Ok(())
        } else {
            Err("no order of the operations explains what is there".to_owned())
        }
    });
    outcome.map_err(|why| format!("{why}\n{}", question.describe()))
}

struct Question<'a> {
    initial: &'a State,
    found: &'a State,
    events: Vec<&'a Event>,
    histories: &'a [Vec<Event>],
}

impl Question<'_> {
    /// The operations that may have been the last at the key.
    fn origins(&self, key: usize) -> Result<Vec<Origin>, String> {
        let found = self.found[&key];
        let mut origins: Vec<_> = self.last_of_each_writer(key, found).map(Origin::Event).collect();
        let changed = self.events.iter().any(|event| event.fate == Fate::Done && event.operation.keys().contains(&key));
        if !changed && self.initial.get(&key).copied().flatten() == found {
            origins.push(Origin::Before);
        }
        match (origins.is_empty(), found) {
            (false, _) => Ok(origins),
            (true, None) => Err(format!("record {key} is lost")),
            (true, Some(tag)) => Err(format!("record {key} is of operation {:x}, which cannot be the last", tag.0)),
        }
    }

    /// Of each writer the last operation that leaves the key so: no earlier one can have come after it.
    fn last_of_each_writer(&self, key: usize, found: Option<Tag>) -> impl Iterator<Item = usize> {
        let mut first = 0;
        self.histories.iter().filter_map(move |history| {
            let base = first;
            first += history.len();
            let leaves = |event: &Event| {
                event.fate != Fate::Refused
                    && event.operation.leaves() == found
                    && event.operation.keys().contains(&key)
            };
            history.iter().rposition(leaves).map(|position| base + position)
        })
    }

    /// Tries every choice of origins.
    fn some_order_exists(&self, origins: &[(usize, Vec<Origin>)], chosen: &mut Vec<(usize, Origin)>) -> bool {
        let Some((key, candidates)) = origins.get(chosen.len()) else { return self.can_be_ordered(chosen) };
        candidates.iter().any(|origin| {
            chosen.push((*key, *origin));
            let exists = self.some_order_exists(origins, chosen);
            chosen.pop();
            exists
        })
    }

    /// Whether the operations that took place have an order in which these are the last at their keys.
    fn can_be_ordered(&self, chosen: &[(usize, Origin)]) -> bool {
        let took_place = |index: usize| {
            self.events[index].fate == Fate::Done || chosen.iter().any(|(_, origin)| *origin == Origin::Event(index))
        };
        let placed: Vec<usize> = (0..self.events.len()).filter(|index| took_place(*index)).collect();
        let mut successors = vec![Vec::new(); self.events.len()];
        self.keep_writers_order(&placed, &mut successors);
        for (key, origin) in chosen {
            for index in placed.iter().filter(|index| self.events[**index].operation.keys().contains(key)) {
                match origin {
                    Origin::Before => return false,
                    Origin::Event(last) if last != index => successors[*index].push(*last),
                    Origin::Event(_) => {}
                }
            }
        }
        is_free_of_circles(&placed, &successors)
    }

    fn keep_writers_order(&self, placed: &[usize], successors: &mut [Vec<usize>]) {
        let mut first = 0;
        for history in self.histories {
            let own: Vec<usize> =
                placed.iter().copied().filter(|index| (first..first + history.len()).contains(index)).collect();
            own.windows(2).for_each(|pair| successors[pair[0]].push(pair[1]));
            first += history.len();
        }
    }

    fn describe(&self) -> String {
        let mut text = String::new();
        let show = |tag: &Option<Tag>| tag.map_or("none".to_owned(), |tag| format!("{:x}", tag.0));
        for (key, tag) in self.found {
            let before = self.initial.get(key).copied().flatten();
            let _ = writeln!(text, "  record {key}: {} (in the beginning {})", show(tag), show(&before));
        }
        for (writer, history) in self.histories.iter().enumerate() {
            for event in history.iter().skip(history.len().saturating_sub(20)) {
                let _ = writeln!(text, "  writer {writer}: {} ({:?})", event.operation, event.fate);
            }
        }
        text
    }
}

/// Takes away what nothing comes before, until nothing is left or only circles are.
fn is_free_of_circles(nodes: &[usize], successors: &[Vec<usize>]) -> bool {
    let mut waiting_for = vec![0_usize; successors.len()];
    nodes.iter().flat_map(|node| &successors[*node]).for_each(|next| waiting_for[*next] += 1);
    let mut free: Vec<usize> = nodes.iter().copied().filter(|node| waiting_for[*node] == 0).collect();
    let mut taken = 0;
    while let Some(node) = free.pop() {
        taken += 1;
        for next in &successors[node] {
            waiting_for[*next] -= 1;
            if waiting_for[*next] == 0 {
                free.push(*next);
            }
        }
    }
    taken == nodes.len()
}

#[cfg(test)]
mod tests {
    use keepwell_core::storage::Durability;

    use super::super::{Change, Item};
    use super::*;

    fn write(tag: u64, keys: &[usize], fate: Fate) -> Event {
        let items = keys.iter().map(|key| Item { key: *key, length: 16 }).collect();
        Event {
            operation: Operation { tag: Tag(tag), change: Change::Write(items), durability: Durability::None },
            fate,
        }
    }

    fn remove(tag: u64, key: usize, fate: Fate) -> Event {
        let operation = Operation { tag: Tag(tag), change: Change::Remove(key), durability: Durability::None };
        Event { operation, fate }
    }

    fn state(tags: &[u64]) -> State {
        tags.iter().enumerate().map(|(key, tag)| (key, (*tag != 0).then_some(Tag(*tag)))).collect()
    }

    fn is_explained(histories: &[Vec<Event>], found: &[u64]) -> bool {
        explain(&state(&[1, 1, 0]), histories, &state(found)).is_ok()
    }

    #[test]
    fn what_was_acknowledged_must_be_there_and_what_was_cut_off_whole_or_absent() {
        let history = vec![write(2, &[0], Fate::Done), write(3, &[0, 1], Fate::Open)];
        let histories = [history];
        assert!(is_explained(&histories, &[2, 1, 0]));
        assert!(is_explained(&histories, &[3, 3, 0]));
        assert!(!is_explained(&histories, &[1, 1, 0]), "2 is lost");
        assert!(!is_explained(&histories, &[3, 1, 0]), "half of 3");
        assert!(!is_explained(&histories, &[2, 3, 0]), "the other half of 3");
        assert!(!is_explained(&histories, &[2, 1, 4]), "nobody wrote 4");
        assert!(!is_explained(&histories, &[2, 0, 0]), "1 is lost");
    }

    #[test]
    fn a_refused_operation_must_not_show() {
        let histories = [vec![write(2, &[0], Fate::Refused)]];
        assert!(is_explained(&histories, &[1, 1, 0]));
        assert!(!is_explained(&histories, &[2, 1, 0]));
    }

    #[test]
    fn what_two_writers_did_must_have_an_order() {
        let histories = [vec![write(2, &[0, 1], Fate::Done)], vec![write(3, &[0, 1], Fate::Done)]];
        assert!(is_explained(&histories, &[2, 2, 0]));
        assert!(is_explained(&histories, &[3, 3, 0]));
        assert!(!is_explained(&histories, &[2, 3, 0]), "each was the last");
        let and_a_third = [histories[0].clone(), histories[1].clone(), vec![write(4, &[1], Fate::Done)]];
        assert!(is_explained(&and_a_third, &[2, 4, 0]));
    }

    #[test]
    fn an_absent_record_was_removed_by_somebody_or_never_there() {
        let histories = [vec![write(2, &[0], Fate::Done), remove(3, 0, Fate::Done)], vec![write(4, &[2], Fate::Open)]];
        assert!(is_explained(&histories, &[0, 1, 0]));
        assert!(is_explained(&histories, &[0, 1, 4]));
        assert!(!is_explained(&histories, &[2, 1, 0]), "it was removed");
    }
}
