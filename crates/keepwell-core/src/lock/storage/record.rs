//! What the object of a lock says: lines of text, so that anybody can read who has it.

use std::time::Duration;

use bytes::Bytes;

use crate::clock::Timestamp;
use crate::id::{Holder, WriteId, host_name};
use crate::lock::LockHolder;
use crate::process::ProcessIdentity;
use crate::storage::{escape, unescape};

const FIRST_LINE: &str = "keepwell lock 1";

/// One grant of a lock, as of its last renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LockRecord {
    /// Tells this grant from every other.
    pub(super) nonce: WriteId,
    /// Grows with each attempt to renew it, so that no two contents are equal.
    pub(super) sequence: u64,
    /// How long the grant lasts if it is not renewed.
    pub(super) lease: Duration,
    host: String,
    process: ProcessIdentity,
    since: Timestamp,
    holder: Holder,
}

impl LockRecord {
    /// A grant to this process that begins now.
    pub(super) fn new(holder: Holder, lease: Duration, now: Timestamp) -> Self {
        let (nonce, process) = (WriteId::new(), ProcessIdentity::own());
        Self { nonce, sequence: 0, lease, host: host_name(), process, since: now, holder }
    }

    /// The bytes of the object.
    pub(super) fn to_bytes(&self) -> Bytes {
        let Self { nonce, sequence, lease, host, process, since, holder } = self;
        let [host, holder] = [host, holder.as_str()].map(escape);
        let (lease, since) = (lease.as_millis(), since.as_millis());
        let ProcessIdentity { machine, number } = process;
        let text = format!(
            "{FIRST_LINE}\nnonce {nonce:?}\nsequence {sequence}\nlease {lease}\nhost {host}\nmachine {machine:016x}\n\
             process {number}\nsince {since}\nholder {holder}\n"
        );
        text.into()
    }

    /// What the bytes say; `None` if they are no grant that this version has written.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = str::from_utf8(bytes).ok()?.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let mut fact = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        Some(Self {
            nonce: WriteId::from_bytes(u128::from_str_radix(fact("nonce")?, 16).ok()?.to_le_bytes()),
            sequence: fact("sequence")?.parse().ok()?,
            lease: Duration::from_millis(fact("lease")?.parse().ok()?),
            host: unescape(fact("host")?)?,
            process: ProcessIdentity {
                machine: u64::from_str_radix(fact("machine")?, 16).ok()?,
                number: fact("process")?.parse().ok()?,
            },
            since: Timestamp::from_millis(fact("since")?.parse().ok()?),
            holder: Holder::new(unescape(fact("holder")?)?),
        })
    }

    /// Whether the holder's process is known to be gone: it will never renew the lock again.
    pub(super) fn is_of_the_dead(&self) -> bool {
        self.process.is_known_dead()
    }

    /// Who has the lock. The age is by the wall clocks of two machines.
    pub(super) fn describe(&self, now: Timestamp) -> LockHolder {
        LockHolder {
            holder: self.holder.clone(),
            host: Some(self.host.clone()),
            process: self.process.number,
            age: Duration::from_millis(now.as_millis().saturating_sub(self.since.as_millis())),
            expires_in: None,
            waiters: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(holder: &str) -> LockRecord {
        LockRecord::new(Holder::new(holder), Duration::from_secs(30), Timestamp::from_millis(1_000))
    }

    #[test]
    fn a_record_says_the_same_again_whatever_its_holder_is_called() {
        for holder in ["one", "", "two\nnonce 0", "é %41"] {
            let record = LockRecord { sequence: 7, ..record(holder) };
            assert_eq!(LockRecord::parse(&record.to_bytes()), Some(record));
        }
    }

    #[test]
    fn what_is_no_record_says_nothing() {
        let bytes = record("one").to_bytes();
        let newer = String::from_utf8(bytes.to_vec()).unwrap().replace("lock 1", "lock 2");
        for wrong in [&bytes[..40], b"", b"\xff", newer.as_bytes()] {
            assert_eq!(LockRecord::parse(wrong), None);
        }
    }

    #[test]
    fn a_holder_is_described_by_host_process_and_age() {
        let here = LockHolder::here(Holder::new("one"), Duration::from_secs(2));
        assert_eq!(record("one").describe(Timestamp::from_millis(3_000)), here);
    }
}
