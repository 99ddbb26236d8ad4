//! Arrays of NumPy, and their elements.

mod contents;
mod element;
mod memory;
mod write;

pub(super) use element::{data_type, packed, write_data_type};
pub(super) use write::{write_array, write_scalar};
