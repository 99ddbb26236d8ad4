//! The CBOR decoder: any bytes. It moves on with every item, agrees with itself on where an item ends, and what it accepts
//! has one form only: encoded again it is the same bytes.
#![no_main]

use keepwell_core::cbor::{Decoder, Encoder, Item, Number};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_all(bytes);
    skip_first(bytes);
    check_numbers::<u8>(bytes);
    check_numbers::<i16>(bytes);
    check_numbers::<u32>(bytes);
    check_numbers::<f32>(bytes);
    check_numbers::<i64>(bytes);
    check_numbers::<f64>(bytes);
});

/// Reads items, of whatever structure, until something is malformed.
fn read_all(bytes: &[u8]) {
    let mut decoder = Decoder::new(bytes);
    let mut encoder = Encoder::new(Vec::new());
    let stop = loop {
        let peeked = decoder.peek();
        let item = decoder.read();
        // Compared as text, because no NaN equals itself.
        assert_eq!(format!("{peeked:?}"), format!("{item:?}"));
        match item {
            Ok(item) => encode(&mut encoder, item),
            Err(malformed) => break malformed.at,
        }
    };
    assert_eq!(encoder.into_sink(), &bytes[..stop]);
}

/// Moves past the first item: all that it holds was read, and nothing else.
fn skip_first(bytes: &[u8]) {
    let mut skipped = Decoder::new(bytes);
    if skipped.skip().is_err() {
        assert_eq!(skipped.malformed("").at, 0, "a failed call leaves the position where it was");
        return;
    }
    let end = skipped.malformed("").at;
    let mut whole = Decoder::new(&bytes[..end]);
    assert!(whole.skip().is_ok() && whole.finish().is_ok());
    assert!(Decoder::new(&bytes[..end - 1]).skip().is_err());
}

fn check_numbers<N: Number>(bytes: &[u8]) {
    let mut decoder = Decoder::new(bytes);
    let Ok(numbers) = decoder.numbers::<N>() else {
        assert_eq!(decoder.malformed("").at, 0);
        return;
    };
    let mut encoder = Encoder::new(Vec::new());
    encoder.numbers(&numbers);
    assert_eq!(encoder.into_sink(), &bytes[..decoder.malformed("").at]);
}

fn encode(encoder: &mut Encoder<Vec<u8>>, item: Item<'_>) {
    match item {
        Item::Unsigned(number) => encoder.unsigned(number),
        Item::Negative(number) => encoder.integer_128(-1 - i128::from(number)),
        Item::Bytes(bytes) => encoder.bytes(bytes),
        Item::Text(text) => encoder.text(text),
        Item::Array(length) => encoder.array(length),
        Item::Map(length) => encoder.map(length),
        Item::Tag(tag) => encoder.tag(tag),
        Item::Boolean(value) => encoder.boolean(value),
        Item::Null => encoder.null(),
        Item::Float32(number) => encoder.float_32(number),
        Item::Float64(number) => encoder.float_64(number),
    }
}
