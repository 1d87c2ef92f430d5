//! The documents at the top of the workspace and in `docs`, held against the code they describe.

use std::{fs, path::PathBuf};

mod architecture;
mod calls;
mod compatibility;
mod documents;
mod hello;
mod surface;

/// Folders that are made by builds and package managers.
const BUILT: [&str; 3] = ["dist", "node_modules", "target"];

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the workspace, by its path from the top.
fn read(path: &str) -> String {
    fs::read_to_string(workspace().join(path))
        .unwrap_or_else(|error| panic!("{path} should be readable: {error}"))
}

/// All files below `folder` with this extension, by their paths from `folder`.
fn files_below(folder: &str, extension: &str) -> Vec<String> {
    let top = workspace().join(folder);
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{} should be a folder: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if !BUILT.contains(&name.as_ref()) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                let path = path.strip_prefix(&top).expect("it was found below");
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}
