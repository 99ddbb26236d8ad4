//! Writes items in their one deterministic form.

use super::{Number, Sink, tag};

const UNSIGNED: u8 = 0 << 5;
const NEGATIVE: u8 = 1 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;
const MAP: u8 = 5 << 5;
const TAG: u8 = 6 << 5;

/// Writes items into a [`Sink`].
///
/// The caller answers for the structure: an array of `n` is followed by `n` items, a map of `n` by `2n`, a tag by one.
#[derive(Debug)]
pub struct Encoder<S>(S);

impl<S: Sink> Encoder<S> {
    /// An encoder that writes into `sink`.
    pub fn new(sink: S) -> Self {
        Self(sink)
    }

    /// The sink, with all that was written.
    pub fn into_sink(self) -> S {
        self.0
    }

    /// An unsigned integer.
    pub fn unsigned(&mut self, number: u64) {
        self.head(UNSIGNED, number);
    }

    /// A signed integer.
    pub fn integer(&mut self, number: i64) {
        match u64::try_from(number) {
            Ok(number) => self.head(UNSIGNED, number),
            Err(_) => self.head(NEGATIVE, !number as u64),
        }
    }

    /// An unsigned integer of up to 128 bits.
    pub fn unsigned_128(&mut self, number: u128) {
        self.wide(UNSIGNED, tag::BIG, number);
    }

    /// A signed integer of up to 128 bits.
    pub fn integer_128(&mut self, number: i128) {
        match u128::try_from(number) {
            Ok(number) => self.wide(UNSIGNED, tag::BIG, number),
            Err(_) => self.wide(NEGATIVE, tag::BIG_NEGATIVE, !number as u128),
        }
    }

    /// A float of 64 bits. Every NaN is written as the one quiet NaN.
    pub fn float_64(&mut self, number: f64) {
        let bits = if number.is_nan() { 0x7ff8_0000_0000_0000 } else { number.to_bits() };
        let mut bytes = [0xfb; 9];
        bytes[1..].copy_from_slice(&bits.to_be_bytes());
        self.0.write(&bytes);
    }

    /// A float of 32 bits: another item than the same number in 64 bits. Every NaN is written as the one quiet NaN.
    pub fn float_32(&mut self, number: f32) {
        let bits = if number.is_nan() { 0x7fc0_0000 } else { number.to_bits() };
        let mut bytes = [0xfa; 5];
        bytes[1..].copy_from_slice(&bits.to_be_bytes());
        self.0.write(&bytes);
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.0.write(&[0xf4 | u8::from(value)]);
    }

    /// Nothing.
    pub fn null(&mut self) {
        self.0.write(&[0xf6]);
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.0.write(bytes);
    }

    /// The head of a byte string of `length` bytes, which the caller writes into the sink.
    pub fn bytes_head(&mut self, length: usize) {
        self.head(BYTES, length as u64);
    }

    /// A text, as it is: no normalisation.
    pub fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.0.write(text.as_bytes());
    }

    /// The head of an array of `length` items.
    pub fn array(&mut self, length: usize) {
        self.head(ARRAY, length as u64);
    }

    /// The head of a map of `length` entries.
    pub fn map(&mut self, length: usize) {
        self.head(MAP, length as u64);
    }

    /// A tag for the item that follows.
    pub fn tag(&mut self, tag: u64) {
        self.head(TAG, tag);
    }

    /// A typed array: little-endian, each element's bits as they are, without a copy where memory already looks so.
    pub fn numbers<N: Number>(&mut self, numbers: &[N]) {
        if let Some(tag) = N::ARRAY_TAG {
            self.tag(tag);
        }
        self.head(BYTES, size_of_val(numbers) as u64);
        if cfg!(target_endian = "little") {
            self.0.write(bytemuck::cast_slice(numbers));
        } else {
            numbers.iter().for_each(|number| number.write_little_endian(&mut self.0));
        }
    }

    fn wide(&mut self, major: u8, big: u64, number: u128) {
        match u64::try_from(number) {
            Ok(number) => self.head(major, number),
            Err(_) => {
                self.tag(big);
                self.bytes(&number.to_be_bytes()[number.leading_zeros() as usize / 8..]);
            }
        }
    }

    /// The shortest head that holds `argument` (RFC 8949, 4.2.1).
    fn head(&mut self, major: u8, argument: u64) {
        let mut head = [0; 9];
        let bytes = argument.to_be_bytes();
        let width = match argument {
            0..=23 => {
                self.0.write(&[major | bytes[7]]);
                return;
            }
            24..=0xff => 0,
            0x100..=0xffff => 1,
            0x1_0000..=0xffff_ffff => 2,
            _ => 3,
        };
        let length = 1 << width;
        head[0] = major | (24 + width);
        head[1..=length].copy_from_slice(&bytes[8 - length..]);
        self.0.write(&head[..=length]);
    }
}
