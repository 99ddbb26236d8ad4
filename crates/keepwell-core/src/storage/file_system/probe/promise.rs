//! What keepwell promises of results in a folder, and whether it holds on what was found there.

use std::time::Duration;

use super::{Ability, Finding, FolderFindings, Reach};

/// Clocks that differ by no more are as good as equal: the shortest sensible expiry is longer.
const TOLERATED_OFFSET: u64 = 1_000;
/// A coarser file system takes two writes in a row for one.
const TOLERATED_RESOLUTION: Duration = Duration::from_millis(100);
/// With less, writes fail soon.
const SCARCE_BYTES: u64 = 64 << 20;
const SCARCE_FILES: u64 = 1_000;

/// A promise, and whether it holds here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// One word, for programs.
    pub name: &'static str,
    /// What is promised, in a few words.
    pub words: &'static str,
    /// Whether it holds.
    pub standing: Standing,
    /// Why, or why not.
    pub reason: String,
}

/// Whether a promise holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// There is nothing to promise.
    NotApplicable,
    /// It holds.
    Holds,
    /// It holds in part, or nobody can tell.
    Reduced,
    /// It does not hold, and nothing good can be built on that.
    Broken,
}

use Standing::{Broken, Holds, NotApplicable, Reduced};

type Verdict = (Standing, String);

impl FolderFindings {
    /// What keepwell promises, and whether it holds here.
    pub fn promises(&self) -> Vec<Promise> {
        let (whole, one_writer) = (self.whole(), self.one_writer());
        let transactions = transactions(&whole, &one_writer);
        let promise = |name, words, (standing, reason)| Promise { name, words, standing, reason };
        vec![
            promise("accepted", "keepwell takes the folder", self.accepted()),
            promise("whole", "a record is whole or absent", whole),
            promise("one_writer", "one of several writers wins", one_writer),
            promise("transactions", "all or nothing across kill -9", transactions),
            promise("power_cut", "power cut with durability `full`", self.power_cut()),
            promise("serializable_processes", "SERIALIZABLE between processes", self.serializable_processes()),
            promise("serializable_machines", "SERIALIZABLE between machines", self.serializable_machines()),
            promise("freshness", "writes of others are seen at once", self.freshness()),
            promise("expiry", "records expire in time", self.expiry()),
            promise("case", "keys that differ in case are two", self.case()),
            promise("room", "room for results", self.room()),
        ]
    }

    fn accepted(&self) -> Verdict {
        let owner = self.ownership;
        if !owner.is_own && !owner.is_roots {
            let reason = format!("it belongs to user {}: only a storage that is opened as shared takes it", owner.user);
            (Broken, reason)
        } else if owner.is_open_to_others {
            (Broken, "others can write to it: `chmod go-w`, or open it as shared if that is meant".to_owned())
        } else if !owner.is_own {
            let reason = "it belongs to root: what must be signed, such as pickles, needs KEEPWELL_RESULTS_SIGNING_KEY";
            (Reduced, reason.to_owned())
        } else {
            (Holds, "it is yours, and nobody else can write to it".to_owned())
        }
    }

    fn whole(&self) -> Verdict {
        match self.of(Ability::Replaces) {
            Finding::Works => (Holds, "a rename puts a file in the place of another at once".to_owned()),
            Finding::Fails(why) | Finding::Unknown(why) => (Broken, format!("rename over a file: {why}")),
        }
    }

    fn one_writer(&self) -> Verdict {
        let names = [Ability::RenamesToFreeNames, Ability::Links].map(|ability| self.of(ability));
        if !names.contains(&&Finding::Works) {
            return (Broken, "neither a rename nor a link refuses a name that is taken".to_owned());
        }
        let (standing, reason) = self.locks();
        let kind = self.kind;
        match (standing, self.kind.reach()) {
            (Holds, Some(Reach::Disk | Reach::Memory | Reach::Beneath)) => (Holds, reason),
            (Holds, _) => {
                let reason = format!(
                    "between the processes of this machine; whether `flock` on {kind} reaches others, \
                    nobody can tell from here"
                );
                (Reduced, reason)
            }
            (standing, _) => (standing, reason),
        }
    }

    /// Whether locks hold between everybody on this machine.
    fn locks(&self) -> Verdict {
        match (self.of(Ability::LocksDescriptors), self.of(Ability::LocksProcesses)) {
            (Finding::Works, Finding::Works) => (Holds, "`flock` keeps other processes out".to_owned()),
            (Finding::Works, Finding::Unknown(why)) => {
                (Reduced, format!("`flock` keeps other threads out; other processes were not tried: {why}"))
            }
            (Finding::Works, Finding::Fails(why)) | (Finding::Fails(why) | Finding::Unknown(why), _) => {
                (Broken, format!("`flock` keeps nobody out: {why}"))
            }
        }
    }

    fn power_cut(&self) -> Verdict {
        for ability in [Ability::FlushesFiles, Ability::FlushesFolders] {
            if let Finding::Fails(why) | Finding::Unknown(why) = self.of(ability) {
                return (Reduced, format!("{}: {why}", ability.words()));
            }
        }
        let kind = self.kind;
        match kind.reach() {
            Some(Reach::Disk) => (Holds, "files and folders can be flushed to the disk".to_owned()),
            Some(Reach::Memory) => (Reduced, format!("not on {kind}: it is in memory, and gone with the power")),
            Some(Reach::Beneath) => {
                (Holds, format!("flushes on {kind} reach the disk beneath, unless it is mounted `volatile`"))
            }
            Some(Reach::Network) => (Reduced, format!("as far as the server of {kind} flushes what it is asked to")),
            Some(Reach::Program) | None => {
                (Reduced, format!("flushes succeed; what becomes of them on {kind} nobody can tell from here"))
            }
        }
    }

    fn serializable_processes(&self) -> Verdict {
        match self.locks() {
            (Holds, _) => (Holds, "with any lock manager: `flock` works between processes here".to_owned()),
            verdict => verdict,
        }
    }

    fn serializable_machines(&self) -> Verdict {
        let kind = self.kind;
        match kind.reach() {
            Some(Reach::Disk | Reach::Memory | Reach::Beneath) => {
                (NotApplicable, format!("{kind} is on this machine alone: others need a storage that they share"))
            }
            Some(Reach::Network | Reach::Program) | None => {
                let reason = "only with a lock manager that all machines reach, such as Redis, and where they share locks \
                    on the folder";
                (Reduced, reason.to_owned())
            }
        }
    }

    fn freshness(&self) -> Verdict {
        match self.resolution {
            Some(step) if step <= TOLERATED_RESOLUTION => {
                (Holds, format!("files' times are told apart after {step:.1?}"))
            }
            Some(step) => (
                Reduced,
                format!(
                    "files' times are told apart only after {step:.1?}: memory may serve a record \
                that was replaced within that time"
                ),
            ),
            None => (Reduced, "files' times do not change: memory may serve a record that was replaced".to_owned()),
        }
    }

    fn expiry(&self) -> Verdict {
        let off = self.offset.milliseconds;
        let side = if off < 0 { "behind" } else { "ahead of" };
        match off.unsigned_abs() {
            0 => (Holds, "the file system's clock is this machine's".to_owned()),
            off if off <= TOLERATED_OFFSET => {
                (Holds, format!("the file system's clock is {off} ms {side} this machine's"))
            }
            off => {
                let seconds = Duration::from_millis(off).as_secs_f64();
                (
                    Reduced,
                    format!("the file system's clock is {seconds:.1} s {side} this machine's: set the clocks right"),
                )
            }
        }
    }

    fn case(&self) -> Verdict {
        match self.of(Ability::TellsCaseApart) {
            Finding::Works => (Holds, "names that differ in case are two files".to_owned()),
            Finding::Fails(why) | Finding::Unknown(why) => {
                (Reduced, format!("{why}: keys of your own must differ in more than case; computed ones do"))
            }
        }
    }

    fn room(&self) -> Verdict {
        let few_files = self.space.free_files.is_some_and(|files| files < SCARCE_FILES);
        if self.space.free < SCARCE_BYTES || few_files {
            (Reduced, "the file system is nearly full: results that cannot be written are computed again".to_owned())
        } else {
            (Holds, "there is".to_owned())
        }
    }
}

/// What follows for transactions from the two promises that they are made of.
fn transactions(whole: &Verdict, one_writer: &Verdict) -> Verdict {
    match whole.0.max(one_writer.0) {
        NotApplicable | Holds => {
            (Holds, "one conditional write decides them, and whoever meets one finishes it".to_owned())
        }
        Reduced => (Reduced, "as far as one of several writers wins".to_owned()),
        Broken => (Broken, "they are made of whole records and of conditional writes".to_owned()),
    }
}
