//! What stands in an attribute: the options that there are, and the ones that were given.

mod given;
mod literal;
mod parse;
mod table;

pub(crate) use given::{Given, Options, Value};
pub(crate) use parse::parse_items;
pub(crate) use table::{Kind, Row, SERIALIZERS};
