//! One tool that Cargo can install: where it is looked for, in which order, and how it is got where it is nowhere.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cache::{Cache, beside, remove_if_there};
use crate::compilation;
use crate::failure::Failure;
use crate::process::{Cmd, find_program_in};
use crate::project::{cargo_program, version_in};

/// A tool, and the version of it that is wanted.
#[derive(Debug)]
pub(crate) struct Tool {
    /// What people call it.
    pub(crate) title: &'static str,
    /// Its package in the registry.
    pub(crate) package: &'static str,
    /// The version to get where none is there that will do.
    pub(crate) version: String,
    /// Its programs: all of them must be there, in one folder and of one version.
    pub(crate) programs: &'static [&'static str],
    /// Which versions on `PATH` will do.
    pub(crate) suits: Suits,
    /// More for `cargo install`.
    pub(crate) options: &'static [&'static str],
}

/// Which versions of a tool will do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Suits {
    /// The wanted one and no other.
    Exactly,
    /// All that begin like this.
    Series(&'static str),
    /// All.
    Any,
}

/// Where tools are looked for, and where they are kept.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    /// The folders of `PATH`.
    pub(crate) path: OsString,
    /// The Cargo that compiles.
    pub(crate) cargo: OsString,
    pub(crate) cache: &'a Cache,
}

impl<'a> Places<'a> {
    /// Those of this machine.
    pub(crate) fn here(cache: &'a Cache) -> Self {
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            cargo: cargo_program(),
            cache,
        }
    }
}

impl Tool {
    /// The folder of its programs, and a line that says where they are from. One on `PATH` comes first, then the one
    /// kept from before, then what its makers have built, if `cargo binstall` is there to get it; the last resort is
    /// to compile it.
    pub(crate) fn ensure(&self, places: &Places<'_>) -> Result<(PathBuf, String), Failure> {
        let Self { title, version, .. } = self;
        if let Some((bin, found)) = self.on_path(places) {
            return Ok((bin, format!("{title} {found} on PATH")));
        }
        let home = places.cache.folder(&title.to_lowercase(), version);
        let bin = home.join("bin");
        if self.is_in(&bin) {
            return Ok((bin, format!("{title} {version}, kept from before")));
        }
        if let Some(binstall) = find_program_in(&places.path, &["cargo-binstall"]) {
            match self.fetch(&binstall, &home) {
                Ok(()) if self.is_in(&bin) => {
                    return Ok((bin, format!("{title} {version}, as its makers built it")));
                }
                Ok(()) => println!("      what it got is not {title} {version}"),
                Err(_) => println!("      it cannot be got ready-made: its message is above"),
            }
        }
        self.compile(places, &home)?;
        if self.is_in(&bin) {
            return Ok((bin, format!("{title} {version} compiled")));
        }
        Err(Failure::new(
            format!("{title} was compiled but does not say that it is {version}"),
            format!("delete {} and try again", home.display()),
        ))
    }

    /// The folder on `PATH` that has the first of the programs, if all of them are there and will do.
    fn on_path(&self, places: &Places<'_>) -> Option<(PathBuf, String)> {
        let first = find_program_in(&places.path, &self.programs[..1])?;
        let bin = first.parent()?;
        let found = version_of(&first)?;
        let is_one = self.programs.iter().all(|program| {
            version_of(&program_in(bin, program)).is_some_and(|version| version == found)
        });
        (is_one && self.will_do(&found)).then(|| (bin.to_path_buf(), found))
    }

    fn is_in(&self, bin: &Path) -> bool {
        self.programs.iter().all(|program| {
            version_of(&program_in(bin, program)).is_some_and(|version| version == self.version)
        })
    }

    fn will_do(&self, version: &str) -> bool {
        match self.suits {
            Suits::Exactly => version == self.version,
            Suits::Series(begin) => version.starts_with(begin),
            Suits::Any => true,
        }
    }

    fn fetch(&self, binstall: &Path, home: &Path) -> Result<(), Failure> {
        println!(
            "      asking cargo-binstall for {} {}",
            self.title, self.version
        );
        Cmd::new(binstall)
            .args(["--no-confirm", "--force"])
            // Only what the makers themselves have published; and what is left is compiled below, with its progress.
            .args(["--disable-strategies", "quick-install,compile"])
            .arg("--root")
            .arg(home)
            .arg(format!("{}@{}", self.package, self.version))
            .env("BINSTALL_DISABLE_TELEMETRY", "true")
            .run()
    }

    fn compile(&self, places: &Places<'_>, home: &Path) -> Result<(), Failure> {
        // Kept until it has worked, so that an interrupted build goes on where it was.
        let build = beside(home, "build");
        let (package, version) = (self.package, self.version.as_str());
        let install = Cmd::new(&places.cargo)
            .args(["install", package, "--force", "--version", version])
            .args(self.options)
            .arg("--root")
            .arg(home)
            .env("CARGO_TARGET_DIR", &build)
            // Built once and run for seconds: these settings halve the time to build.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        compilation::run(install, &format!("{} {version}", self.title)).map_err(|failure| {
            failure.advise(format!(
                "check the network and Cargo's message above; or install {package} {version} yourself \
                 and put it on PATH"
            ))
        })?;
        remove_if_there(&build)
    }
}

/// Where a program of this name would be in a folder.
pub(crate) fn program_in(bin: &Path, name: &str) -> PathBuf {
    bin.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

fn version_of(program: &Path) -> Option<String> {
    if !program.is_file() {
        return None;
    }
    let said = Cmd::new(program).arg("--version").capture().ok()?;
    version_in(&said).map(str::to_owned)
}

// The stand-ins for tools are shell scripts.
#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A machine with a `PATH`, a cache and a Cargo of its own, gone at the end.
    struct Machine {
        root: PathBuf,
        cache: Cache,
    }

    impl Machine {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("xtask-tool-{}-{count}", std::process::id());
            let root = std::env::temp_dir().join(name);
            let cache = Cache::at(root.join("cache"));
            let machine = Self { root, cache };
            machine.write("cargo", &installer("9.9.9"));
            machine
        }

        /// Written by another process: a child that a test beside this one starts would inherit a file open for
        /// writing, and such a file cannot be run.
        fn write(&self, file: &str, script: &str) {
            let path = self.root.join(file);
            let folder = path.parent().expect("it is below the root");
            fs::create_dir_all(folder).expect("the folder can be made");
            let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"";
            let shell = Cmd::new("sh").args(["-c", write]).arg(path).arg(script);
            shell.capture().expect("the file can be written");
        }

        /// Puts both programs of the tool into a folder.
        fn has(&self, folder: &str, version: &str) {
            for program in tool(Suits::Exactly).programs {
                self.write(&format!("{folder}/{program}"), &says(version));
            }
        }

        fn ensure(&self, tool: &Tool) -> Result<(PathBuf, String), Failure> {
            let places = Places {
                path: self.root.join("path").into(),
                cargo: self.root.join("cargo").into(),
                cache: &self.cache,
            };
            let (bin, line) = tool.ensure(&places)?;
            let below = bin
                .strip_prefix(&self.root)
                .expect("it is on this machine")
                .to_path_buf();
            Ok((below, line))
        }

        /// What the stand-in for an installer was asked for, if it was.
        fn asked(&self, installer: &str) -> Option<String> {
            fs::read_to_string(self.root.join(format!("{installer}.asked"))).ok()
        }
    }

    impl Drop for Machine {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.root);
        }
    }

    fn says(version: &str) -> String {
        format!("echo 'saw {version}'")
    }

    /// Writes down what it was asked for, and puts both programs of this version below `--root`.
    fn installer(version: &str) -> String {
        format!(
            "echo \"$@\" > \"$0.asked\"\n\
             while [ \"$1\" != --root ]; do shift; done\n\
             mkdir -p \"$2/bin\"\n\
             for program in saw saw-runner; do\n\
             printf '#!/bin/sh\\necho saw {version}\\n' > \"$2/bin/$program\"\n\
             chmod 755 \"$2/bin/$program\"\n\
             done"
        )
    }

    fn tool(suits: Suits) -> Tool {
        Tool {
            title: "Saw",
            package: "saw-cli",
            version: "9.9.9".to_owned(),
            programs: &["saw", "saw-runner"],
            suits,
            options: &["--locked"],
        }
    }

    const KEPT: &str = "cache/saw-9.9.9/bin";

    #[test]
    fn one_on_path_comes_before_the_one_that_was_kept() {
        let machine = Machine::new();
        machine.has("path", "9.9.9");
        machine.has(KEPT, "9.9.9");
        machine.write("path/cargo-binstall", &installer("9.9.9"));
        let (bin, line) = machine.ensure(&tool(Suits::Exactly)).expect("it is there");
        assert_eq!((bin.to_str(), &*line), (Some("path"), "Saw 9.9.9 on PATH"));
        assert_eq!(machine.asked("path/cargo-binstall"), None);
        assert_eq!(machine.asked("cargo"), None);
    }

    #[test]
    fn one_on_path_of_another_version_is_left_alone_unless_it_will_do() {
        let machine = Machine::new();
        machine.has("path", "9.8.0");
        machine.has(KEPT, "9.9.9");
        let (bin, line) = machine.ensure(&tool(Suits::Exactly)).expect("it was kept");
        assert_eq!(bin, Path::new(KEPT));
        assert_eq!(line, "Saw 9.9.9, kept from before");
        for suits in [Suits::Series("9."), Suits::Any] {
            let (bin, line) = machine.ensure(&tool(suits)).expect("it is there");
            assert_eq!((bin.to_str(), &*line), (Some("path"), "Saw 9.8.0 on PATH"));
        }
    }

    #[test]
    fn programs_of_two_versions_are_not_one_tool() {
        let machine = Machine::new();
        machine.has("path", "9.9.9");
        machine.write("path/saw-runner", &says("9.9.8"));
        machine.has(KEPT, "9.9.9");
        let (bin, _) = machine.ensure(&tool(Suits::Any)).expect("it was kept");
        assert_eq!(bin, Path::new(KEPT));
    }

    #[test]
    fn what_is_nowhere_is_got_ready_made_where_binstall_is_there() {
        let machine = Machine::new();
        machine.write("path/cargo-binstall", &installer("9.9.9"));
        let (bin, line) = machine.ensure(&tool(Suits::Exactly)).expect("it is got");
        assert_eq!(bin, Path::new(KEPT));
        assert_eq!(line, "Saw 9.9.9, as its makers built it");
        assert_eq!(machine.asked("cargo"), None);
        let asked = machine.asked("path/cargo-binstall").unwrap_or_default();
        assert!(asked.trim_end().ends_with("saw-cli@9.9.9"), "{asked}");
        assert!(asked.contains("quick-install,compile"), "{asked}");
    }

    #[test]
    fn what_binstall_cannot_get_or_gets_wrong_is_compiled() {
        for script in ["exit 1", &installer("9.9.8")] {
            let machine = Machine::new();
            machine.write("path/cargo-binstall", script);
            let (bin, line) = machine
                .ensure(&tool(Suits::Exactly))
                .expect("it is compiled");
            assert_eq!(bin, Path::new(KEPT));
            assert_eq!(line, "Saw 9.9.9 compiled");
        }
    }

    #[test]
    fn without_binstall_it_is_compiled_as_its_options_say() {
        let machine = Machine::new();
        let (bin, _) = machine
            .ensure(&tool(Suits::Exactly))
            .expect("it is compiled");
        assert_eq!(bin, Path::new(KEPT));
        let asked = machine.asked("cargo").unwrap_or_default();
        let begin = "install saw-cli --force --version 9.9.9 --locked --root ";
        assert!(asked.starts_with(begin), "{asked}");
    }

    #[test]
    fn what_cannot_be_compiled_is_a_failure_that_says_what_to_install() {
        let machine = Machine::new();
        machine.write("cargo", "echo 'error: no linker' >&2; exit 101");
        let failure = machine.ensure(&tool(Suits::Exactly)).expect_err("it fails");
        assert!(
            failure.to_string().contains("install saw-cli 9.9.9"),
            "{failure}"
        );
    }
}
