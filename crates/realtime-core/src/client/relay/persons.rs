//! Persons: what the tabs of one user say of them in a room, made one: the best status counts, and
//! they type while any tab does.

use crate::{
    client::person::SpeaksForAll,
    ephemeral::Ephemeral,
    id::ChannelName,
    object::{self, ObjectWriter},
    ordered::OrderedMap,
    presence::{self, PresenceStatus},
    tabs::TabId,
    typing,
    wire::Text,
};

/// How often another tab of the same status may speak before it takes the place of one that is silent.
const SILENT: u8 = 3;

/// One tab; ours has no name here.
type Who = Option<TabId>;

#[derive(Debug)]
struct Announced {
    rank: PresenceStatus,
    data: String,
}

#[derive(Debug, Default)]
struct Place {
    tabs: OrderedMap<Who, Announced>,
    /// Whose words the others know.
    speaker: Option<Who>,
    /// How often tabs of the same status have spoken since it did.
    passed_over: u8,
    /// Who types, by what they said last.
    typing: OrderedMap<Who, String>,
}

impl Place {
    fn announce(&mut self, who: Who, data: String) -> Option<String> {
        let rank = rank_of(&data);
        self.tabs.insert(who.clone(), Announced { rank, data });
        if self.speaker.as_ref() == Some(&who) {
            self.passed_over = 0;
        }
        let old = self.speaker.clone();
        self.choose();
        let may_follow =
            self.speaker.as_ref() == old.as_ref() && self.speaker.as_ref() != Some(&who);
        if may_follow && self.rank() == Some(rank) {
            self.passed_over += 1;
            if self.passed_over >= SILENT {
                self.speaker = Some(who.clone());
                self.passed_over = 0;
            }
        }
        let is_news = self.speaker != old || self.speaker.as_ref() == Some(&who);
        is_news.then(|| self.words()).flatten()
    }

    fn leave(&mut self, who: &Who) -> Option<Ephemeral> {
        let last = self.tabs.remove(who)?;
        let old = self.speaker.clone();
        self.choose();
        if self.tabs.is_empty() {
            return Some(farewell(&last.data));
        }
        let data = (self.speaker != old).then(|| self.words()).flatten()?;
        Some(announcement(data))
    }

    /// The speaker stays while nobody has a better status.
    fn choose(&mut self) {
        let best = self.tabs.values().map(|it| it.rank).max();
        let stays = self.rank() == best && best.is_some();
        if !stays {
            let mut tabs = self.tabs.iter();
            let found = tabs.find(|(_, it)| Some(it.rank) == best);
            self.speaker = found.map(|(who, _)| who.clone());
            self.passed_over = 0;
        }
    }

    fn rank(&self) -> Option<PresenceStatus> {
        Some(self.tabs.get(self.speaker.as_ref()?)?.rank)
    }

    fn words(&self) -> Option<String> {
        Some(self.tabs.get(self.speaker.as_ref()?)?.data.clone())
    }

    fn stop(&mut self, who: &Who, data: Option<String>) -> Option<Ephemeral> {
        let started = self.typing.remove(who);
        if !self.typing.is_empty() {
            return None;
        }
        let data = data.or_else(|| started.map(|data| without_name(&data)))?;
        Some(Ephemeral {
            event: typing::STOP,
            data,
        })
    }

    fn is_empty(&self) -> bool {
        self.tabs.is_empty() && self.typing.is_empty()
    }
}

/// The rooms that tabs of this user are in, or type in.
#[derive(Debug, Default)]
pub(super) struct Persons(OrderedMap<ChannelName, Place>);

impl SpeaksForAll for Persons {
    fn say(
        &mut self,
        who: Option<&TabId>,
        channel: &ChannelName,
        event: &str,
        data: String,
    ) -> Option<Ephemeral> {
        let who = who.cloned();
        let place = self.0.get_or_insert_with(channel.clone(), Place::default);
        let said = match event {
            presence::ANNOUNCE => place.announce(who, data).map(announcement),
            presence::LEAVE => place.leave(&who),
            typing::START => {
                place.typing.insert(who, data.clone());
                Some(Ephemeral {
                    event: typing::START,
                    data,
                })
            }
            typing::STOP => place.stop(&who, Some(data)),
            _ => None,
        };
        if place.is_empty() {
            self.0.remove(channel);
        }
        said
    }

    fn gone(&mut self, tab: &TabId) -> Vec<(ChannelName, Ephemeral)> {
        let (who, mut said) = (Some(tab.clone()), Vec::new());
        self.0.retain(|channel, place| {
            if place.typing.contains_key(&who) {
                said.extend(place.stop(&who, None).map(|it| (channel.clone(), it)));
            }
            said.extend(place.leave(&who).map(|it| (channel.clone(), it)));
            !place.is_empty()
        });
        said
    }

    fn start_over(&mut self) {
        self.0.clear();
    }

    fn is_in(&self, channel: &str) -> bool {
        self.0
            .get(channel)
            .is_some_and(|place| !place.tabs.is_empty())
    }
}

const fn announcement(data: String) -> Ephemeral {
    Ephemeral {
        event: presence::ANNOUNCE,
        data,
    }
}

fn rank_of(data: &str) -> PresenceStatus {
    let status = object::fields(data, ["status"]).ok().and_then(|[it]| it);
    let word = status.and_then(|status| Text::of(status.get()));
    match word.as_deref() {
        Some("away") => PresenceStatus::Away,
        Some("busy") => PresenceStatus::Busy,
        _ => PresenceStatus::Online,
    }
}

/// What takes an announcement back.
fn farewell(announced: &str) -> Ephemeral {
    let mut data = ObjectWriter::default();
    if let Ok([channel, user]) = object::fields(announced, ["channel", "user"]) {
        if let Some(channel) = channel {
            data.raw("channel", channel.get());
        }
        let id = user.and_then(|user| object::fields(user.get(), ["id"]).ok());
        if let Some([Some(id)]) = id {
            data.raw("userId", id.get());
        }
    }
    Ephemeral {
        event: presence::LEAVE,
        data: data.end(),
    }
}

/// What takes a start of typing back.
fn without_name(started: &str) -> String {
    let mut data = ObjectWriter::default();
    if let Ok([channel, id]) = object::fields(started, ["channel", "id"]) {
        for (name, value) in [("channel", channel), ("id", id)] {
            if let Some(value) = value {
                data.raw(name, value.get());
            }
        }
    }
    data.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announce(persons: &mut Persons, who: u64, status: &str) -> Option<String> {
        let data = format!(
            r#"{{"channel":"r","user":{{"id":"u1","name":"Ada"}},"status":"{status}","metadata":{who}}}"#
        );
        say(persons, who, presence::ANNOUNCE, &data)
    }

    fn say(persons: &mut Persons, who: u64, event: &str, data: &str) -> Option<String> {
        let tab = (who > 0).then(|| TabId::new(who));
        let said = persons.say(tab.as_ref(), &"r".into(), event, data.to_owned())?;
        Some(format!("{} {}", said.event, said.data))
    }

    #[test]
    fn the_best_status_counts_and_the_speaker_stays_while_it_has_it() {
        let mut persons = Persons::default();
        assert!(announce(&mut persons, 0, "online").is_some());
        assert_eq!(announce(&mut persons, 1, "online"), None, "nothing new");
        assert_eq!(announce(&mut persons, 1, "away"), None, "we are online");
        assert!(
            announce(&mut persons, 2, "busy")
                .unwrap()
                .contains(r#""metadata":2"#)
        );
        assert_eq!(announce(&mut persons, 0, "online"), None);
        let better = announce(&mut persons, 2, "away").unwrap();
        assert!(better.contains(r#""metadata":0"#), "{better}");
    }

    #[test]
    fn one_that_is_silent_is_not_spoken_for_ever() {
        let mut persons = Persons::default();
        announce(&mut persons, 1, "online");
        let said: Vec<_> = (0..4)
            .map(|_| announce(&mut persons, 2, "online").is_some())
            .collect();
        assert_eq!(said, [false, false, true, true]);
    }

    #[test]
    fn who_goes_last_says_farewell() {
        let mut persons = Persons::default();
        announce(&mut persons, 1, "online");
        announce(&mut persons, 2, "away");
        let gone = persons.gone(&TabId::new(1));
        assert!(gone[0].1.data.contains(r#""status":"away""#), "{gone:?}");
        let gone = persons.gone(&TabId::new(2));
        assert_eq!(gone[0].1.event, presence::LEAVE);
        assert_eq!(gone[0].1.data, r#"{"channel":"r","userId":"u1"}"#);
        assert!(persons.0.is_empty());
        assert_eq!(say(&mut persons, 1, presence::LEAVE, "{}"), None);
    }

    #[test]
    fn they_type_while_any_tab_does() {
        let mut persons = Persons::default();
        let data = r#"{"channel":"r","id":"u1","name":"Ada"}"#;
        assert!(say(&mut persons, 0, typing::START, data).is_some());
        assert!(say(&mut persons, 1, typing::START, data).is_some());
        assert_eq!(say(&mut persons, 0, typing::STOP, "{}"), None);
        let gone = persons.gone(&TabId::new(1));
        assert_eq!(gone[0].1.data, r#"{"channel":"r","id":"u1"}"#);
        assert!(persons.0.is_empty());
    }
}
