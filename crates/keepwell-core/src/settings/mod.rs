//! Settings: every one named once, and where its value came from.
//!
//! `table` names the settings. `load` asks the layers in order (overrides, environment, `.env`, `keepwell.toml`,
//! `pyproject.toml`, the active profile, defaults) and makes a typed [`Settings`]. [`Profiles`] edits `profiles.toml`.
//! What a setting means is up to the part of the engine that reads it.

mod current;
mod dot_env;
mod environment;
mod expand;
mod file;
mod layer;
mod layers;
mod load;
mod overrides;
mod plain;
mod profiles;
mod setting;
mod signing_key;
mod source;
mod table;
mod toml_file;
mod types;
mod value;

pub use current::{current, reload, with, with_overrides};
pub use environment::Environment;
pub use load::problems;
pub use overrides::Overrides;
pub use plain::PlainValue;
pub use profiles::{DEFAULT_PROFILE, Profiles};
pub use setting::Setting;
pub use signing_key::SigningKey;
pub use source::{Found, Source};
pub use table::{
    FlowsSettings, LocksSettings, LoggingSettings, ResultsSettings, SETTINGS, Settings, TaskRunnerSettings,
    TasksSettings, TestingSettings,
};
pub use types::{ByteSize, LogLevel, OnStorageError, StorageAddress};
