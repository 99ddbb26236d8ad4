//! The Python front end of keepwell: the extension module `keepwell._core`.
//!
//! Conversion only. Each binding extracts what it is given, makes one call of the engine and converts what comes back;
//! what is decided is decided in [`keepwell_core`]. The package around it is in `python/keepwell`.

mod calling;
mod context;
mod engine;
mod error;
mod flow;
mod fork;
mod lock;
mod module;
mod policy;
mod report;
mod serializer;
mod settings;
mod storage;
mod store;
mod task;
mod transaction;
mod value;
