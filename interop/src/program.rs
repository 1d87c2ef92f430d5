//! A program that a case starts: its first words awaited, its output kept, its end certain.

use crate::{
    failure::{Failure, Verdict},
    wait::within,
};
use std::{
    cell::RefCell, collections::VecDeque, ffi::OsStr, fmt, fs, process::Stdio, rc::Rc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// Lines of standard error kept per program.
const LINES: usize = 200;
/// How long a program may take until it says that it is up.
pub(crate) const START: Duration = Duration::from_secs(20);

/// A running program. Dropping it kills it.
pub(crate) struct Program {
    name: String,
    child: Child,
    complaints: Rc<RefCell<VecDeque<String>>>,
}

/// The two ends that a program is talked to by.
pub(crate) type Ends = (ChildStdin, Lines<BufReader<ChildStdout>>);

impl Program {
    /// Starts `program` with its standard input and output in our hands.
    pub(crate) fn start(
        name: &str,
        program: impl AsRef<OsStr>,
        set_up: impl FnOnce(&mut Command),
    ) -> Verdict<(Self, Ends)> {
        let failed = |why: &str| Failure::unable(&format!("start {name}"), why);
        let mut command = Command::new(program);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        set_up(&mut command);
        let mut child = command
            .spawn()
            .map_err(|error| failed(&error.to_string()))?;
        let ends = child.stdin.take().zip(child.stdout.take());
        let Some((input, output)) = ends else {
            return Err(failed("it has no standard input or output"));
        };
        let complaints = Rc::default();
        if let Some(errors) = child.stderr.take() {
            tokio::task::spawn_local(keep(errors, Rc::clone(&complaints)));
        }
        let program = Self {
            name: name.to_owned(),
            child,
            complaints,
        };
        Ok((program, (input, BufReader::new(output).lines())))
    }

    /// What it has written to standard error, at most the last two hundred lines.
    pub(crate) fn complaints(&self) -> String {
        let lines: Vec<_> = self.complaints.borrow().iter().cloned().collect();
        lines.join("\n")
    }

    /// Kills it as SIGKILL does, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> Verdict {
        let killed = self.child.kill().await;
        killed.map_err(|error| Failure::unable(&format!("kill {}", self.name), error))
    }

    /// Stops it in its tracks. The signal is only the beginning: until one of its threads has taken it,
    /// the others run on, so this waits until all stand still, where the system tells.
    pub(crate) async fn freeze(&self) -> Verdict {
        self.signal("STOP").await?;
        let id = self.child.id().unwrap_or_default();
        let stopped = async {
            while runs(id) {
                tokio::task::yield_now().await;
            }
        };
        within("the program stands still", stopped).await
    }

    /// Sends it a signal, such as `CONT`.
    pub(crate) async fn signal(&self, signal: &str) -> Verdict {
        let failed = |why: String| Failure::unable(&format!("send {} SIG{signal}", self.name), why);
        let id = self
            .child
            .id()
            .ok_or_else(|| failed("it has ended".into()))?;
        let status = Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(id.to_string())
            .status()
            .await
            .map_err(|error| failed(error.to_string()))?;
        if status.success() {
            Ok(())
        } else {
            Err(failed(status.to_string()))
        }
    }
}

/// Whether the system says of a thread of the process that it is not stopped.
fn runs(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let mut states = threads
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|thread| {
            let stat = fs::read_to_string(thread.path().join("stat")).ok()?;
            let (_, rest) = stat.rsplit_once(") ")?;
            rest.chars().next()
        });
    states.any(|state| !matches!(state, 'T' | 't' | 'Z' | 'X'))
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("name", &self.name)
            .field("id", &self.child.id())
            .finish_non_exhaustive()
    }
}

/// Keeps the last lines, so that the pipe never fills up.
async fn keep(output: impl AsyncRead + Unpin, kept: Rc<RefCell<VecDeque<String>>>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut kept = kept.borrow_mut();
        if kept.len() == LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}
