//! One record, filled by a fetch and kept fresh by events.

use super::{
    fetching::Fetched,
    patch::{Kind, Patch},
    record_overlay::{RecordEdits, Said, editable},
    resource::{BindingIndex, Effect, EventView, Resource},
};
use crate::{
    error::DecodeError,
    id::{ChannelName, EventName, Position},
    key::QueryKey,
    overlay::{Change, ConflictPolicy, JsonOf, LayerId, LayerState, Overlay, Rules},
    seed::{Body, Seeding},
    time::Instant,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{any::Any, convert::Infallible, fmt, rc::Rc};

/// Lays an edit over a record that was kept while the page was away: a value, or a patch of one.
pub(crate) struct LayOnRecord(pub(crate) Lay);

type Lay = fn(&mut dyn Any, &QueryKey, LayerId, &str, bool) -> Result<bool, DecodeError>;

/// One event that a record listens to.
#[derive(Clone, Debug)]
pub struct Binding<T> {
    /// The event's name.
    pub event: EventName,
    /// The channel it must come on; `None` takes it from any.
    pub channel: Option<ChannelName>,
    /// What it does.
    pub patch: Patch<T>,
}

/// Which events a record listens to, and what each does.
///
/// ```
/// use realtime_core::{ChannelName, key};
/// use realtime_core::query::{Patch, RecordSpec};
///
/// #[derive(Clone, PartialEq, serde::Deserialize)]
/// struct Stock { symbol: String, price: f64 }
///
/// let channel = Some(ChannelName::from("stocks:ACME"));
/// let spec = RecordSpec::<Stock>::new()
///     .on("stock:update", channel.clone(), Patch::replace())
///     .on("stock:split", channel, Patch::invalidate(key!["stock", "ACME"]));
/// assert_eq!(spec.bindings().len(), 2);
/// let record = spec.build();
/// assert!(record.data().is_none());
/// ```
#[derive(Clone, Debug)]
pub struct RecordSpec<T> {
    bindings: Vec<Binding<T>>,
    conflicts: ConflictPolicy<T>,
    initial: Option<(Rc<T>, Option<Position>)>,
    seeding: Option<&'static Seeding>,
    is_persisted: bool,
}

impl<T> Default for RecordSpec<T> {
    fn default() -> Self {
        Self {
            bindings: Vec::new(),
            conflicts: ConflictPolicy::default(),
            initial: None,
            seeding: None,
            is_persisted: false,
        }
    }
}

impl<T: PartialEq + 'static> RecordSpec<T> {
    /// A record that listens to nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens to `event` on `channel` as well, `None` for any channel. The first call is binding
    /// 0, the next is binding 1, and so on.
    #[must_use]
    pub fn on(
        mut self,
        event: impl Into<EventName>,
        channel: Option<ChannelName>,
        patch: Patch<T>,
    ) -> Self {
        self.bindings.push(Binding {
            event: event.into(),
            channel,
            patch,
        });
        self
    }

    /// How a pending edit of ours and someone else's change come together: by default the last
    /// writer wins.
    #[must_use]
    pub fn with_conflicts(mut self, policy: ConflictPolicy<T>) -> Self {
        self.conflicts = policy;
        self
    }

    /// Begins with this value. With its position, nothing is fetched if the server can say that it is
    /// current, or sends what has changed since.
    #[must_use]
    pub fn with_initial(mut self, data: Rc<T>, position: Option<Position>) -> Self {
        self.initial = Some((data, position));
        self
    }

    /// Lets the value be taken along, to begin with it again: see
    /// [`Client::export`](crate::Client::export).
    #[must_use]
    pub fn with_seed(mut self) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.seeding = Some(const { &Record::<T>::SEEDING });
        self
    }

    /// Keeps the value over page loads, where the client keeps anything: see
    /// [`Client::persist`](crate::Client::persist). Edits of it that are kept
    /// ([`Mutation::with_persist`](crate::Mutation::with_persist)) are shown again, too.
    #[must_use]
    pub fn with_persist(mut self) -> Self
    where
        T: Serialize + DeserializeOwned,
    {
        self.is_persisted = true;
        self.seeding = Some(const { &Record::<T>::STORING });
        self
    }

    pub(crate) const fn is_persisted(&self) -> bool {
        self.is_persisted
    }

    pub(crate) const fn seeding(&self) -> Option<&'static Seeding> {
        self.seeding
    }

    pub(crate) fn initial(&self) -> Option<Fetched> {
        let (data, position) = self.initial.clone()?;
        Some(Fetched {
            data: Box::new(data),
            position,
        })
    }

    /// The bindings, each at its [`BindingIndex`].
    #[doc(hidden)]
    #[must_use]
    pub fn bindings(&self) -> &[Binding<T>] {
        &self.bindings
    }

    /// An empty record that listens to these events.
    #[doc(hidden)]
    #[must_use]
    pub fn build(self) -> Record<T> {
        Record {
            state: State::Synced(None),
            bindings: self.bindings,
            conflicts: self.conflicts,
        }
    }
}

/// A [`Resource`] that is one value of type `T`.
///
/// A new value that equals the old one leaves the old `Rc` in place. A fetch's result may be a `T`
/// or an `Rc<T>`.
///
/// Optimistic edits lie over what fetches and events say, see [`overlay`](crate::overlay).
pub struct Record<T> {
    state: State<T>,
    bindings: Vec<Binding<T>>,
    conflicts: ConflictPolicy<T>,
}

/// What fetches and events say, and whether there has been an edit. The linker drops all code of edits from
/// an app that makes none, as only the first edit leads there.
enum State<T> {
    Synced(Option<Rc<T>>),
    Edited(Box<dyn RecordEdits<T>>),
}

impl<T: 'static> Record<T> {
    fn shown(&self) -> Option<&Rc<T>> {
        match &self.state {
            State::Synced(synced) => synced.as_ref(),
            State::Edited(edits) => edits.shown(),
        }
    }

    fn synced(&self) -> Option<&Rc<T>> {
        match &self.state {
            State::Synced(synced) => synced.as_ref(),
            State::Edited(edits) => edits.synced(),
        }
    }

    /// How the record stands; `None` if nothing of it waits for the server.
    pub(crate) fn layer_state(&self) -> Option<LayerState> {
        match &self.state {
            State::Synced(_) => None,
            State::Edited(edits) => edits.state(),
        }
    }
}

impl<T: PartialEq + 'static> Record<T> {
    /// The value, if one has arrived.
    #[must_use]
    pub fn data(&self) -> Option<Rc<T>> {
        self.shown().cloned()
    }

    /// The value, borrowed.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.shown().map(|shown| &**shown)
    }

    /// Puts an edit over the record. `key` is the record's own, for reports.
    pub(crate) fn push_layer(
        &mut self,
        key: &QueryKey,
        layer: LayerId,
        change: Change<T, Infallible>,
        json: JsonOf<T>,
    ) -> Result<bool, DecodeError> {
        if let State::Synced(synced) = &mut self.state {
            let policy = self.conflicts.clone();
            let edits = editable(synced.take(), Rules { policy, json }, key.clone());
            self.state = State::Edited(edits);
        }
        match &mut self.state {
            State::Synced(_) => Ok(false),
            State::Edited(edits) => edits.push(layer, change),
        }
    }

    /// Takes what the server says; whether another value shows than before.
    fn take(&mut self, said: Said<T>) -> bool {
        match &mut self.state {
            State::Synced(synced) => {
                let new = said.value().filter(|new| synced.as_ref() != Some(new));
                let is_new = new.is_some();
                if is_new {
                    *synced = new;
                }
                is_new
            }
            State::Edited(edits) => edits.take(said),
        }
    }

    /// What an event makes of the value; `None` if nothing else.
    fn made_by(
        &self,
        binding: BindingIndex,
        event: &EventView<'_>,
    ) -> Result<Option<T>, DecodeError> {
        let old = self.synced().map(|synced| &**synced);
        match self.patch(binding) {
            Some(Kind::Replace(decode)) => decode(event).map(Some),
            Some(Kind::Merge(merge)) => old.map(|old| merge(old, event.data)).transpose(),
            Some(Kind::Reduce { reduce, .. }) => reduce(event, old),
            Some(Kind::Invalidate(_)) | None => Ok(None),
        }
    }

    fn patch(&self, binding: BindingIndex) -> Option<&Kind<T>> {
        self.bindings
            .get(binding.get())
            .map(|binding| &binding.patch.0)
    }
}

impl<T: PartialEq + Serialize + DeserializeOwned + 'static> Record<T> {
    /// How it goes into a seed and back.
    const SEEDING: Seeding = Seeding {
        edits: None,
        write: |record| {
            let record = record.downcast_ref::<Self>()?;
            serde_json::to_string(&**record.synced()?).ok()
        },
        read: |record, _, value| {
            let unreadable = |why: &dyn fmt::Display| DecodeError::new("a stored value", why);
            let value = serde_json::from_str(value).map_err(|error| unreadable(&error))?;
            let record = record.downcast_mut::<Self>();
            let record = record.ok_or_else(|| unreadable(&"its query holds another type"))?;
            record.take(Said::Fetched(Rc::new(value)));
            Ok(Body::Filled)
        },
    };

    /// The same, for one whose edits are kept while the page is away.
    const STORING: Seeding = Seeding {
        edits: Some(&LayOnRecord(Self::lay_kept)),
        ..Self::SEEDING
    };

    fn lay_kept(
        layered: &mut dyn Any,
        key: &QueryKey,
        layer: LayerId,
        value: &str,
        is_patch: bool,
    ) -> Result<bool, DecodeError> {
        let unreadable = |why: &dyn fmt::Display| DecodeError::new("a stored edit", why);
        let record = layered.downcast_mut::<Self>();
        let record = record.ok_or_else(|| unreadable(&"its query holds another type"))?;
        let change = if is_patch {
            Change::Patch(value.into())
        } else {
            let value = serde_json::from_str(value).map_err(|error| unreadable(&error))?;
            Change::Set(Rc::new(value))
        };
        record.push_layer(key, layer, change, JsonOf::new())
    }
}

impl<T: PartialEq + 'static> Resource for Record<T> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn has_data(&self) -> bool {
        self.synced().is_some()
    }

    fn land(&mut self, _: Instant, data: Box<dyn Any>) -> Result<bool, DecodeError> {
        let new = match data.downcast::<T>() {
            Ok(new) => Rc::from(new),
            Err(data) => *data.downcast::<Rc<T>>().map_err(|_| {
                DecodeError::new(
                    "the fetcher's result",
                    format_args!("expected a {}", std::any::type_name::<T>()),
                )
            })?,
        };
        Ok(self.take(Said::Fetched(new)))
    }

    fn clear(&mut self) {
        self.state = State::Synced(None);
    }

    fn apply(
        &mut self,
        _: Instant,
        binding: BindingIndex,
        event: &EventView<'_>,
    ) -> Result<Effect, DecodeError> {
        if let Some(Kind::Invalidate(prefix)) = self.patch(binding) {
            return Ok(Effect::Invalidate(prefix.clone()));
        }
        let made = match self.made_by(binding, event) {
            Ok(made) => made,
            Err(error) => {
                self.take(Said::Unreadable);
                return Err(error);
            }
        };
        let changed = self.take(Said::Event(made.map(Rc::new)));
        Ok(if changed {
            Effect::Changed
        } else {
            Effect::Unchanged
        })
    }

    fn is_idempotent(&self, binding: BindingIndex) -> bool {
        match self.patch(binding) {
            Some(Kind::Reduce { idempotent, .. }) => *idempotent,
            _ => true,
        }
    }

    fn patches_data(&self, binding: BindingIndex) -> bool {
        !matches!(self.patch(binding), Some(Kind::Invalidate(_)))
    }

    fn overlay(&self) -> Option<&dyn Overlay> {
        match &self.state {
            State::Synced(_) => None,
            State::Edited(edits) => Some(&**edits),
        }
    }

    fn overlay_mut(&mut self) -> Option<&mut dyn Overlay> {
        match &mut self.state {
            State::Synced(_) => None,
            State::Edited(edits) => Some(&mut **edits),
        }
    }

    fn layered(&mut self) -> Option<&mut dyn Any> {
        Some(self)
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("data", &self.shown())
            .finish_non_exhaustive()
    }
}
