//! Child processes: one builder, four ways to run it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::failure::Failure;
use crate::tally::Tally;

/// Variables `cargo run` sets for this process that describe the package `xtask`. Some build scripts
/// ask to be re-run when they change, so passing them on would make `cargo xtask test` and a plain
/// `cargo test` undo one another's builds.
const PACKAGE_VARIABLES: [&str; 6] = [
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
];

/// How many characters of a command are shown.
const SHOWN: usize = 240;

/// A command to run, without standard input.
#[derive(Debug)]
pub(crate) struct Cmd {
    inner: Command,
}

impl Cmd {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut inner = Command::new(program);
        inner.stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || PACKAGE_VARIABLES.contains(&&*text) {
                inner.env_remove(&name);
            }
        }
        Self { inner }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.inner.arg(arg);
        self
    }

    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<OsStr>,
    {
        self.inner.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.inner.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.inner.current_dir(dir);
        self
    }

    /// The bare command, for a child that stays in the background.
    pub(crate) fn into_inner(self) -> Command {
        self.inner
    }

    /// Runs it with its output shown as it comes.
    pub(crate) fn run(self) -> Result<(), Failure> {
        let shown = self.shown();
        println!("      $ {shown}");
        let mut command = self.inner;
        let status = command.status().map_err(|error| unable(&shown, &error))?;
        if status.success() {
            Ok(())
        } else {
            Err(failed(&shown, &status.to_string()))
        }
    }

    /// Runs a program that says itself what went wrong: its success is ours, and so is its failure.
    pub(crate) fn succeeds(mut self) -> Result<ExitCode, Failure> {
        let status = self.inner.status();
        let status = status.map_err(|error| unable(&self.shown(), &error))?;
        Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Runs it in silence and returns what it wrote to standard output.
    pub(crate) fn capture(self) -> Result<String, Failure> {
        let shown = self.shown();
        let mut command = self.inner;
        let output = command.output().map_err(|error| unable(&shown, &error))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(failed(
                &shown,
                &format!("{}; it said:\n{}", output.status, said.trim_end()),
            ))
        }
    }

    /// Runs a test runner: its output is shown as it comes, and the results in it are counted. The
    /// count is returned for a failed run too.
    pub(crate) fn count_tests(self) -> (Tally, Result<(), Failure>) {
        let shown = self.shown();
        println!("      $ {shown}");
        let mut tally = Tally::default();
        let mut command = self.inner;
        let mut child = match command.stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => return (tally, Err(unable(&shown, &error))),
        };
        if let Some(stdout) = child.stdout.take() {
            let mut reader = BufReader::new(stdout);
            let mut line = Vec::new();
            while matches!(reader.read_until(b'\n', &mut line), Ok(read) if read > 0) {
                let text = String::from_utf8_lossy(&line);
                print!("{text}");
                tally.read_line(&text);
                line.clear();
            }
        }
        let outcome = match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(&shown, &status.to_string())),
            Err(error) => Err(unable(&shown, &error)),
        };
        (tally, outcome)
    }

    /// Runs it and hands over what it says on standard error, in pieces: a piece ends where a line ends or is written
    /// anew. Without a piece for a second, it hands over `None`.
    pub(crate) fn hear(self, mut hear: impl FnMut(Option<&str>)) -> Result<(), Failure> {
        let shown = self.shown();
        println!("      $ {shown}");
        let mut command = self.inner;
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| unable(&shown, &error))?;
        let (say, said) = mpsc::channel();
        let reader = child.stderr.take().map(|stderr| {
            std::thread::spawn(move || {
                for_each_piece(BufReader::new(stderr), |piece| say.send(piece).is_ok())
            })
        });
        loop {
            match said.recv_timeout(Duration::from_secs(1)) {
                Ok(piece) => hear(Some(&piece)),
                Err(RecvTimeoutError::Timeout) => hear(None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        drop(reader);
        match child.wait() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(failed(&shown, &status.to_string())),
            Err(error) => Err(unable(&shown, &error)),
        }
    }

    fn shown(&self) -> String {
        let program = Path::new(self.inner.get_program());
        let name = program.file_name().unwrap_or(program.as_os_str());
        let mut shown = name.to_string_lossy().into_owned();
        for arg in self.inner.get_args() {
            shown.push(' ');
            shown.push_str(&arg.to_string_lossy());
        }
        shorten(shown)
    }
}

/// Reads pieces that end with a line feed or a carriage return, until `take` wants no more.
fn for_each_piece(from: impl BufRead, mut take: impl FnMut(String) -> bool) {
    let mut piece = Vec::new();
    for byte in from.bytes().map_while(Result::ok) {
        if byte != b'\n' && byte != b'\r' {
            piece.push(byte);
        } else if !piece.is_empty() {
            if !take(String::from_utf8_lossy(&piece).into_owned()) {
                return;
            }
            piece.clear();
        }
    }
}

/// Cuts a command that would fill the screen.
fn shorten(shown: String) -> String {
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

fn unable(shown: &str, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("could not run `{shown}`: {error}"),
        "check that the program is installed and on PATH",
    )
}

fn failed(shown: &str, how: &str) -> Failure {
    Failure::new(
        format!("`{shown}` failed: {how}"),
        "its own message above says why",
    )
}

/// `PATH` with some folders put before what is there.
pub(crate) fn path_with(first: &[PathBuf]) -> Result<OsString, Failure> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = first.iter().cloned().chain(std::env::split_paths(&rest));
    std::env::join_paths(all).map_err(|error| {
        Failure::new(
            format!("could not put the tools on PATH: {error}"),
            "set REALTIME_YEW_TOOLS to a folder without a path separator in its name",
        )
    })
}

/// The first program of one of these names on `PATH`.
pub(crate) fn find_program(names: &[&str]) -> Option<PathBuf> {
    find_program_in(&std::env::var_os("PATH")?, names)
}

/// The first program of one of these names in the folders of a `PATH`.
pub(crate) fn find_program_in(path: &OsStr, names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    names.iter().find_map(|name| {
        let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
        folders
            .iter()
            .map(|folder| folder.join(&file))
            .find(|candidate| candidate.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_by_the_name_of_its_program_and_its_arguments() {
        let cmd = Cmd::new("/somewhere/bin/tool")
            .arg("build")
            .args(["-p", "demo"]);
        assert_eq!(cmd.shown(), "tool build -p demo");
    }

    #[test]
    fn a_command_with_very_many_arguments_is_shown_in_part() {
        let shown = Cmd::new("install").args(["è.rlib"; 100]).shown();
        assert_eq!(shown.chars().count(), SHOWN + 1);
        assert!(shown.ends_with('…'));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure_and_not_a_panic() {
        assert!(Cmd::new("no-such-program-here").capture().is_err());
        assert_eq!(find_program(&["no-such-program-here"]), None);
    }

    #[test]
    fn pieces_end_where_a_line_ends_or_is_written_anew() {
        let mut pieces = Vec::new();
        let said: &[u8] = b"one\ntwo\rthree\r\nunfinished";
        for_each_piece(said, |piece| {
            pieces.push(piece);
            true
        });
        assert_eq!(pieces, ["one", "two", "three"]);
    }

    #[test]
    fn folders_put_first_come_before_those_on_path() {
        let path = path_with(&[PathBuf::from("/tools/first")]).expect("a plain folder joins");
        assert_eq!(
            std::env::split_paths(&path).next(),
            Some(PathBuf::from("/tools/first"))
        );
    }
}
