//! Identifiers of runs, transactions and writes, and the names of lock holders.

use std::fmt;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::clock::{Clock, Timestamp};
use crate::random::random_u128;
use crate::simulation;

macro_rules! uuid_identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh identifier: a version 7 UUID (RFC 9562, section 5.7) whose time is `now`.
            pub fn new(now: Timestamp) -> Self {
                let random = random_u128().to_le_bytes();
                let (tail, _) = random.split_first_chunk::<10>().expect("sixteen bytes hold ten");
                Self(uuid::Builder::from_unix_timestamp_millis(now.as_millis(), tail).into_uuid())
            }

            /// A fresh identifier without a time: a version 4 UUID (RFC 9562, section 5.4).
            pub fn random() -> Self {
                Self(uuid::Builder::from_random_bytes(random_u128().to_le_bytes()).into_uuid())
            }

            /// The identifier with these bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes of the identifier.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

uuid_identifier! {
    /// One run of a task.
    TaskRunId
}
/// The identifier of a task run, drawn when it is first asked for: a hit that nobody logs needs none.
#[derive(Debug)]
pub struct LazyTaskRunId {
    clock: Arc<dyn Clock>,
    id: OnceLock<TaskRunId>,
}

impl LazyTaskRunId {
    /// An identifier that will be drawn at the time of `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, id: OnceLock::new() }
    }

    /// An identifier that has been drawn already.
    pub fn of(id: TaskRunId, clock: Arc<dyn Clock>) -> Self {
        Self { clock, id: OnceLock::from(id) }
    }

    /// The identifier.
    pub fn get(&self) -> TaskRunId {
        *self.id.get_or_init(|| TaskRunId::new(self.clock.now()))
    }
}

uuid_identifier! {
    /// One run of a flow; a retried flow keeps it.
    FlowRunId
}
uuid_identifier! {
    /// One transaction.
    TransactionId
}

/// 128 random bits that make each write of a small object different from every other, so that "unchanged" can be
/// told from "changed and changed back".
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WriteId(u128);

impl WriteId {
    /// A fresh write id.
    pub fn new() -> Self {
        Self(random_u128())
    }

    /// The write id with these little-endian bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_le_bytes(bytes))
    }

    /// The little-endian bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }
}

impl Default for WriteId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WriteId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// Who holds a lock: any text that no other holder uses. The engine uses the root transaction's id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Holder(Arc<str>);

impl Holder {
    /// The holder with this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The holder's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<TransactionId> for Holder {
    fn from(id: TransactionId) -> Self {
        Self::new(id.to_string())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

/// The name of this machine.
pub fn host_name() -> String {
    simulation::ask(|machine| machine.host())
        .unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned())
}

/// The id of this process.
pub(crate) fn process_id() -> u32 {
    simulation::ask(|machine| machine.process()).unwrap_or_else(std::process::id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_identifier_is_a_version_7_uuid_of_its_time() {
        let id = TaskRunId::new(Timestamp::from_millis(0x0123_4567_89ab));
        assert!(id.to_string().starts_with("01234567-89ab-7"), "{id}");
    }

    #[test]
    fn an_identifier_survives_its_bytes() {
        let id = FlowRunId::new(Timestamp::from_millis(1));
        assert_eq!(FlowRunId::from_bytes(*id.as_bytes()), id);
    }
}
