//! A peer that takes commands: one JSON object a line on its standard input, answers on its output.

use crate::{
    failure::{Failure, Verdict},
    program::{Ends, Program, START},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    fmt,
    rc::Rc,
    time::Duration,
};
use tokio::{
    io::{AsyncWriteExt, BufReader, Lines},
    process::{ChildStdin, ChildStdout},
    sync::oneshot,
};

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
    input: RefCell<Option<ChildStdin>>,
    waiting: Rc<Waiting>,
    last: Cell<u64>,
    port: u16,
    versions: Versions,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: RefCell<HashMap<u64, oneshot::Sender<Result<Value, String>>>>,
    ended: Cell<bool>,
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
        let options = recipe.options.to_string();
        let (program, (input, mut output)) =
            Program::start(recipe.name, &recipe.program, |command| {
                command.args(&recipe.arguments).arg(options);
            })?;
        let ready = tokio::time::timeout(START, first_words(&mut output)).await;
        let Ok(Some(ready)) = ready else {
            let (name, said) = (recipe.name, program.complaints());
            return Err(Failure::new(format!(
                "{name} did not come up; it said: {said}"
            )));
        };
        let waiting = Rc::new(Waiting::default());
        tokio::task::spawn_local(hear(output, Rc::clone(&waiting)));
        Ok(Self {
            recipe,
            program,
            input: RefCell::new(Some(input)),
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
    ///
    /// # Errors
    ///
    /// When it cannot, or says nothing for 15 s.
    pub async fn call<T: DeserializeOwned>(&self, name: &str, arguments: Value) -> Verdict<T> {
        let failed = |why: &dyn fmt::Display| {
            let said = self.program.complaints();
            let peer = self.recipe.name;
            Failure::new(format!(
                "{peer} could not carry out `{name}`: {why}; it said: {said:?}"
            ))
        };
        let id = self.last.get() + 1;
        self.last.set(id);
        let (answered, answer) = oneshot::channel();
        self.waiting.answers.borrow_mut().insert(id, answered);
        if self.waiting.ended.get() {
            return Err(failed(&"it has ended"));
        }
        let mut line = json!({ "id": id, "name": name, "args": arguments }).to_string();
        line.push('\n');
        // Taken out while it is written to, so that no borrow is held meanwhile.
        let Some(mut input) = self.input.take() else {
            return Err(failed(&"another command is being written"));
        };
        let written = input.write_all(line.as_bytes()).await;
        self.input.replace(Some(input));
        written.map_err(|error| failed(&error))?;
        let answer = tokio::time::timeout(ANSWER, answer).await;
        let answer = answer.map_err(|_| failed(&"it does not answer"))?;
        let answer = answer.map_err(|_| failed(&"it has ended"))?;
        let value = answer.map_err(|error| failed(&error))?;
        serde_json::from_value(value).map_err(|error| failed(&error))
    }

    /// Asks the same again and again until the answer suits.
    ///
    /// # Errors
    ///
    /// When the peer cannot answer, or no answer suits for 15 s.
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
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub async fn kill(self) -> Verdict {
        self.program.kill().await
    }

    /// Kills it, and starts it again on the same port.
    ///
    /// # Errors
    ///
    /// When it does not come up again.
    pub async fn restart(self) -> Verdict<Self> {
        let (mut recipe, port) = (self.recipe.clone(), self.port);
        self.kill().await?;
        recipe.options["port"] = port.into();
        Self::start(recipe).await
    }

    /// Stops the process in its tracks: its sockets stay open, and nothing is answered.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub async fn freeze(&self) -> Verdict {
        self.program.freeze().await
    }

    /// Lets it go on.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub async fn thaw(&self) -> Verdict {
        self.program.signal("CONT").await
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

async fn first_words(output: &mut Lines<BufReader<ChildStdout>>) -> Option<Ready> {
    while let Ok(Some(line)) = output.next_line().await {
        if let Ok(Line {
            ready: Some(ready), ..
        }) = serde_json::from_str(&line)
        {
            return Some(ready);
        }
    }
    None
}

/// Hands answers to those who wait for them.
async fn hear(mut output: Lines<BufReader<ChildStdout>>, waiting: Rc<Waiting>) {
    while let Ok(Some(line)) = output.next_line().await {
        let Ok(line) = serde_json::from_str::<Line>(&line) else {
            continue;
        };
        let answered = line
            .id
            .and_then(|id| waiting.answers.borrow_mut().remove(&id));
        if let Some(answered) = answered {
            let answer = match line.error {
                Some(error) => Err(error),
                None => Ok(line.ok.unwrap_or_default()),
            };
            // Whoever asked may have given up waiting.
            let _ = answered.send(answer);
        }
    }
    waiting.ended.set(true);
    waiting.answers.borrow_mut().clear();
}

/// What a program talks by, when it takes no commands.
pub(crate) fn let_be(ends: Ends) {
    let (input, mut output) = ends;
    tokio::task::spawn_local(async move {
        while let Ok(Some(_)) = output.next_line().await {}
        drop(input);
    });
}
