//! What storages keep: named objects, their versions and identities.

use std::fmt;

use bytes::Bytes;

use crate::id::TransactionId;
use crate::key::{CacheKey, Digest};

/// The most bytes that a head, a decision or a lock may have: a header of 4 KiB, a payload of 16 KiB, and room for any key
/// that is not a mistake.
pub const SMALL_OBJECT_LIMIT: u64 = 1 << 20;

/// The name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ObjectName {
    /// The object at a cache key's own name: the small one that a look-up reads, or, where records are kept in a
    /// storage of their own, the plain result, which may be large.
    Head(CacheKey),
    /// A large payload, named by the digest of its stored bytes. Never changed.
    Blob(Digest),
    /// What became of a transaction.
    Decision(TransactionId),
    /// Who has the lock for a cache key, where locks are kept in the storage.
    Lock(CacheKey),
}

impl ObjectName {
    /// The cache key that it is named by, if it is.
    pub fn key(&self) -> Option<&CacheKey> {
        match self {
            Self::Head(key) | Self::Lock(key) => Some(key),
            Self::Blob(_) | Self::Decision(_) => None,
        }
    }

    /// The kind of object that this names.
    pub fn kind(&self) -> ObjectKind {
        match self {
            Self::Head(_) => ObjectKind::Head,
            Self::Blob(_) => ObjectKind::Blob,
            Self::Decision(_) => ObjectKind::Decision,
            Self::Lock(_) => ObjectKind::Lock,
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(key) => write!(formatter, "`{key}`"),
            Self::Blob(digest) => write!(formatter, "blob `{digest}`"),
            Self::Decision(id) => write!(formatter, "decision `{id}`"),
            Self::Lock(key) => write!(formatter, "the lock for `{key}`"),
        }
    }
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// See [`ObjectName::Head`].
    Head,
    /// See [`ObjectName::Blob`].
    Blob,
    /// See [`ObjectName::Decision`].
    Decision,
    /// See [`ObjectName::Lock`].
    Lock,
}

/// An object as it was read.
#[derive(Clone, Debug)]
pub struct Object {
    /// The object's content.
    pub bytes: Bytes,
    /// What tells the object from any other without reading it, where the storage has such a thing.
    pub identity: Option<FileIdentity>,
    /// The version that the storage itself gave, where it gives one (an entity tag, say).
    pub tag: Option<Box<str>>,
    /// The digest of the content, where the storage has computed it of the very bytes that it hands out.
    pub digest: Option<Digest>,
}

impl Object {
    /// An object of which nothing but the content is known.
    pub fn of(bytes: Bytes) -> Self {
        Self { bytes, identity: None, tag: None, digest: None }
    }

    /// The digest of the content.
    pub fn digest(&self) -> Digest {
        self.digest.unwrap_or_else(|| Digest::of(&self.bytes))
    }

    /// The object's version: the storage's own, or else a digest of the content. Small objects hold a random write id,
    /// so equal content means the same write and "changed and changed back" cannot be mistaken for "unchanged".
    pub fn version(&self) -> Version {
        match &self.tag {
            Some(tag) => Version::Tag(tag.clone()),
            None => Version::Content(self.digest()),
        }
    }
}

/// What a conditional write compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// Given by the storage.
    Tag(Box<str>),
    /// The digest of the content.
    Content(Digest),
}

/// A write that is made only if what is there is as expected.
#[derive(Clone, Debug)]
pub struct ConditionalWrite {
    /// Which object.
    pub name: ObjectName,
    /// What it becomes.
    pub bytes: Bytes,
    /// At which version it must be; `None`: there must be none of that name.
    pub expected: Option<Version>,
}

/// What tells a file from any other without reading it: a write always changes it, as far as the file system's clock
/// can tell writes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    /// The device that holds the file.
    pub device: u64,
    /// The file's number on that device.
    pub inode: u64,
    /// The size in bytes.
    pub size: u64,
    /// When the content last changed, in nanoseconds since the epoch.
    pub modified: i128,
    /// When the content or the file's attributes last changed, in nanoseconds since the epoch.
    pub changed: i128,
}

/// How much a write must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// The death of the process. After a power cut the record may be absent or damaged (and then is a miss).
    None,
    /// Also a power cut, but the latest writes may be absent: never damaged.
    Ordered,
    /// Also a power cut, whole: what was acknowledged is there.
    Full,
}
