//! What happens to files behind keepwell's back.

use std::fs;
use std::path::{Path, PathBuf};

/// Damages every file in a folder, and in the folders inside it where the folder is not a storage itself. Says whether
/// there was one.
pub(super) fn damage(how: &str, folder: &Path) -> bool {
    if how == "block" {
        fs::write(folder, "a file where a folder should be").unwrap();
        return true;
    }
    let files = files(folder, true);
    if how == "swap" {
        let [one, other] = files.as_slice() else { panic!("two files are needed to swap them: {files:?}") };
        let (one_bytes, other_bytes) = (fs::read(one).unwrap(), fs::read(other).unwrap());
        fs::write(one, other_bytes).unwrap();
        fs::write(other, one_bytes).unwrap();
    } else {
        files.iter().for_each(|file| damage_file(how, file));
    }
    !files.is_empty()
}

fn damage_file(how: &str, file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    match how {
        "remove" => return fs::remove_file(file).unwrap(),
        "cut" => bytes.truncate(bytes.len() / 2),
        "empty" => bytes.clear(),
        "flip" => *bytes.last_mut().unwrap() ^= 1,
        "replace" => bytes = b"something else".to_vec(),
        other => panic!("there is no damage `{other}`"),
    }
    fs::write(file, bytes).unwrap();
}

/// The names of the files in a storage's folder, in order: its records, or its results.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files(folder, false).into_iter().map(name).collect()
}

/// The files in a folder, in order; those of the storage's own bookkeeping only where the folder is part of it.
fn files(folder: &Path, inner: bool) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        if !path.is_dir() {
            found.push(path);
        } else if inner && !path.ends_with(".keepwell") {
            found.extend(files(&path, inner));
        }
    }
    found.sort();
    found
}
