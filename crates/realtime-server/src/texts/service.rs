//! Service: the texts of a hub, loaded and stored by the app, and the answers to those who write in them.

use super::{
    Base64, SyncAnswer, SyncRequest, TextError, TextLimits, TextMetrics, Texts, UpdateData,
};
use crate::{
    Message, Refusal, answers::Outcome, limits::RETRY_AFTER_MS, message::TEXT_SYNC, policy::soon,
};
use futures::{FutureExt, future::BoxFuture};
use serde::Serialize;
use serde_json::value::to_raw_value;
use std::{
    collections::HashMap,
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{Mutex as Turn, watch},
    time::{Instant, sleep, sleep_until},
};

const TEXT_UPDATE: &str = "text:update";
/// The bytes that an event needs beside its update.
const FRAME: usize = 256;
/// How long after a failure a document is stored again, at first and at most.
const STORE_AGAIN: Duration = Duration::from_secs(1);
const STORE_AGAIN_AT_MOST: Duration = Duration::from_secs(60);

type Load = dyn Fn(String) -> BoxFuture<'static, Result<Option<Vec<u8>>, Refusal>> + Send + Sync;
type Store = dyn Fn(String, Vec<u8>) -> BoxFuture<'static, Result<(), Refusal>> + Send + Sync;

/// How a hub keeps shared texts: their bounds, and where they are stored.
///
/// ```
/// use realtime_server::{Hub, texts::TextOptions};
/// use std::{collections::HashMap, sync::{Arc, Mutex}};
///
/// // A real app has a table with a column of bytes.
/// let table = Arc::new(Mutex::new(HashMap::<String, Vec<u8>>::new()));
/// let there = Arc::clone(&table);
/// let texts = TextOptions::default().persist(
///     move |channel| {
///         let found = there.lock().unwrap().get(&channel).cloned();
///         async { Ok(found) }
///     },
///     move |channel, document| {
///         table.lock().unwrap().insert(channel, document);
///         async { Ok(()) }
///     },
/// );
/// let hub = Hub::builder().texts(texts).build();
/// # drop(hub);
/// ```
#[derive(Clone)]
pub struct TextOptions {
    limits: TextLimits,
    disk: Option<Disk>,
    store_every: Duration,
}

#[derive(Clone)]
struct Disk {
    load: Arc<Load>,
    store: Arc<Store>,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            limits: TextLimits::default(),
            disk: None,
            store_every: Duration::from_millis(250),
        }
    }
}

impl TextOptions {
    /// Bounds whatever a client can make grow. [`TextLimits::default`].
    #[must_use]
    pub fn limits(mut self, limits: TextLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Loads and stores documents, each as one update of Yjs. Without this they are in memory and gone with the process.
    ///
    /// `load` is asked when a channel's document is used that is not in memory, and gives what was stored last, or `None`.
    /// `store` gets all of a document, compacted, after it was changed; what is written meanwhile is stored together,
    /// afterwards. A client is told that its update is done when it is stored; where that fails, it is `unavailable`, the client sends
    /// it again, and the hub tries again by itself. Each may take [`Limits::callback_within`](crate::Limits::callback_within).
    ///
    /// No other process may write the same documents.
    #[must_use]
    pub fn persist<L, S>(
        mut self,
        load: impl Fn(String) -> L + Send + Sync + 'static,
        store: impl Fn(String, Vec<u8>) -> S + Send + Sync + 'static,
    ) -> Self
    where
        L: Future<Output = Result<Option<Vec<u8>>, Refusal>> + Send + 'static,
        S: Future<Output = Result<(), Refusal>> + Send + 'static,
    {
        self.disk = Some(Disk {
            load: Arc::new(move |channel| load(channel).boxed()),
            store: Arc::new(move |channel, document| store(channel, document).boxed()),
        });
        self
    }

    /// How long after the start of one `store` of a document the next one may start. 250 ms.
    #[must_use]
    pub fn store_every(mut self, every: Duration) -> Self {
        self.store_every = every;
        self
    }
}

impl fmt::Debug for TextOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextOptions")
            .field("limits", &self.limits)
            .field("persists", &self.disk.is_some())
            .field("store_every", &self.store_every)
            .finish()
    }
}

/// The texts of a hub.
pub(crate) struct Service {
    disk: Option<Disk>,
    store_every: Duration,
    kept: Mutex<Kept>,
}

/// What the lock guards. The hub's own lock may be taken under it, and not the other way round.
struct Kept {
    texts: Texts,
    /// The documents that are not stored as they are.
    changed: HashMap<String, Changed>,
    /// Whose turn it is to load a document.
    turns: HashMap<String, Arc<Turn<()>>>,
}

/// A document that is not stored as it is.
struct Changed {
    version: u64,
    progress: watch::Sender<Progress>,
}

/// Up to which version a document was stored, and up to which it could not be.
#[derive(Clone, Copy, Default)]
struct Progress {
    stored: u64,
    failed: u64,
}

impl From<TextOptions> for Service {
    fn from(options: TextOptions) -> Self {
        Self {
            disk: options.disk,
            store_every: options.store_every,
            kept: Mutex::new(Kept {
                texts: Texts::new(options.limits),
                changed: HashMap::new(),
                turns: HashMap::new(),
            }),
        }
    }
}

/// Whether a message is one of those that a hub with texts answers itself.
pub(crate) fn is_about_text(message: &Message) -> bool {
    matches!(message.event.as_str(), TEXT_SYNC | TEXT_UPDATE)
}

/// Answers such a message.
pub(crate) async fn answer(service: &Arc<Service>, message: Message) -> Outcome {
    #[derive(Serialize)]
    struct Nothing {}
    let channel = message.channel()?.to_owned();
    if message.event == TEXT_SYNC {
        let request: SyncRequest = message.data()?;
        written(&service.sync(&message, &channel, &request).await?)
    } else {
        let UpdateData { update } = message.data()?;
        service.update(&message, &channel, &update.0).await?;
        written(&Nothing {})
    }
}

fn written(data: &impl Serialize) -> Outcome {
    match to_raw_value(data) {
        Ok(data) => Ok(Arc::from(data)),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            Err(Refusal::internal())
        }
    }
}

impl Service {
    pub(crate) fn metrics(&self) -> TextMetrics {
        self.lock().texts.metrics()
    }

    /// A text that is in memory.
    pub(crate) fn text(&self, channel: &str, name: &str) -> String {
        let text = self.lock().texts.text(channel, name);
        text.inspect_err(|error| tracing::error!(%error, "a shared text cannot be read"))
            .unwrap_or_default()
    }

    async fn sync(
        &self,
        message: &Message,
        channel: &str,
        request: &SyncRequest,
    ) -> Result<SyncAnswer, Refusal> {
        let within = message.hub().limits().callback_within;
        self.with(channel, within, |kept| {
            // Under the lock under which updates are made and published, so exactly what the document holds.
            let position = message.hub().position(channel);
            let sync = kept.texts.sync(channel, &request.state_vector.0)?;
            Ok(SyncAnswer::new(sync, position))
        })
        .await
    }

    async fn update(
        self: &Arc<Self>,
        message: &Message,
        channel: &str,
        update: &[u8],
    ) -> Result<(), Refusal> {
        let limits = message.hub().limits();
        let limit = limits.history_bytes.saturating_sub(FRAME) / 4 * 3;
        if update.len() > limit {
            return Err(Refusal::too_large(limit));
        }
        let within = limits.callback_within;
        let stored = self
            .with(channel, within, |kept| {
                let new = kept.apply(channel, update, self.disk.is_some());
                let new = new.map_err(|error| self.refusal(error))?;
                let is_new = new.is_some();
                if let Some(update) = new {
                    let update = UpdateData {
                        update: Base64(update),
                    };
                    message.publish(channel, TEXT_UPDATE, &update)?;
                }
                Ok(self.note(kept, channel, is_new, within))
            })
            .await?;
        match stored {
            Some((version, progress)) => until_stored(version, progress).await,
            None => Ok(()),
        }
    }

    /// Does something with a channel's document, which is in memory then.
    async fn with<T>(
        &self,
        channel: &str,
        within: Duration,
        work: impl FnOnce(&mut Kept) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let Some(disk) = &self.disk else {
            return work(&mut self.lock());
        };
        let turn = {
            let mut kept = self.lock();
            if kept.texts.has(channel) {
                return work(&mut kept);
            }
            Arc::clone(kept.turns.entry(channel.to_owned()).or_default())
        };
        // One at a time, and what was loaded is used before the next one looks: nobody goes on from an older state.
        let has_turn = turn.lock().await;
        let is_there = self.lock().texts.has(channel);
        let loaded = if is_there {
            Ok(None)
        } else {
            soon(|| (disk.load)(channel.to_owned()), within).await
        };
        let mut kept = self.lock();
        let done = loaded.and_then(|document| {
            if !kept.texts.has(channel) {
                let restored = kept.restore(channel, document.as_deref().unwrap_or(&[0, 0]));
                restored.map_err(|error| self.refusal(error))?;
            }
            work(&mut kept)
        });
        drop(has_turn);
        // Those who wait have it as well.
        if Arc::strong_count(&turn) <= 2 {
            kept.turns.remove(channel);
        }
        done
    }

    /// Notes that a document is to be stored, and gives what tells when it is.
    fn note(
        self: &Arc<Self>,
        kept: &mut Kept,
        channel: &str,
        is_new: bool,
        within: Duration,
    ) -> Option<(u64, watch::Receiver<Progress>)> {
        let disk = self.disk.as_ref()?;
        if !is_new && kept.is_stored(channel) {
            return None;
        }
        let is_under_way = kept.changed.contains_key(channel);
        let changed = kept.changed.entry(channel.to_owned());
        let changed = changed.or_insert_with(|| Changed {
            version: 0,
            progress: watch::Sender::default(),
        });
        changed.version += 1;
        let told = (changed.version, changed.progress.subscribe());
        if !is_under_way {
            let (service, store) = (Arc::downgrade(self), Arc::clone(&disk.store));
            tokio::spawn(keep_stored(service, store, channel.to_owned(), within));
        }
        Some(told)
    }

    /// Where documents make way for others, there will be room when those that are there are stored.
    fn refusal(&self, error: TextError) -> Refusal {
        match error {
            TextError::NoRoom if self.disk.is_some() => Refusal::unavailable(RETRY_AFTER_MS),
            error => error.into(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The document to be stored next, and as which version; nothing if it is stored as it is.
    fn to_store(
        &self,
        channel: &str,
        attempt: Progress,
    ) -> Option<(u64, Result<Vec<u8>, Refusal>)> {
        let mut kept = self.lock();
        let version = kept.changed.get(channel)?.version;
        if version == attempt.stored {
            kept.changed.remove(channel);
            return None;
        }
        let document = kept.texts.snapshot(channel);
        let document = document
            .map(Option::unwrap_or_default)
            .map_err(Refusal::from);
        Some((version, document))
    }

    fn note_progress(&self, channel: &str, progress: Progress, has_failed: bool) {
        let mut kept = self.lock();
        kept.texts.metrics_mut().store_failures += u64::from(has_failed);
        if let Some(changed) = kept.changed.get(channel) {
            changed.progress.send_replace(progress);
        }
    }
}

impl Kept {
    /// Whether a document is stored as it is.
    fn is_stored(&self, channel: &str) -> bool {
        let changed = self.changed.get(channel);
        changed.is_none_or(|changed| changed.progress.borrow().stored == changed.version)
    }

    /// Makes an update; documents that are stored and not used make way for it, if they may.
    fn apply(
        &mut self,
        channel: &str,
        update: &[u8],
        may_forget: bool,
    ) -> Result<Option<Vec<u8>>, TextError> {
        loop {
            match self.texts.apply(channel, update) {
                Err(TextError::NoRoom) if may_forget && self.forget_oldest(channel) => {}
                done => return done,
            }
        }
    }

    fn restore(&mut self, channel: &str, document: &[u8]) -> Result<(), TextError> {
        loop {
            match self.texts.restore(channel, document) {
                Err(TextError::NoRoom) if self.forget_oldest(channel) => {}
                done => return done,
            }
        }
    }

    /// Lets the document go that was not used for longest, of those that are stored as they are; whether there was one.
    fn forget_oldest(&mut self, but_for: &str) -> bool {
        let may_go = |name: &str| name != but_for && self.is_stored(name);
        let Some(oldest) = self.texts.oldest(may_go) else {
            return false;
        };
        self.texts.metrics_mut().forgotten += 1;
        self.texts.forget(&oldest)
    }
}

/// Waits until a version is stored, or could not be.
async fn until_stored(
    version: u64,
    mut progress: watch::Receiver<Progress>,
) -> Result<(), Refusal> {
    let known = progress
        .wait_for(|progress| progress.stored >= version || progress.failed >= version)
        .await;
    match known {
        Ok(progress) if progress.stored >= version => Ok(()),
        _ => Err(Refusal::unavailable(RETRY_AFTER_MS)),
    }
}

/// Stores a document until it is stored as it is.
async fn keep_stored(service: Weak<Service>, store: Arc<Store>, channel: String, within: Duration) {
    let mut progress = Progress::default();
    let mut pause = STORE_AGAIN;
    loop {
        let Some(kept) = service.upgrade() else {
            return;
        };
        let begun = Instant::now();
        let Some((version, document)) = kept.to_store(&channel, progress) else {
            return;
        };
        let every = kept.store_every;
        drop(kept);
        let stored = match document {
            Ok(document) => soon(|| store(channel.clone(), document), within).await,
            Err(damaged) => Err(damaged),
        };
        match &stored {
            Ok(()) => (progress.stored, pause) = (version, STORE_AGAIN),
            Err(refusal) => {
                tracing::error!(%refusal, channel, "a shared text could not be stored");
                progress.failed = version;
            }
        }
        if let Some(kept) = service.upgrade() {
            kept.note_progress(&channel, progress, stored.is_err());
        }
        if stored.is_err() {
            sleep(pause).await;
            pause = (pause * 2).min(STORE_AGAIN_AT_MOST);
        } else {
            sleep_until(begun + every).await;
        }
    }
}
