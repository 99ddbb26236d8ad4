//! Processes as others may know them: whether the one that began something is still there to finish it.

use std::path::Path;
use std::sync::LazyLock;

use rustix::io::Errno;
use rustix::process::Pid;

use crate::key::Digest;
use crate::simulation::{self, Machine};

/// A process, and where its number means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcessIdentity {
    /// Stands for one boot of one machine and one namespace of process ids; 0 where that cannot be told. A process
    /// elsewhere (another container on the same volume, say) is never taken for dead.
    pub machine: u64,
    /// The process id.
    pub number: u32,
}

static MACHINE: LazyLock<u64> = LazyLock::new(|| {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let namespace = std::fs::read_link("/proc/self/ns/pid");
    boot.ok().zip(namespace.ok()).map_or(0, |(boot, namespace)| machine(&boot, &namespace))
});

impl ProcessIdentity {
    /// This process.
    pub fn own() -> Self {
        let simulated = simulation::ask(|machine| Self { machine: machine.number(), number: machine.process() });
        simulated.unwrap_or_else(|| Self { machine: *MACHINE, number: std::process::id() })
    }

    /// Whether the process is known to be gone. A process id that is in use again counts as alive.
    pub fn is_known_dead(&self) -> bool {
        let simulated = |machine: &dyn Machine| machine.number() == self.machine && machine.is_gone(self.number);
        if let Some(is_gone) = simulation::ask(simulated) {
            return is_gone;
        }
        let process = i32::try_from(self.number).ok().and_then(Pid::from_raw);
        self.machine != 0
            && self.machine == *MACHINE
            && process.is_some_and(|process| rustix::process::test_kill_process(process) == Err(Errno::SRCH))
    }
}

fn machine(boot: &str, namespace: &Path) -> u64 {
    let digest = Digest::of(format!("{}{}", boot.trim(), namespace.display()).as_bytes());
    u64::from_le_bytes(*digest.as_bytes().first_chunk().expect("a digest has 32 bytes")).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_dead_only_if_it_is_known_to_be_gone() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let own = ProcessIdentity::own();
        let gone = ProcessIdentity { number: child.id(), ..own };
        assert!(gone.is_known_dead());
        assert!(!own.is_known_dead());
        assert!(!ProcessIdentity { machine: own.machine ^ 1, ..gone }.is_known_dead());
        assert!(!ProcessIdentity { machine: 0, ..gone }.is_known_dead());
    }
}
