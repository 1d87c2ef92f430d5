//! The build tools wasm-bindgen, Trunk and wasm-opt, Firefox's driver and cargo-deny: from the cache, from `PATH`, or
//! installed.

use std::path::{Path, PathBuf};

use crate::cache::{Cache, beside, no_access, remove_if_there};
use crate::failure::Failure;
use crate::node::Node;
use crate::process::{Cmd, find_program};
use crate::project::{Project, native_cargo, version_in};

/// The Trunk that builds with the oldest compiler we state; 0.22 wants a newer one.
const TRUNK: &str = "0.21.14";
/// Any other Trunk of this series will do as well.
const TRUNK_SERIES: &str = "0.21.";

/// The geckodriver to install, which steers every Firefox of today.
const GECKODRIVER: &str = "0.37.1";

/// The cargo-deny to install; another one may read deny.toml otherwise.
const CARGO_DENY: &str = "0.20.2";

/// The wasm-opt to install.
const BINARYEN: &str = "132";
/// Older ones do not know the features the compiler now uses.
const OLDEST_BINARYEN: u32 = 116;

/// A tool that was found or installed: the folder to put on `PATH`, and a line that says what it is.
pub(crate) type Found = (PathBuf, String);

/// The wasm-bindgen of exactly the version in Cargo.lock: its format has no compatibility between
/// versions. Comes with the runner of browser tests.
pub(crate) fn wasm_bindgen(project: &Project, cache: &Cache) -> Result<Found, Failure> {
    let version = project.locked_version("wasm-bindgen")?;
    let home = cache.folder("wasm-bindgen", &version);
    let bin = home.join("bin");
    if reports(&bin.join("wasm-bindgen-test-runner"), |said| {
        said == version
    }) && reports(&bin.join("wasm-bindgen"), |said| said == version)
    {
        return Ok((bin, format!("wasm-bindgen {version}, kept from before")));
    }
    if let Some(bin) = on_path("wasm-bindgen-test-runner", |said| said == version)
        && reports(&bin.join("wasm-bindgen"), |said| said == version)
    {
        return Ok((bin, format!("wasm-bindgen {version} on PATH")));
    }
    println!("      installing wasm-bindgen {version} (about 4 minutes, once a machine)");
    // Not `--locked`: its lock file names versions that not every registry serves.
    cargo_install("wasm-bindgen-cli", &version, &home, &[])?;
    Ok((bin, format!("wasm-bindgen {version} installed")))
}

/// Trunk, which builds the demo's page.
pub(crate) fn trunk(cache: &Cache) -> Result<Found, Failure> {
    let home = cache.folder("trunk", TRUNK);
    let bin = home.join("bin");
    if reports(&bin.join("trunk"), |said| said == TRUNK) {
        return Ok((bin, format!("Trunk {TRUNK}, kept from before")));
    }
    if let Some(bin) = on_path("trunk", |said| said.starts_with(TRUNK_SERIES)) {
        return Ok((bin, format!("Trunk {TRUNK_SERIES}x on PATH")));
    }
    println!("      installing Trunk {TRUNK} (8 to 12 minutes, once a machine)");
    // Only with its lock file does this version still compile.
    cargo_install("trunk", TRUNK, &home, &["--locked"])?;
    Ok((bin, format!("Trunk {TRUNK} installed")))
}

/// geckodriver, which steers Firefox: the program itself, as it must not be found by what asks for
/// another browser.
pub(crate) fn geckodriver(cache: &Cache) -> Result<PathBuf, Failure> {
    let home = cache.folder("geckodriver", GECKODRIVER);
    let file = format!("geckodriver{}", std::env::consts::EXE_SUFFIX);
    let program = home.join("bin").join(&file);
    if reports(&program, |said| said == GECKODRIVER) {
        return Ok(program);
    }
    if let Some(bin) = on_path("geckodriver", |_| true) {
        return Ok(bin.join(file));
    }
    println!("      installing geckodriver {GECKODRIVER} (about 2 minutes, once a machine)");
    cargo_install("geckodriver", GECKODRIVER, &home, &["--locked"])?;
    Ok(program)
}

/// cargo-deny, which looks at the dependencies.
pub(crate) fn cargo_deny(cache: &Cache) -> Result<(PathBuf, String), Failure> {
    let home = cache.folder("cargo-deny", CARGO_DENY);
    let file = format!("cargo-deny{}", std::env::consts::EXE_SUFFIX);
    let program = home.join("bin").join(&file);
    if reports(&program, |said| said == CARGO_DENY) {
        return Ok((
            program,
            format!("cargo-deny {CARGO_DENY}, kept from before"),
        ));
    }
    if let Some(bin) = on_path("cargo-deny", |said| said == CARGO_DENY) {
        return Ok((bin.join(file), format!("cargo-deny {CARGO_DENY} on PATH")));
    }
    println!("      installing cargo-deny {CARGO_DENY} (about 5 minutes, once a machine)");
    cargo_install("cargo-deny", CARGO_DENY, &home, &["--locked"])?;
    Ok((program, format!("cargo-deny {CARGO_DENY} installed")))
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

fn cargo_install(package: &str, version: &str, home: &Path, more: &[&str]) -> Result<(), Failure> {
    // Kept until it has worked, so that an interrupted build goes on where it was.
    let build = beside(home, "build");
    native_cargo()
        .args(["install", package, "--force", "--version", version])
        .args(more)
        .arg("--root")
        .arg(home)
        .env("CARGO_TARGET_DIR", &build)
        // Built once and run for seconds: these settings halve the time to build.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .run()
        .map_err(|failure| {
            failure.advise(format!(
                "check the network and Cargo's message above; or install {package} {version} yourself \
                 and put it on PATH"
            ))
        })?;
    remove_if_there(&build)
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

/// The folder of a program on `PATH`, if the version it reports suits.
fn on_path(name: &str, suits: impl Fn(&str) -> bool) -> Option<PathBuf> {
    let program = find_program(&[name])?;
    if !reports(&program, suits) {
        return None;
    }
    program.parent().map(Path::to_path_buf)
}

fn reports(program: &Path, suits: impl Fn(&str) -> bool) -> bool {
    program.is_file()
        && Cmd::new(program)
            .arg("--version")
            .capture()
            .is_ok_and(|said| version_in(&said).is_some_and(suits))
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
        assert!(!reports(Path::new("/no/such/tool"), |_| true));
        assert_eq!(binaryen_version(Path::new("/no/such/tool")), None);
    }
}
