//! Every CBOR tag of the format, named once.
//!
//! Registered tags are used where their definition fits exactly. The others are ours: two letters, `kw`, and a number,
//! in the range that IANA gives out first come, first served. `docs/key-format.md` says what each tag encloses. Tags
//! that only the Python front end writes are listed too, so that no number is ever used twice.

/// A non-negative integer of 2^64 or more: a byte string, big-endian, without leading zeros (RFC 8949, 3.4.3).
pub const BIG: u64 = 2;
/// The integer `-1 - n` for an `n` of 2^64 or more, written as for [`BIG`].
pub const BIG_NEGATIVE: u64 = 3;
/// A named record: `[name]`, `[name, [positional fields]]` or `[name, {named fields}]`.
pub const RECORD: u64 = 27;
/// A fraction: `[numerator, denominator]`.
pub const FRACTION: u64 = 30;
/// A UUID: 16 bytes (RFC 9562).
pub const UUID: u64 = 37;
/// An array of several dimensions in row-major order: `[[dimensions], typed array]` (RFC 8746, 3.1.1).
pub const DIMENSIONS: u64 = 40;
/// A typed array of unsigned 8-bit integers (RFC 8746, 2.1); so the others down to [`F64_ARRAY`], all little-endian.
pub const U8_ARRAY: u64 = 64;
/// See [`U8_ARRAY`].
pub const U16_ARRAY: u64 = 69;
/// See [`U8_ARRAY`].
pub const U32_ARRAY: u64 = 70;
/// See [`U8_ARRAY`].
pub const U64_ARRAY: u64 = 71;
/// See [`U8_ARRAY`].
pub const I8_ARRAY: u64 = 72;
/// See [`U8_ARRAY`].
pub const I16_ARRAY: u64 = 77;
/// See [`U8_ARRAY`].
pub const I32_ARRAY: u64 = 78;
/// See [`U8_ARRAY`].
pub const I64_ARRAY: u64 = 79;
/// See [`U8_ARRAY`].
pub const F16_ARRAY: u64 = 84;
/// See [`U8_ARRAY`].
pub const F32_ARRAY: u64 = 85;
/// See [`U8_ARRAY`].
pub const F64_ARRAY: u64 = 86;
/// A set: an array of its members.
pub const SET: u64 = 258;
/// A day: `YYYY-MM-DD` (RFC 8943).
pub const DATE: u64 = 1004;

/// The first of our own tags.
const OWN: u64 = 0x6b77_0000;

/// A tuple: an array.
pub const TUPLE: u64 = OWN;
/// Nothing inside one or more layers of "something": the number of layers.
pub const SOME: u64 = OWN + 1;
/// A member of an enumeration: `[type, member]`, with the positional or named fields as a third element if it has any.
pub const ENUM: u64 = OWN + 2;
/// One Unicode scalar value: a text of that one character.
pub const CHAR: u64 = OWN + 3;
/// An item of a key that is too long to be sorted as it is: its BLAKE3-256 digest. Never in a value.
pub const DIGEST: u64 = OWN + 4;
/// An immutable set: an array of its members.
pub const FROZEN_SET: u64 = OWN + 5;
/// A mutable byte string: a byte string.
pub const BYTE_ARRAY: u64 = OWN + 6;
/// A view of memory: `[element format, [dimensions], byte string]`.
pub const MEMORY_VIEW: u64 = OWN + 7;
/// A decimal number: its text in scientific notation.
pub const DECIMAL: u64 = OWN + 8;
/// A complex number: `[real, imaginary]`.
pub const COMPLEX: u64 = OWN + 9;
/// A date and time of day: `[text, offset, zone, fold]`.
pub const DATE_TIME: u64 = OWN + 10;
/// A time of day, written as for [`DATE_TIME`].
pub const TIME: u64 = OWN + 11;
/// A span of time: whole microseconds.
pub const DURATION: u64 = OWN + 12;
/// A path: `[flavour, text or byte string]`.
pub const PATH: u64 = OWN + 13;
/// A range: `[start, stop, step]`.
pub const RANGE: u64 = OWN + 14;
/// A slice: `[start, stop, step]`.
pub const SLICE: u64 = OWN + 15;
/// A function: `[qualified name, digest of its code]`.
pub const FUNCTION: u64 = OWN + 16;
/// A class: `[qualified name, digest of its code]`.
pub const CLASS: u64 = OWN + 17;
/// The content of a file: its digest.
pub const FILE: u64 = OWN + 18;
/// The content of a folder: `{relative path: digest}`.
pub const DIRECTORY: u64 = OWN + 19;
/// A scalar of a typed array: `[element type, byte string]`.
pub const SCALAR: u64 = OWN + 20;
/// An array whose element type has no tag of RFC 8746: `[element type, [dimensions], byte string or array of items]`.
pub const ARRAY: u64 = OWN + 21;
/// A data frame: `[kind, [[name, column], …], index]`.
pub const FRAME: u64 = OWN + 22;
/// A column of a data frame, or one by itself: `[kind, name, element type, values, index]`.
pub const COLUMN: u64 = OWN + 23;
/// A value that its own type or a registered encoder describes: `[type, version, description]`.
pub const CUSTOM: u64 = OWN + 24;
/// An instance of a class derived from a built-in one: `[class, value, {fields}]`.
pub const DERIVED: u64 = OWN + 25;
/// The one value of its type: the type's name.
pub const SINGLETON: u64 = OWN + 26;
/// A value hashed through its pickle, where that was asked for: the pickle's digest. Only in a key.
pub const PICKLE: u64 = OWN + 27;
