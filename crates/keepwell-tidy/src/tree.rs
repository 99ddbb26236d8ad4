//! The project as it lies on disk: Rust and Python sources, crate manifests, documents. Judges nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use crate::python;
use crate::source::Source;

/// The sources, the crate manifests and the documents of a project.
#[derive(Debug)]
pub struct Tree {
    pub(crate) sources: Vec<Source>,
    pub(crate) manifests: Vec<Manifest>,
    /// The documents in the project's own folder: name and text.
    pub(crate) documents: Vec<(String, String)>,
}

/// The manifest of one crate.
#[derive(Debug)]
pub struct Manifest {
    /// The crate's name.
    pub name: String,
    /// What it depends on to be built and used.
    pub dependencies: Vec<String>,
    /// What its tests depend on.
    pub dev_dependencies: Vec<String>,
}

impl Tree {
    /// Reads the project in the folder `root`.
    ///
    /// # Errors
    /// If a folder or file cannot be read, or is not Rust or TOML; the error names it.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self { sources: Vec::new(), manifests: Vec::new(), documents: Vec::new() };
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for path in entries(&folder)? {
                if path.is_dir() {
                    folders.extend(Some(path).filter(|path| is_ours(path)));
                } else {
                    tree.add(root, &path)?;
                }
            }
        }
        tree.sources.sort_by(|one, other| one.path.cmp(&other.path));
        tree.manifests.sort_by(|one, other| one.name.cmp(&other.name));
        tree.documents.sort();
        Ok(tree)
    }

    fn add(&mut self, root: &Path, path: &Path) -> io::Result<()> {
        let relative = path.strip_prefix(root).unwrap_or(path);
        if path.extension().is_some_and(|extension| extension == "rs") && !is_fixture(relative) {
            self.sources.push(Source::parse(relative, &fs::read_to_string(path)?)?);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            self.sources.push(python::parse(relative, &fs::read_to_string(path)?));
        } else if path.file_name().is_some_and(|name| name == "Cargo.toml") {
            self.manifests.extend(Manifest::parse(path, &fs::read_to_string(path)?)?);
        } else if relative.extension().is_some_and(|extension| extension == "md") && relative.iter().count() == 1 {
            self.documents.push((relative.display().to_string(), fs::read_to_string(path)?));
        }
        Ok(())
    }
}

impl Manifest {
    /// The crate that `text` is the manifest of, or `None` for a workspace without a package.
    fn parse(path: &Path, text: &str) -> io::Result<Option<Self>> {
        let document: DocumentMut = text.parse().map_err(|error| wrong(path, error))?;
        let Some(name) = document.get("package").and_then(|package| package.get("name")?.as_str()) else {
            return Ok(None);
        };
        let names = |table: &str| -> Vec<String> {
            let table = document.get(table).and_then(|table| table.as_table_like());
            table.into_iter().flat_map(|table| table.iter()).map(|(name, _)| name.to_owned()).collect()
        };
        let dependencies = [names("dependencies"), names("build-dependencies")].concat();
        Ok(Some(Self { name: name.to_owned(), dependencies, dev_dependencies: names("dev-dependencies") }))
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .map_err(|error| wrong(folder, error))
}

/// Neither hidden nor made by a build.
fn is_ours(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && name != "target"
}

/// A program that a test compiles on purpose, often a wrong one: in a folder beside `tests/it`.
fn is_fixture(path: &Path) -> bool {
    let mut names = path.iter().skip_while(|name| *name != "tests").skip(1);
    let (folder, file) = (names.next(), names.next());
    file.is_some() && folder.is_some_and(|folder| folder != "it")
}

pub(crate) fn wrong(path: &Path, error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("`{}`: {error}", path.display()))
}
