//! The project: where this workspace is, where it builds, what its lock file says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::process::Cmd;

/// The oldest compiler the workspace builds with, as `rust-version` in `Cargo.toml` says.
pub(crate) const RUST_VERSION: &str = env!("CARGO_PKG_RUST_VERSION");

/// The workspace on disk.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where Cargo puts native builds.
    pub(crate) target: PathBuf,
}

impl Project {
    pub(crate) fn locate() -> Result<Self, Failure> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| OsString::from(env!("CARGO_MANIFEST_DIR")));
        let root = Path::new(&own)
            .parent()
            .filter(|root| root.join("Cargo.toml").is_file())
            .ok_or_else(|| {
                Failure::new(
                    "could not find the workspace",
                    "run `cargo xtask` inside a checkout of the repository",
                )
            })?
            .to_path_buf();
        let metadata = native_cargo()
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .dir(&root)
            .capture()?;
        let target = target_directory(&metadata).ok_or_else(|| {
            Failure::new(
                "`cargo metadata` did not say where builds go",
                "update Cargo, or set CARGO_TARGET_DIR",
            )
        })?;
        Ok(Self { root, target })
    }

    /// The user's own Cargo, the one that runs this, in the workspace's folder.
    pub(crate) fn cargo(&self) -> Cmd {
        native_cargo().dir(&self.root)
    }

    /// Builds what these arguments of Cargo's name.
    pub(crate) fn build(&self, what: &[&str]) -> Result<(), Failure> {
        let built = self.cargo().arg("build").args(what).run();
        built.map_err(|failure| failure.advise("fix what the compiler says above"))
    }

    /// The version of a package in `Cargo.lock`.
    pub(crate) fn locked_version(&self, package: &str) -> Result<String, Failure> {
        let path = self.root.join("Cargo.lock");
        let lock = std::fs::read_to_string(&path).map_err(|error| {
            Failure::new(
                format!("could not read {}: {error}", path.display()),
                "run `cargo generate-lockfile`",
            )
        })?;
        locked_version(&lock, package).ok_or_else(|| {
            Failure::new(
                format!("Cargo.lock has no package {package}"),
                "run `cargo update --workspace` and commit Cargo.lock",
            )
        })
    }

    /// Where a native debug build puts a program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        self.target.join("debug").join(file)
    }

    /// Where Trunk puts the built page.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }
}

/// The Cargo that started us.
pub(crate) fn native_cargo() -> Cmd {
    Cmd::new(cargo_program())
}

/// Cargo says which Cargo started us, so that `cargo +nightly xtask` stays with nightly.
pub(crate) fn cargo_program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| line.trim() != name);
    lines.next()?;
    let version = lines.next()?.trim().strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

fn target_directory(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once("\"target_directory\":\"")?;
    let (value, _) = rest.split_once('"')?;
    Some(PathBuf::from(value.replace("\\\\", "\\")))
}

/// The first number-dot-number version in a line such as `tool 1.2.3 (built yesterday)` or `tool v1.2.3`.
pub(crate) fn version_in(text: &str) -> Option<&str> {
    text.split_whitespace()
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether one dotted version is at least another; missing parts count as zero.
pub(crate) fn at_least(version: &str, wanted: &str) -> bool {
    let parts = |text: &str| -> Vec<u32> {
        text.split(['.', '-', '+'])
            .map_while(|part| part.parse().ok())
            .collect()
    };
    let (have, want) = (parts(version), parts(wanted));
    let part = |of: &[u32], at: usize| of.get(at).copied().unwrap_or(0);
    (0..have.len().max(want.len()))
        .map(|at| part(&have, at).cmp(&part(&want, at)))
        .find(|order| order.is_ne())
        .is_none_or(std::cmp::Ordering::is_gt)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n\
        [[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"0.2.99\"\n\n\
        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"somewhere\"\n\
        dependencies = [\n \"wasm-bindgen-shared\",\n]\n";

    #[test]
    fn the_locked_version_is_that_of_the_package_of_exactly_this_name() {
        assert_eq!(
            locked_version(LOCK, "wasm-bindgen").as_deref(),
            Some("0.2.130")
        );
        assert_eq!(locked_version(LOCK, "wasm"), None);
        assert_eq!(locked_version("name = \"wasm\"", "wasm"), None);
    }

    #[test]
    fn the_target_folder_is_read_from_the_metadata() {
        let metadata = r#"{"packages":[],"target_directory":"/home/ada/target","version":1}"#;
        assert_eq!(
            target_directory(metadata),
            Some(PathBuf::from("/home/ada/target"))
        );
        assert_eq!(target_directory("{}"), None);
    }

    #[test]
    fn a_version_is_found_in_what_tools_print() {
        assert_eq!(
            version_in("rustc 1.96.0 (30a34c682 2026-05-25)"),
            Some("1.96.0")
        );
        assert_eq!(version_in("wasm-bindgen 0.2.130\n"), Some("0.2.130"));
        assert_eq!(version_in("mdbook v0.5.4"), Some("0.5.4"));
        assert_eq!(version_in("no version here."), None);
    }

    #[test]
    fn versions_compare_by_number_and_not_by_letter() {
        assert!(at_least("1.96.0", "1.95"));
        assert!(at_least("1.95.0", "1.95"));
        assert!(at_least("1.100.0", "1.95"));
        assert!(!at_least("1.94.9", "1.95"));
        assert!(at_least("1.97.0-nightly", "1.95"));
        assert!(at_least("2", "1.95"));
    }
}
