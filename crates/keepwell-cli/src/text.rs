//! How keys, names, sizes and numbers of things are written.

use std::borrow::Cow;

/// How much of a key a table shows: enough to name it by.
const SHORT: usize = 16;

/// The text without anything that a terminal would take for a command.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escape = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    Cow::Owned(text.chars().map(escape).collect())
}

/// The beginning of a key that is too long for a table.
pub(crate) fn short(key: &str) -> String {
    let shown = safe(key);
    let is_computed = shown.len() == 64 && shown.bytes().all(|byte| byte.is_ascii_hexdigit());
    let most = if is_computed { SHORT } else { 2 * SHORT };
    match shown.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

/// A number of bytes in units of 1024 (IEC 80000-13).
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let exponent = (number.ilog2() / 10).clamp(1, 5);
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let scaled = number as f64 / f64::from(1_u32 << 10).powi(exponent.cast_signed());
    format!("{scaled:.1} {}", UNITS[exponent as usize - 1])
}

/// So many things, in words.
pub(crate) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_largest_unit_that_they_fill() {
        let shown = [0, 1023, 1024, 1536, (1 << 20) - 1, 5 << 30, u64::MAX].map(bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1024.0 KiB", "5.0 GiB", "16384.0 PiB"]);
    }

    #[test]
    fn a_key_cannot_command_the_terminal() {
        assert_eq!(safe("a\u{1b}[31mé\n"), "a\\u{1b}[31mé\\n");
    }

    #[test]
    fn a_long_key_is_cut_at_a_character() {
        assert_eq!(short(&"0123456789abcdef".repeat(4)), "0123456789abcdef…");
        assert_eq!(short("static cache key"), "static cache key");
        assert_eq!(short(&"é".repeat(40)), format!("{}…", "é".repeat(32)));
    }
}
