//! The compiler that builds for the browser.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::distribution;
use crate::failure::Failure;
use crate::process::{Cmd, find_program};
use crate::project::{Project, native_cargo, version_in};

/// The target of everything that runs in a browser.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// What would make a child use the toolchain that runs this program rather than the one it is told.
const TOOLCHAIN_VARIABLES: [&str; 5] = [
    "CARGO",
    "LD_LIBRARY_PATH",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTUP_TOOLCHAIN",
];

/// A toolchain with a standard library for wasm32.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WasmToolchain {
    /// The user's own, which runs this program too.
    Native,
    /// The distribution's, whose `cargo` and `rustc` are in this folder.
    Distribution { bin: PathBuf },
    /// Rustup's nightly one, whose `cargo` and `rustc` are in this folder, with [`UNSTABLE`] settings.
    Nightly { bin: PathBuf },
}

/// What makes pages smallest: a standard library rebuilt for size, whose panics abort without a word.
const UNSTABLE: [(&str, &str); 3] = [
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    (
        "RUSTFLAGS",
        "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none",
    ),
];

impl WasmToolchain {
    /// Finds or installs one, the user's own first. Returns it with a line that says what it is.
    pub(crate) fn ensure(cache: &Cache) -> Result<(Self, String), Failure> {
        if has_wasm_std(native_rustc()) {
            let rustc = version_of(native_rustc())?;
            return Ok((Self::Native, format!("rustc {rustc} has it")));
        }
        // What an earlier run installed comes before rustup, which may take long to give up offline.
        if let Some(bin) = distribution::ready() {
            return Self::from_distribution(bin);
        }
        let why = match add_with_rustup() {
            Ok(()) => return Ok((Self::Native, format!("rustup added {TARGET}"))),
            Err(why) => why,
        };
        println!("      rustup cannot add it: {why}");
        Self::from_distribution(distribution::install(cache)?)
    }

    /// The nightly one, with the source of its standard library.
    pub(crate) fn nightly() -> Result<Self, Failure> {
        let rustup = |words: &[&str]| {
            let rustup = Cmd::new("rustup")
                .args(words)
                .args(["--toolchain", "nightly"]);
            rustup.capture().map_err(|failure| {
                failure.advise("install the compiler with `rustup toolchain install nightly`")
            })
        };
        rustup(&["component", "add", "rust-src"])?;
        let cargo = PathBuf::from(rustup(&["which", "cargo"])?.trim());
        let bin = cargo.parent().unwrap_or(&cargo).to_path_buf();
        Ok(Self::Nightly { bin })
    }

    fn from_distribution(bin: PathBuf) -> Result<(Self, String), Failure> {
        let toolchain = Self::Distribution { bin };
        let rustc = version_of(toolchain.lead(Cmd::new(toolchain.program("rustc"))))?;
        Ok((
            toolchain,
            format!("the distribution's rustc {rustc} has it"),
        ))
    }

    /// The folder to put on `PATH` before all others, so that Trunk finds the right Cargo.
    pub(crate) fn bin(&self) -> Option<&Path> {
        match self {
            Self::Native => None,
            Self::Distribution { bin } | Self::Nightly { bin } => Some(bin),
        }
    }

    /// Where its builds go. Two compilers that shared a folder would rebuild each other's work.
    pub(crate) fn target_dir(&self, project: &Project) -> PathBuf {
        match self {
            Self::Native => project.target.clone(),
            Self::Distribution { .. } => project.target.join("wasm"),
            Self::Nightly { .. } => project.target.join("smallest"),
        }
    }

    /// Its Cargo.
    pub(crate) fn cargo(&self) -> Cmd {
        match self {
            Self::Native => native_cargo(),
            _ => self.lead(Cmd::new(self.program("cargo"))),
        }
    }

    /// Leads a child to this toolchain, whatever the environment and `PATH` say of others.
    pub(crate) fn lead(&self, cmd: Cmd) -> Cmd {
        let Some(bin) = self.bin() else { return cmd };
        let cmd = TOOLCHAIN_VARIABLES
            .into_iter()
            .fold(cmd, Cmd::without_env)
            .env("RUSTC", bin.join("rustc"))
            .env("RUSTDOC", bin.join("rustdoc"));
        match self {
            Self::Nightly { .. } => UNSTABLE
                .into_iter()
                .fold(cmd, |cmd, (name, value)| cmd.env(name, value)),
            _ => cmd,
        }
    }

    fn program(&self, name: &str) -> PathBuf {
        self.bin()
            .map_or_else(|| PathBuf::from(name), |bin| bin.join(name))
    }
}

fn native_rustc() -> Cmd {
    Cmd::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn version_of(rustc: Cmd) -> Result<String, Failure> {
    let said = rustc.arg("--version").capture()?;
    Ok(version_in(&said).unwrap_or("of unknown version").to_owned())
}

/// Where a compiler looks for the target's libraries.
pub(crate) fn libraries(rustc: Cmd) -> Result<PathBuf, Failure> {
    let said = rustc
        .args(["--print", "target-libdir", "--target", TARGET])
        .capture()?;
    Ok(PathBuf::from(said.trim()))
}

/// Whether a compiler has the standard library of the target.
pub(crate) fn has_wasm_std(rustc: Cmd) -> bool {
    libraries(rustc).is_ok_and(|folder| holds_std(&folder))
}

fn holds_std(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    })
}

fn add_with_rustup() -> Result<(), String> {
    let rustup = find_program(&["rustup"]).ok_or("there is no rustup")?;
    println!("      asking rustup for {TARGET}");
    Cmd::new(rustup)
        .args(["target", "add", TARGET])
        // Without a network it would otherwise try for minutes.
        .env("RUSTUP_MAX_RETRIES", "1")
        .env("RUST_BACKTRACE", "0")
        .run()
        .map_err(|_| "its message is above")?;
    // rustup may manage another toolchain than the one in use.
    if has_wasm_std(native_rustc()) {
        Ok(())
    } else {
        Err("it manages another toolchain than the one in use".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_the_standard_library_does_not_pass_for_one_with_it() {
        assert!(!holds_std(Path::new("/no/such/folder")));
        assert!(!holds_std(Path::new(env!("CARGO_MANIFEST_DIR"))));
    }

    #[test]
    fn the_distributions_builds_have_a_folder_of_their_own() {
        let project = Project {
            root: PathBuf::from("/w"),
            target: PathBuf::from("/w/target"),
        };
        let other = WasmToolchain::Distribution {
            bin: PathBuf::from("/usr/bin"),
        };
        assert_eq!(WasmToolchain::Native.target_dir(&project), project.target);
        assert_eq!(other.target_dir(&project), PathBuf::from("/w/target/wasm"));
    }
}
