//! A screen that nobody sees, for a browser that cannot do without one.

use std::path::Path;

use realtime_testkit::{Program, Start};

use crate::failure::Failure;
use crate::process::Cmd;

/// As large as the largest page that is looked at, with room for the browser's own bars.
const SIZE: &str = "1400x1100x24";

/// A running X server without a monitor, ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Screen {
    _program: Program,
    number: u32,
}

impl Screen {
    /// Starts one under the first number that is free.
    pub(crate) fn start(program: &Path) -> Result<Self, Failure> {
        let mut command = Cmd::new(program)
            .args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"])
            .into_inner();
        let how = Start::of("Xvfb", "run `Xvfb :99` by hand and read what it says");
        // It writes its number once it can be used, or ends without a word.
        let number = |line: &str| line.trim().parse().ok();
        let (program, number) = Program::start(how, &mut command, number)?;
        Ok(Self {
            _program: program,
            number,
        })
    }

    /// What programs are told that draw on it.
    pub(crate) fn display(&self) -> String {
        format!(":{}", self.number)
    }
}
