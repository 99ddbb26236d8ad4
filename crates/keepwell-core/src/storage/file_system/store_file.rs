//! `.keepwell/store.json`: which store this is, and which version of the layout it has.
//!
//! One line of JSON (RFC 8259), written by keepwell alone and never changed:
//! `{"format_version":1,"store_id":"<32 hexadecimal digits>"}`. A later version may add fields.

use bytes::Bytes;

use super::folder::Folder;
use super::names::PRIVATE;
use super::place::Place;
use super::read;
use super::root::Root;
use crate::record::StoreId;
use crate::storage::{Durability, SMALL_OBJECT_LIMIT, StorageFault};
use crate::{Error, ErrorKind};

pub(in crate::storage) const NAME: &str = "store.json";
const FORMAT_VERSION: u64 = 1;

/// The store's id; `None` where the folder has not been written to yet.
///
/// Fails where the folder was laid out by a newer keepwell, or the file is damaged.
pub(super) fn read_id(root: &Root) -> Result<Option<StoreId>, Error> {
    let path = format!("{PRIVATE}/{NAME}");
    match read::read(&root.folder, &path, SMALL_OBJECT_LIMIT) {
        Ok(Some(file)) => parse(&file.bytes, &root.path.display().to_string()).map(Some),
        Ok(None) => Ok(None),
        Err(failure) => Err(root.cannot_read(&path, failure)),
    }
}

/// Gives the store its id, unless it has one. Of several processes that open a new store at once one wins.
pub(super) fn create(folder: &Folder) -> Result<(), StorageFault> {
    let line = render(StoreId::random());
    let place = Place::new(&folder.private, format!("{PRIVATE}/{NAME}"));
    match folder.prepare(&Bytes::from(line), Durability::Full)?.create(&place) {
        Ok(()) | Err(StorageFault::Precondition) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// The content of the file for a store of this id.
pub(in crate::storage) fn render(id: StoreId) -> String {
    format!("{{\"format_version\":{FORMAT_VERSION},\"store_id\":\"{id:?}\"}}\n")
}

/// The id that the file of the store at `location` holds.
pub(in crate::storage) fn parse(bytes: &[u8], location: &str) -> Result<StoreId, Error> {
    let damaged = || {
        let message = format!("`{}/{PRIVATE}/{NAME}` is damaged", location.trim_end_matches('/'));
        Error::new(ErrorKind::Corrupt, message)
            .with_hint("remove that file: the store gets a new id, and its records are written anew")
    };
    let text = str::from_utf8(bytes).map_err(|_| damaged())?;
    let version: u64 = field(text, "format_version").and_then(|value| value.parse().ok()).ok_or_else(damaged)?;
    if version != FORMAT_VERSION {
        let message = format!("the store `{location}` has version {version} of the layout");
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_hint(format!("this keepwell knows version {FORMAT_VERSION}: install a newer one")));
    }
    let id = field(text, "store_id").filter(|value| value.len() == 32).ok_or_else(damaged)?;
    u128::from_str_radix(id, 16).map(|id| StoreId::from_bytes(id.to_be_bytes())).map_err(|_| damaged())
}

/// The value of a field that is a number, or a string without escapes: no other is ever written.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{name}\""))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = value.find([',', '}', '\n']).unwrap_or(value.len());
    Some(value[..end].trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn root(content: &str) -> (tempfile::TempDir, Result<Option<Root>, Error>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(PRIVATE)).unwrap();
        std::fs::write(folder.path().join(PRIVATE).join(NAME), content).unwrap();
        let root = Root::open(Path::new(folder.path()), false);
        (folder, root)
    }

    #[test]
    fn an_id_is_read_from_any_layout_of_the_line() {
        let id = "000102030405060708090a0b0c0d0e0f";
        for line in [
            format!("{{\"format_version\":1,\"store_id\":\"{id}\"}}\n"),
            format!("{{ \"store_id\" : \"{id}\",\n  \"new\": true,\n  \"format_version\" : 1 }}"),
        ] {
            let (_folder, root) = root(&line);
            let expected = StoreId::from_bytes(std::array::from_fn(|index| u8::try_from(index).unwrap()));
            assert_eq!(read_id(&root.unwrap().unwrap()).unwrap(), Some(expected), "{line}");
        }
    }

    #[test]
    fn a_newer_layout_is_refused() {
        let (_folder, root) = root("{\"format_version\":2,\"store_id\":\"000102030405060708090a0b0c0d0e0f\"}");
        assert_eq!(root.unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_damaged_file_is_named() {
        for content in ["", "{}", "{\"format_version\":1}", "{\"format_version\":1,\"store_id\":\"xyz\"}", "\u{0}"] {
            let (_folder, root) = root(content);
            assert_eq!(root.unwrap_err().kind(), ErrorKind::Corrupt, "{content}");
        }
    }
}
