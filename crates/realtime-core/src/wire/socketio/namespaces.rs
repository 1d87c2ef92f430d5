//! Channels that are namespaces: which of them are connected, on their way in or on their way out.

use super::recovery::Session;
use crate::{
    id::{ChannelName, MessageId},
    ordered::OrderedMap,
};

/// A namespace as it stands in packets: with a slash before it, and without one at its end.
pub(super) fn normalised(name: &str) -> String {
    let name = name.trim_end_matches('/');
    if name.starts_with('/') {
        name.to_owned()
    } else {
        format!("/{name}")
    }
}

/// One namespace that is a channel.
#[derive(Debug)]
pub(super) struct Namespace {
    pub(super) channel: ChannelName,
    pub(super) state: State,
    pub(super) session: Session,
}

/// How a namespace stands on the current socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Not there; the session may be resumed.
    Out,
    /// CONNECT is sent. Until it is answered the server would take any other packet for an error.
    Joining {
        /// The subscription to answer; `None` if nobody wants it any more.
        wanted: Option<MessageId>,
    },
    In,
}

/// What is to be sent, and said, to bring a wish about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing: it is on its way already.
    Wait,
    /// Send CONNECT.
    Connect,
    /// Send DISCONNECT.
    Disconnect,
    /// It is so already.
    Done,
}

/// All of them, by name. The client has no more channels than it may, so there are no more of these.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    by_name: OrderedMap<String, Namespace>,
}

impl Namespaces {
    /// `channel` is wanted, and `id` waits for the answer.
    pub(super) fn subscribe(&mut self, name: &str, channel: &ChannelName, id: &MessageId) -> Step {
        let new = || Namespace {
            channel: channel.clone(),
            state: State::Out,
            session: Session::default(),
        };
        let entry = self.by_name.get_or_insert_with(name.to_owned(), new);
        match &mut entry.state {
            State::Out => {
                let wanted = Some(id.clone());
                entry.state = State::Joining { wanted };
                Step::Connect
            }
            State::Joining { wanted } => {
                *wanted = Some(id.clone());
                Step::Wait
            }
            State::In => Step::Done,
        }
    }

    /// The channel is wanted no more.
    pub(super) fn unsubscribe(&mut self, name: &str) -> Step {
        match self.by_name.get_mut(name).map(|entry| &mut entry.state) {
            Some(State::Joining { wanted }) => {
                *wanted = None;
                Step::Wait
            }
            Some(State::In) => {
                self.by_name.remove(name);
                Step::Disconnect
            }
            Some(State::Out) | None => {
                self.by_name.remove(name);
                Step::Done
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Namespace> {
        self.by_name.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Namespace> {
        self.by_name.get_mut(name)
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Namespace> {
        self.by_name.remove(name)
    }

    /// The socket is gone, and only the sessions are left of them.
    pub(super) fn leave_all(&mut self) {
        self.by_name.visit_mut(|_, entry| entry.state = State::Out);
    }

    /// Those that were not asked for again will not be resumed.
    pub(super) fn forget_unwanted(&mut self) {
        self.by_name.retain(|_, entry| entry.state != State::Out);
    }

    pub(super) fn clear(&mut self) {
        self.by_name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_slash_before_it_and_none_behind() {
        for (name, expected) in [
            ("tasks", "/tasks"),
            ("/tasks/", "/tasks"),
            ("", "/"),
            ("/", "/"),
            ("a/b", "/a/b"),
        ] {
            assert_eq!(normalised(name), expected);
        }
    }

    #[test]
    fn one_that_is_left_before_it_was_joined_is_left_when_it_is() {
        let mut namespaces = Namespaces::default();
        let (channel, one, two) = ("tasks".into(), "q-1".into(), "q-2".into());
        assert_eq!(namespaces.unsubscribe("/tasks"), Step::Done);
        assert_eq!(
            namespaces.subscribe("/tasks", &channel, &one),
            Step::Connect
        );
        assert_eq!(namespaces.unsubscribe("/tasks"), Step::Wait);
        let state = |namespaces: &Namespaces| namespaces.get("/tasks").unwrap().state.clone();
        assert_eq!(state(&namespaces), State::Joining { wanted: None });
        assert_eq!(namespaces.subscribe("/tasks", &channel, &two), Step::Wait);
        let wanted = Some(two);
        assert_eq!(state(&namespaces), State::Joining { wanted });
    }

    #[test]
    fn only_what_is_wanted_again_is_kept_over_a_break() {
        let mut namespaces = Namespaces::default();
        for channel in ["a", "b"] {
            namespaces.subscribe(channel, &channel.into(), &"q-1".into());
            namespaces.get_mut(channel).unwrap().state = State::In;
        }
        namespaces.leave_all();
        assert_eq!(
            namespaces.subscribe("a", &"a".into(), &"q-2".into()),
            Step::Connect
        );
        namespaces.forget_unwanted();
        assert!(namespaces.get("a").is_some() && namespaces.get("b").is_none());
    }
}
