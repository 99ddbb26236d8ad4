//! The numbers that typed arrays are made of.

use super::{Sink, tag};

/// A number that a typed array can be made of. Any bits are a legal one.
pub trait Number: bytemuck::Pod {
    /// The tag of an array of these (RFC 8746, 2.1 and 2.2); an array of bytes is a plain byte string and has none.
    const ARRAY_TAG: Option<u64>;

    /// The number with these little-endian bytes, of which there are exactly as many as the number has.
    fn from_little_endian(bytes: &[u8]) -> Self;

    /// Writes the number's little-endian bytes.
    fn write_little_endian(&self, sink: &mut impl Sink);
}

macro_rules! numbers {
    ($($number:ty => $tag:expr;)*) => { $(
        impl Number for $number {
            const ARRAY_TAG: Option<u64> = $tag;

            fn from_little_endian(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("the caller passes as many bytes as the number has"))
            }

            fn write_little_endian(&self, sink: &mut impl Sink) {
                sink.write(&self.to_le_bytes());
            }
        }
    )* };
}

numbers! {
    u8 => None;
    u16 => Some(tag::U16_ARRAY);
    u32 => Some(tag::U32_ARRAY);
    u64 => Some(tag::U64_ARRAY);
    i8 => Some(tag::I8_ARRAY);
    i16 => Some(tag::I16_ARRAY);
    i32 => Some(tag::I32_ARRAY);
    i64 => Some(tag::I64_ARRAY);
    f32 => Some(tag::F32_ARRAY);
    f64 => Some(tag::F64_ARRAY);
}
