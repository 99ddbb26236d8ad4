//! Isolation and transactions: what they cost over a plain hit, and over bare files.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use bytes::Bytes;
use keepwell_bench::contest::{Contestant, contest};
use keepwell_bench::tasks::{greeting, serializable_greeting};
use keepwell_core::key::CacheKey;
use keepwell_core::record::{EncodedValue, Expiration, Provenance, SerializerName};
use keepwell_core::settings::{Environment, Overrides, Settings};
use keepwell_core::storage::StorageLocation;
use keepwell_core::store::{ResultStore, Write as RecordWrite, commit};

use super::{Outcome, in_folder, table};

/// How many records a transaction has.
const RECORDS: usize = 10;

/// A SERIALIZABLE hit beside a READ_COMMITTED one: from memory, and from the folder.
pub(super) fn serializable(parent: &Path) -> Outcome {
    for (title, folder, memory, repetitions) in [
        ("A hit under SERIALIZABLE, from memory", "serializable-memory", true, 20_000),
        ("A hit under SERIALIZABLE, read from the folder", "serializable-folder", false, 2_000),
    ] {
        in_folder(parent, folder, memory, || {
            serializable_greeting("Ada".to_owned());
            greeting("Ada".to_owned());
            // The memory layer takes a record in once the file system's clock has moved on from its last write.
            sleep(Duration::from_millis(50));
            let mut contestants = [
                Contestant::new("keepwell, SERIALIZABLE", || drop(black_box(serializable_greeting("Ada".to_owned())))),
                Contestant::new("keepwell, READ_COMMITTED", || drop(black_box(greeting("Ada".to_owned())))),
            ];
            table(title, &contest(repetitions, &mut contestants));
            Ok(())
        })?;
    }
    Ok(())
}

/// Ten records together, with `full` durability, beside ten files that are flushed one after the other.
pub(super) fn together(parent: &Path) -> Outcome {
    let by_hand = parent.join("ten-by-hand");
    fs::create_dir(&by_hand)?;
    let settings = Settings::load(&Environment::in_directory(parent), &Overrides::new())?;
    let store = Arc::new(ResultStore::at(&StorageLocation::Path(parent.join("ten")), &settings));
    let writes = (0..RECORDS).map(|number| record(&store, number)).collect::<Result<Vec<_>, _>>()?;
    let scores = contest(
        10,
        &mut [
            Contestant::new("keepwell, ten records in one transaction", || {
                commit(&writes).expect("the folder is writable");
            }),
            Contestant::new("ten bare files: fdatasync, rename, fsync of the folder", || {
                (0..RECORDS).for_each(|number| write_bare(&by_hand, number).expect("the folder is writable"));
            }),
        ],
    );
    table("Ten records of 1 KB, safe from power cuts", &scores);
    Ok(())
}

fn record(store: &Arc<ResultStore>, number: usize) -> Result<RecordWrite, keepwell_core::Error> {
    Ok(RecordWrite {
        store: Arc::clone(store),
        key: CacheKey::new(number.to_string())?,
        value: EncodedValue { serializer: SerializerName::CBOR, payload: Bytes::from(vec![7; 1_000]) },
        expiration: Expiration::Never,
        provenance: Arc::new(Provenance::default()),
        claim: None,
    })
}

fn write_bare(folder: &Path, number: usize) -> std::io::Result<()> {
    let temporary = folder.join("temporary");
    let mut file = File::create(&temporary)?;
    file.write_all(&[7; 1_000])?;
    file.sync_data()?;
    fs::rename(&temporary, folder.join(number.to_string()))?;
    File::open(folder)?.sync_all()
}
