//! What must hold: of each move, and of each state that it leads to. The numbers are those of `docs/commit-protocol.md`.

use super::config::{Config, Isolation};
use super::mistakes::Mistake;
use super::moves::{Event, Move};
use super::state::{COUNT, Look, State, Step, Told, Writer};

/// Checks a move from `before`, and keeps up what is known to the checker alone. The error says what is broken.
pub(super) fn check(config: &Config, before: &State, step: &mut Move) -> Result<(), &'static str> {
    if step.event == Event::PowerCut {
        survivors(config, &mut step.state)?;
    } else {
        visibility(config, before, step)?;
    }
    match step.event {
        Event::Committed { writer } => committed(config, &mut step.state, writer)?,
        Event::Claimed { writer, key } => supersede(config, &mut step.state, Some(writer), key),
        Event::RemovedOutside { key } => supersede(config, &mut step.state, None, key),
        Event::Read { record } => read(config, before, record)?,
        Event::Quiet | Event::Removed { .. } | Event::PowerCut => {}
    }
    watch_reader(config, &mut step.state);
    step.state.writers.iter().try_for_each(outcome)
}

/// I1, I2, I3: what is visible changes by a commit, wholly, or by a removal, and by nothing else.
fn visibility(config: &Config, before: &State, step: &Move) -> Result<(), &'static str> {
    let mut expected = before.storage.all_visible();
    match step.event {
        Event::Committed { writer } => {
            for &key in config.writers[writer].keys {
                expected[key] = u8::try_from(writer + 1).unwrap();
            }
        }
        Event::Removed { key } | Event::RemovedOutside { key } => expected[key] = 0,
        Event::Quiet | Event::Claimed { .. } | Event::Read { .. } | Event::PowerCut => {}
    }
    if step.state.storage.all_visible() == expected {
        return Ok(());
    }
    Err(match step.event {
        Event::Committed { .. } => "a commit is partly visible",
        _ => "what is visible changed without a commit",
    })
}

/// I3, I4: once, and not after another has claimed what it had claimed.
fn committed(config: &Config, state: &mut State, index: usize) -> Result<(), &'static str> {
    let writer = &mut state.writers[index];
    if writer.is_committed {
        return Err("a record is committed twice");
    }
    if writer.superseded != 0 && config.writers[index].isolation == Isolation::Serializable {
        return Err("a superseded claim commits");
    }
    writer.is_committed = true;
    if config.power_cuts > 0 {
        let place = state.order.iter_mut().find(|place| **place == 0);
        *place.expect("each writer commits once") = u8::try_from(index + 1).unwrap();
    }
    Ok(())
}

fn supersede(config: &Config, state: &mut State, by: Option<usize>, key: usize) {
    for (index, writer) in state.writers.iter_mut().enumerate() {
        if Some(index) == by {
            writer.superseded &= !(1 << key);
            continue;
        }
        let holds = writer.epochs[key] != 0 || config.has(Mistake::NoClaim) && writer.step != Step::Start;
        if holds {
            writer.superseded |= 1 << key;
            writer.was_superseded = true;
        }
    }
}

/// I5: the record was visible at some moment of the look.
fn read(config: &Config, before: &State, record: u8) -> Result<(), &'static str> {
    let key = config.reader[usize::from(before.reader.position)];
    let visible = before.reader.visible_since | 1 << before.storage.visible(key);
    if visible & 1 << record == 0 {
        return Err("a reader finds what was not visible while it looked");
    }
    Ok(())
}

fn watch_reader(config: &Config, state: &mut State) {
    if state.reader.look != Look::Head {
        let key = config.reader[usize::from(state.reader.position)];
        state.reader.visible_since |= 1 << state.storage.visible(key);
    }
}

/// I6, I7: what the caller was told agrees with what was visible, and nobody is refused without need.
fn outcome(writer: &Writer) -> Result<(), &'static str> {
    match writer.told {
        Told::Committed if !writer.is_committed => Err("told committed, and it is not"),
        Told::Aborted | Told::LeaseLost if writer.is_committed => Err("told aborted, and it is committed"),
        Told::LeaseLost if !writer.was_superseded => Err("a claim is lost to nobody"),
        Told::Nothing | Told::Committed | Told::Aborted | Told::LeaseLost | Told::Unknown => Ok(()),
    }
}

/// I8: after a power cut the first so many commits are there, wholly, and all that callers were told of.
fn survivors(config: &Config, state: &mut State) -> Result<(), &'static str> {
    let visible = state.storage.all_visible();
    let count = (0..=COUNT).rev().find(|count| visible == after_commits(config, &state.order[..*count]));
    let Some(count) = count else { return Err("half a transaction after a power cut") };
    for (index, writer) in state.writers.iter_mut().enumerate() {
        let id = u8::try_from(index + 1).unwrap();
        writer.is_committed = state.order[..count].contains(&id);
    }
    Ok(())
}

/// What is visible after these commits, in this order.
fn after_commits(config: &Config, order: &[u8]) -> [u8; COUNT] {
    let mut visible = config.first_state().storage.all_visible();
    for &id in order.iter().filter(|id| **id != 0) {
        for &key in config.writers[usize::from(id) - 1].keys {
            visible[key] = id;
        }
    }
    visible
}

/// I9: where nothing can move, every writer has come to its end and no head has an intent.
pub(super) fn at_rest(config: &Config, state: &State) -> Result<(), &'static str> {
    let writers = state.writers.iter().zip(&config.writers);
    let all_ended = writers.filter(|(_, plan)| !plan.keys.is_empty()).all(|(writer, _)| writer.step == Step::Done);
    let intents_left = config.has_repairer && state.storage.heads.iter().any(|head| head.intent != 0);
    if !all_ended || intents_left {
        return Err("somebody is stuck");
    }
    Ok(())
}
