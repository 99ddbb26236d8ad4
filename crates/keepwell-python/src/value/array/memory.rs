//! Memory that a Python object lends.

use pyo3::prelude::*;

/// The memory of `length` bytes at `address`, which belongs to `owner`.
///
/// For what describes its memory by numbers, because the stable interface of Python before 3.11 has no other way to reach
/// it without copying. The caller passes what `owner` itself says of its memory, and runs no Python while it reads.
#[expect(unsafe_code, reason = "the stable interface of Python 3.10 has no buffers")]
pub(super) fn lent<'a>(_owner: &'a Bound<'_, PyAny>, address: usize, length: usize) -> &'a [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: `owner` says that so many of its bytes are there. It lives for `'a`, and keeps its memory where it is for as
    // long as it lives; nothing writes to it, because the thread is attached to the interpreter and runs none of it.
    unsafe { std::slice::from_raw_parts(address as *const u8, length) }
}
