//! Random bits for identifiers, safe after a fork.
//!
//! A forked child has a copy of its parent's memory, so a generator seeded once would hand out the parent's next
//! identifiers again. The process id beside the buffer tells.

use std::cell::RefCell;

use crate::simulation;

const BUFFER: usize = 512;

struct Source {
    process: u32,
    bytes: [u8; BUFFER],
    next: usize,
}

thread_local! {
    static SOURCE: RefCell<Source> = const { RefCell::new(Source { process: 0, bytes: [0; BUFFER], next: BUFFER }) };
}

/// 128 bits from the operating system's generator, read 512 bytes at a time.
pub(crate) fn random_u128() -> u128 {
    if let Some(bits) = simulation::ask(|machine| machine.random()) {
        return bits;
    }
    SOURCE.with_borrow_mut(|source| {
        let process = std::process::id();
        if source.process != process || source.next == BUFFER {
            getrandom::fill(&mut source.bytes).expect("the operating system hands out random bytes");
            source.process = process;
            source.next = 0;
        }
        let (bits, _) = source.bytes[source.next..].split_first_chunk::<16>().expect("16 divides the buffer");
        source.next += 16;
        u128::from_le_bytes(*bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ten_thousand_draws_are_distinct() {
        let drawn: HashSet<u128> = (0..10_000).map(|_| random_u128()).collect();
        assert_eq!(drawn.len(), 10_000);
    }
}
