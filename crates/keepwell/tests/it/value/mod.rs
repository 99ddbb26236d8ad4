//! Values as bytes: in keys, and as results.

mod agreement;
mod dispatch;
mod model;
mod nesting;
mod round_trip;
mod vectors;

use keepwell::value::write_key;
use serde::Serialize;

/// The bytes that a value writes into a key.
fn key_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_key(value, "parameters.x", &mut bytes).unwrap();
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
