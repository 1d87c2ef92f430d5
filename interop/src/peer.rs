//! A peer that takes commands: one JSON object a line on its standard input, answers on its output.

use crate::{
    failure::{Failure, Verdict},
    wait::aside,
};
use realtime_testkit::{Program, Start, Talk};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    fmt,
    io::Write,
    process::{ChildStdin, Command},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Receiver},
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// How long a command may take.
const ANSWER: Duration = Duration::from_secs(15);

/// How to start a peer.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// What the table calls it.
    pub(crate) name: &'static str,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
    /// What it is set up with; each peer's script says what it knows.
    pub(crate) options: Value,
}

/// The versions of what a peer is made of.
pub(crate) type Versions = BTreeMap<String, String>;

/// A running peer. Dropping it kills it.
pub struct Peer {
    recipe: Recipe,
    program: Program,
    input: RefCell<ChildStdin>,
    waiting: Arc<Mutex<Waiting>>,
    last: Cell<u64>,
    port: u16,
    versions: Versions,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: HashMap<u64, oneshot::Sender<Result<Value, String>>>,
    ended: bool,
}

/// What a peer says.
#[derive(Deserialize)]
struct Line {
    ready: Option<Ready>,
    id: Option<u64>,
    ok: Option<Value>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Ready {
    port: u16,
    /// Empty where the lock file knows.
    #[serde(default)]
    versions: Versions,
}

impl Peer {
    pub(crate) async fn start(recipe: Recipe) -> Verdict<Self> {
        let (recipe, (program, ready, talk)) = aside(move || {
            let mut command = Command::new(&recipe.program);
            command
                .args(&recipe.arguments)
                .arg(recipe.options.to_string());
            let how = Start::of(
                recipe.name,
                "run `cargo xtask interop`, which builds it first",
            );
            let ready = |line: &str| serde_json::from_str::<Line>(line).ok()?.ready;
            let started = Program::start_talking(how, &mut command, ready)?;
            Ok((recipe, started))
        })
        .await?;
        let Talk { input, lines } = talk;
        let waiting = Arc::<Mutex<Waiting>>::default();
        let hearing = Arc::clone(&waiting);
        thread::spawn(move || hear(&lines, &hearing));
        Ok(Self {
            recipe,
            program,
            input: RefCell::new(input),
            waiting,
            last: Cell::new(0),
            port: ready.port,
            versions: ready.versions,
        })
    }

    /// Where it listens, on the loopback interface.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The versions of what it is made of.
    #[must_use]
    pub const fn versions(&self) -> &Versions {
        &self.versions
    }

    /// Has the peer do something, and gives its answer.
    pub async fn call<T: DeserializeOwned>(&self, name: &str, arguments: Value) -> Verdict<T> {
        let failed = |why: &dyn fmt::Display| {
            let said = self.program.output();
            let peer = self.recipe.name;
            Failure::new(format!(
                "{peer} could not carry out `{name}`: {why}; it said: {said:?}"
            ))
        };
        let id = self.last.get() + 1;
        self.last.set(id);
        let (answered, answer) = oneshot::channel();
        {
            let mut waiting = lock(&self.waiting);
            if waiting.ended {
                return Err(failed(&"it has ended"));
            }
            waiting.answers.insert(id, answered);
        }
        let line = json!({ "id": id, "name": name, "args": arguments });
        // The peer reads on: a command is never too long for its pipe for more than a moment.
        let written = writeln!(self.input.borrow_mut(), "{line}");
        written.map_err(|error| failed(&error))?;
        let answer = tokio::time::timeout(ANSWER, answer).await;
        let answer = answer.map_err(|_| failed(&"it does not answer"))?;
        let answer = answer.map_err(|_| failed(&"it has ended"))?;
        let value = answer.map_err(|error| failed(&error))?;
        serde_json::from_value(value).map_err(|error| failed(&error))
    }

    /// Asks the same again and again until the answer suits.
    pub async fn until<T: DeserializeOwned + fmt::Debug>(
        &self,
        what: &str,
        name: &str,
        arguments: Value,
        mut suits: impl FnMut(&T) -> bool,
    ) -> Verdict<T> {
        let began = tokio::time::Instant::now();
        loop {
            let answer: T = self.call(name, arguments.clone()).await?;
            if suits(&answer) {
                return Ok(answer);
            }
            if began.elapsed() > ANSWER {
                let peer = self.recipe.name;
                return Err(Failure::new(format!(
                    "{what}: {peer} still says {answer:?}"
                )));
            }
            // Between two looks, not instead of one.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Kills it as SIGKILL does, and waits until it is gone.
    pub fn kill(self) -> Verdict {
        Ok(self.program.kill()?)
    }

    /// Kills it, and starts it again on the same port.
    pub async fn restart(self) -> Verdict<Self> {
        let (mut recipe, port) = (self.recipe.clone(), self.port);
        self.kill()?;
        recipe.options["port"] = port.into();
        Self::start(recipe).await
    }

    /// Stops the process in its tracks: its sockets stay open, and nothing is answered.
    pub fn freeze(&self) -> Verdict {
        Ok(self.program.freeze()?)
    }

    /// Lets it go on.
    pub fn thaw(&self) -> Verdict {
        Ok(self.program.thaw()?)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("name", &self.recipe.name)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// Hands answers to those who wait for them.
fn hear(lines: &Receiver<String>, waiting: &Mutex<Waiting>) {
    for line in lines {
        let Ok(line) = serde_json::from_str::<Line>(&line) else {
            continue;
        };
        let answered = line.id.and_then(|id| lock(waiting).answers.remove(&id));
        if let Some(answered) = answered {
            let answer = match line.error {
                Some(error) => Err(error),
                None => Ok(line.ok.unwrap_or_default()),
            };
            // Whoever asked may have given up waiting.
            let _ = answered.send(answer);
        }
    }
    *lock(waiting) = Waiting {
        answers: HashMap::new(),
        ended: true,
    };
}

fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
