//! Where a result came from: kept in the header's TLV area to explain hits and misses, decoded on demand.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use super::RecordFault;
use super::fields::Fields;
use super::header::PROVENANCE_LIMIT;
use super::tlv::{self, OVERHEAD};
use crate::id::{FlowRunId, TaskRunId};
use crate::key::Digest;

mod tag {
    pub(super) const TASK_NAME: u16 = 1;
    pub(super) const SOURCE: u16 = 2;
    pub(super) const TASK_RUN: u16 = 3;
    pub(super) const FLOW_RUN: u16 = 4;
    pub(super) const DURATION: u16 = 5;
    pub(super) const WRITER_PROCESS: u16 = 6;
    pub(super) const WRITER_VERSION: u16 = 7;
    pub(super) const WRITER_HOST: u16 = 8;
    pub(super) const PART: u16 = 9;
    pub(super) const INPUT: u16 = 10;
    pub(super) const OMITTED: u16 = 11;
}

/// Room kept for saying how much was left out.
const OMITTED_LENGTH: usize = OVERHEAD + 2;

/// Where a result came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// The task's name.
    pub task_name: Option<String>,
    /// The digest of the task's source.
    pub source: Option<Digest>,
    /// The task run that made the result.
    pub task_run: Option<TaskRunId>,
    /// The flow run that the task run belonged to.
    pub flow_run: Option<FlowRunId>,
    /// How long the body ran; up to 584 years, in nanoseconds.
    pub duration: Option<Duration>,
    /// The writing process's id.
    pub writer_process: Option<u32>,
    /// The writer's version of keepwell.
    pub writer_version: Option<String>,
    /// The writer's host name.
    pub writer_host: Option<String>,
    /// The digest of each part of the key, by the part's name.
    pub parts: Vec<NamedDigest>,
    /// The digest of each input, by the parameter's name.
    pub inputs: Vec<NamedDigest>,
    /// How many of the entries above did not fit into the header. Zero in what is to be encoded.
    pub omitted: u16,
}

/// A digest and what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDigest {
    /// What the digest is of.
    pub name: String,
    /// The digest.
    pub digest: Digest,
}

impl Provenance {
    /// The provenance as a header holds it.
    ///
    /// At most 3,755 bytes: the entries are taken in the order of the fields above, and one that no longer fits is left
    /// out and counted in [`omitted`](Self::omitted).
    pub fn encode(&self) -> EncodedProvenance {
        let mut writer = Writer::default();
        writer.text(tag::TASK_NAME, self.task_name.as_deref());
        writer.bytes(tag::SOURCE, self.source.as_ref().map(Digest::as_bytes));
        writer.bytes(tag::TASK_RUN, self.task_run.as_ref().map(TaskRunId::as_bytes));
        writer.bytes(tag::FLOW_RUN, self.flow_run.as_ref().map(FlowRunId::as_bytes));
        writer.bytes(tag::DURATION, self.duration.map(|duration| nanoseconds(duration).to_le_bytes()).as_ref());
        writer.bytes(tag::WRITER_PROCESS, self.writer_process.map(u32::to_le_bytes).as_ref());
        writer.text(tag::WRITER_VERSION, self.writer_version.as_deref());
        writer.text(tag::WRITER_HOST, self.writer_host.as_deref());
        self.parts.iter().for_each(|part| writer.named(tag::PART, part));
        self.inputs.iter().for_each(|input| writer.named(tag::INPUT, input));
        writer.finish(self.omitted)
    }

    fn read_entry(&mut self, tag: u16, value: &[u8]) -> Result<(), RecordFault> {
        let mut fields = Fields::new(value, "provenance");
        match tag {
            tag::TASK_NAME => self.task_name = Some(text(value)?),
            tag::SOURCE => self.source = Some(Digest::from_bytes(fields.array()?)),
            tag::TASK_RUN => self.task_run = Some(TaskRunId::from_bytes(fields.array()?)),
            tag::FLOW_RUN => self.flow_run = Some(FlowRunId::from_bytes(fields.array()?)),
            tag::DURATION => self.duration = Some(Duration::from_nanos(fields.u64()?)),
            tag::WRITER_PROCESS => self.writer_process = Some(fields.u32()?),
            tag::WRITER_VERSION => self.writer_version = Some(text(value)?),
            tag::WRITER_HOST => self.writer_host = Some(text(value)?),
            tag::PART => self.parts.push(named(&mut fields)?),
            tag::INPUT => self.inputs.push(named(&mut fields)?),
            tag::OMITTED => self.omitted = fields.u16()?,
            // A later version wrote it, and says by the tag that it can be done without.
            _ => {}
        }
        Ok(())
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn text(value: &[u8]) -> Result<String, RecordFault> {
    String::from_utf8(value.to_vec()).map_err(|_| RecordFault::Corrupt { what: "provenance" })
}

fn named(fields: &mut Fields<'_>) -> Result<NamedDigest, RecordFault> {
    let digest = Digest::from_bytes(fields.array()?);
    Ok(NamedDigest { name: text(fields.rest())?, digest })
}

/// A TLV area that is filled until it is full.
#[derive(Default)]
struct Writer {
    area: Vec<u8>,
    omitted: u16,
}

impl Writer {
    fn entry(&mut self, tag: u16, value: &[&[u8]]) {
        if !tlv::append(&mut self.area, PROVENANCE_LIMIT - OMITTED_LENGTH, tag, value) {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    fn text(&mut self, tag: u16, value: Option<&str>) {
        value.into_iter().for_each(|value| self.entry(tag, &[value.as_bytes()]));
    }

    fn bytes<const LENGTH: usize>(&mut self, tag: u16, value: Option<&[u8; LENGTH]>) {
        value.into_iter().for_each(|value| self.entry(tag, &[value]));
    }

    fn named(&mut self, tag: u16, value: &NamedDigest) {
        self.entry(tag, &[value.digest.as_bytes(), value.name.as_bytes()]);
    }

    fn finish(mut self, omitted_before: u16) -> EncodedProvenance {
        let omitted = self.omitted.saturating_add(omitted_before);
        if omitted > 0 {
            tlv::append(&mut self.area, PROVENANCE_LIMIT, tag::OMITTED, &[&omitted.to_le_bytes()]);
        }
        EncodedProvenance(self.area.into())
    }
}

/// Provenance as a header holds it: a well-formed TLV area without critical tags, at most 3,755 bytes.
///
/// Entries that this version does not know are kept as they are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EncodedProvenance(Bytes);

impl EncodedProvenance {
    /// The provenance with these bytes.
    ///
    /// # Errors
    /// [`RecordFault::Corrupt`] if they are too many or not a TLV area; [`RecordFault::UnknownCritical`].
    pub fn from_bytes(bytes: Bytes) -> Result<Self, RecordFault> {
        if bytes.len() > PROVENANCE_LIMIT {
            return Err(RecordFault::Corrupt { what: "provenance" });
        }
        tlv::check(&bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// What the bytes say. Of an entry that is there twice and should not be, the later one counts.
    ///
    /// # Errors
    /// [`RecordFault::Corrupt`] if an entry is not what its tag says.
    pub fn decode(&self) -> Result<Provenance, RecordFault> {
        let mut provenance = Provenance::default();
        for entry in tlv::Entries::new(&self.0) {
            let (tag, value) = entry?;
            provenance.read_entry(tag, value)?;
        }
        Ok(provenance)
    }
}

impl fmt::Debug for EncodedProvenance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decode() {
            Ok(provenance) => provenance.fmt(formatter),
            Err(fault) => fault.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_digests(names: std::ops::Range<u32>) -> Vec<NamedDigest> {
        names.map(|name| NamedDigest { name: format!("x{name:02}"), digest: Digest::of(&name.to_le_bytes()) }).collect()
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end_and_counted() {
        let whole = Provenance { inputs: named_digests(0..100), ..Provenance::default() };
        // 39 bytes each: 96 fit into 3,755 less the 6 for the count.
        let kept = Provenance { inputs: named_digests(0..96), omitted: 4, ..Provenance::default() };
        assert_eq!(whole.encode().decode(), Ok(kept));
    }

    #[test]
    fn one_entry_too_long_does_not_cost_the_others() {
        let task_name = Some("t".repeat(70_000));
        let whole = Provenance { task_name, inputs: named_digests(0..2), ..Provenance::default() };
        let kept = Provenance { task_name: None, omitted: 1, ..whole.clone() };
        assert_eq!(whole.encode().decode(), Ok(kept));
    }

    #[test]
    fn an_unknown_optional_entry_is_skipped_and_kept() {
        let mut bytes = vec![99, 0, 1, 0, 0xff];
        bytes.extend_from_slice(&[6, 0, 4, 0, 7, 0, 0, 0]);
        let encoded = EncodedProvenance::from_bytes(bytes.clone().into()).unwrap();
        assert_eq!(encoded.decode(), Ok(Provenance { writer_process: Some(7), ..Provenance::default() }));
        assert_eq!(encoded.as_bytes(), &bytes);
    }

    #[test]
    fn an_entry_of_the_wrong_shape_is_damage() {
        for bytes in [vec![2, 0, 1, 0, 0], vec![1, 0, 1, 0, 0xff], vec![10, 0, 31, 0]] {
            let decoded = EncodedProvenance::from_bytes(bytes.into()).and_then(|encoded| encoded.decode());
            assert!(matches!(decoded, Err(RecordFault::Corrupt { .. })), "{decoded:?}");
        }
    }
}
