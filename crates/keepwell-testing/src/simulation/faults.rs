//! What goes wrong in one run, and how often: drawn once for each seed, so that some runs are calm and some are not.

use std::time::Duration;

use super::dice::Dice;

/// How one operation of a storage fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not.
    None,
    /// It is not done, and says so.
    Unavailable,
    /// It is not done, but cannot say so.
    Dropped,
    /// It is done, but cannot say so.
    ReplyLost,
    /// It cannot say so, and is done later.
    Late,
    /// It is done, and done once more later.
    Twice,
}

/// How often things go wrong: once in so many times, never for 0.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    pub(super) crash: usize,
    pub(super) pause: usize,
    pub(super) storage: usize,
    pub(super) lock: usize,
    /// Whether unconfirmed writes may come late.
    pub(super) late: bool,
    /// Whether a process that may go on hands the baton over, once in so many boundaries.
    pub(super) switch: usize,
    pub(super) crashes_left: usize,
    /// How often processes become faster or slower than others.
    pub(super) repace: usize,
}

impl Faults {
    pub(super) fn of(dice: &mut Dice, late: bool) -> Self {
        Self {
            crash: *dice.pick(&[0, 0, 400, 150, 60]),
            pause: *dice.pick(&[0, 100, 50, 20]),
            storage: *dice.pick(&[0, 0, 100, 30, 10]),
            lock: *dice.pick(&[0, 0, 30]),
            late: late && dice.once_in(2),
            switch: *dice.pick(&[1, 2, 4, 10]),
            crashes_left: 6,
            repace: *dice.pick(&[0, 10, 25, 60]),
        }
    }

    /// Nothing goes wrong any more.
    pub(super) fn none() -> Self {
        Self { crash: 0, pause: 0, storage: 0, lock: 0, late: false, switch: 1, crashes_left: 0, repace: 0 }
    }

    pub(super) fn crashes(&mut self, dice: &mut Dice) -> bool {
        let crashes = self.crashes_left > 0 && dice.once_in(self.crash);
        self.crashes_left -= usize::from(crashes);
        crashes
    }

    /// How long a process is stopped now, if it is: often past every lease and deadline.
    pub(super) fn pause(&self, dice: &mut Dice) -> Option<Duration> {
        dice.once_in(self.pause).then(|| dice.time(Duration::from_millis(20), Duration::from_secs(7_200)))
    }

    pub(super) fn of_reading(&self, dice: &mut Dice) -> Fault {
        if dice.once_in(self.storage) { Fault::Unavailable } else { Fault::None }
    }

    pub(super) fn of_writing(&self, dice: &mut Dice) -> Fault {
        if !dice.once_in(self.storage) {
            return Fault::None;
        }
        let sudden = [Fault::Unavailable, Fault::Dropped, Fault::ReplyLost, Fault::Twice];
        let any = [Fault::Unavailable, Fault::Dropped, Fault::ReplyLost, Fault::Twice, Fault::Late];
        if self.late { *dice.pick(&any) } else { *dice.pick(&sudden) }
    }
}
