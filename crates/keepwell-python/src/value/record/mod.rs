//! Instances of classes: their fields, or what describes them instead.

mod custom;
mod derived;
mod described;
mod fields;
mod model;
mod opaque;

pub(super) use custom::{write_custom, write_own_key};
pub(super) use derived::write_derived;
pub(super) use described::{write_alias, write_shown, write_zone};
pub(super) use fields::{write_fields, write_named_tuple, write_plain_object, write_record};
pub(super) use model::write_model;
pub(super) use opaque::{write_opaque, write_opaque_for};
