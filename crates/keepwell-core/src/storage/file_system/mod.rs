//! A storage in a folder of files: one per cache key, named by the key, and whatever else it needs under `.keepwell/`.
//!
//! ```text
//! <key>                                  heads and plain results
//! .keepwell/store.json                   the store's id and the version of this layout
//! .keepwell/blobs/<ab>/<digest>          large payloads
//! .keepwell/transactions/<id>            decisions
//! .keepwell/names/<digest>               the keys whose file names had to be cut
//! .keepwell/quarantine/                  damaged objects, for a later look
//! .keepwell/tmp/                         files being written
//! .keepwell/shards/<00..ff>              short write locks
//! ```
//!
//! A file is never changed once it has its name: a write makes a new one and renames it, so a reader sees one whole
//! write or another. [`storage`] is the contract's face; [`root`] opens a folder for reading, [`folder`] for writing.

mod batch;
mod fault;
mod folder;
mod large;
mod list;
mod mapping;
pub(super) mod names;
mod operation;
mod place;
pub mod probe;
mod quarantine;
mod read;
mod root;
mod shard;
mod storage;
pub(super) mod store_file;
mod sync;
mod temporary;
mod watch;
mod write;

pub(crate) use names::{encode as file_name, escape, key_of as key_of_file_name, unescape};
pub(crate) use shard::ShardLocks;
pub use storage::{FileSystemOptions, FileSystemStorage};
