//! What happened, in order: always as a digest, and as text if somebody wants to read it.

use std::fmt::{self, Write};

/// The trace of one run. Two runs with equal digests did the same things at the same times.
#[derive(Debug)]
pub(super) struct Trace {
    digest: u64,
    text: Option<String>,
}

impl Trace {
    pub(super) fn new(keeps_text: bool) -> Self {
        Self { digest: 0xcbf2_9ce4_8422_2325, text: keeps_text.then(String::new) }
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: fmt::Arguments<'_>) {
        writeln!(self, "{line}").expect("a trace takes every line");
    }

    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    pub(super) fn into_text(self) -> Option<String> {
        self.text
    }
}

impl Write for Trace {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for byte in part.bytes() {
            self.digest = (self.digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        if let Some(text) = &mut self.text {
            text.push_str(part);
        }
        Ok(())
    }
}
