//! Several processes on one folder: racing, dying, and without the right to write.
//!
//! A child is this test program again, running the test `child`, which reads from its standard input what to do.

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use keepwell_core::clock::{Clock, SystemClock};
use keepwell_core::key::CacheKey;
use keepwell_core::storage::{
    Durability, FileSystemStorage, ObjectKind, ObjectName, ResultStorage, SMALL_OBJECT_LIMIT, StorageFault,
};

const NOBODY: u32 = 65_534;
const BIG: usize = 4 << 20;

fn head(key: &str) -> ObjectName {
    ObjectName::Head(CacheKey::new(key).unwrap())
}

fn command() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["storage_process::child", "--exact", "--ignored", "--nocapture", "-q"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn start(command: &mut Command, role: &str, path: &Path) -> Child {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{role}\n{}", path.display()).as_bytes()).unwrap();
    child
}

/// The lines that a child says, without those of the test harness.
fn answer(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("answer: ")).collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "only as a child of the other tests"]
fn child() {
    let mut task = String::new();
    std::io::stdin().read_to_string(&mut task).unwrap();
    let Some((role, path)) = task.split_once('\n') else { return };
    match role {
        "create" => println!("\nanswer: {}", create_all(path)),
        "write" => write_for_ever(path),
        "use" => println!("\nanswer: {}", use_read_only(path)),
        other => panic!("no such role: {other}"),
    }
}

/// Creates a hundred objects and says how many of them it was first to create, and the store's id.
fn create_all(path: &str) -> String {
    let storage = FileSystemStorage::open(path).unwrap();
    let won =
        |number: &u32| match storage.create(&head(&number.to_string()), Bytes::from_static(b"x"), Durability::None) {
            Ok(()) => true,
            Err(StorageFault::Precondition) => false,
            Err(fault) => panic!("{fault:?}"),
        };
    let count = (0..100).filter(won).count();
    format!("{count} {:?}", storage.id().unwrap().unwrap())
}

fn write_for_ever(path: &str) {
    let storage = FileSystemStorage::open(path).unwrap();
    for round in 0_u64.. {
        let bytes = Bytes::from(vec![round.to_le_bytes()[0]; BIG]);
        storage.put(&head(&(round % 3).to_string()), bytes, Durability::None).unwrap();
    }
}

fn use_read_only(path: &str) -> String {
    let storage = FileSystemStorage::open(path).unwrap();
    let bytes = storage.get(&head("a"), SMALL_OBJECT_LIMIT).unwrap().unwrap().bytes;
    let Err(StorageFault::Unavailable(error)) = storage.put(&head("b"), bytes.clone(), Durability::None) else {
        panic!("a read-only folder was written to");
    };
    assert!(error.hint().is_some());
    format!("{bytes:?} {:?}", error.kind())
}

#[test]
fn processes_that_open_a_new_store_at_once_agree_on_it_and_share_out_its_objects() {
    for _ in 0..3 {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("store");
        let children: Vec<_> = (0..4).map(|_| start(&mut command(), "create", &path)).collect();
        let answers: Vec<String> = children.into_iter().map(answer).collect();
        let parsed: Vec<(u32, &str)> = answers
            .iter()
            .map(|answer| answer.split_once(' ').unwrap())
            .map(|(count, id)| (count.parse().unwrap(), id))
            .collect();
        assert_eq!(parsed.iter().map(|(count, _)| count).sum::<u32>(), 100, "{answers:?}");
        assert!(parsed.iter().all(|(_, id)| *id == parsed[0].1), "{answers:?}");
        let storage = FileSystemStorage::open(&path).unwrap();
        assert_eq!(storage.list(ObjectKind::Head).unwrap().len(), 100);
    }
}

#[test]
fn a_writer_killed_at_any_time_leaves_whole_objects_and_nothing_else_for_long() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store");
    let temporary = path.join(".keepwell/tmp");
    let clock = SystemClock::new();
    let mut left_behind = 0;
    for round in 0..100 {
        // Twelve rounds, and more only where none of them struck a write.
        if round >= 12 && left_behind > 0 {
            break;
        }
        let mut writer = start(&mut command(), "write", &path);
        let begun = || fs::read_dir(&temporary).map_or(0, Iterator::count) > 0;
        while !begun() && clock.monotonic() < Duration::from_secs(60) {
            clock.sleep(Duration::from_micros(50));
        }
        clock.sleep(Duration::from_micros(700 * round));
        writer.kill().unwrap();
        writer.wait().unwrap();
        left_behind += fs::read_dir(&temporary).map_or(0, Iterator::count);

        let storage = FileSystemStorage::open(&path).unwrap();
        for name in storage.list(ObjectKind::Head).unwrap() {
            let bytes = storage.get(&name, BIG as u64).unwrap().unwrap().bytes;
            assert!(bytes.len() == BIG && bytes.iter().all(|byte| *byte == bytes[0]), "{name} is torn");
        }
        storage.put(&head("after"), Bytes::from(vec![0; BIG]), Durability::None).unwrap();
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "round {round}");
    }
    assert!(left_behind > 0, "no writer was ever killed in the middle of a write");
}

#[test]
fn a_folder_that_may_not_be_written_to_can_be_read() {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path().join("store");
    FileSystemStorage::open(&path).unwrap().put(&head("a"), Bytes::from_static(b"x"), Durability::None).unwrap();
    fs::set_permissions(outer.path(), Permissions::from_mode(0o755)).unwrap();
    for (file, mode) in [("a", 0o444), (".keepwell/store.json", 0o444), (".keepwell/tmp", 0o555), (".keepwell", 0o555)]
    {
        fs::set_permissions(path.join(file), Permissions::from_mode(mode)).unwrap();
    }
    fs::set_permissions(&path, Permissions::from_mode(0o555)).unwrap();
    let mut command = command();
    if rustix::process::geteuid().is_root() {
        // Nothing is forbidden to root.
        command.uid(NOBODY);
    }
    assert_eq!(answer(start(&mut command, "use", &path)), "b\"x\" ReadOnly");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
}
