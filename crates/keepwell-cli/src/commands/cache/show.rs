//! `keepwell cache show`

use clap::Args;
use keepwell_core::record::{Expiration, Head, NamedDigest, Namespace, Place};
use serde_json::{Value, json};

use super::entry::Entry;
use super::folder::{Folder, Target};
use super::value;
use crate::age::{moment, relative};
use crate::arguments::Listing;
use crate::failure::Failure;
use crate::prefix;
use crate::session::Session;
use crate::text::{bytes, safe};

#[derive(Args, Debug)]
pub(crate) struct Show {
    /// The key, or enough of its beginning.
    key: String,

    /// Print the beginning of the value too, if it is CBOR or JSON.
    #[arg(long)]
    value: bool,

    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    listing: Listing,
}

impl Show {
    pub(crate) fn run(self, session: &mut Session) -> Result<(), Failure> {
        let folder = self.target.open(session)?;
        let entries = folder.entries()?;
        let entry = prefix::find(&entries, &self.key)?;
        let value = match &entry.head {
            Some(head) if self.value => Some(value::preview(&folder.storage, head)?),
            Some(_) => None,
            None if self.value => return Err(Failure::refused("what is there is no record that can be read here")),
            None => None,
        };
        let facts = facts(entry, &folder);
        if self.listing.is_json() {
            return session.print_json(&object(entry, facts, value));
        }
        for (name, text) in facts {
            session.print(format_args!("{:<15} {}", format!("{name}:"), safe(&text)))?;
        }
        print_digests(session, "parts", &entry.provenance.parts)?;
        print_digests(session, "inputs", &entry.provenance.inputs)?;
        value.map_or(Ok(()), |value| session.print(format_args!("value:\n{value}")))
    }
}

type Facts = Vec<(&'static str, String)>;

/// Everything that there is to say in one line each.
fn facts(entry: &Entry, folder: &Folder) -> Facts {
    let mut facts = vec![("key", entry.key.to_string())];
    let condition = match (entry.condition.label(), entry.condition.detail()) {
        ("", _) => "whole".to_owned(),
        (label, None) => label.to_owned(),
        (label, Some(detail)) => format!("{label} ({detail})"),
    };
    facts.extend([("condition", condition), ("size on disk", bytes(entry.size))]);
    match &entry.head {
        None => facts.push(("written", moment(entry.created))),
        Some(head) => {
            facts.extend(record_facts(head, folder));
            facts.extend(provenance_facts(entry));
        }
    }
    facts
}

fn record_facts(head: &Head, folder: &Folder) -> Facts {
    let (metadata, payload) = (&head.metadata, &head.payload);
    let expires = match metadata.expiration {
        Expiration::Never => "never".to_owned(),
        Expiration::At(at) => format!("{} ({})", moment(at), relative(at, folder.now)),
    };
    let place = match payload.place {
        Place::Inline(_) => "in the record".to_owned(),
        Place::Blob => {
            format!("{}/.keepwell/blobs/{}/{}", folder.path().display(), &payload.digest.to_hex()[..2], payload.digest)
        }
        Place::Reference => "in the result storage, under the same key".to_owned(),
    };
    let mut facts = vec![
        ("created", moment(metadata.created)),
        ("expires", expires),
        ("serializer", metadata.serializer.to_string()),
        ("payload", place),
        ("stored length", bytes(payload.stored_length)),
        ("plain length", bytes(payload.plain_length)),
        ("compression", format!("{:?}", payload.compression).to_lowercase()),
        ("digest", payload.digest.to_string()),
        ("generation", metadata.generation.to_string()),
        ("durability", format!("{:?}", metadata.durability).to_lowercase()),
        ("transaction", metadata.transaction.to_string()),
        ("store", format!("{:?}", metadata.store)),
    ];
    if metadata.namespace != Namespace::DEFAULT {
        facts.push(("namespace", keepwell_core::key::Digest::from_bytes(*metadata.namespace.as_bytes()).to_string()));
    }
    if let Some(signature) = &head.signature {
        facts.push(("signed by", format!("{} (not checked)", signature.key)));
    }
    facts
}

fn provenance_facts(entry: &Entry) -> Facts {
    let provenance = &entry.provenance;
    let omitted = (provenance.omitted > 0).then(|| format!("{} more digests did not fit", provenance.omitted));
    let facts = [
        ("task", provenance.task_name.clone()),
        ("source", provenance.source.map(|digest| digest.to_string())),
        ("task run", provenance.task_run.map(|id| id.to_string())),
        ("flow run", provenance.flow_run.map(|id| id.to_string())),
        ("duration", provenance.duration.map(|duration| format!("{duration:.1?}"))),
        ("writer host", provenance.writer_host.clone()),
        ("writer process", provenance.writer_process.map(|id| id.to_string())),
        ("writer version", provenance.writer_version.clone()),
        ("omitted", omitted),
    ];
    facts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

fn print_digests(session: &mut Session, title: &str, digests: &[NamedDigest]) -> Result<(), Failure> {
    if digests.is_empty() {
        return Ok(());
    }
    session.print(format_args!("{title}:"))?;
    let mut lines = digests.iter().map(|named| format!("  {} {}", named.digest, safe(&named.name)));
    lines.try_for_each(|line| session.print(line))
}

fn object(entry: &Entry, facts: Facts, value: Option<String>) -> Value {
    let mut object: serde_json::Map<_, _> =
        facts.into_iter().map(|(name, text)| (name.replace(' ', "_"), json!(text))).collect();
    object.insert("size_on_disk".into(), json!(entry.size));
    if let Some(head) = &entry.head {
        object.insert("stored_length".into(), json!(head.payload.stored_length));
        object.insert("plain_length".into(), json!(head.payload.plain_length));
        object.insert("writer_process".into(), json!(entry.provenance.writer_process));
        object.insert("generation".into(), json!(head.metadata.generation));
        object.insert("duration".into(), json!(entry.provenance.duration.map(|duration| duration.as_secs_f64())));
        let expires = match head.metadata.expiration {
            Expiration::Never => None,
            Expiration::At(at) => Some(moment(at)),
        };
        object.insert("expires".into(), json!(expires));
        object.insert("parts".into(), named(&entry.provenance.parts));
        object.insert("inputs".into(), named(&entry.provenance.inputs));
    }
    if let Some(value) = value {
        object.insert("value".into(), json!(value));
    }
    Value::Object(object)
}

fn named(digests: &[NamedDigest]) -> Value {
    let digests = digests.iter().map(|named| json!({ "name": named.name, "digest": named.digest.to_string() }));
    digests.collect()
}
