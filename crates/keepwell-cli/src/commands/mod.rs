//! The commands, one file each.

pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod locks;
pub(crate) mod profile;
pub(crate) mod version;
