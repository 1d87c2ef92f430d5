//! Release: that the published crates can be packed as they are, and that the oldest compiler they name builds them.

use crate::failure::Failure;
use crate::process::{Cmd, find_program};
use crate::project::Project;
use crate::test::is_strict;

/// Where the crates are that are published.
const CRATES: &str = "crates";

/// Packs each crate in the order of its dependencies and builds what was packed, each with the others as they are packed.
/// Nothing leaves this machine.
pub(crate) fn pack(project: &Project) -> Result<(), Failure> {
    project
        .cargo()
        .args(["publish", "--workspace", "--dry-run", "--allow-dirty"])
        .run()
        .map_err(|failure| failure.advise("mend the manifest or the files that it includes"))
}

/// Builds each crate that names an older compiler than the workspace's with that compiler.
pub(crate) fn oldest_compiler(project: &Project) -> Result<(), Failure> {
    let Some(rustup) = find_program(&["rustup"]) else {
        let failure = Failure::new(
            "there is no rustup to get an older compiler",
            "install it from https://rustup.rs",
        );
        if is_strict(std::env::var_os("CI").as_deref()) {
            return Err(failure);
        }
        println!("      not checked: {failure}");
        return Ok(());
    };
    for (package, version) in named_versions(project)? {
        println!("      {package} with Rust {version}");
        let installed = Cmd::new(&rustup)
            .args(["run", &version, "cargo", "--version"])
            .capture();
        if installed.is_err() {
            Cmd::new(&rustup)
                .args(["toolchain", "install", &version])
                .args(["--profile", "minimal", "--no-self-update"])
                .run()?;
        }
        Cmd::new(&rustup)
            .args(["run", &version, "cargo", "check", "--locked"])
            .args(["--package", &package, "--all-features"])
            .without_env("CARGO")
            .without_env("RUSTC")
            // Two compilers that shared a folder would rebuild each other's work.
            .env("CARGO_TARGET_DIR", project.target.join("oldest"))
            .dir(&project.root)
            .run()
            .map_err(|failure| {
                failure.advise("do without what is newer, or raise `rust-version` and say why")
            })?;
    }
    Ok(())
}

/// The crates with a `rust-version` of their own, and that version.
fn named_versions(project: &Project) -> Result<Vec<(String, String)>, Failure> {
    let folder = project.root.join(CRATES);
    let unreadable = |error: std::io::Error| {
        Failure::new(
            format!("could not read {}: {error}", folder.display()),
            "run this in a checkout of the repository",
        )
    };
    let mut named = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let manifest =
            std::fs::read_to_string(entry.path().join("Cargo.toml")).map_err(unreadable)?;
        if let Some(version) = rust_version(&manifest) {
            let package = entry.file_name().to_string_lossy().into_owned();
            named.push((package, version.to_owned()));
        }
    }
    named.sort();
    Ok(named)
}

fn rust_version(manifest: &str) -> Option<&str> {
    let mut lines = manifest.lines();
    let version = lines.find_map(|line| line.strip_prefix("rust-version = \""))?;
    version.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_version_of_its_own_counts() {
        assert_eq!(
            rust_version("name = \"a\"\nrust-version = \"1.88\"\n"),
            Some("1.88")
        );
        assert_eq!(rust_version("rust-version.workspace = true\n"), None);
    }
}
