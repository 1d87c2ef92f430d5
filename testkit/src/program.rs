//! A program as a child: its first words awaited, its output kept, its end certain.

use crate::error::KitError;
use std::{
    collections::VecDeque,
    fs,
    io::{self, BufRead, BufReader, Read},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

/// Lines of output kept per program.
const LINES: usize = 2_000;
/// How often a program that says nothing is looked at.
const GLANCE: Duration = Duration::from_millis(50);
/// How long a program may take to stand still.
const STANDS: Duration = Duration::from_secs(15);

/// How a program is started.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// What it is called in messages.
    pub name: &'a str,
    /// What to do when it does not start.
    pub hint: &'a str,
    /// How long it may take to be ready.
    pub within: Duration,
    /// What becomes of what it says.
    pub output: Output,
}

/// What becomes of what a program says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// The last two thousand lines are kept.
    Kept,
    /// The same, and they are shown as they come.
    Shown,
}

/// Both ends that a program is talked to by.
#[derive(Debug)]
pub struct Talk {
    /// Its standard input.
    pub input: ChildStdin,
    /// The lines of its standard output, after those by which it was ready. They end with the program.
    pub lines: Receiver<String>,
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    lines: Arc<Lines>,
}

/// What was said last.
#[derive(Debug)]
struct Lines {
    kept: Mutex<VecDeque<String>>,
    output: Output,
}

impl Program {
    /// Starts `command` and reads both of its outputs until `ready` finds what it looks for in a line.
    pub fn start<T>(
        how: Start<'_>,
        command: &mut Command,
        ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Self, T), KitError> {
        let (mut program, said, heard) = Self::spawn(how, command.stdin(Stdio::null()))?;
        program.follow_stdout(said);
        let found = program.await_words(how, &heard, ready)?;
        Ok((program, found))
    }

    /// Starts `command`, which is talked to. What it says on its standard output is not kept.
    pub fn start_talking<T>(
        how: Start<'_>,
        command: &mut Command,
        ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<(Self, T, Talk), KitError> {
        let (mut program, _, _) = Self::spawn(how, command.stdin(Stdio::piped()))?;
        let (said, lines) = mpsc::channel();
        if let Some(stdout) = program.child.stdout.take() {
            thread::spawn(move || {
                let lines = BufReader::new(stdout).lines().map_while(Result::ok);
                // Nobody listens once the other end is dropped.
                lines.for_each(|line| drop(said.send(line)));
            });
        }
        let found = program.await_words(how, &lines, ready)?;
        let input = program.child.stdin.take();
        let input = input.ok_or_else(|| how.failed("it has no standard input".into()))?;
        Ok((program, found, Talk { input, lines }))
    }

    /// Starts `command`, which does not say when it is ready, and asks `is_ready` again and again.
    pub fn start_silent(
        how: Start<'_>,
        command: &mut Command,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self, KitError> {
        let (mut program, said, _) = Self::spawn(how, command.stdin(Stdio::null()))?;
        program.follow_stdout(said);
        let start = Instant::now();
        while !is_ready() {
            if program.ended().is_some() {
                return Err(how.failed(format!("it ended: {}", program.output())));
            }
            if start.elapsed() > how.within {
                return Err(how.late(&program));
            }
            thread::sleep(GLANCE);
        }
        Ok(program)
    }

    fn spawn(
        how: Start<'_>,
        command: &mut Command,
    ) -> Result<(Self, Sender<String>, Receiver<String>), KitError> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| how.failed(format!("{}: {error}", command.get_program().display())))?;
        let lines = Arc::new(Lines {
            kept: Mutex::default(),
            output: how.output,
        });
        let (said, heard) = mpsc::channel();
        if let Some(stderr) = child.stderr.take() {
            lines.follow(stderr, said.clone());
        }
        let name = how.name.into();
        Ok((Self { name, child, lines }, said, heard))
    }

    fn follow_stdout(&mut self, said: Sender<String>) {
        if let Some(stdout) = self.child.stdout.take() {
            self.lines.follow(stdout, said);
        }
    }

    fn await_words<T>(
        &self,
        how: Start<'_>,
        heard: &Receiver<String>,
        mut ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, KitError> {
        let deadline = Instant::now() + how.within;
        loop {
            match heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = ready(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => return Err(how.late(self)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(how.failed(format!("it ended: {}", self.output())));
                }
            }
        }
    }

    /// What it has said so far, on both of its outputs; of one that is [talked to](Self::start_talking), its complaints.
    #[must_use]
    pub fn output(&self) -> String {
        let mut kept = self.lines.lock();
        kept.make_contiguous().join("\n")
    }

    /// Its number among the system's processes.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Kills it as SIGKILL does, and waits until it is gone.
    pub fn kill(mut self) -> Result<(), KitError> {
        let failed =
            |error: io::Error| KitError::Wrong(format!("could not kill {}: {error}", self.name));
        end(&mut self.child).map_err(failed)
    }

    /// Asks it to end, and kills it if it does not within this time.
    pub fn stop(mut self, within: Duration) -> Result<(), KitError> {
        let asked = self.signal("TERM").is_ok();
        let since = Instant::now();
        while asked && since.elapsed() < within && self.ended().is_none() {
            thread::sleep(GLANCE);
        }
        self.kill()
    }

    /// Stops it in its tracks: its sockets stay open, and nothing is answered. The signal is only the beginning: until
    /// one of its threads has taken it, the others run on, so this waits until all stand still, where the system tells.
    pub fn freeze(&self) -> Result<(), KitError> {
        self.signal("STOP")?;
        let since = Instant::now();
        while runs(self.id()) {
            if since.elapsed() > STANDS {
                return Err(KitError::Wrong(format!(
                    "{} does not stand still",
                    self.name
                )));
            }
            thread::yield_now();
        }
        Ok(())
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Result<(), KitError> {
        self.signal("CONT")
    }

    /// Sends it a signal, such as `TERM`. Only Unix has them.
    fn signal(&self, signal: &str) -> Result<(), KitError> {
        let id = self.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .stderr(Stdio::null())
            .status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            sent => Err(KitError::Wrong(format!(
                "could not send {} SIG{signal}: {sent:?}",
                self.name
            ))),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Err(error) = end(&mut self.child) {
            eprintln!("could not end {}: {error}", self.name);
        }
    }
}

fn end(child: &mut Child) -> io::Result<()> {
    if child.try_wait()?.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(())
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

impl Start<'_> {
    /// A program of this name whose output is kept, and that has half a minute.
    #[must_use]
    pub const fn of<'a>(name: &'a str, hint: &'a str) -> Start<'a> {
        Start {
            name,
            hint,
            within: Duration::from_secs(30),
            output: Output::Kept,
        }
    }

    /// Says why it did not start, and what to do about it.
    fn failed(&self, reason: String) -> KitError {
        KitError::Start {
            program: self.name.into(),
            reason,
            hint: self.hint.into(),
        }
    }

    fn late(&self, program: &Program) -> KitError {
        self.failed(format!(
            "not ready within {:?}: {}",
            self.within,
            program.output()
        ))
    }
}

impl Lines {
    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps every line, and passes it on as long as somebody listens, so that the pipe never fills up.
    fn follow(self: &Arc<Self>, output: impl Read + Send + 'static, said: Sender<String>) {
        let lines = Arc::clone(self);
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if lines.output == Output::Shown {
                    eprintln!("{line}");
                }
                let mut kept = lines.lock();
                if kept.len() == LINES {
                    kept.pop_front();
                }
                kept.push_back(line.clone());
                drop(kept);
                // Nobody listens once the program is ready.
                let _ = said.send(line);
            }
        });
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write;

    const IT: Start<'_> = Start::of("it", "build it");

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
        let (program, found) = Program::start(IT, &mut command, port).unwrap();
        assert_eq!(found, 17);
        assert!(program.output().contains("port 17"));
        program.kill().unwrap();
    }

    #[test]
    fn a_program_that_ends_early_fails_with_what_it_said() {
        let mut command = shell("echo no such folder; exit 3");
        let error = Program::start(IT, &mut command, port).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("it ended: no such folder; build it"),
            "{text}"
        );
    }

    #[test]
    fn a_silent_program_is_not_waited_for_without_end() {
        let mut command = shell("exec sleep 60");
        let within = Duration::from_millis(50);
        let error = Program::start(Start { within, ..IT }, &mut command, port).unwrap_err();
        assert!(
            error.to_string().contains("not ready within 50ms"),
            "{error}"
        );
    }

    #[test]
    fn a_program_that_is_talked_to_hears_and_answers_and_can_be_stopped_in_its_tracks() {
        let mut command = shell("echo port 3; while read word; do echo heard $word; done");
        let (program, found, mut talk) = Program::start_talking(IT, &mut command, port).unwrap();
        assert_eq!(found, 3);
        program.freeze().unwrap();
        writeln!(talk.input, "one").unwrap();
        assert!(talk.lines.try_recv().is_err());
        program.thaw().unwrap();
        assert_eq!(talk.lines.recv().unwrap(), "heard one");
        program.stop(Duration::from_secs(20)).unwrap();
        assert!(talk.lines.recv().is_err(), "it has ended");
    }
}
