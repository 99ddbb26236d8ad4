//! `keepwell doctor`

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::FlockOperation;

use crate::fixture::Fixture;
use crate::redis_server::RedisServer;

const CHECKS: [&str; 10] = [
    "rename over a file",
    "rename to a free name only",
    "link",
    "exclusive create",
    "flock between descriptors",
    "flock between processes",
    "flush a file",
    "flush a folder",
    "flush all at once",
    "tell upper from lower case",
];

/// The line of a table that begins so, without the blanks between its columns.
fn line(transcript: &str, beginning: &str) -> String {
    let found = transcript.lines().find(|line| line.starts_with(beginning));
    let words: Vec<_> = found.unwrap_or_else(|| panic!("{beginning}: {transcript}")).split_whitespace().collect();
    words.join(" ")
}

#[test]
fn doctor_tries_the_folder_of_the_settings_and_leaves_nothing() {
    let fixture = Fixture::new();
    let transcript = fixture.run("doctor");
    assert!(transcript.lines().nth(1).unwrap().starts_with("ROOT/home/storage: "), "{transcript}");
    for check in CHECKS {
        assert_eq!(line(&transcript, check), format!("{check} works"));
    }
    for promise in ["a record is whole or absent", "one of several writers wins", "all or nothing across kill -9"] {
        assert!(line(&transcript, promise).starts_with(&format!("{promise} yes ")), "{transcript}");
    }
    assert!(!fixture.path("home").exists());
}

#[test]
fn doctor_leaves_a_store_as_it_is() {
    let fixture = Fixture::new();
    let temporary = fixture.path("home/storage/.keepwell/tmp");
    fs::create_dir_all(&temporary).unwrap();
    fs::write(fixture.path("home/storage/key"), "a record").unwrap();
    fixture.run("doctor");
    assert_eq!(fs::read(fixture.path("home/storage/key")).unwrap(), b"a record");
    assert_eq!(fs::read_dir(temporary).unwrap().count(), 0);
    assert_eq!(fs::read_dir(fixture.path("home/storage/.keepwell")).unwrap().count(), 1);
}

#[test]
fn another_process_says_whether_a_lock_is_free() {
    let fixture = Fixture::new();
    let path = fixture.path("file");
    let file = File::create(&path).unwrap();
    let arguments = format!("doctor --try-lock {}", path.display());
    assert_eq!(fixture.run(&arguments), "[0]\nfree\n");
    rustix::fs::flock(&file, FlockOperation::LockExclusive).unwrap();
    assert_eq!(fixture.run(&arguments), "[0]\nheld\n");
    drop(file);
    assert_eq!(fixture.run(&arguments), "[0]\nfree\n");
}

#[test]
fn a_folder_that_others_may_write_to_is_no_place_for_results() {
    let fixture = Fixture::new();
    let storage = fixture.path("open");
    fs::create_dir(&storage).unwrap();
    fs::set_permissions(&storage, Permissions::from_mode(0o777)).unwrap();
    let transcript = fixture.run(&format!("doctor --storage {}", storage.display()));
    assert_eq!(
        line(&transcript, "keepwell takes"),
        "keepwell takes the folder no others can write to it: `chmod go-w`, or open it as shared if that is meant"
    );
    assert!(transcript.starts_with("[2]\n"), "{transcript}");
    assert!(transcript.ends_with("\n\nResults cannot be kept well here.\n"), "{transcript}");
    fs::set_permissions(&storage, Permissions::from_mode(0o700)).unwrap();
    let transcript = fixture.run(&format!("doctor --storage {}", storage.display()));
    assert!(line(&transcript, "keepwell takes").starts_with("keepwell takes the folder yes "), "{transcript}");
}

#[test]
fn what_is_in_memory_does_not_survive_a_power_cut() {
    let memory = Path::new("/dev/shm");
    if !memory.is_dir() {
        return;
    }
    let folder = tempfile::tempdir_in(memory).unwrap();
    let transcript = Fixture::new().run(&format!("doctor --storage {}", folder.path().display()));
    assert_eq!(
        line(&transcript, "power cut"),
        "power cut with durability `full` in part not on tmpfs: it is in memory, and gone with the power"
    );
    assert!(transcript.starts_with("[1]\n"), "{transcript}");
}

#[test]
fn what_is_no_folder_cannot_be_used() {
    let fixture = Fixture::new();
    fs::write(fixture.path("file"), "").unwrap();
    let transcript = fixture.run(&format!("doctor --storage {}", fixture.path("file").display()));
    assert_eq!(transcript, "[2]\n! error: cannot write `ROOT/file`: Not a directory (os error 20)\n");
    assert_eq!(
        fixture.run("doctor --storage s3://bucket"),
        "[2]\n! error: the storage `s3://bucket` is not a folder\n!  hint: name a folder with `--storage PATH`\n"
    );
}

#[test]
fn doctor_prints_json_for_programs() {
    let transcript = Fixture::new().run("doctor --json");
    let (_, json) = transcript.split_once('\n').unwrap();
    let report: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(report["storage"]["path"], "ROOT/home/storage");
    let checks = report["storage"]["checks"].as_object().unwrap();
    assert_eq!((checks.len(), checks["flock_processes"]["works"].as_bool()), (CHECKS.len(), Some(true)));
    let promise = |name: &str| report["promises"].as_array().unwrap().iter().find(|promise| promise["name"] == name);
    assert_eq!(promise("transactions").unwrap()["holds"], "yes");
    assert!(["sound", "reduced"].contains(&report["verdict"].as_str().unwrap()), "{transcript}");
}

#[test]
fn doctor_asks_a_redis_server_whether_it_forgets_locks() {
    let server = RedisServer::start(&["--appendonly", "yes"]);
    let doctor = |server: &RedisServer| Fixture::new().run(&format!("doctor --locks {}", server.url()));
    let transcript = doctor(&server);
    assert_eq!(line(&transcript, "memory"), "memory no limit, noeviction");
    assert_eq!(line(&transcript, "every change"), "every change to a file yes, flushed: everysec");
    for promise in ["Redis grants locks yes", "Redis forgets no lock yes", "locks outlast a restart of Redis yes"] {
        let beginning = promise.strip_suffix(" yes").unwrap();
        assert!(line(&transcript, beginning).starts_with(promise), "{transcript}");
    }
    let server = RedisServer::start(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]);
    let transcript = doctor(&server);
    assert!(transcript.starts_with("[1]\n"), "{transcript}");
    assert_eq!(line(&transcript, "memory"), "memory 100.0 MiB, allkeys-lru");
    assert!(line(&transcript, "Redis forgets").starts_with("Redis forgets no lock in part when its memory is full"));
    assert!(line(&transcript, "locks outlast").starts_with("locks outlast a restart of Redis in part "));
    let url = server.url();
    drop(server);
    let transcript = Fixture::new().run(&format!("doctor --locks {url}"));
    assert!(transcript.starts_with("[2]\n! error: the Redis server at redis://127.0.0.1:"), "{transcript}");
}
