//! Files of a folder: finding them all, copying them, saying why one cannot be used.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Adds all files that are, or are below, `part` of a folder: none if it is not there.
pub(crate) fn list(root: &Path, part: &Path, files: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    let path = root.join(part);
    if path.is_file() {
        files.insert(part.to_owned());
    } else if path.is_dir() {
        let entries = fs::read_dir(&path).map_err(|error| unable("read", part, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unable("read", part, &error))?;
            list(root, &part.join(entry.file_name()), files)?;
        }
    }
    Ok(())
}

/// Copies what is in one folder into another, which it makes.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    let mut files = BTreeSet::new();
    list(from, Path::new(""), &mut files)?;
    files
        .iter()
        .try_for_each(|file| copy_file(&from.join(file), &to.join(file)))
}

/// Copies a file into a folder that need not be there yet.
pub(crate) fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to.parent().unwrap_or(to))
        .and_then(|()| fs::copy(from, to).map(drop))
        .map_err(|error| unable("write", to, &error))
}

/// Removes a folder with all that is in it, if it is there.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), Failure> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|error| unable("remove", folder, &error))
}

/// Reads a text.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| unable("read", path, &error))
}

/// Writes a file, in a folder that need not be there yet.
pub(crate) fn write(path: &Path, content: &str) -> Result<(), Failure> {
    fs::create_dir_all(path.parent().unwrap_or(path))
        .and_then(|()| fs::write(path, content))
        .map_err(|error| unable("write", path, &error))
}

/// The failure to do something with a file.
pub(crate) fn unable(what: &str, file: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("could not {what} {}: {error}", file.display()),
        "check that it is there, and that the folder can be written to",
    )
}
