//! Arrays of NumPy, and their elements.

mod blocks;
mod contents;
mod element;
mod memory;
mod write;

pub(super) use blocks::{MakeArray, write_blocks};
pub(super) use element::{data_type, packed, write_data_type};
pub(super) use write::{write_array, write_scalar};
