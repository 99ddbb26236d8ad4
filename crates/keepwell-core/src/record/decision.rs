//! Decisions: what has become of a transaction of several records (`docs/record-format.md`, "Decisions").

use bytes::Bytes;

use super::RecordFault;
use super::fields::Fields;
use crate::clock::Timestamp;
use crate::id::{TransactionId, WriteId};
use crate::key::{CacheKey, Digest};
use crate::process::ProcessIdentity;

/// The first bytes of every decision.
const MAGIC: [u8; 8] = *b"\x89KWD\r\n\x1a\n";

const FORMAT_VERSION: u16 = 1;

/// The most bytes that a decision may have: room for hundreds of thousands of keys.
pub const DECISION_LIMIT: u64 = 64 << 20;

/// The fault of a decision whose bytes are not what was written.
const CORRUPT: RecordFault = RecordFault::Corrupt { what: "decision" };

/// What has become of a transaction of several records, and which heads it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The transaction.
    pub transaction: TransactionId,
    /// What has become of it.
    pub state: DecisionState,
    /// What tells this write from every other.
    pub write: WriteId,
    /// When the transaction began to commit, by its own clock.
    pub created: Timestamp,
    /// The process that commits it.
    pub owner: ProcessIdentity,
    /// The heads that it puts records into.
    pub heads: Vec<HeadPlace>,
}

/// What has become of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionState {
    /// Nothing yet: it counts as not committed.
    Pending,
    /// Its intents count.
    Committed,
    /// Its intents never count.
    Aborted,
}

/// A head that a transaction puts a record into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadPlace {
    /// The location of the storage that the head is in; `None` where it is the one that holds the decision.
    pub location: Option<String>,
    /// The head's key.
    pub key: CacheKey,
}

impl Decision {
    /// The same transaction with another outcome, as a write of its own.
    #[must_use]
    pub fn with_state(&self, state: DecisionState) -> Self {
        Self { state, write: WriteId::new(), ..self.clone() }
    }

    /// The decision as bytes, closed by their digest.
    pub fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(128 + self.heads.len() * 80);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.push(state_code(self.state));
        bytes.extend_from_slice(self.transaction.as_bytes());
        bytes.extend_from_slice(&self.write.to_bytes());
        bytes.extend_from_slice(&self.created.as_millis().to_le_bytes());
        bytes.extend_from_slice(&self.owner.machine.to_le_bytes());
        bytes.extend_from_slice(&self.owner.number.to_le_bytes());
        for HeadPlace { location, key } in &self.heads {
            append(&mut bytes, location.as_deref().unwrap_or_default());
            append(&mut bytes, key.as_str());
        }
        let digest = Digest::of(&bytes);
        bytes.extend_from_slice(digest.as_bytes());
        bytes.into()
    }

    /// The decision with these bytes.
    ///
    /// # Errors
    /// [`RecordFault::Corrupt`] if they are not what was written; [`RecordFault::NewerVersion`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordFault> {
        let (covered, digest) = bytes.split_last_chunk().ok_or(CORRUPT)?;
        if Digest::of(covered) != Digest::from_bytes(*digest) {
            return Err(CORRUPT);
        }
        let mut fields = Fields::new(covered, "decision");
        if fields.array()? != MAGIC {
            return Err(CORRUPT);
        }
        match fields.u16()? {
            FORMAT_VERSION => {}
            version => return Err(RecordFault::NewerVersion { version }),
        }
        Ok(Self {
            state: read_state(fields.byte()?)?,
            transaction: TransactionId::from_bytes(fields.array()?),
            write: WriteId::from_bytes(fields.array()?),
            created: Timestamp::from_millis(fields.u64()?),
            owner: ProcessIdentity { machine: fields.u64()?, number: fields.u32()? },
            heads: read_heads(&mut fields)?,
        })
    }
}

fn append(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&u32::try_from(text.len()).expect("keys and locations are short").to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn read_heads(fields: &mut Fields<'_>) -> Result<Vec<HeadPlace>, RecordFault> {
    let mut heads = Vec::new();
    while !fields.rest().is_empty() {
        let location = Some(read_text(fields)?).filter(|location| !location.is_empty()).map(str::to_owned);
        let key = CacheKey::new(read_text(fields)?).map_err(|_| CORRUPT)?;
        heads.push(HeadPlace { location, key });
    }
    Ok(heads)
}

fn read_text<'a>(fields: &mut Fields<'a>) -> Result<&'a str, RecordFault> {
    let length = usize::try_from(fields.u32()?).map_err(|_| CORRUPT)?;
    str::from_utf8(fields.slice(length)?).map_err(|_| CORRUPT)
}

fn state_code(state: DecisionState) -> u8 {
    match state {
        DecisionState::Pending => 1,
        DecisionState::Committed => 2,
        DecisionState::Aborted => 3,
    }
}

fn read_state(code: u8) -> Result<DecisionState, RecordFault> {
    match code {
        1 => Ok(DecisionState::Pending),
        2 => Ok(DecisionState::Committed),
        3 => Ok(DecisionState::Aborted),
        _ => Err(RecordFault::UnknownCritical { field: "state", value: u16::from(code) }),
    }
}
