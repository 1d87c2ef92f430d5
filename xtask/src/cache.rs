//! The folder that keeps tools between runs and checkouts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::files;

const ADVICE: &str = "set REALTIME_YEW_TOOLS to a folder that can be written to";

/// Where tools are kept, one folder for each tool and version.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    pub(crate) fn open() -> Result<Self, Failure> {
        let root = folder(|name| std::env::var_os(name)).ok_or_else(|| {
            Failure::new(
                "there is no place to keep tools, as HOME is not set",
                ADVICE,
            )
        })?;
        std::fs::create_dir_all(&root).map_err(|error| no_access(&root, &error))?;
        Ok(Self::at(root))
    }

    /// A cache in this folder, which is made when something is put there.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one tool at one version.
    pub(crate) fn folder(&self, tool: &str, version: &str) -> PathBuf {
        self.root.join(format!("{tool}-{version}"))
    }
}

/// A folder for work that is to become `folder`: its name with more at the end, as the dots in a
/// version would make part of it pass for a file extension.
pub(crate) fn beside(folder: &Path, state: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(state);
    folder.with_file_name(name)
}

/// Removes a folder of the cache with all that is in it.
pub(crate) fn remove_if_there(folder: &Path) -> Result<(), Failure> {
    files::remove_folder(folder).map_err(|failure| failure.advise(ADVICE))
}

/// The failure to write into a folder of the cache.
pub(crate) fn no_access(folder: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("could not write to {}: {error}", folder.display()),
        ADVICE,
    )
}

fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("REALTIME_YEW_TOOLS")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("realtime-yew")))
        .or_else(|| set("HOME").map(|home| home.join(".cache").join("realtime-yew")))
        .or_else(|| set("LOCALAPPDATA").map(|data| data.join("realtime-yew")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        folder(|name| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(OsString::from(found.1))
        })
    }

    #[test]
    fn the_folder_named_by_hand_comes_before_the_cache_and_the_home_folder() {
        let all = [
            ("HOME", "/h"),
            ("XDG_CACHE_HOME", "/c"),
            ("REALTIME_YEW_TOOLS", "/t"),
        ];
        assert_eq!(with(&all), Some(PathBuf::from("/t")));
        assert_eq!(with(&all[..2]), Some(PathBuf::from("/c/realtime-yew")));
        assert_eq!(
            with(&all[..1]),
            Some(PathBuf::from("/h/.cache/realtime-yew"))
        );
        assert_eq!(with(&[]), None);
    }

    #[test]
    fn the_folder_beside_another_keeps_the_whole_version_in_its_name() {
        assert_eq!(
            beside(Path::new("/t/tool-0.2.130"), "build"),
            PathBuf::from("/t/tool-0.2.130.build")
        );
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let variables = [("REALTIME_YEW_TOOLS", ""), ("HOME", "/h")];
        assert_eq!(
            with(&variables),
            Some(PathBuf::from("/h/.cache/realtime-yew"))
        );
    }
}
