//! A case made ready: a folder as it is before the act, copied for every performance.

use std::fs;
use std::path::{Path, PathBuf};

use super::case::{Act, Case, Died, Leftover};
use crate::content::Tag;
use crate::failure::{Checked, Failure, demand};
use crate::ground::{self, Ground};
use crate::history::{Operation, Records, State, left, state_of, succeed};
use crate::system_calls::{BEGIN, Blow, Call, END, Ended, Strace, mark};

/// What a worker is told to do other than a case's act: the operation that its predecessor died at.
const PREDECESSOR: &str = "predecessor";

/// A case made ready.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) case: &'a Case,
    strace: Strace<'a>,
    ground: &'a Ground,
    /// What is there before the act.
    before: State,
    /// What is there after it.
    after: State,
}

/// Does what the worker is told: `CASE FOLDER`, or `CASE FOLDER predecessor`. Says what came of it.
pub(crate) fn play(cases: &[Case], arguments: &[String]) -> Checked<Result<(), keepwell_core::Error>> {
    let [name, folder, rest @ ..] = arguments else { return Err(Failure::new("which case, and where?")) };
    let case = cases.iter().find(|case| case.name == name).ok_or_else(|| Failure::new("there is no such case"))?;
    let records = Records::at(Path::new(folder));
    let act = match case.leftover {
        Some(leftover) if rest.first().is_some_and(|word| word == PREDECESSOR) => &Act::Perform(leftover.operation),
        Some(_) | None => &case.act,
    };
    mark(BEGIN);
    let outcome = match act {
        Act::Perform(operation) => records.perform(&operation()),
        Act::LookUp => [0, 1].into_iter().try_for_each(|key| records.look_up(key).map(|_| ())),
        Act::LookUpDamaged => records.look_up(0).map(|_| ()),
    };
    mark(END);
    Ok(outcome)
}

impl<'a> Stage<'a> {
    /// Makes the case ready in the ground.
    pub(crate) fn new(case: &'a Case, strace: Strace<'a>, ground: &'a Ground) -> Checked<Self> {
        let mut stage = Self { case, strace, ground, before: State::new(), after: State::new() };
        let records = Records::at(&stage.beginning());
        for operation in (case.before)() {
            records.perform(&operation)?;
        }
        if let Some(leftover) = case.leftover {
            stage.leave(&leftover)?;
        }
        stage.before = stage.look()?;
        stage.after = stage.before.clone();
        match &case.act {
            Act::Perform(operation) => stage.after.extend(effect(&operation())),
            Act::LookUpDamaged => {
                damage(&stage.beginning().join("record-0"))?;
                stage.after.insert(0, None);
                // Whoever looks finds it damaged and puts it away.
                stage.before = stage.after.clone();
            }
            Act::LookUp => {}
        }
        Ok(stage)
    }

    /// The calls that an unharmed worker makes.
    pub(crate) fn calls(&self) -> Checked<Vec<Call>> {
        let calls = self.strace.calls(&self.arguments(&self.copy()?))?;
        demand(self.state_left()? == self.after, || "an unharmed worker did not do its act".to_owned())?;
        Ok(calls)
    }

    /// Strikes a worker at a call. What it leaves is in [`folder`](Self::folder) then.
    pub(crate) fn strike(&self, call: &Call, blow: Blow) -> Checked<Ended> {
        let folder = self.copy()?;
        self.strace.strike(call, blow, &self.arguments(&folder))
    }

    /// Demands that what is left is what was before the act, or what comes of it; and that life goes on.
    pub(crate) fn judge(&self, may_be_before: bool, may_be_after: bool) -> Checked<()> {
        let found = self.state_left()?;
        let is_legal = (may_be_before && found == self.before) || (may_be_after && found == self.after);
        demand(is_legal, || format!("{found:?} is left of {:?}, which was to become {:?}", self.before, self.after))?;
        succeed(&self.folder(), found, &[0, 1], Tag(9))?;
        let damaged = usize::from(matches!(self.case.act, Act::LookUpDamaged));
        let kept = left(&self.folder(), "quarantine");
        demand(kept == damaged, || format!("{kept} files are in quarantine instead of {damaged}"))
    }

    /// Where the worker acts.
    pub(crate) fn folder(&self) -> PathBuf {
        self.ground.store()
    }

    fn state_left(&self) -> Checked<State> {
        if matches!(self.case.act, Act::LookUpDamaged) {
            // If it is not in quarantine yet it is afterwards.
            Records::at(&self.folder()).look_up(0)?;
        }
        state_of(&self.folder())
    }

    /// The folder as it is before the act.
    pub(crate) fn beginning(&self) -> PathBuf {
        self.ground.path().join("beginning")
    }

    fn arguments<'b>(&'b self, folder: &'b Path) -> [&'b str; 2] {
        [self.case.name, folder.to_str().expect("folders for temporary files have plain names")]
    }

    /// A new copy of the beginning.
    fn copy(&self) -> Checked<PathBuf> {
        let folder = self.folder();
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        if self.beginning().exists() {
            ground::copy(&self.beginning(), &folder)?;
        }
        Ok(folder)
    }

    /// What a look at the beginning finds. The look is at a copy, because it may put things right.
    fn look(&self) -> Checked<State> {
        state_of(&self.copy()?)
    }

    /// Puts the traces of a dead writer into the beginning.
    fn leave(&self, leftover: &Leftover) -> Checked<()> {
        let mut after = self.look()?;
        after.extend(effect(&(leftover.operation)()));
        let folder = self.copy()?;
        let arguments = [self.arguments(&folder).as_slice(), &[PREDECESSOR]].concat();
        let calls = self.strace.calls(&arguments)?;
        let kill = |index: usize| {
            self.copy()?;
            self.strace.strike(&calls[index], Blow::Kill, &arguments)
        };
        let at = match leftover.died {
            Died::After(thousandths) => {
                calls.len() * usize::try_from(thousandths).expect("it is below a thousand") / 1000
            }
            Died::BeforeItCounted | Died::WhenItCounted => {
                let counts = |index: usize| {
                    kill(index)?;
                    Ok::<_, Failure>(state_of(&folder)? == after)
                };
                let first = first_true(calls.len(), counts)?;
                if leftover.died == Died::WhenItCounted { first } else { first - 1 }
            }
        };
        kill(at)?;
        fs::remove_dir_all(self.beginning())?;
        Ok(fs::rename(&folder, self.beginning())?)
    }
}

/// The first index below `end`, and not the first of all, for which the claim holds, where it holds for all after it.
fn first_true(end: usize, holds: impl Fn(usize) -> Checked<bool>) -> Checked<usize> {
    let (mut below, mut above) = (0, end - 1);
    while above - below > 1 {
        let middle = usize::midpoint(below, above);
        if holds(middle)? {
            above = middle;
        } else {
            below = middle;
        }
    }
    Ok(above)
}

fn effect(operation: &Operation) -> State {
    operation.keys().into_iter().map(|key| (key, operation.leaves())).collect()
}

/// Flips a bit in the middle of the file.
fn damage(file: &Path) -> Checked<()> {
    let mut bytes = fs::read(file)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(fs::write(file, bytes)?)
}
