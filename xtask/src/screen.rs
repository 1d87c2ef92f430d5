//! A screen that nobody sees, for a browser that cannot do without one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use crate::failure::Failure;
use crate::process::Cmd;

/// As large as the largest page that is looked at, with room for the browser's own bars.
const SIZE: &str = "1400x1100x24";

/// A running X server without a monitor, ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    child: Child,
    number: String,
}

impl Screen {
    /// Starts one under the first number that is free.
    pub(crate) fn start(program: &Path) -> Result<Self, Failure> {
        let failed = |why: String| {
            Failure::new(
                format!("could not start {}: {why}", program.display()),
                "run `Xvfb :99` by hand and read what it says",
            )
        };
        let mut child = Cmd::new(program)
            .args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"])
            .into_inner()
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let mut number = String::new();
        // It writes its number once it can be used, or ends without a word.
        let read = child
            .stdout
            .take()
            .map(|said| BufReader::new(said).read_line(&mut number));
        number.truncate(number.trim_end().len());
        let screen = Self { child, number };
        match read {
            Some(Ok(_)) if !screen.number.is_empty() => Ok(screen),
            Some(Err(error)) => Err(failed(error.to_string())),
            _ => Err(failed("it ended without a screen".to_owned())),
        }
    }

    /// What programs are told that draw on it.
    pub(crate) fn display(&self) -> String {
        format!(":{}", self.number)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
