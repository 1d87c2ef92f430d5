//! A program started by a scenario: its first words awaited, its output kept, its end certain.

use crate::error::E2eError;
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

/// Lines of output kept per program.
const LINES: usize = 2_000;
/// How often a program that says nothing is asked whether it is ready.
const GLANCE: Duration = Duration::from_millis(50);

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts `command` and reads its output until `ready` finds what it looks for in a line.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it cannot be started, ends, or does not say it within `within`.
    pub(crate) fn start<T>(
        name: &str,
        hint: &str,
        command: &mut Command,
        within: Duration,
        mut ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Self, T), E2eError> {
        let failed = failure(name, hint);
        let (program, heard) = Self::spawn(name, hint, command)?;
        let deadline = Instant::now() + within;
        loop {
            match heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = ready(&line) {
                        return Ok((program, found));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(failed(format!(
                        "not ready within {within:?}: {}",
                        program.output()
                    )));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(failed(format!("it ended: {}", program.output())));
                }
            }
        }
    }

    /// Starts `command`, which does not say when it is ready, and asks `is_ready` again and again.
    ///
    /// # Errors
    ///
    /// [`E2eError::Start`] when it cannot be started, ends, or is not ready within `within`.
    pub(crate) fn start_silent(
        name: &str,
        hint: &str,
        command: &mut Command,
        within: Duration,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self, E2eError> {
        let failed = failure(name, hint);
        let (mut program, _) = Self::spawn(name, hint, command)?;
        let start = Instant::now();
        while !is_ready() {
            if !matches!(program.child.try_wait(), Ok(None)) {
                return Err(failed(format!("it ended: {}", program.output())));
            }
            if start.elapsed() > within {
                return Err(failed(format!(
                    "not ready within {within:?}: {}",
                    program.output()
                )));
            }
            thread::sleep(GLANCE);
        }
        Ok(program)
    }

    /// Starts `command`, with its output kept, and passed on to whoever listens.
    fn spawn(
        name: &str,
        hint: &str,
        command: &mut Command,
    ) -> Result<(Self, Receiver<String>), E2eError> {
        let failed = failure(name, hint);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| failed(format!("{}: {error}", command.get_program().display())))?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (said, heard) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            follow(stdout, Arc::clone(&lines), said.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            follow(stderr, Arc::clone(&lines), said);
        }
        let program = Self {
            name: name.into(),
            child,
            lines,
        };
        Ok((program, heard))
    }

    /// What it has said so far, on both of its outputs.
    pub(crate) fn output(&self) -> String {
        self.lines
            .lock()
            .map(|lines| lines.join("\n"))
            .unwrap_or_default()
    }

    /// Kills it as SIGKILL does, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub(crate) fn kill(mut self) -> Result<(), E2eError> {
        self.end()
            .map_err(|error| E2eError::Wrong(format!("could not kill {}: {error}", self.name)))
    }

    fn end(&mut self) -> std::io::Result<()> {
        if self.child.try_wait()?.is_none() {
            self.child.kill()?;
            self.child.wait()?;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("could not end {}: {error}", self.name);
        }
    }
}

/// Says why `name` did not start, and what to do about it.
fn failure(name: &str, hint: &str) -> impl Fn(String) -> E2eError {
    let (program, hint) = (name.to_owned(), hint.to_owned());
    move |reason| E2eError::Start {
        program: program.clone(),
        reason,
        hint: hint.clone(),
    }
}

/// Keeps every line, and passes it on as long as somebody listens, so that the pipe never fills up.
fn follow(
    output: impl Read + Send + 'static,
    lines: Arc<Mutex<Vec<String>>>,
    said: Sender<String>,
) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            let Ok(line) = line else { break };
            if let Ok(mut lines) = lines.lock() {
                if lines.len() == LINES {
                    lines.remove(0);
                }
                lines.push(line.clone());
            }
            // Nobody listens once the program is ready.
            let _ = said.send(line);
        }
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn port(line: &str) -> Option<u16> {
        line.strip_prefix("port ")?.parse().ok()
    }

    #[test]
    fn a_program_is_ready_when_it_says_so() {
        let mut command = shell("echo hello; echo port 17 >&2; exec sleep 60");
        let (program, found) =
            Program::start("it", "", &mut command, Duration::from_secs(20), port).unwrap();
        assert_eq!(found, 17);
        assert!(program.output().contains("port 17"));
        program.kill().unwrap();
    }

    #[test]
    fn a_program_that_ends_early_fails_with_what_it_said() {
        let mut command = shell("echo no such folder; exit 3");
        let error = Program::start(
            "it",
            "build it",
            &mut command,
            Duration::from_secs(20),
            port,
        )
        .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("it ended: no such folder; build it"),
            "{text}"
        );
    }

    #[test]
    fn a_silent_program_is_not_waited_for_without_end() {
        let mut command = shell("exec sleep 60");
        let error =
            Program::start("it", "", &mut command, Duration::from_millis(50), port).unwrap_err();
        assert!(
            error.to_string().contains("not ready within 50ms"),
            "{error}"
        );
    }
}
