//! Debian's Rust, for machines where rustup cannot add a target: its packages hold a compiler and the
//! source of the standard library, but not the library built for wasm32, so it is built here, once.

use std::path::{Path, PathBuf};

use crate::apt;
use crate::cache::{Cache, no_access, remove_if_there};
use crate::failure::Failure;
use crate::process::Cmd;
use crate::project::{RUST_VERSION, at_least, version_in};
use crate::toolchain::{TARGET, WasmToolchain, has_wasm_std, libraries};

/// Where Debian's packages put programs.
const BIN: &str = "/usr/bin";

/// The compiler, Cargo, clippy, the source of the standard library, and the linker.
const PACKAGES: [&str; 6] = [
    "rustc-web",
    "cargo-web",
    "rust-web-clippy",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];

/// The programs the wasm32 builds need of it.
const PROGRAMS: [&str; 3] = ["rustc", "cargo", "cargo-clippy"];

/// The folder of its programs, if it is complete: recent enough, and with the library for wasm32.
pub(crate) fn ready() -> Option<PathBuf> {
    let bin = PathBuf::from(BIN);
    (has_programs(&bin) && is_recent(&bin) && has_wasm_std(rustc(&bin))).then_some(bin)
}

/// Installs the packages, then builds and installs the library for wasm32.
pub(crate) fn install(cache: &Cache) -> Result<PathBuf, Failure> {
    let bin = PathBuf::from(BIN);
    apt::install(&PACKAGES, "a Rust compiler that can build for the browser").map_err(|failure| {
        failure.advise(format!(
            "run `rustup target add {TARGET}` where there is a network, or install Debian 12's packages {}",
            PACKAGES.join(", ")
        ))
    })?;
    if !is_recent(&bin) {
        return Err(Failure::new(
            format!("the distribution's Rust is older than {RUST_VERSION}"),
            format!(
                "install Rust {RUST_VERSION} or newer with rustup, then run `rustup target add {TARGET}`"
            ),
        ));
    }
    if !has_wasm_std(rustc(&bin)) {
        let scratch = cache.folder("std", &version(&bin).unwrap_or_default());
        let built = build_std(&bin, &scratch)?;
        install_libraries(&built, &libraries(rustc(&bin))?)?;
        remove_if_there(&scratch)?;
    }
    Ok(bin)
}

fn has_programs(bin: &Path) -> bool {
    PROGRAMS.iter().all(|program| bin.join(program).is_file())
}

fn version(bin: &Path) -> Option<String> {
    let said = rustc(bin).arg("--version").capture().ok()?;
    version_in(&said).map(str::to_owned)
}

fn is_recent(bin: &Path) -> bool {
    version(bin).is_some_and(|version| at_least(&version, RUST_VERSION))
}

fn rustc(bin: &Path) -> Cmd {
    toolchain(bin).lead(Cmd::new(bin.join("rustc")))
}

fn toolchain(bin: &Path) -> WasmToolchain {
    WasmToolchain::Distribution {
        bin: bin.to_path_buf(),
    }
}

/// Builds the standard library in a crate that holds nothing else, and returns the built files with
/// the library `std` itself as the last one.
fn build_std(bin: &Path, scratch: &Path) -> Result<Vec<PathBuf>, Failure> {
    println!("      building the standard library for {TARGET} (about a minute)");
    write_scratch_crate(scratch).map_err(|error| no_access(scratch, &error))?;
    let target = scratch.join("target");
    toolchain(bin)
        .cargo()
        .args(["build", "--release", "-Zbuild-std=std,panic_abort,test"])
        .args(["--target", TARGET])
        .dir(scratch)
        .env("CARGO_TARGET_DIR", &target)
        // Building std is not stable, and the distribution's compiler is.
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode inside, link-time optimisation of a program that uses it fails.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .without_env("CARGO_ENCODED_RUSTFLAGS")
        .run()
        .map_err(|failure| {
            failure.advise(format!(
                "check that the package rust-web-src is of the same version as rustc-web, then delete {} \
                 and try again",
                scratch.display()
            ))
        })?;
    built_libraries(&target.join(TARGET).join("release").join("deps"))
}

fn write_scratch_crate(scratch: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(scratch.join("src"))?;
    std::fs::write(
        scratch.join("Cargo.toml"),
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )?;
    std::fs::write(scratch.join("src").join("lib.rs"), "")
}

fn built_libraries(deps: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(deps).map_err(|error| {
        Failure::new(
            format!("could not read {}: {error}", deps.display()),
            "delete that folder and try again",
        )
    })?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .filter(|path| !file_name_starts(path, "libscratch-"))
        .collect();
    files.sort_by_key(|path| file_name_starts(path, "libstd-"));
    Ok(files)
}

fn file_name_starts(path: &Path, start: &str) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(start))
}

/// Copies the built libraries to where the compiler looks. `std` goes last: it is what says that the
/// set is complete, should the copying be interrupted.
fn install_libraries(files: &[PathBuf], into: &Path) -> Result<(), Failure> {
    let Some((std, others)) = files
        .split_last()
        .filter(|(std, _)| file_name_starts(std, "libstd-"))
    else {
        return Err(Failure::new(
            "building the standard library left no library",
            "report this with the output above",
        ));
    };
    let copy = |files: &[PathBuf]| -> Result<(), Failure> {
        apt::as_root("install")?
            .args(["-D", "-m", "644", "-t"])
            .arg(into)
            .args(files)
            .run()
            .map_err(|failure| {
                failure.advise(format!("check that {} can be written to", into.display()))
            })
    };
    copy(others)?;
    copy(std::slice::from_ref(std))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_libraries_without_std_is_not_installed() {
        let files = [PathBuf::from("/built/libcore-1.rlib")];
        assert!(install_libraries(&files, Path::new("/no/such/folder")).is_err());
        assert!(install_libraries(&[], Path::new("/no/such/folder")).is_err());
    }

    #[test]
    fn a_folder_without_the_programs_is_not_a_toolchain() {
        assert!(!has_programs(Path::new("/no/such/folder")));
        assert!(!is_recent(Path::new("/no/such/folder")));
    }
}
