//! A native program around the core: a real WebSocket, a real clock, one thread.
//!
//! [`Native`] is to a program on tokio what the runtime of `realtime-yew` is to a page: it feeds the
//! [`Client`] what happens, does what the client then wants done, and arms one timer. A client is not
//! `Send`, so all of it lives on one thread, in a [`tokio::task::LocalSet`].
//!
//! ```no_run
//! use realtime_core::{ClientOptions, Message, wire::JsonCodec};
//! use realtime_interop::native::{Native, NoApp};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let local = tokio::task::LocalSet::new();
//! local.run_until(async {
//!     let options = ClientOptions::new("ws://127.0.0.1:8080/ws").with_seed(7);
//!     let native = Native::new(options, Box::new(JsonCodec::default()), NoApp);
//!     native.run(|client, now| client.connect(now));
//!     let mut prices = native.listen("stock:update", Some("stocks:ACME"))?;
//!     println!("{}", prices.next().await.data);
//!     Ok(())
//! }).await
//! # }
//! ```

mod app;
mod journal;
mod listening;
mod outputs;
mod socket;

pub use app::{Answer, App, NoApp};
pub use journal::{Happening, Journal};
pub use listening::Listening;

use self::{listening::Listeners, outputs::Fetches, socket::Socket};
use realtime_core::{
    ChannelError, Client, ClientOptions, Codec, Generation, Input, Instant, Message, SendError,
    SendId,
};
use std::{
    cell::{Cell, Ref, RefCell},
    collections::HashMap,
    fmt,
    future::Future,
    pin::pin,
    rc::{Rc, Weak},
    time::Duration,
};
use tokio::sync::{Notify, oneshot};

/// A send's outcome: the server's answer as JSON text, or why there is none.
pub type Sent = Result<Rc<str>, SendError>;

/// One client on a real socket. Clones are handles of the same client; the last one that goes closes
/// the socket.
#[derive(Clone)]
pub struct Native(Rc<Shell>);

/// What all handles and tasks of one client share.
struct Shell {
    me: Weak<Self>,
    client: RefCell<Client>,
    app: Rc<dyn App>,
    began: std::time::Instant,
    /// Whether outputs are being carried out further up the stack.
    settling: Cell<bool>,
    socket: RefCell<Option<(Generation, Socket)>>,
    fetches: Fetches,
    listeners: Listeners,
    waiting: RefCell<HashMap<SendId, oneshot::Sender<Sent>>>,
    journal: RefCell<Journal>,
    /// Something may be different now.
    changed: Notify,
    /// The timer may have to ring at another time.
    deadline_moved: Rc<Notify>,
}

impl Native {
    /// A client that does nothing until told to connect. To be called inside a
    /// [`LocalSet`](tokio::task::LocalSet).
    pub fn new(options: ClientOptions, codec: Box<dyn Codec>, app: impl App + 'static) -> Self {
        let shell = Rc::new_cyclic(|me| Shell {
            me: me.clone(),
            client: RefCell::new(Client::new(options, codec)),
            app: Rc::new(app),
            began: std::time::Instant::now(),
            settling: Cell::new(false),
            socket: RefCell::default(),
            fetches: Fetches::default(),
            listeners: Listeners::default(),
            waiting: RefCell::default(),
            journal: RefCell::default(),
            changed: Notify::new(),
            deadline_moved: Rc::default(),
        });
        let moved = Rc::clone(&shell.deadline_moved);
        tokio::task::spawn_local(keep_time(Rc::downgrade(&shell), moved));
        Self(shell)
    }

    /// Runs a command on the client, and does what the client then wants done.
    pub fn run<R>(&self, command: impl FnOnce(&mut Client, Instant) -> R) -> R {
        self.0.run(command)
    }

    /// Looks at the client.
    pub fn client(&self) -> Ref<'_, Client> {
        self.0.client.borrow()
    }

    /// What came out of the client that no caller waited for.
    pub fn journal(&self) -> Ref<'_, Journal> {
        self.0.journal.borrow()
    }

    /// Sends a message; the future is its outcome, and may be dropped.
    pub fn send(&self, message: Message) -> impl Future<Output = Sent> + use<> {
        let (outcome, waiting) = oneshot::channel();
        // Registered before the outputs are carried out: the outcome may be among them.
        self.run(|client, now| {
            let send = client.send(now, message);
            self.0.waiting.borrow_mut().insert(send, outcome);
        });
        // Only when the client itself has gone is there nobody to tell the outcome.
        async move { waiting.await.unwrap_or(Err(SendError::Disconnected)) }
    }

    /// Every `event` on `channel`, in order, from now on; the channel is subscribed to. Without a channel:
    /// every event of that name.
    pub fn listen(&self, event: &str, channel: Option<&str>) -> Result<Listening, ChannelError> {
        let (event, channel) = (event.into(), channel.map(Into::into));
        let listener = self.run(|client, now| client.listen(now, &event, channel.as_ref()))?;
        Ok(Listening::new(self.clone(), listener))
    }

    /// Waits until `ready` gives something; it is asked again after everything that happens.
    /// `None` if that took longer than `within`.
    pub async fn until<T>(
        &self,
        within: Duration,
        mut ready: impl FnMut(&Self) -> Option<T>,
    ) -> Option<T> {
        let wait = async {
            loop {
                let mut changed = pin!(self.0.changed.notified());
                changed.as_mut().enable();
                if let Some(found) = ready(self) {
                    return found;
                }
                changed.await;
            }
        };
        tokio::time::timeout(within, wait).await.ok()
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Native")
            .field("connection", self.0.client.borrow().connection())
            .finish_non_exhaustive()
    }
}

impl Shell {
    fn now(&self) -> Instant {
        let elapsed = self.began.elapsed().as_millis();
        Instant::from_millis(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    fn run<R>(&self, command: impl FnOnce(&mut Client, Instant) -> R) -> R {
        let now = self.now();
        let result = command(&mut self.client.borrow_mut(), now);
        self.settle();
        result
    }

    fn input(&self, input: Input<'_>) {
        self.run(|client, now| client.handle(now, input));
    }

    /// Does what the client wants done, until it wants nothing more.
    fn settle(&self) {
        if self.settling.replace(true) {
            // Whoever is further up the stack goes on with what this call brought.
            return;
        }
        loop {
            let output = self.client.borrow_mut().poll_output();
            match output {
                Some(output) => self.carry_out(output),
                None => break,
            }
        }
        self.settling.set(false);
        // Nobody renders here, so what changed is told to all who wait.
        self.client.borrow_mut().take_changes();
        self.changed.notify_waiters();
        self.deadline_moved.notify_one();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.fetches.cancel_all();
        let now = self.now();
        self.client.get_mut().disconnect(now);
        while let Some(output) = self.client.get_mut().poll_output() {
            self.carry_out_farewell(output);
        }
        self.deadline_moved.notify_one();
    }
}

/// Tells the client when its deadline has come, for as long as there is a client.
async fn keep_time(shell: Weak<Shell>, moved: Rc<Notify>) {
    while let Some(alive) = shell.upgrade() {
        let due = alive.client.borrow().next_deadline();
        let wait = due.map(|due| due.saturating_since(alive.now()));
        if wait == Some(Duration::ZERO) {
            alive.input(Input::Timeout);
        }
        // Only the handles keep a client alive.
        drop(alive);
        match wait {
            // A deadline that does not move must not keep the other tasks from running.
            Some(Duration::ZERO) => tokio::task::yield_now().await,
            Some(wait) => {
                let _ = tokio::time::timeout(wait, moved.notified()).await;
            }
            None => moved.notified().await,
        }
    }
}
