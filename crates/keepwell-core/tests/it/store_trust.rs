//! What must be signed, by whom, and what becomes of a record that is not: no forged record is ever served.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use keepwell_core::record::{
    EncodedValue, Encoding, KeyedHash, ResultRecord, SerializerName, Signer, encode, inspect_head, open_payload,
};
use keepwell_core::settings::{Environment, Overrides, Settings};
use keepwell_core::storage::{
    Durability, FileSystemOptions, FileSystemStorage, MemoryStorage, Object, ResultStorage, SMALL_OBJECT_LIMIT,
};
use keepwell_core::store::{MissReason, ResultStore, StoreOptions, Trust, Write, commit};
use keepwell_core::{Error, ErrorKind};

use crate::store_fixture::{folder, head, miss, options, put, read, remembering, source, write};

/// A user with a home, and whatever else the settings say.
fn user(home: &Path, overrides: &[(&str, &str)]) -> Arc<Trust> {
    let environment = Environment::in_directory(home).with_home(home.join("home"));
    let overrides = overrides.iter().fold(Overrides::new(), |all, (name, text)| all.set(name, *text).unwrap());
    Arc::new(Trust::of(&Settings::load(&environment, &overrides).unwrap()))
}

fn store(storage: &Arc<dyn ResultStorage>, trust: &Arc<Trust>) -> Arc<ResultStore> {
    Arc::new(ResultStore::new(StoreOptions { trust: Some(Arc::clone(trust)), ..options(Arc::clone(storage)) }))
}

fn pickle(store: &Arc<ResultStore>, name: &str) -> Write {
    let value = EncodedValue { serializer: SerializerName::PICKLE, payload: "pickle".into() };
    Write { value, ..write(store, name, "") }
}

fn object(storage: &Arc<dyn ResultStorage>, name: &str) -> Object {
    storage.get(&head(name), SMALL_OBJECT_LIMIT).unwrap().unwrap()
}

/// Puts a record under `name` as somebody does who can write to the storage and knows the format: the one that is there,
/// changed, with a header of its own checksum, signed by `signer`.
fn forge(storage: &Arc<dyn ResultStorage>, name: &str, signer: Option<&dyn Signer>, change: fn(&mut ResultRecord)) {
    let bytes = object(storage, name).bytes;
    let found = inspect_head(&bytes).unwrap();
    let keepwell_core::record::Place::Inline(stored) = found.payload.place.clone() else { panic!("it is small") };
    let payload = open_payload(&found, stored).unwrap();
    let mut record = ResultRecord { metadata: found.metadata, payload };
    change(&mut record);
    let forged = encode(&record, &Encoding { signer, ..Encoding::default() }).unwrap();
    storage.put(&head(name), forged.head, Durability::None).unwrap();
}

/// The words of a distrust; anything else fails.
fn distrust(store: &ResultStore, name: &str) -> String {
    match miss(store, name) {
        MissReason::Untrusted(words) => words.to_string(),
        reason => panic!("{reason:?}"),
    }
}

struct World {
    folder: tempfile::TempDir,
    storage: Arc<dyn ResultStorage>,
    trust: Arc<Trust>,
    store: Arc<ResultStore>,
}

impl World {
    /// A user whose storage is a folder of their own, with a signed pickle under `A`.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let storage: Arc<dyn ResultStorage> = folder(&directory.path().join("storage"));
        let trust = user(directory.path(), &[]);
        let store = store(&storage, &trust);
        commit(&[pickle(&store, "A")]).unwrap();
        Self { folder: directory, storage, trust, store }
    }

    fn key_file(&self) -> std::path::PathBuf {
        self.folder.path().join("home/.keepwell/signing.key")
    }
}

#[test]
fn a_pickle_is_signed_with_a_key_that_is_made_for_the_user_and_read_again_by_the_next_process() {
    let world = World::new();
    assert_eq!(read(&world.store, "A").as_deref(), Some(&b"pickle"[..]));
    let key = fs::read_to_string(world.key_file()).unwrap();
    assert_eq!((key.len(), key.ends_with('\n')), (65, true));
    assert_eq!(fs::metadata(world.key_file()).unwrap().permissions().mode() & 0o7777, 0o600);
    let names: Vec<_> = fs::read_dir(world.folder.path().join("home/.keepwell"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(names, ["signing.key"]);
    let next = store(&world.storage, &user(world.folder.path(), &[]));
    assert_eq!(read(&next, "A").as_deref(), Some(&b"pickle"[..]));
    assert!(next.exists(&crate::store_fixture::key("A")).unwrap());
}

#[test]
fn plain_data_is_not_signed_and_makes_no_key() {
    let directory = tempfile::tempdir().unwrap();
    let storage: Arc<dyn ResultStorage> = folder(&directory.path().join("storage"));
    let store = store(&storage, &user(directory.path(), &[]));
    put(&store, "A", "data");
    assert_eq!(read(&store, "A").as_deref(), Some(&b"data"[..]));
    assert!(!directory.path().join("home").exists());
    assert_eq!(inspect_head(&object(&storage, "A").bytes).unwrap().signature, None);
}

#[test]
fn a_forged_pickle_is_never_served_and_is_left_alone() {
    let world = World::new();
    let stranger = KeyedHash::new([9; 32]);
    let signers: [(Option<&dyn Signer>, &str); 2] =
        [(None, "it is not signed"), (Some(&stranger), "it is signed with the unknown key")];
    for (signer, expected) in signers {
        forge(&world.storage, "A", signer, |record| record.payload = "evil".into());
        let forged = object(&world.storage, "A").bytes;
        let words = distrust(&world.store, "A");
        assert!(words.contains(expected), "{words}");
        assert!(!world.store.exists(&crate::store_fixture::key("A")).unwrap());
        assert_eq!(object(&world.storage, "A").bytes, forged);
    }
}

/// The head under `name`, with `payload`, and the key id and signature of the genuine one of before.
fn with_stolen_signature(storage: &Arc<dyn ResultStorage>, name: &str) -> Bytes {
    let genuine = object(storage, name).bytes;
    let header = usize::from(u16::from_le_bytes([genuine[10], genuine[11]]));
    forge(storage, name, Some(&KeyedHash::new([9; 32])), |record| record.payload = "evil".into());
    let mut forged = object(storage, name).bytes.to_vec();
    forged[224..240].copy_from_slice(&genuine[224..240]);
    let checksum = keepwell_core::key::Digest::of(&forged[..header - 32]);
    forged[header - 32..header].copy_from_slice(checksum.as_bytes());
    forged[header..header + 32].copy_from_slice(&genuine[header..header + 32]);
    forged.into()
}

#[test]
fn a_signature_that_was_taken_from_another_record_does_not_match() {
    let world = World::new();
    let forged = with_stolen_signature(&world.storage, "A");
    world.storage.put(&head("A"), forged, Durability::None).unwrap();
    assert!(distrust(&world.store, "A").contains("its signature does not match"));
}

#[test]
fn a_signature_that_nobody_has_looked_at_counts_for_nothing_in_memory() {
    let world = World::new();
    let lax = remembering(Arc::clone(&world.storage), crate::store_fixture::later());
    let strict = user(world.folder.path(), &[("results.require_signature", "true")]);
    let strict = Arc::new(ResultStore::new(StoreOptions { trust: Some(strict), ..lax.options().clone() }));
    put(&strict, "B", "data");
    let forged = with_stolen_signature(&world.storage, "B");
    world.storage.put(&head("B"), forged, Durability::None).unwrap();
    assert_eq!(read(&lax, "B").as_deref(), Some(&b"evil"[..]));
    assert_eq!(source(&lax, "B"), Some(keepwell_core::event::HitSource::Memory));
    assert!(distrust(&strict, "B").contains("its signature does not match"));
}

#[test]
fn a_pickle_that_is_called_something_else_is_data_or_untrusted_and_never_a_pickle() {
    let world = World::new();
    forge(&world.storage, "A", None, |record| record.metadata.serializer = SerializerName::CBOR);
    let record = world.store.read(&crate::store_fixture::key("A")).unwrap().unwrap();
    assert_eq!(record.metadata.serializer, SerializerName::CBOR);
    for name in ["compressed/pickle", "Pickle", "mine", "json/objects"] {
        let renamed = format!("B {name}");
        put(&world.store, &renamed, "data");
        let bytes = object(&world.storage, &renamed).bytes;
        let found = inspect_head(&bytes).unwrap();
        let metadata = keepwell_core::record::ResultRecordMetadata {
            serializer: SerializerName::new(name).unwrap(),
            ..found.metadata
        };
        let forged = encode(&ResultRecord { metadata, payload: "evil".into() }, &Encoding::default()).unwrap();
        world.storage.put(&head(&renamed), forged.head, Durability::None).unwrap();
        assert!(distrust(&world.store, &renamed).contains("it is not signed"), "{name}");
    }
}

#[test]
fn a_signed_pickle_is_not_served_under_another_key() {
    let world = World::new();
    let genuine = object(&world.storage, "A").bytes;
    world.storage.put(&head("B"), genuine, Durability::None).unwrap();
    assert!(matches!(miss(&world.store, "B"), MissReason::Corrupt(_)));
}

#[test]
fn a_record_in_memory_counts_only_for_whom_its_signature_is_trusted() {
    let world = World::new();
    let ours = remembering(Arc::clone(&world.storage), crate::store_fixture::later());
    let ours = ResultStore::new(StoreOptions { trust: Some(Arc::clone(&world.trust)), ..ours.options().clone() });
    assert_eq!(source(&ours, "A"), Some(keepwell_core::event::HitSource::Storage));
    assert_eq!(source(&ours, "A"), Some(keepwell_core::event::HitSource::Memory));
    let elsewhere = tempfile::tempdir().unwrap();
    for trust in [None, Some(user(elsewhere.path(), &[]))] {
        let other = ResultStore::new(StoreOptions { trust, ..ours.options().clone() });
        assert!(distrust(&other, "A").contains("unknown key"));
    }
}

#[test]
fn a_demand_for_signatures_holds_for_data_too_also_in_memory() {
    let world = World::new();
    let lax = remembering(Arc::clone(&world.storage), crate::store_fixture::later());
    put(&lax, "B", "data");
    assert_eq!(read(&lax, "B").as_deref(), Some(&b"data"[..]));
    let strict = user(world.folder.path(), &[("results.require_signature", "true")]);
    let strict = Arc::new(ResultStore::new(StoreOptions { trust: Some(strict), ..lax.options().clone() }));
    assert!(distrust(&strict, "B").contains("it is not signed"));
    put(&strict, "B", "signed");
    assert_eq!(read(&strict, "B").as_deref(), Some(&b"signed"[..]));
}

#[test]
fn whoever_shares_a_secret_reads_each_others_pickles_and_a_replaced_secret_still_counts() {
    let storage: Arc<dyn ResultStorage> = Arc::new(MemoryStorage::new());
    let (secret, newer) = ("5a".repeat(32), "6b".repeat(32));
    let homes = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let shared = |home: &tempfile::TempDir| store(&storage, &user(home.path(), &[("results.signing_key", &secret)]));
    commit(&[pickle(&shared(&homes[0]), "A")]).unwrap();
    assert_eq!(read(&shared(&homes[1]), "A").as_deref(), Some(&b"pickle"[..]));
    let rotated = [("results.signing_key", newer.as_str()), ("results.trusted_keys", secret.as_str())];
    assert_eq!(read(&store(&storage, &user(homes[2].path(), &rotated)), "A").as_deref(), Some(&b"pickle"[..]));
    let stranger = store(&storage, &user(homes[3].path(), &[("results.signing_key", &newer)]));
    assert!(distrust(&stranger, "A").contains("unknown key"));
}

fn refusal(write: Write) -> Error {
    commit(&[write]).unwrap_err()
}

#[test]
fn a_storage_that_others_can_write_to_takes_no_pickle_without_a_shared_secret() {
    let directory = tempfile::tempdir().unwrap();
    let shared = FileSystemOptions { shared: true, ..FileSystemOptions::default() };
    let path = directory.path().join("storage");
    let storage: Arc<dyn ResultStorage> = Arc::new(FileSystemStorage::at(&path, shared));
    let error = refusal(pickle(&store(&storage, &user(directory.path(), &[])), "A"));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.report(),
        format!(
            "a result of the serializer `pickle` must be signed, and there is no key for {}, which is not this user's \
             alone (set KEEPWELL_RESULTS_SIGNING_KEY wherever the storage is used, or return plain data (`cbor`, `json`))",
            path.display()
        )
    );
    assert!(!directory.path().join("home").exists());
    let secret = user(directory.path(), &[("results.signing_key", &"5a".repeat(32))]);
    commit(&[pickle(&store(&storage, &secret), "A")]).unwrap();
}

#[test]
fn a_key_file_that_others_could_have_read_or_written_is_refused_with_what_to_do() {
    let world = World::new();
    let fresh = || store(&world.storage, &user(world.folder.path(), &[]));
    for (mode, text, expected) in [
        (0o640, "5a".repeat(32), "is open to others (if nobody can have read it, `chmod 600` it"),
        (0o604, "5a".repeat(32), "is open to others (if nobody can have read it, `chmod 600` it"),
        (0o600, "short".to_owned(), "does not hold 64 hexadecimal digits (remove it"),
    ] {
        fs::write(world.key_file(), text).unwrap();
        fs::set_permissions(world.key_file(), fs::Permissions::from_mode(mode)).unwrap();
        let error = refusal(pickle(&fresh(), "A"));
        assert_eq!(error.kind(), ErrorKind::Settings);
        assert!(error.report().contains(expected), "{}", error.report());
        let words = distrust(&fresh(), "A");
        assert!(words.contains("unknown key") && words.contains(expected), "{words}");
    }
    let elsewhere = world.folder.path().join("elsewhere");
    fs::rename(world.key_file(), &elsewhere).unwrap();
    fs::write(&elsewhere, "5a".repeat(32)).unwrap();
    std::os::unix::fs::symlink(elsewhere, world.key_file()).unwrap();
    assert!(refusal(pickle(&fresh(), "A")).report().contains("cannot read the signing key"));
}

#[test]
fn many_that_make_the_key_at_once_all_use_the_same_one() {
    let directory = tempfile::tempdir().unwrap();
    let storage: Arc<dyn ResultStorage> = folder(&directory.path().join("storage"));
    let names: Vec<String> = (0..16).map(|number| format!("key {number}")).collect();
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| commit(&[pickle(&store(&storage, &user(directory.path(), &[])), name)]).unwrap());
        }
    });
    let reader = store(&storage, &user(directory.path(), &[]));
    assert!(names.iter().all(|name| read(&reader, name).as_deref() == Some(b"pickle")));
}
