//! CBOR as text: the diagnostic notation of RFC 8949, section 8.

use std::fmt::Write;

use keepwell_core::cbor::{Decoder, Item, Malformed};

/// What the items to come belong to.
struct Enclosing {
    closing: char,
    /// Whether keys and values alternate.
    is_map: bool,
    items: usize,
    left: usize,
}

/// The item in diagnostic notation, cut off after `limit` characters. Does not recurse, and reads no further than that.
pub(super) fn diagnostic(bytes: &[u8], limit: usize) -> Result<String, Malformed> {
    let mut decoder = Decoder::new(bytes);
    let mut text = String::new();
    let mut stack: Vec<Enclosing> = Vec::new();
    loop {
        open(&mut text, &mut stack, decoder.read()?, limit);
        close_finished(&mut text, &mut stack);
        if let Some((end, _)) = text.char_indices().nth(limit) {
            text.truncate(end);
            text.push('…');
            return Ok(text);
        }
        let Some(enclosing) = stack.last_mut() else { break };
        text.push_str(enclosing.separator());
        enclosing.left -= 1;
    }
    decoder.finish()?;
    Ok(text)
}

impl Enclosing {
    /// What stands before the next item.
    fn separator(&self) -> &'static str {
        match self.items - self.left {
            0 => "",
            done if self.is_map && done % 2 == 1 => ": ",
            _ => ", ",
        }
    }
}

fn close_finished(text: &mut String, stack: &mut Vec<Enclosing>) {
    while let Some(finished) = stack.pop_if(|enclosing| enclosing.left == 0) {
        text.push(finished.closing);
    }
}

fn open(text: &mut String, stack: &mut Vec<Enclosing>, item: Item<'_>, limit: usize) {
    let mut enclose = |text: &mut String, opening: &str, closing, items, is_map| {
        text.push_str(opening);
        stack.push(Enclosing { closing, is_map, items, left: items });
    };
    match item {
        Item::Array(length) => enclose(text, "[", ']', length, false),
        Item::Map(length) => enclose(text, "{", '}', length * 2, true),
        Item::Tag(tag) => enclose(text, &format!("{tag}("), ')', 1, false),
        Item::Unsigned(number) => text.push_str(&number.to_string()),
        Item::Negative(number) => text.push_str(&(-1 - i128::from(number)).to_string()),
        Item::Bytes(bytes) => write_bytes(text, bytes, limit),
        Item::Text(string) => write_text(text, string, limit),
        Item::Boolean(value) => text.push_str(if value { "true" } else { "false" }),
        Item::Null => text.push_str("null"),
        // The indicator tells the width (section 8.1); without one a float has 64 bits.
        Item::Float32(number) => text.push_str(&(float(f64::from(number), format!("{number:?}")) + "_2")),
        Item::Float64(number) => text.push_str(&float(number, format!("{number:?}"))),
    }
}

fn float(number: f64, digits: String) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    digits
}

fn write_bytes(text: &mut String, bytes: &[u8], limit: usize) {
    text.push_str("h'");
    for byte in bytes.iter().take(limit) {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text.push('\'');
}

fn write_text(text: &mut String, string: &str, limit: usize) {
    text.push('"');
    for character in string.chars().take(limit) {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            control if control.is_control() => {
                write!(text, "\\u{:04x}", u32::from(control)).expect("writing to a string cannot fail");
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(hex: &str) -> String {
        let digits: Vec<u8> = hex.bytes().filter(|byte| *byte != b' ').collect();
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
        diagnostic(&bytes, 100).unwrap()
    }

    /// Examples of RFC 8949, appendix A, but for those that the format of values excludes.
    #[test]
    fn the_examples_of_the_standard_are_shown_as_it_shows_them() {
        let examples = [
            ("1bffffffffffffffff", "18446744073709551615"),
            ("3bffffffffffffffff", "-18446744073709551616"),
            ("c249010000000000000000", "2(h'010000000000000000')"),
            ("20", "-1"),
            ("fb3ff199999999999a", "1.1"),
            ("fa47c35000", "100000.0_2"),
            ("fb7ff0000000000000", "Infinity"),
            ("fb7ff8000000000000", "NaN"),
            ("faff800000", "-Infinity_2"),
            ("f4", "false"),
            ("f6", "null"),
            ("d74401020304", "23(h'01020304')"),
            ("40", "h''"),
            ("62225c", "\"\\\"\\\\\""),
            ("63e6b0b4", "\"水\""),
            ("80", "[]"),
            ("8301820203820405", "[1, [2, 3], [4, 5]]"),
            ("a0", "{}"),
            ("a201020304", "{1: 2, 3: 4}"),
            ("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"),
            ("826161a161626163", "[\"a\", {\"b\": \"c\"}]"),
        ];
        for (hex, expected) in examples {
            assert_eq!(shown(hex), expected, "{hex}");
        }
    }

    #[test]
    fn a_long_value_is_cut_and_a_deep_one_does_no_harm() {
        assert_eq!(diagnostic(b"\x78\x20abcdefghijklmnopqrstuvwxyz012345", 5).unwrap(), "\"abcd…");
        assert_eq!(diagnostic(&vec![0x81; 1_000_000], 3).unwrap(), "[[[…");
        assert_eq!(shown("611b"), "\"\\u001b\"");
    }

    #[test]
    fn what_is_not_one_whole_item_is_refused() {
        for bytes in [&b""[..], b"\x81", b"\x01\x01", b"\xff"] {
            assert!(diagnostic(bytes, 100).is_err(), "{bytes:?}");
        }
    }
}
