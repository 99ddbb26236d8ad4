//! System calls as `strace` writes them down.

use std::collections::HashMap;

use crate::failure::{Checked, Failure};

/// What a worker marks the beginning of its act with.
pub(crate) const BEGIN: &str = "/keepwell-reliability-begins";
/// What a worker marks the end of its act with.
pub(crate) const END: &str = "/keepwell-reliability-ends";

/// A system call between the two marks.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// Which it is of all calls of that name since the process began, from 1.
    pub(crate) nth: u32,
    /// The call with its arguments.
    pub(crate) text: String,
}

impl Call {
    /// Whether it is the mark at the end.
    pub(crate) fn is_end(&self) -> bool {
        self.text.contains(END)
    }
}

/// Makes a system call that shows up in the log and does nothing.
pub(crate) fn mark(place: &str) {
    // There is no such file.
    let _ = std::fs::symlink_metadata(place);
}

/// The calls after the first mark, up to the second and with it.
pub(crate) fn between_marks(log: &str) -> Checked<Vec<Call>> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    let mut calls = Vec::new();
    let mut has_begun = false;
    for (process, text) in log.lines().filter_map(|line| line.split_once(' ')) {
        let Some((name, _)) = text.trim_start().split_once('(') else { continue };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            continue;
        }
        if !log.starts_with(process) {
            return Err(Failure::new("the worker has more than one thread: its calls have no order"));
        }
        let nth = counts.entry(name).or_default();
        *nth += 1;
        if has_begun {
            calls.push(Call { name: name.to_owned(), nth: *nth, text: text.trim_start().to_owned() });
        }
        has_begun |= text.contains(BEGIN);
        if text.contains(END) {
            return Ok(calls);
        }
    }
    Err(Failure::new("the worker did not come to its end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_from_the_beginning_and_listed_between_the_marks() {
        let log = format!(
            "7 execve(\"x\") = 0\n7 read(3, \"(\") = 1\n7 statx(1, \"{BEGIN}\") = -1\n7 read(3) = 0\n7 --- SIGCHLD ---\n7 \
             statx(1, \"{END}\") = -1\n7 exit(0) = ?\n"
        );
        let calls = between_marks(&log).unwrap();
        let short: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.nth, call.is_end())).collect();
        assert_eq!(short, [("read", 2, false), ("statx", 2, true)]);
        assert!(between_marks("7 read(3) = 0\n").is_err());
        assert!(between_marks(&log.replace("7 read(3) = 0", "8 read(3) = 0")).is_err());
    }
}
