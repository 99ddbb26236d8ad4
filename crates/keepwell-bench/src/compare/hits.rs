//! Hits: from memory, and read from the folder.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use cached::ConcurrentCached;
use cached::stores::RedbCache;
use keepwell_bench::contest::{Contestant, contest};
use keepwell_bench::tasks::{greeting, kilobyte, uncached};

use super::{Outcome, in_folder, table};

/// A hit on a small value in memory, through the whole machinery of a task.
pub(super) fn memory(parent: &Path) -> Outcome {
    let plain = moka::sync::Cache::new(1_000);
    plain.insert("Ada".to_owned(), "hello Ada".to_owned());
    in_folder(parent, "memory", true, || {
        greeting("Ada".to_owned());
        // The memory layer takes a record in once the file system's clock has moved on from its last write.
        sleep(Duration::from_millis(50));
        let scores = contest(
            20_000,
            &mut [
                Contestant::new("keepwell, hit in memory", || drop(black_box(greeting("Ada".to_owned())))),
                Contestant::new("moka alone, no key to compute", || drop(black_box(plain.get(&"Ada".to_owned())))),
                Contestant::new("keepwell, task without caching", || {
                    black_box(uncached(1));
                }),
            ],
        );
        table("A hit on a small value in memory", &scores);
        Ok(())
    })
}

/// A hit on 1 KB that is read from the folder, page cache warm.
pub(super) fn folder(parent: &Path) -> Outcome {
    let by_cacache = parent.join("cacache");
    let value = kilobyte::bind(7).with_options(|options| options.persist_result = Some(false)).call();
    cacache::write_sync(&by_cacache, "7", &value)?;
    let by_hand = parent.join("by-hand.json");
    fs::write(&by_hand, serde_json::to_vec(&value)?)?;
    let bare = parent.join("bare");
    fs::write(&bare, &value)?;
    let redb = RedbCache::builder("compare").disk_dir(parent.join("redb")).build()?;
    redb.cache_set(7_u64, value)?;
    in_folder(parent, "folder", false, || {
        kilobyte(7);
        let scores = contest(
            2_000,
            &mut [
                Contestant::new("keepwell, hit in the folder", || drop(black_box(kilobyte(7)))),
                Contestant::new("cacache", || {
                    drop(black_box(cacache::read_sync(&by_cacache, "7").expect("it was written")))
                }),
                Contestant::new("cached, redb store", || drop(black_box(redb.cache_get(&7)))),
                Contestant::new("a hand-written file of JSON, unchecked", || {
                    let bytes = fs::read(&by_hand).expect("it was written");
                    drop(black_box(serde_json::from_slice::<Vec<u8>>(&bytes).expect("it is JSON")));
                }),
                Contestant::new("a bare read of the same bytes, unchecked", || drop(black_box(fs::read(&bare)))),
            ],
        );
        table("A hit on 1 KB read from the folder", &scores);
        Ok(())
    })
}
