//! Where the objects of a folder are in it, for storages that lay theirs out in the same way.
//!
//! All paths are relative, with `/` between their parts, and lead out of no folder.

use std::borrow::Cow;

use super::file_system::names::{self, FileName, LOCKS, PRIVATE};
use super::file_system::store_file;
use super::{ObjectKind, ObjectName};
use crate::Error;
use crate::id::TransactionId;
use crate::key::{CacheKey, Digest};
use crate::record::StoreId;

/// Where the object of this name is.
pub fn path_of(name: &ObjectName) -> Cow<'_, str> {
    names::relative_path(name)
}

/// The file name of a cache key.
pub fn file_name_of(key: &str) -> Cow<'_, str> {
    names::encode(key)
}

/// The object whose place this is; `None` where no object is, and where the name was cut, so that the key cannot be read
/// off it.
pub fn name_of(path: &str) -> Option<ObjectName> {
    let name = match path.rsplit_once('/') {
        None => ObjectName::Head(names::key_of(path)?),
        Some((folder, last)) if LOCKS.strip_suffix('/') == Some(folder) => ObjectName::Lock(names::key_of(last)?),
        Some((folder, last)) if folder.ends_with("/transactions") => {
            ObjectName::Decision(TransactionId::from_bytes(uuid::Uuid::try_parse(last).ok()?.into_bytes()))
        }
        Some((_, last)) => ObjectName::Blob(Digest::from_hex(last)?),
    };
    (path_of(&name) == path).then_some(name)
}

/// Where the whole text of a key is kept whose file name is cut, so that it can be listed; `None` for any other name.
pub fn whole_key_path(name: &ObjectName) -> Option<String> {
    names::whole_key_path(name)
}

/// The object of some kind that a key names.
pub type NameOfKey = fn(CacheKey) -> ObjectName;

/// Where the whole text of the key is whose object has this place with a cut name, and the object that the key names, given
/// the text; `None` where the name is no cut one.
pub fn whole_key_path_of_cut(path: &str) -> Option<(String, NameOfKey)> {
    let (file, kind, name): (_, _, NameOfKey) = match path.strip_prefix(LOCKS) {
        Some(file) => (file, ObjectKind::Lock, ObjectName::Lock),
        None => (path, ObjectKind::Head, ObjectName::Head),
    };
    match names::decode(file) {
        Some(FileName::Cut(digest)) => Some((names::path_of_whole_key(digest, kind), name)),
        Some(FileName::Key(_)) | None => None,
    }
}

/// What the places of all objects of a kind, and of no other kind but heads, begin with.
pub fn prefix_of(kind: ObjectKind) -> String {
    match kind {
        ObjectKind::Head => String::new(),
        ObjectKind::Blob => format!("{PRIVATE}/blobs/"),
        ObjectKind::Decision => format!("{PRIVATE}/transactions/"),
        ObjectKind::Lock => LOCKS.to_owned(),
    }
}

/// Where a damaged object is kept for a later look.
pub fn quarantine_path_of(name: &ObjectName) -> String {
    format!("{PRIVATE}/quarantine/{}", path_of(name).trim_start_matches(PRIVATE).trim_start_matches('/'))
}

/// Where the file is that says which store it is.
pub fn store_file_path() -> String {
    format!("{PRIVATE}/{}", store_file::NAME)
}

/// What that file holds, for a store of this id.
pub fn store_file(id: StoreId) -> String {
    store_file::render(id)
}

/// Which store it is by that file, in the store at `location`.
///
/// # Errors
/// [`Corrupt`](crate::ErrorKind::Corrupt) if the file is damaged; [`Unsupported`](crate::ErrorKind::Unsupported) if a
/// newer keepwell has laid the store out.
pub fn store_id_in(file: &[u8], location: &str) -> Result<StoreId, Error> {
    store_file::parse(file, location)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_store_file_says_its_id_again() {
        let id = StoreId::random();
        assert_eq!(store_id_in(store_file(id).as_bytes(), "x").unwrap(), id);
    }

    #[test]
    fn an_object_is_known_by_its_place_unless_the_name_was_cut() {
        let head = |key: &str| ObjectName::Head(CacheKey::new(key).unwrap());
        let whole = [
            head("report"),
            head("a/b"),
            head(".keepwell/blobs/x"),
            ObjectName::Blob(Digest::of(b"x")),
            ObjectName::Decision(TransactionId::random()),
            ObjectName::Lock(CacheKey::new("a/b").unwrap()),
        ];
        for name in whole {
            let path = path_of(&name).into_owned();
            assert_eq!((name_of(&path), path.starts_with(&prefix_of(name.kind()))), (Some(name), true), "{path}");
        }
        let places = [path_of(&head(&"k".repeat(300))).into_owned(), store_file_path(), "blobs/x".into(), "".into()];
        assert_eq!(places.map(|path| name_of(&path)), [None, None, None, None]);
    }

    #[test]
    fn the_whole_text_of_a_key_is_kept_only_where_its_name_is_cut() {
        let [short, long] = ["k", &"k".repeat(300)].map(|key| ObjectName::Head(CacheKey::new(key).unwrap()));
        assert_eq!(whole_key_path(&short), None);
        assert_eq!(whole_key_path_of_cut(&path_of(&short)), None);
        let key = CacheKey::new("k".repeat(300)).unwrap();
        for name in [long, ObjectName::Lock(key.clone())] {
            let (path, object) = whole_key_path_of_cut(&path_of(&name)).unwrap();
            assert_eq!((Some(path), object(key.clone())), (whole_key_path(&name), name));
        }
    }
}
