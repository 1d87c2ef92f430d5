//! The build tools wasm-bindgen, Trunk, wasm-opt and mdBook, Firefox's driver and cargo-deny: from the cache, from `PATH`, or
//! installed.

use std::path::{Path, PathBuf};

use crate::cache::{Cache, beside, no_access, remove_if_there};
use crate::failure::Failure;
use crate::node::Node;
use crate::process::{Cmd, find_program};
use crate::project::Project;
use crate::tool::{Places, Suits, Tool, program_in};

/// The Trunk that builds with the oldest compiler we state; 0.22 wants a newer one.
const TRUNK: &str = "0.21.14";
/// Any other Trunk of this series will do as well.
const TRUNK_SERIES: &str = "0.21.";

/// The geckodriver to install, which steers every Firefox of today.
const GECKODRIVER: &str = "0.37.1";

/// The cargo-deny to install; another one may read deny.toml otherwise.
const CARGO_DENY: &str = "0.20.2";

/// The mdBook to install, which makes the site of the documents.
const MDBOOK: &str = "0.5.4";
/// Any other mdBook of this series will do as well.
const MDBOOK_SERIES: &str = "0.5.";

/// The wasm-opt to install.
const BINARYEN: &str = "132";
/// Older ones do not know the features the compiler now uses.
const OLDEST_BINARYEN: u32 = 116;

/// A tool that was found or installed: where it is, and a line that says what it is.
pub(crate) type Found = (PathBuf, String);

/// The wasm-bindgen of exactly the version in Cargo.lock: its format has no compatibility between
/// versions. Comes with the runner of browser tests.
pub(crate) fn wasm_bindgen(project: &Project, cache: &Cache) -> Result<Found, Failure> {
    let tool = Tool {
        title: "wasm-bindgen",
        package: "wasm-bindgen-cli",
        version: project.locked_version("wasm-bindgen")?,
        programs: &["wasm-bindgen-test-runner", "wasm-bindgen"],
        suits: Suits::Exactly,
        // Not `--locked`: its lock file names versions that not every registry serves. It speaks TLS to drivers on
        // other machines alone.
        options: &["--no-default-features"],
    };
    tool.ensure(&Places::here(cache))
}

/// Trunk, which builds the demo's page.
pub(crate) fn trunk(cache: &Cache) -> Result<Found, Failure> {
    let tool = Tool {
        title: "Trunk",
        package: "trunk",
        version: TRUNK.to_owned(),
        programs: &["trunk"],
        suits: Suits::Series(TRUNK_SERIES),
        // Only with its lock file does this version still compile.
        options: &["--locked"],
    };
    tool.ensure(&Places::here(cache))
}

/// geckodriver, which steers Firefox: the program itself, as it must not be found by what asks for
/// another browser.
pub(crate) fn geckodriver(cache: &Cache) -> Result<PathBuf, Failure> {
    let tool = Tool {
        title: "geckodriver",
        package: "geckodriver",
        version: GECKODRIVER.to_owned(),
        programs: &["geckodriver"],
        suits: Suits::Any,
        options: &["--locked"],
    };
    let (bin, _) = tool.ensure(&Places::here(cache))?;
    Ok(program_in(&bin, "geckodriver"))
}

/// cargo-deny, which looks at the dependencies: the program itself.
pub(crate) fn cargo_deny(cache: &Cache) -> Result<Found, Failure> {
    let tool = Tool {
        title: "cargo-deny",
        package: "cargo-deny",
        version: CARGO_DENY.to_owned(),
        programs: &["cargo-deny"],
        suits: Suits::Exactly,
        options: &["--locked"],
    };
    let (bin, line) = tool.ensure(&Places::here(cache))?;
    Ok((program_in(&bin, "cargo-deny"), line))
}

/// mdBook, which makes the site of the documents.
pub(crate) fn mdbook(cache: &Cache) -> Result<Found, Failure> {
    let tool = Tool {
        title: "mdBook",
        package: "mdbook",
        version: MDBOOK.to_owned(),
        programs: &["mdbook"],
        suits: Suits::Series(MDBOOK_SERIES),
        // Without its own server: `cargo xtask site` has one.
        options: &["--locked", "--no-default-features", "--features", "search"],
    };
    tool.ensure(&Places::here(cache))
}

/// wasm-opt, which makes the built page smaller.
pub(crate) fn wasm_opt(cache: &Cache) -> Result<Found, Failure> {
    let home = cache.folder("binaryen", BINARYEN);
    let bin = binaryen_bin(&home);
    if binaryen_version(&bin.join("wasm-opt")).is_some() {
        return Ok((bin, format!("wasm-opt {BINARYEN}, kept from before")));
    }
    if let Some(program) = find_program(&["wasm-opt"])
        && let Some(version) = binaryen_version(&program)
        && version >= OLDEST_BINARYEN
        && let Some(folder) = program.parent()
    {
        return Ok((folder.to_path_buf(), format!("wasm-opt {version} on PATH")));
    }
    Node::ensure()?;
    install_binaryen(&home)?;
    Ok((bin, format!("wasm-opt {BINARYEN} installed")))
}

fn install_binaryen(home: &Path) -> Result<(), Failure> {
    println!("      installing wasm-opt {BINARYEN} with npm");
    // Installed beside its place and then moved there, so that half an install is never found.
    let half = beside(home, "half");
    remove_if_there(&half)?;
    remove_if_there(home)?;
    let npm = find_program(&["npm"]).unwrap_or_else(|| PathBuf::from("npm"));
    std::fs::create_dir_all(&half)
        .map_err(|error| no_access(&half, &error))
        .and_then(|()| {
            Cmd::new(npm)
                .args(["install", "--no-audit", "--no-fund", "--prefix"])
                .arg(&half)
                .arg(format!("binaryen@{BINARYEN}"))
                .dir(&half)
                .run()
                .map_err(|failure| {
                    failure.advise(format!(
                        "check the network and npm's message above; or put a wasm-opt of version \
                         {OLDEST_BINARYEN} or newer on PATH"
                    ))
                })
        })?;
    std::fs::rename(&half, home).map_err(|error| no_access(home, &error))?;
    let program = binaryen_bin(home).join("wasm-opt");
    if binaryen_version(&program).is_none() {
        return Err(Failure::new(
            format!("{} was installed but does not run", program.display()),
            "check that node is version 16 or newer",
        ));
    }
    Ok(())
}

fn binaryen_bin(home: &Path) -> PathBuf {
    home.join("node_modules").join(".bin")
}

fn binaryen_version(program: &Path) -> Option<u32> {
    if !program.is_file() {
        return None;
    }
    binaryen_version_in(&Cmd::new(program).arg("--version").capture().ok()?)
}

/// Binaryen counts its versions in whole numbers: `wasm-opt version 116 (version_116)`.
fn binaryen_version_in(said: &str) -> Option<u32> {
    let (_, rest) = said.split_once("version ")?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_wasm_opt_is_a_whole_number() {
        assert_eq!(
            binaryen_version_in("wasm-opt version 132 (version_132)\n"),
            Some(132)
        );
        assert_eq!(binaryen_version_in("wasm-opt version 108"), Some(108));
        assert_eq!(binaryen_version_in("something else"), None);
    }

    #[test]
    fn a_tool_that_is_not_there_reports_no_version() {
        assert_eq!(binaryen_version(Path::new("/no/such/tool")), None);
    }
}
