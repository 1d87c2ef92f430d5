//! Short messages that go by themselves.

use crate::{provider::use_realtime_client, runtime::Timer};
use realtime_core::Instant;
use std::{
    cell::{Cell, OnceCell, RefCell},
    fmt,
    rc::Rc,
    time::Duration,
};
use yew::{functional::UseForceUpdateHandle, html::ImplicitClone, prelude::*};

/// How urgent a [`Toast`] is, and so how it looks and how a screen reader says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ToastKind {
    /// Something to know.
    #[default]
    Info,
    /// Something went well.
    Success,
    /// Something may go wrong.
    Warning,
    /// Something went wrong: read out at once.
    Error,
}

impl ToastKind {
    /// The word in the class name: `info`, `success`, `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A short message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// How urgent it is.
    pub kind: ToastKind,
    /// What it says.
    pub text: AttrValue,
    /// How long it is shown, in place of the stack's duration; `None` inside: until dismissed.
    duration: Option<Option<Duration>>,
}

impl Toast {
    /// A message of this kind.
    pub fn new(kind: ToastKind, text: impl Into<AttrValue>) -> Self {
        Self {
            kind,
            text: text.into(),
            duration: None,
        }
    }

    /// Something to know.
    pub fn info(text: impl Into<AttrValue>) -> Self {
        Self::new(ToastKind::Info, text)
    }

    /// Something went wrong.
    pub fn error(text: impl Into<AttrValue>) -> Self {
        Self::new(ToastKind::Error, text)
    }

    /// The same message, shown this long; `None`: until dismissed.
    #[must_use]
    pub fn with_duration(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.duration = Some(duration.into());
        self
    }
}

impl From<&str> for Toast {
    fn from(text: &str) -> Self {
        Self::info(text.to_owned())
    }
}

impl From<String> for Toast {
    fn from(text: String) -> Self {
        Self::info(text)
    }
}

/// Names one toast of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToastId(u64);

impl fmt::Display for ToastId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toast-{}", self.0)
    }
}

/// How a stack of toasts behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UseToastsOptions {
    /// How long each is shown; `None`: until dismissed. Default 6 s.
    pub duration: Option<Duration>,
    /// How many are shown at once; the oldest makes way. Default 5.
    pub max: usize,
}

impl Default for UseToastsOptions {
    fn default() -> Self {
        Self {
            duration: Some(Duration::from_secs(6)),
            max: 5,
        }
    }
}

impl UseToastsOptions {
    /// Shows each this long; `None`: until dismissed.
    #[must_use]
    pub fn with_duration(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.duration = duration.into();
        self
    }

    /// Shows so many at once.
    #[must_use]
    pub const fn with_max(mut self, max: usize) -> Self {
        self.max = max;
        self
    }
}

/// A stack of toasts, from [`use_toasts`]; shown by
/// [`Toasts`](crate::components::Toasts).
#[derive(Clone)]
pub struct UseToastsHandle {
    stack: Rc<Stack>,
    shown: Rc<[(ToastId, Toast)]>,
}

impl ImplicitClone for UseToastsHandle {}

impl UseToastsHandle {
    /// The toasts shown, the oldest first.
    #[must_use]
    pub fn toasts(&self) -> Rc<[(ToastId, Toast)]> {
        Rc::clone(&self.shown)
    }

    /// Shows a toast.
    pub fn push(&self, toast: impl Into<Toast>) -> ToastId {
        self.stack.push(toast.into())
    }

    /// Takes a toast away, and resumes the others; nothing happens if it has gone.
    pub fn dismiss(&self, id: ToastId) {
        self.stack.dismiss(id);
    }

    /// Lets no toast go by itself until [`resume`](Self::resume): somebody is reading.
    pub fn pause(&self) {
        self.stack.pause();
    }

    /// Lets toasts go by themselves again, each after the time it had left.
    pub fn resume(&self) {
        self.stack.resume();
    }

    /// How many had to make way before their time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.stack.dropped.get()
    }
}

impl PartialEq for UseToastsHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.stack, &other.stack) && self.shown == other.shown
    }
}

impl fmt::Debug for UseToastsHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseToastsHandle")
            .field("shown", &self.shown)
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

/// A stack of short messages, each of which goes by itself after a while.
///
/// ```
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[derive(serde::Deserialize)]
/// struct Notice { text: String }
///
/// #[component]
/// fn Notices() -> Html {
///     let toasts = use_toasts(UseToastsOptions::default());
///     use_realtime_event("notification", None, {
///         let toasts = toasts.clone();
///         move |event: &ReceivedEvent| match event.parse::<Notice>() {
///             Ok(notice) => {
///                 toasts.push(notice.text);
///             }
///             Err(error) => {
///                 toasts.push(Toast::error(error.to_string()));
///             }
///         }
///     });
///     html! { <Toasts {toasts} /> }
/// }
/// ```
#[hook]
pub fn use_toasts(options: UseToastsOptions) -> UseToastsHandle {
    let client = use_realtime_client();
    let trigger = use_force_update();
    let stack = use_memo(client, |client| {
        let client = client.clone();
        let stack = Rc::new(Stack {
            options: Cell::new(options),
            now: {
                let client = client.clone();
                Box::new(move || client.now())
            },
            timer: OnceCell::new(),
            entries: RefCell::default(),
            paused: Cell::new(false),
            dropped: Cell::new(0),
            next: Cell::new(0),
            trigger,
        });
        let ring = {
            let stack = Rc::downgrade(&stack);
            Rc::new(move || {
                if let Some(stack) = stack.upgrade() {
                    stack.expire();
                }
            })
        };
        let _ = stack.timer.set(client.timer(ring));
        stack
    });
    stack.options.set(options);
    let shown: Rc<[_]> = stack
        .entries
        .borrow()
        .iter()
        .map(|entry| (entry.id, entry.toast.clone()))
        .collect();
    UseToastsHandle {
        stack: Rc::clone(&stack),
        shown,
    }
}

struct Stack {
    options: Cell<UseToastsOptions>,
    now: Box<dyn Fn() -> Instant>,
    /// Set right after the stack is made: it rings the stack.
    timer: OnceCell<Box<dyn Timer>>,
    entries: RefCell<Vec<Entry>>,
    paused: Cell<bool>,
    dropped: Cell<u64>,
    next: Cell<u64>,
    trigger: UseForceUpdateHandle,
}

struct Entry {
    id: ToastId,
    toast: Toast,
    left: Left,
}

/// How long a toast has left.
#[derive(Clone, Copy)]
enum Left {
    Always,
    Until(Instant),
    Paused(Duration),
}

impl Stack {
    fn push(&self, toast: Toast) -> ToastId {
        let id = ToastId(self.next.get());
        self.next.set(id.0 + 1);
        let options = self.options.get();
        let left = match toast.duration.unwrap_or(options.duration) {
            None => Left::Always,
            Some(duration) if self.paused.get() => Left::Paused(duration),
            Some(duration) => Left::Until((self.now)() + duration),
        };
        let mut entries = self.entries.borrow_mut();
        entries.push(Entry { id, toast, left });
        let excess = entries.len().saturating_sub(options.max.max(1));
        entries.drain(..excess);
        drop(entries);
        self.dropped.set(self.dropped.get() + excess as u64);
        self.changed();
        id
    }

    /// The pointer or focus that paused the stack may have rested on the very toast that goes, and
    /// an element that is gone reports no leaving. So this resumes.
    fn dismiss(&self, id: ToastId) {
        self.entries.borrow_mut().retain(|entry| entry.id != id);
        self.resume();
        self.changed();
    }

    fn expire(&self) {
        let now = (self.now)();
        self.entries
            .borrow_mut()
            .retain(|entry| !matches!(entry.left, Left::Until(at) if at <= now));
        self.changed();
    }

    fn pause(&self) {
        self.paused.set(true);
        let now = (self.now)();
        for entry in &mut *self.entries.borrow_mut() {
            if let Left::Until(at) = entry.left {
                entry.left = Left::Paused(at.saturating_since(now));
            }
        }
        self.arm();
    }

    fn resume(&self) {
        self.paused.set(false);
        let now = (self.now)();
        for entry in &mut *self.entries.borrow_mut() {
            if let Left::Paused(left) = entry.left {
                entry.left = Left::Until(now + left);
            }
        }
        self.arm();
    }

    fn changed(&self) {
        self.arm();
        self.trigger.force_update();
    }

    fn arm(&self) {
        let next = self
            .entries
            .borrow()
            .iter()
            .filter_map(|entry| match entry.left {
                Left::Until(at) => Some(at),
                Left::Always | Left::Paused(_) => None,
            })
            .min();
        if let Some(timer) = self.timer.get() {
            timer.arm(next);
        }
    }
}
