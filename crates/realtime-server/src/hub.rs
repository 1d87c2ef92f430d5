//! Hub: all channels and sockets of a process, behind one handle.

use crate::{
    ConnectionId, HubBuilder, Limits, Metrics, housekeeping, limits::REFUSALS, outbox::Closing,
    policy::Policy, replica::Replicate, socket, state::State,
};
use axum::{Router, routing::get};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

#[cfg(feature = "socketio")]
use crate::socketio::{self, Engine};
#[cfg(feature = "socketio")]
use std::sync::OnceLock;
#[cfg(feature = "socketio")]
use tokio::sync::RwLock;

/// All channels and sockets of a process. It is a handle: clones are the same hub.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    state: Mutex<State>,
    limits: Arc<Limits>,
    policy: Policy,
    replicate: Option<Arc<dyn Replicate>>,
    /// One permit per socket that may be open.
    slots: Arc<Semaphore>,
    /// One permit per socket that may be told that the server is full.
    refusal_slots: Arc<Semaphore>,
    housekeeping: Once,
    #[cfg(feature = "socketio")]
    socketio: OnceLock<Arc<dyn Engine>>,
    /// Read for as long as a socket of Socket.IO is served, so that it can be written when none is.
    #[cfg(feature = "socketio")]
    visiting: RwLock<()>,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Hub {
    /// A hub in which everybody may do everything.
    #[must_use]
    pub fn new() -> Self {
        HubBuilder::default().build()
    }

    /// A hub to be set up.
    #[must_use]
    pub fn builder() -> HubBuilder {
        HubBuilder::default()
    }

    pub(crate) fn from_parts(
        limits: Limits,
        policy: Policy,
        replicate: Option<Arc<dyn Replicate>>,
    ) -> Self {
        let limits = Arc::new(limits);
        let state = State::new(Arc::clone(&limits), replicate.is_some());
        Self {
            inner: Arc::new(Inner {
                state: Mutex::new(state),
                policy,
                replicate,
                slots: Arc::new(Semaphore::new(limits.connections)),
                refusal_slots: Arc::new(Semaphore::new(REFUSALS)),
                limits,
                housekeeping: Once::new(),
                #[cfg(feature = "socketio")]
                socketio: OnceLock::new(),
                #[cfg(feature = "socketio")]
                visiting: RwLock::default(),
            }),
        }
    }

    /// The JSON envelope at `/ws`, and Socket.IO at `/socket.io/`, to be nested where the app wants them.
    ///
    /// The state of the app's own router does not matter here.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let router = Router::new().route("/ws", get(socket::upgrade));
        #[cfg(feature = "socketio")]
        let router = router.route("/socket.io/", get(socketio::upgrade));
        router.with_state(self.clone())
    }

    /// What the hub holds, and what has happened to it.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let state = self.lock();
        Metrics {
            connections: state.connections.len(),
            channels: state.count_channels(),
            is_draining: state.connections.is_shut_down(),
            slow_consumers: state.connections.slow_consumers(),
            ..state.metrics
        }
    }

    /// What its shared texts hold, and what has happened to them; nothing where it keeps none.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn text_metrics(&self) -> crate::texts::TextMetrics {
        let texts = self.inner.policy.texts.as_ref();
        texts.map(|texts| texts.metrics()).unwrap_or_default()
    }

    /// The shared text of a channel by its name, as it is now, of those that are in memory; empty if there is none.
    #[cfg(feature = "text")]
    #[must_use]
    pub fn text(&self, channel: &str, name: &str) -> String {
        let texts = self.inner.policy.texts.as_ref();
        texts
            .map(|texts| texts.text(channel, name))
            .unwrap_or_default()
    }

    /// Ends all sockets of a user, with a close code on which their clients come back with a new token, if they get one:
    /// what they may follow is then decided anew. Returns how many there were.
    pub fn sign_out(&self, user: &str) -> usize {
        let state = self.lock();
        state.connections.close_all_of(user, Closing::SIGNED_OUT)
    }

    /// Drops a socket at once and without a word, as a failing network would, to see how a client gets over it.
    pub fn cut(&self, connection: ConnectionId) {
        self.lock().connections.cut(connection);
    }

    /// Closes every socket, and each that is still to come, with the code 1001, and waits for nothing.
    pub fn shut_down(&self) {
        self.lock().connections.shut_down();
    }

    /// Whether the hub takes no sockets any more.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.lock().connections.is_shut_down()
    }

    /// Closes every socket, and each that is still to come, with the code 1001, on which clients go to another server or
    /// come back later; waits for them and for the messages that the app is at, at most for `within`. Whether all ended in
    /// time.
    ///
    /// To be called when the process is to stop, before the listener is closed.
    pub async fn drain(&self, within: Duration) -> bool {
        let until = Instant::now() + within;
        self.shut_down();
        #[cfg(feature = "socketio")]
        if let Some(socketio) = self.inner.socketio.get() {
            // All that is queued for them is to be said before.
            drop(timeout_at(until, self.inner.visiting.write()).await);
            drop(timeout_at(until, socketio.close()).await);
        }
        let all = u32::try_from(self.inner.limits.connections).unwrap_or(u32::MAX);
        let ended = timeout_at(until, self.inner.slots.acquire_many(all)).await;
        ended.is_ok()
    }

    /// Everything, for as long as the guard lives.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a defect, but no reason to take every other socket down with it.
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn limits(&self) -> &Arc<Limits> {
        &self.inner.limits
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.inner.policy
    }

    pub(crate) fn replicate(&self) -> Option<&Arc<dyn Replicate>> {
        self.inner.replicate.as_ref()
    }

    /// A place for one more socket.
    pub(crate) fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let slot = Arc::clone(&self.inner.slots).try_acquire_owned().ok();
        self.lock().metrics.turned_away += u64::from(slot.is_none());
        slot
    }

    /// A place for one more socket that is told that there is none.
    pub(crate) fn refusal_slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.inner.refusal_slots)
            .try_acquire_owned()
            .ok()
    }

    #[cfg(feature = "socketio")]
    pub(crate) fn engine(&self) -> &OnceLock<Arc<dyn Engine>> {
        &self.inner.socketio
    }

    #[cfg(feature = "socketio")]
    pub(crate) fn visiting(&self) -> &RwLock<()> {
        &self.inner.visiting
    }

    /// Starts what happens by itself, once: here, as building a hub needs no runtime.
    pub(crate) fn keep_house(&self) {
        self.inner.housekeeping.call_once(|| {
            tokio::spawn(housekeeping::run(
                self.downgrade(),
                Arc::clone(self.limits()),
            ));
        });
    }

    pub(crate) fn downgrade(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }

    pub(crate) fn upgrade(inner: &Weak<Inner>) -> Option<Self> {
        inner.upgrade().map(|inner| Self { inner })
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("metrics", &self.metrics())
            .finish_non_exhaustive()
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH);
    passed.map_or(0, |passed| {
        u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
    })
}
