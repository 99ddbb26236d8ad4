//! The items of the format: the RFC's own examples, round trips, and bytes from nowhere.

use keepwell_core::cbor::{Decoder, Encoder, Item, Malformed, tag};
use proptest::prelude::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encoded(write: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut Encoder::new(&mut bytes));
    bytes
}

/// RFC 8949, appendix A: the integers.
#[test]
fn integers_are_written_as_the_rfc_shows() {
    let vectors: [(i128, &str); 22] = [
        (0, "00"),
        (1, "01"),
        (10, "0a"),
        (23, "17"),
        (24, "1818"),
        (25, "1819"),
        (100, "1864"),
        (255, "18ff"),
        (256, "190100"),
        (1000, "1903e8"),
        (1_000_000, "1a000f4240"),
        (4_294_967_296, "1b0000000100000000"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (18_446_744_073_709_551_615, "1bffffffffffffffff"),
        (18_446_744_073_709_551_616, "c249010000000000000000"),
        (-18_446_744_073_709_551_616, "3bffffffffffffffff"),
        (-18_446_744_073_709_551_617, "c349010000000000000000"),
        (-1, "20"),
        (-10, "29"),
        (-100, "3863"),
        (-1000, "3903e7"),
        (i128::MIN, "c3507fffffffffffffffffffffffffffffff"),
    ];
    for (number, expected) in vectors {
        assert_eq!(hex(&encoded(|encoder| encoder.integer_128(number))), expected, "{number}");
        if let Ok(number) = i64::try_from(number) {
            assert_eq!(hex(&encoded(|encoder| encoder.integer(number))), expected, "{number}");
        }
        if let Ok(number) = u64::try_from(number) {
            assert_eq!(hex(&encoded(|encoder| encoder.unsigned(number))), expected, "{number}");
        }
    }
}

/// RFC 8949, appendix A: the floats that stand in their full width there too, and ours.
#[test]
fn floats_keep_the_width_of_their_type() {
    let wide = [
        (1.1, "fb3ff199999999999a"),
        (1.0e300, "fb7e37e43c8800759c"),
        (-4.1, "fbc010666666666666"),
        (0.0, "fb0000000000000000"),
        (-0.0, "fb8000000000000000"),
        (f64::INFINITY, "fb7ff0000000000000"),
        (f64::NEG_INFINITY, "fbfff0000000000000"),
        (f64::NAN, "fb7ff8000000000000"),
        (f64::from_bits(0xfff0_0000_0000_0001), "fb7ff8000000000000"),
    ];
    for (number, expected) in wide {
        assert_eq!(hex(&encoded(|encoder| encoder.float_64(number))), expected, "{number}");
    }
    let narrow = [
        (100_000.0, "fa47c35000"),
        (3.402_823_5e38, "fa7f7fffff"),
        (1.0, "fa3f800000"),
        (f32::INFINITY, "fa7f800000"),
        (f32::from_bits(0xff80_0001), "fa7fc00000"),
    ];
    for (number, expected) in narrow {
        assert_eq!(hex(&encoded(|encoder| encoder.float_32(number))), expected, "{number}");
    }
}

/// RFC 8949, appendix A: the rest that the format has.
#[test]
fn strings_containers_and_tags_are_written_as_the_rfc_shows() {
    let vectors: [(Vec<u8>, &str); 16] = [
        (encoded(|encoder| encoder.boolean(false)), "f4"),
        (encoded(|encoder| encoder.boolean(true)), "f5"),
        (encoded(|encoder| encoder.null()), "f6"),
        (encoded(|encoder| encoder.bytes(b"")), "40"),
        (encoded(|encoder| encoder.bytes(&[1, 2, 3, 4])), "4401020304"),
        (encoded(|encoder| encoder.text("")), "60"),
        (encoded(|encoder| encoder.text("IETF")), "6449455446"),
        (encoded(|encoder| encoder.text("\"\\")), "62225c"),
        (encoded(|encoder| encoder.text("\u{fc}")), "62c3bc"),
        (encoded(|encoder| encoder.text("\u{6c34}")), "63e6b0b4"),
        (encoded(|encoder| encoder.text("\u{10151}")), "64f0908591"),
        (encoded(|encoder| encoder.array(0)), "80"),
        (encoded(|encoder| encoder.array(25)), "9819"),
        (encoded(|encoder| encoder.map(0)), "a0"),
        (encoded(|encoder| encoder.tag(32)), "d820"),
        (encoded(|encoder| encoder.tag(tag::TUPLE)), "da6b770000"),
    ];
    for (bytes, expected) in vectors {
        assert_eq!(hex(&bytes), expected);
    }
}

#[test]
fn a_typed_array_is_its_little_endian_bytes() {
    assert_eq!(hex(&encoded(|encoder| encoder.numbers(&[1.0_f64]))), "d85648000000000000f03f");
    assert_eq!(hex(&encoded(|encoder| encoder.numbers(&[1_u16, 0x0203]))), "d84544010003 02".replace(' ', ""));
    assert_eq!(hex(&encoded(|encoder| encoder.numbers(&[1_u8, 2]))), "420102");
    let bytes = encoded(|encoder| encoder.numbers(&[-1_i32, 7]));
    assert_eq!(Decoder::new(&bytes).numbers::<i32>(), Ok(vec![-1, 7]));
    let refused = Malformed { at: 0, problem: "not an array of these numbers" };
    assert_eq!(Decoder::new(&bytes).numbers::<u32>(), Err(refused));
    assert_eq!(Decoder::new(&bytes).numbers::<u8>(), Err(refused));
}

#[test]
fn bytes_that_the_encoder_would_not_write_are_malformed() {
    let vectors: [(&[u8], &str); 17] = [
        (&[], "the bytes end too early"),
        (&[0x18], "the bytes end too early"),
        (&[0x18, 23], "a longer head than needed"),
        (&[0x19, 0, 255], "a longer head than needed"),
        (&[0x1a, 0, 0, 255, 255], "a longer head than needed"),
        (&[0x1b, 0, 0, 0, 0, 255, 255, 255, 255], "a longer head than needed"),
        (&[0x1c], "a reserved head"),
        (&[0x5f, 0xff], "an indefinite length"),
        (&[0x9f, 0xff], "an indefinite length"),
        (&[0x41], "a length beyond the end"),
        (&[0x81], "a length beyond the end"),
        (&[0xa1, 0x00], "a length beyond the end"),
        (&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255], "a length beyond the end"),
        (&[0x61, 0xff], "a text that is not utf-8"),
        (&[0xf9, 0, 0], "a simple value or float that the format has not got"),
        (&[0xf7], "a simple value or float that the format has not got"),
        (&[0xfa, 0x7f, 0xc0, 0, 1], "another nan"),
    ];
    for (bytes, problem) in vectors {
        let mut decoder = Decoder::new(bytes);
        assert_eq!(decoder.read(), Err(Malformed { at: 0, problem }), "{bytes:02x?}");
        assert_eq!(decoder.peek(), Err(Malformed { at: 0, problem }), "moved on after {bytes:02x?}");
    }
}

#[test]
fn skipping_passes_everything_that_an_item_holds() {
    let bytes = encoded(|encoder| {
        encoder.tag(tag::TUPLE);
        encoder.array(2);
        encoder.map(1);
        encoder.text("a");
        encoder.array(0);
        encoder.float_64(1.0);
        encoder.boolean(true);
    });
    let mut decoder = Decoder::new(&bytes);
    assert_eq!(decoder.skip(), Ok(()));
    assert_eq!(decoder.read(), Ok(Item::Boolean(true)));
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn a_million_nested_arrays_are_skipped_without_recursion() {
    let mut bytes = vec![0x81; 1_000_000];
    bytes.push(0xf6);
    let mut decoder = Decoder::new(&bytes);
    assert_eq!(decoder.skip(), Ok(()));
    assert_eq!(decoder.finish(), Ok(()));
}

fn write_item(encoder: &mut Encoder<&mut Vec<u8>>, item: Item<'_>) {
    match item {
        Item::Unsigned(number) => encoder.unsigned(number),
        Item::Negative(number) => encoder.integer_128(!i128::from(number)),
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

proptest! {
    #[test]
    fn whatever_is_read_is_written_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let mut decoder = Decoder::new(&bytes);
        let mut written = Vec::new();
        let mut read_to_the_end = true;
        while decoder.finish().is_err() {
            let Ok(item) = decoder.read() else {
                read_to_the_end = false;
                break;
            };
            write_item(&mut Encoder::new(&mut written), item);
        }
        prop_assert!(bytes.starts_with(&written), "{}", hex(&written));
        prop_assert!(!read_to_the_end || bytes == written);
        let _ = Decoder::new(&bytes).skip();
        let _ = Decoder::new(&bytes).numbers::<f64>();
    }
}
