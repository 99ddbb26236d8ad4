//! How long a record is valid. Who decides it, and by which clock, is left to the writer.

use crate::clock::Timestamp;

/// Until when a record may be served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expiration {
    /// The record does not expire.
    #[default]
    Never,
    /// The record is valid strictly before this time.
    At(Timestamp),
}

impl Expiration {
    /// Whether a record that expires so is valid at `now`: a record that expires now is no longer valid.
    pub fn is_valid_at(self, now: Timestamp) -> bool {
        match self {
            Self::Never => true,
            Self::At(at) => at > now,
        }
    }

    /// Milliseconds since the epoch, 0 for never. The epoch itself is written as one millisecond after it, which is as
    /// long ago.
    pub(super) fn to_millis(self) -> u64 {
        match self {
            Self::Never => 0,
            Self::At(at) => at.as_millis().max(1),
        }
    }

    pub(super) fn from_millis(millis: u64) -> Self {
        match millis {
            0 => Self::Never,
            millis => Self::At(Timestamp::from_millis(millis)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Expiration {
        Expiration::At(Timestamp::from_millis(millis))
    }

    #[test]
    fn a_record_is_valid_strictly_before_its_expiration() {
        let valid = [9, 10, 11].map(|now| at(10).is_valid_at(Timestamp::from_millis(now)));
        assert_eq!(valid, [true, false, false]);
        assert!(Expiration::Never.is_valid_at(Timestamp::from_millis(u64::MAX)));
    }

    #[test]
    fn an_expiration_at_the_epoch_is_not_mistaken_for_never() {
        assert_eq!(Expiration::from_millis(at(0).to_millis()), at(1));
        assert_eq!(Expiration::from_millis(Expiration::Never.to_millis()), Expiration::Never);
    }
}
