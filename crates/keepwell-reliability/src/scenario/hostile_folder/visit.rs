//! A process that does everything with a hostile folder, and what is demanded of it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use keepwell_core::key::Digest;
use keepwell_core::storage::Durability;
use keepwell_core::store::LookUp;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Order, SCENARIO};
use crate::content::{Tag, payload};
use crate::failure::{Checked, Failure, demand};
use crate::figures::Figures;
use crate::ground::Ground;
use crate::history::{Change, Item, KEYS, Operation, Records};
use crate::worker;

const NOBODY: u32 = 65_534;
/// Everything takes milliseconds; a process that waits for something never ends.
const LIMIT: Duration = Duration::from_secs(30);
/// More than anything here needs; an endless file does not fit.
const MEMORY: u64 = 4 << 30;
const BLOB: usize = 30_000;
/// The kinds of errors that say what is wrong with a folder.
const CLEAR: &[&str] = &["Storage", "StorageFull", "ReadOnly", "Corrupt", "Unsupported", "Aborted"];

/// Where the blob of record 0 is.
pub(super) fn blob_place() -> String {
    let digest = Digest::of(&payload(Tag(1), 0, BLOB)).to_hex();
    format!(".keepwell/blobs/{}/{digest}", &digest[..2])
}

/// Where the short lock of record 0 is.
pub(super) fn shard_place() -> String {
    format!(".keepwell/shards/{:02x}", Digest::of(b"record-0").as_bytes()[0])
}

/// Makes a store with records 0 and 1, of which 0 has a blob.
pub(super) fn prepare(store: &Path) -> Checked<()> {
    let records = Records::at(store);
    records.perform(&write(1, &[0], BLOB))?;
    Ok(records.perform(&write(1, &[1], 100))?)
}

/// Lets a process do everything with the store, as another user where one is given.
pub(super) fn visit(order: &Order, store: &Path, user: Option<u32>, figures: &mut Figures) -> Checked<()> {
    let mut command = worker::command(SCENARIO.name, order.mistake.as_deref())?;
    command.arg(store);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let said = run_within_limit(command)?;
    for line in &said {
        match line.split_once(": ") {
            Some((_, "done")) => figures.add("done", 1),
            Some((act, error)) => {
                let is_clear = CLEAR.iter().any(|kind| error.starts_with(&format!("{kind} "))) && error.contains('/');
                demand(is_clear, || format!("{act}: the error is not clear: {error}"))?;
                figures.add("refused", 1);
            }
            None => return Err(Failure::new(format!("it said {line}"))),
        }
    }
    demand(said.len() == ACTS.len(), || format!("it ended early: {said:?}"))
}

fn run_within_limit(mut command: Command) -> Checked<Vec<String>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > LIMIT {
            child.kill()?;
            return Err(Failure::new(format!("it hangs: {:?}", child.wait_with_output()?)));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let output = child.wait_with_output()?;
    demand(output.status.success(), || {
        format!("the process died: {}: {}", output.status, String::from_utf8_lossy(&output.stderr))
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// A visitor's act and its name.
type Act = (&'static str, fn(&Records) -> Result<(), keepwell_core::Error>);

/// What a visitor does, one after another.
const ACTS: &[Act] = &[
    ("look up 0", |records| records.look_up(0).map(|_| ())),
    ("look up 1", |records| records.look_up(1).map(|_| ())),
    ("write 0 with its blob", |records| records.perform(&write(1, &[0], BLOB)).and_then(|()| must_be(records, 0, 1))),
    ("write 0", |records| records.perform(&write(2, &[0], 100)).and_then(|()| must_be(records, 0, 2))),
    ("write 0 and 1", |records| records.perform(&write(3, &[0, 1], BLOB)).and_then(|()| must_be(records, 1, 3))),
    ("write a long key", |records| records.perform(&write(4, &[KEYS - 1], 100))),
    ("remove 0", |records| records.perform(&remove(0))),
    ("remove a long key", |records| records.perform(&remove(KEYS - 1))),
    ("collect", |records| records.store(Durability::None).collect_decisions().map(|_| ())),
];

/// Does everything and says what came of each.
pub(super) fn work(arguments: &[String]) -> Checked<()> {
    setrlimit(Resource::As, Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) })?;
    let store = arguments.first().ok_or_else(|| Failure::new("where?"))?;
    for (name, act) in ACTS {
        // Each as a process does it that has just begun.
        match act(&Records::at(Path::new(store))) {
            Ok(()) => worker::say(&format!("{name}: done"))?,
            Err(error) => worker::say(&format!("{name}: {:?} {}", error.kind(), error.report()))?,
        }
    }
    Ok(())
}

/// What was written must be found.
fn must_be(records: &Records, key: usize, tag: u64) -> Result<(), keepwell_core::Error> {
    let wrong = |what: String| keepwell_core::Error::new(keepwell_core::ErrorKind::Missing, what);
    match records.look_up(key)? {
        LookUp::Hit { record, .. } if crate::content::tag_of(&record.payload, key) == Ok(Tag(tag)) => Ok(()),
        LookUp::Hit { .. } => Err(wrong(format!("record {key} is another than was written"))),
        LookUp::Miss(reason) => Err(wrong(format!("record {key} was written and is not there: {reason}"))),
    }
}

fn write(tag: u64, keys: &[usize], length: usize) -> Operation {
    let items = keys.iter().map(|key| Item { key: *key, length }).collect();
    Operation { tag: Tag(tag), change: Change::Write(items), durability: Durability::None }
}

fn remove(key: usize) -> Operation {
    Operation { tag: Tag(5), change: Change::Remove(key), durability: Durability::None }
}

/// A folder that is not this user's to use as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// Nothing in it may be written to.
    ReadOnly,
    /// It belongs to another user.
    Foreign,
    /// Anybody may write to it.
    Open,
}

impl Host {
    pub(super) const ALL: &[Self] = &[Self::ReadOnly, Self::Foreign, Self::Open];

    /// What it is called on the command line.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::Foreign => "foreign",
            Self::Open => "open",
        }
    }

    /// Visits such a folder, and demands that nothing in it has changed.
    pub(super) fn visit(self, order: &Order, ground: &Ground, figures: &mut Figures) -> Checked<()> {
        let store = ground.store();
        let is_root = rustix::process::geteuid().is_root();
        let user = match self {
            Self::ReadOnly => {
                fs::set_permissions(ground.path(), Permissions::from_mode(0o755))?;
                set_modes(&store)?;
                is_root.then_some(NOBODY)
            }
            Self::Foreign if is_root => {
                chown(&store, Some(NOBODY), None)?;
                None
            }
            // Only root can give a folder away.
            Self::Foreign => return Ok(()),
            Self::Open => {
                fs::set_permissions(&store, Permissions::from_mode(0o777))?;
                None
            }
        };
        let before = names(&store)?;
        visit(order, &store, user, figures)?;
        demand(names(&store)? == before, || "something was written".to_owned())?;
        figures.add("folders", 1);
        if user.is_none() {
            fs::set_permissions(&store, Permissions::from_mode(0o755))?;
        }
        Ok(())
    }
}

/// Takes the right to write away from everything.
fn set_modes(path: &Path) -> Checked<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            set_modes(&entry?.path())?;
        }
    }
    let mode = if path.is_dir() { 0o555 } else { 0o444 };
    Ok(fs::set_permissions(path, Permissions::from_mode(mode))?)
}

/// All names below the folder, with the sizes of the files.
fn names(folder: &Path) -> Checked<Vec<(std::path::PathBuf, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(names(&path)?);
        }
        let size = fs::symlink_metadata(&path)?.len();
        found.push((path, size));
    }
    found.sort();
    Ok(found)
}
