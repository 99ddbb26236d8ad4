//! Every check sees what it is there to see: each is shown a file system on which that one thing is broken.

use std::fs::File;
use std::io;
use std::time::{Duration, SystemTime};

use super::*;
use crate::clock::SystemClock;

/// What is wrong with a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Nothing,
    RenameCopies,
    RenameTakesAnyName,
    RenameToFreeIsMissing,
    LinkTakesAnyName,
    CreateOpensWhatIsThere,
    LocksAreGrantedToAll,
    LocksStay,
    FileFlushFails,
    FolderFlushFails,
    FlushAtOnceIsMissing,
    NamesFoldCase,
    TimesAreCoarse,
    ClockIsBehind,
}

struct Damaged(Damage);

impl Damaged {
    fn is(&self, damage: Damage) -> bool {
        self.0 == damage
    }

    fn folded(&self, name: &str) -> String {
        if self.is(Damage::NamesFoldCase) { name.to_ascii_lowercase() } else { name.to_owned() }
    }
}

fn broken() -> io::Error {
    rustix::io::Errno::IO.into()
}

impl Calls for Damaged {
    fn create(&self, folder: &File, name: &str) -> io::Result<File> {
        let name = &self.folded(name);
        match SystemCalls.create(folder, name) {
            Err(_) if self.is(Damage::CreateOpensWhatIsThere) => SystemCalls.open(folder, name),
            outcome => outcome,
        }
    }

    fn open(&self, folder: &File, name: &str) -> io::Result<File> {
        SystemCalls.open(folder, &self.folded(name))
    }

    fn rename(&self, folder: &File, from: &str, to: &str) -> io::Result<()> {
        if self.is(Damage::RenameCopies) {
            rustix::fs::unlinkat(folder, to, rustix::fs::AtFlags::empty())?;
            return SystemCalls.link(folder, from, to);
        }
        SystemCalls.rename(folder, from, to)
    }

    fn rename_to_free(&self, folder: &File, from: &str, to: &str) -> io::Result<()> {
        match self.0 {
            Damage::RenameTakesAnyName => SystemCalls.rename(folder, from, to),
            Damage::RenameToFreeIsMissing => Err(rustix::io::Errno::INVAL.into()),
            _ => SystemCalls.rename_to_free(folder, from, to),
        }
    }

    fn link(&self, folder: &File, from: &str, to: &str) -> io::Result<()> {
        if self.is(Damage::LinkTakesAnyName) {
            let _ = rustix::fs::unlinkat(folder, to, rustix::fs::AtFlags::empty());
        }
        SystemCalls.link(folder, from, to)
    }

    fn try_lock(&self, file: &File) -> io::Result<bool> {
        match self.0 {
            Damage::LocksAreGrantedToAll => Ok(true),
            Damage::LocksStay => {
                let granted = SystemCalls.try_lock(file)?;
                std::mem::forget(file.try_clone()?);
                Ok(granted)
            }
            _ => SystemCalls.try_lock(file),
        }
    }

    fn sync_content(&self, file: &File) -> io::Result<()> {
        if self.is(Damage::FileFlushFails) { Err(broken()) } else { SystemCalls.sync_content(file) }
    }

    fn sync_entries(&self, folder: &File) -> io::Result<()> {
        if self.is(Damage::FolderFlushFails) { Err(broken()) } else { SystemCalls.sync_entries(folder) }
    }

    fn sync_all(&self, folder: &File) -> io::Result<()> {
        if self.is(Damage::FlushAtOnceIsMissing) {
            Err(rustix::io::Errno::NOSYS.into())
        } else {
            SystemCalls.sync_all(folder)
        }
    }

    fn modified(&self, file: &File) -> io::Result<i128> {
        let modified = SystemCalls.modified(file)?;
        Ok(match self.0 {
            Damage::TimesAreCoarse => modified.div_euclid(1_000_000_000) * 1_000_000_000,
            Damage::ClockIsBehind => modified - 90_000_000_000,
            _ => modified,
        })
    }
}

/// Another process as this one imagines it: another descriptor.
fn other(path: &Path) -> Result<bool, Error> {
    can_lock(path)
}

fn probe(damage: Damage) -> FolderFindings {
    let folder = tempfile::tempdir().unwrap();
    let findings = probe_by(&Damaged(damage), folder.path(), &SystemClock::new(), Some(&other)).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{damage:?}: nothing is left");
    findings
}

/// What does not work, and which promises do not hold.
fn wrong(findings: &FolderFindings) -> (Vec<Ability>, Vec<(&'static str, Standing)>) {
    let abilities = findings.abilities.iter().filter(|(_, finding)| *finding != Finding::Works);
    let promises = findings.promises().into_iter().filter(|promise| promise.standing > Standing::Holds);
    // What the folder of this test is on, and how full that is, is none of its business.
    let promises = promises.filter(|promise| !["room"].contains(&promise.name));
    (
        abilities.map(|(ability, _)| *ability).collect(),
        promises.map(|promise| (promise.name, promise.standing)).collect(),
    )
}

fn on_a_disk(mut findings: FolderFindings) -> FolderFindings {
    findings.kind = FileSystemKind::Known("ext4", Reach::Disk);
    findings
}

#[test]
fn on_a_whole_file_system_all_promises_hold() {
    let findings = on_a_disk(probe(Damage::Nothing));
    assert_eq!(wrong(&findings), (vec![], vec![]));
    assert_eq!(findings.offset, ClockOffset { milliseconds: 0 });
    assert!(findings.resolution.unwrap() < Duration::from_millis(50), "{:?}", findings.resolution);
    let names: Vec<_> = findings.promises().iter().map(|promise| promise.name).collect();
    assert_eq!(names.len(), 11, "{names:?}");
}

#[test]
fn every_damage_is_seen_and_said_what_follows_from() {
    use Ability::*;
    use Standing::{Broken, Reduced};
    let no_locks = || {
        let names = ["one_writer", "transactions", "serializable_processes"];
        names.map(|name| (name, Broken)).to_vec()
    };
    let expected = [
        (Damage::RenameCopies, vec![Replaces], vec![("whole", Broken), ("transactions", Broken)]),
        (Damage::RenameTakesAnyName, vec![RenamesToFreeNames], vec![]),
        (Damage::RenameToFreeIsMissing, vec![RenamesToFreeNames], vec![]),
        (Damage::LinkTakesAnyName, vec![Links], vec![]),
        (Damage::CreateOpensWhatIsThere, vec![CreatesExclusively], vec![]),
        (Damage::LocksAreGrantedToAll, vec![LocksDescriptors, LocksProcesses], no_locks()),
        (Damage::LocksStay, vec![LocksDescriptors, LocksProcesses], no_locks()),
        (Damage::FileFlushFails, vec![FlushesFiles], vec![("power_cut", Reduced)]),
        (Damage::FolderFlushFails, vec![FlushesFolders], vec![("power_cut", Reduced)]),
        (Damage::FlushAtOnceIsMissing, vec![FlushesAtOnce], vec![]),
        (Damage::NamesFoldCase, vec![TellsCaseApart], vec![("case", Reduced)]),
        (Damage::ClockIsBehind, vec![], vec![("expiry", Reduced)]),
    ];
    for (damage, abilities, promises) in expected {
        assert_eq!(wrong(&on_a_disk(probe(damage))), (abilities, promises), "{damage:?}");
    }
}

#[test]
fn coarse_times_are_seen() {
    let findings = on_a_disk(probe(Damage::TimesAreCoarse));
    assert_eq!(findings.resolution, Some(Duration::from_secs(1)));
    assert!(wrong(&findings).1.contains(&("freshness", Standing::Reduced)));
}

#[test]
fn without_another_process_nobody_can_tell_what_holds_between_two() {
    let folder = tempfile::tempdir().unwrap();
    let findings = on_a_disk(probe_folder(folder.path(), &SystemClock::new(), None).unwrap());
    let reduced = ["one_writer", "transactions", "serializable_processes"].map(|name| (name, Standing::Reduced));
    assert_eq!(wrong(&findings), (vec![Ability::LocksProcesses], reduced.to_vec()));
}

#[test]
fn what_kind_it_is_says_what_survives_and_how_far_locks_reach() {
    let mut findings = probe(Damage::Nothing);
    let mut reduced = |name, reach| {
        findings.kind = FileSystemKind::Known(name, reach);
        wrong(&findings).1.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(reduced("ext4", Reach::Disk), [] as [&str; 0]);
    assert_eq!(reduced("tmpfs", Reach::Memory), ["power_cut"]);
    assert_eq!(reduced("overlay", Reach::Beneath), [] as [&str; 0]);
    let shared = ["one_writer", "transactions", "power_cut", "serializable_machines"];
    assert_eq!(reduced("nfs", Reach::Network), shared);
    assert_eq!(reduced("fuse", Reach::Program), shared);
}

#[test]
fn whose_the_folder_is_says_whether_it_is_taken() {
    let findings = probe(Damage::Nothing);
    let accepted = |is_own, is_roots, is_open_to_others| {
        let ownership = Ownership { is_own, is_roots, is_open_to_others, ..findings.ownership };
        FolderFindings { ownership, ..findings.clone() }.promises()[0].standing
    };
    assert_eq!(accepted(true, false, false), Standing::Holds);
    assert_eq!(accepted(false, true, false), Standing::Reduced);
    assert_eq!(accepted(false, false, false), Standing::Broken);
    assert_eq!(accepted(true, true, true), Standing::Broken);
}

#[test]
fn a_full_file_system_is_seen() {
    let mut findings = probe(Damage::Nothing);
    let mut room = |free, free_files| {
        findings.space = Space { free, total: 1 << 40, free_files };
        findings.promises().pop().map(|promise| promise.standing)
    };
    assert_eq!(room(1 << 30, None), Some(Standing::Holds));
    assert_eq!(room(1 << 20, None), Some(Standing::Reduced));
    assert_eq!(room(1 << 30, Some(3)), Some(Standing::Reduced));
}

#[test]
fn a_store_that_is_there_is_left_as_it_is_and_one_that_is_not_is_not_made() {
    let outer = tempfile::tempdir().unwrap();
    let store = outer.path().join("a/store");
    probe_folder(&store, &SystemClock::new(), None).unwrap();
    assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 0);

    std::fs::create_dir_all(store.join(".keepwell/tmp")).unwrap();
    std::fs::write(store.join("key"), "a record").unwrap();
    let written = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).unwrap();
    let before: [SystemTime; 2] = [written(&store), written(&store.join("key"))];
    probe_folder(&store, &SystemClock::new(), None).unwrap();
    assert_eq!([written(&store), written(&store.join("key"))], before);
    assert_eq!(std::fs::read_dir(store.join(".keepwell/tmp")).unwrap().count(), 0);
}

#[test]
fn nothing_is_left_where_the_area_cannot_be_made() {
    let outer = tempfile::tempdir().unwrap();
    let store = outer.path().join("a/store");
    std::fs::create_dir_all(store.parent().unwrap()).unwrap();
    std::fs::write(outer.path().join("file"), "").unwrap();
    for hindered in [outer.path().join("file"), outer.path().join("file/store")] {
        assert!(probe_folder(hindered, &SystemClock::new(), None).is_err());
    }
    std::fs::create_dir(&store).unwrap();
    std::os::unix::fs::symlink("/", store.join(".keepwell")).unwrap();
    assert!(probe_folder(&store, &SystemClock::new(), None).is_err(), "no link is followed");
}
