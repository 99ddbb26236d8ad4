//! Notices that the environment has changed, at the price of looking at one address for each variable.
//!
//! `os.environ["KEEPWELL_X"] = "1"` changes the process's environment in place and tells nobody. Reading it anew at every
//! call would cost microseconds. Yet each change of a variable puts another address into the list of variables or moves
//! one away: a C library never writes into a text that it has handed out, and glibc never frees one.

use std::ffi::c_char;

use pyo3::prelude::*;

/// The addresses of all variables at one moment.
pub(super) struct Seen(Vec<usize>);

impl Seen {
    /// The environment as it is now.
    pub(super) fn now(py: Python<'_>) -> Self {
        let mut addresses = Vec::new();
        walk(py, |address| {
            addresses.push(address);
            true
        });
        Self(addresses)
    }

    /// Whether no variable was set, changed or removed since.
    pub(super) fn still_holds(&self, py: Python<'_>) -> bool {
        let mut expected = self.0.iter();
        let mut is_equal = true;
        walk(py, |address| {
            is_equal = expected.next() == Some(&address);
            is_equal
        });
        is_equal && expected.next().is_none()
    }
}

/// Calls `visit` with the address of each variable until it says that it has seen enough.
#[expect(unsafe_code, reason = "the list of variables is a global of the C library, and nothing safe shows it")]
fn walk(_attached: Python<'_>, mut visit: impl FnMut(usize) -> bool) {
    unsafe extern "C" {
        static mut environ: *const *const c_char;
    }
    // SAFETY: POSIX defines `environ`: null, or a list of addresses that ends with a null. Python changes it only in a
    // thread that is attached to the interpreter, as this one is. The texts behind the addresses are not looked at.
    unsafe {
        let mut entry = (&raw const environ).read_volatile();
        while !entry.is_null() && !(*entry).is_null() && visit((*entry).addr()) {
            entry = entry.add(1);
        }
    }
}
