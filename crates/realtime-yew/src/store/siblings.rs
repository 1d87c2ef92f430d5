//! Siblings of a page: those that own something in the same database, minded until they are gone.

use crate::{
    broadcast::Broadcast,
    locks::{Ask, LockEvent, Locks, Request},
};
use gloo_timers::callback::Timeout;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::{Rc, Weak},
};

/// How many are minded at once. What more of them leave, the next page that is loaded takes over.
const MOST: usize = 64;

/// How long a page that is gone may take to be loaded again, in milliseconds: it is to find what it has done
/// itself, as nobody else shows that there.
const RELOADS_WITHIN: u32 = 3_000;

/// The longest name of a page: sixteen digits.
const LONGEST_NAME: usize = 16;

/// Who is told that one of them is gone, or owns nothing any more, and has not come back at once.
pub(super) type Gone = Rc<dyn Fn(String)>;

/// The pages beside one, by the locks that they hold.
pub(super) struct Siblings {
    me: Weak<Self>,
    locks: Locks,
    /// What the names of the locks of all owners begin with.
    prefix: String,
    gone: Gone,
    minded: RefCell<BTreeMap<String, Request>>,
    /// Where they say that they have taken a lock.
    broadcast: Option<Broadcast>,
}

impl Siblings {
    /// Minds those that hold locks now, but for our `own`, and those that say so later. `None` where there
    /// are no locks.
    pub(super) fn find(prefix: &str, own: &str, gone: Gone) -> Option<Rc<Self>> {
        let locks = Locks::find()?;
        let siblings = Rc::new_cyclic(|me: &Weak<Self>| {
            let heard = me.clone();
            let hear = Rc::new(move |name: &str| {
                if let Some(siblings) = heard.upgrade() {
                    siblings.mind(name);
                }
            });
            Self {
                me: me.clone(),
                locks,
                prefix: prefix.to_owned(),
                gone,
                minded: RefCell::default(),
                broadcast: Broadcast::new(prefix, hear),
            }
        });
        let owners = siblings.locks.owners(prefix.to_owned());
        let (me, own) = (siblings.me.clone(), format!("{prefix}{own}"));
        yew::platform::spawn_local(async move {
            let owners = owners.await.unwrap_or_default();
            let Some(siblings) = me.upgrade() else { return };
            for lock in owners.iter().filter(|lock| **lock != own) {
                let name = lock.strip_prefix(&siblings.prefix);
                siblings.mind(name.unwrap_or_default());
            }
        });
        Some(siblings)
    }

    /// Says that this page has taken the lock of this name.
    pub(super) fn say(&self, name: &str) {
        if let Some(broadcast) = &self.broadcast {
            broadcast.post(name);
        }
    }

    /// Waits for a lock to be given back. It is shared with whoever else waits: one that is frozen as it gets
    /// it keeps nobody from it.
    fn mind(&self, name: &str) {
        let is_name = (1..=LONGEST_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut minded = self.minded.borrow_mut();
        if !is_name || minded.len() >= MOST || minded.contains_key(name) {
            return;
        }
        let (me, sibling) = (self.me.clone(), name.to_owned());
        let granted = Rc::new(move |event| {
            let siblings = me.upgrade().filter(|_| event == LockEvent::Granted);
            if let Some(siblings) = siblings {
                let sibling = sibling.clone();
                // Later, as this is a call by what is dropped with the request.
                yew::platform::spawn_local(async move { siblings.lost(sibling) });
            }
        });
        let lock = format!("{}{name}", self.prefix);
        let request = self.locks.ask(&lock, Ask::Share, granted);
        minded.extend(request.map(|request| (name.to_owned(), request)));
    }

    fn lost(&self, name: String) {
        let request = self.minded.borrow_mut().remove(&name);
        drop(request);
        let gone = Rc::clone(&self.gone);
        Timeout::new(RELOADS_WITHIN, move || gone(name)).forget();
    }
}
