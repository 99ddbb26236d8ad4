//! The course of one lease, as pure code: every time is given to it.

use std::time::Duration;

use super::{LeaseTerms, Renewal};
use crate::Error;
use crate::mistake::{self, Mistake};

/// How a lease stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// The holder may rely on it.
    Held,
    /// It holds still, but its last renewal is older than two thirds of it.
    Danger,
    /// It has ended, or nobody can tell. Final: it is never held again, whatever answers come.
    Lost,
}

/// The course of one lease: when it was last renewed, and what follows.
#[derive(Debug)]
pub(super) struct Course {
    terms: LeaseTerms,
    /// When the last renewal that was answered well had been *sent*.
    renewed: Duration,
    next_beat: Duration,
    lost: bool,
    endangered: bool,
    /// Why the last renewal did not succeed, where it did not.
    trouble: Option<Error>,
}

impl Course {
    pub(super) fn new(terms: LeaseTerms, sent_at: Duration) -> Self {
        Self {
            terms,
            renewed: sent_at,
            next_beat: sent_at + terms.heartbeat(),
            lost: false,
            endangered: false,
            trouble: None,
        }
    }

    /// How the lease stands at this time.
    pub(super) fn state(&mut self, now: Duration) -> LeaseState {
        self.lost |= now >= self.valid_until();
        if self.lost && !mistake::is_planted(Mistake::LeaseNeverLost) {
            LeaseState::Lost
        } else if now > self.renewed + self.terms.at_ease() {
            self.endangered = true;
            LeaseState::Danger
        } else {
            LeaseState::Held
        }
    }

    /// Until when the holder may rely on the lease if no further renewal succeeds.
    pub(super) fn valid_until(&self) -> Duration {
        self.renewed + self.terms.relied_on()
    }

    /// When the lease is to be renewed, or looked at since it may be over.
    pub(super) fn next_beat(&self) -> Duration {
        self.next_beat
    }

    /// Takes note of a renewal that was sent at one time and answered at another, and says how the lease stands then. An
    /// answer that comes when the lease was over already changes nothing.
    pub(super) fn beat(&mut self, sent_at: Duration, now: Duration, answer: Result<Renewal, Error>) -> LeaseState {
        if self.state(now) == LeaseState::Lost {
            return LeaseState::Lost;
        }
        match answer {
            Ok(Renewal::Kept) => {
                self.renewed = sent_at;
                self.next_beat = sent_at + self.terms.heartbeat();
                self.trouble = None;
            }
            Ok(Renewal::Gone) => self.lost = true,
            Err(error) => {
                self.next_beat = (now + self.terms.retry()).min(self.valid_until());
                self.trouble = Some(error);
            }
        }
        self.state(now)
    }

    /// Whether it was ever seen in danger.
    pub(super) fn was_in_danger(&self) -> bool {
        self.endangered
    }

    /// Why the last renewal did not succeed, in one line; `None` if it did.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.as_ref().map(Error::report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use LeaseState::{Danger, Held, Lost};

    const MS: Duration = Duration::from_millis(1);

    /// A lease of 3 s, asked for at 10 s.
    fn course() -> Course {
        Course::new(LeaseTerms::of(3_000 * MS).unwrap(), 10_000 * MS)
    }

    fn unanswered() -> Result<Renewal, Error> {
        Err(Error::new(ErrorKind::Storage, "no answer"))
    }

    #[test]
    fn a_lease_that_is_not_renewed_is_in_danger_after_two_thirds_and_lost_before_its_end() {
        let mut course = course();
        let times = [10_000, 12_000, 12_001, 12_949, 12_950, 12_949];
        assert_eq!(times.map(|time| course.state(time * MS)), [Held, Held, Danger, Danger, Lost, Lost]);
    }

    #[test]
    fn a_renewal_counts_from_when_it_was_sent() {
        let mut course = course();
        assert_eq!(course.next_beat(), 11_000 * MS);
        assert_eq!(course.beat(11_000 * MS, 12_500 * MS, Ok(Renewal::Kept)), Held);
        assert_eq!((course.next_beat(), course.valid_until()), (12_000 * MS, 13_950 * MS));
    }

    #[test]
    fn an_answer_that_comes_too_late_keeps_nothing() {
        let mut course = course();
        assert_eq!(course.beat(12_900 * MS, 12_950 * MS, Ok(Renewal::Kept)), Lost);
        assert_eq!(course.state(12_951 * MS), Lost);
    }

    #[test]
    fn a_lease_that_is_gone_is_lost_at_once_and_for_good() {
        let mut course = course();
        assert_eq!(course.beat(11_000 * MS, 11_001 * MS, Ok(Renewal::Gone)), Lost);
        assert_eq!(course.beat(11_002 * MS, 11_003 * MS, Ok(Renewal::Kept)), Lost);
    }

    #[test]
    fn a_renewal_without_an_answer_is_tried_again_sooner_until_the_end() {
        let mut course = course();
        assert_eq!(course.beat(11_000 * MS, 11_100 * MS, unanswered()), Held);
        assert_eq!((course.next_beat(), course.trouble().as_deref()), (11_350 * MS, Some("no answer")));
        assert_eq!(course.beat(12_700 * MS, 12_800 * MS, unanswered()), Danger);
        assert_eq!(course.next_beat(), 12_950 * MS);
        assert_eq!(course.beat(12_900 * MS, 12_910 * MS, Ok(Renewal::Kept)), Held);
        assert_eq!(course.trouble(), None);
    }
}
