//! Tabs: three that share a socket, and another script of the same origin that posts anything to them.

use crate::{
    act::{Act, acts},
    row::{Row, check, options},
};
use realtime_core::{
    ClientOptions, FrameRef, ListSpec, QueryOptions, RosterLease, User, key,
    tabs::TabRole,
    testing::{PeerId, World},
    wire::JsonCodec,
};
use std::time::Duration;

const TABS: usize = 3;
/// For how long one line may let time pass.
const LONGEST: u64 = 60_000;
/// A tab gives up on others, and asks again, within this.
const REST: Duration = Duration::from_secs(400);

/// Takes each line as what the script posts. In it `¶` stands for the end of its first line, `$0` to `$2`
/// for the names of the tabs, and `$term` for the term that the first of them lives in. `>wait
/// MILLISECONDS`, `>event DATA`, and `>freeze`, `>thaw`, `>hide`, `>show` and `>kill` with the number of a
/// tab are what the server and the pages do.
///
/// # Panics
///
/// When two rows have one key, a tab is told without end to go on, or one that lives does not show in the
/// end what the server has, or two lead.
pub fn tabs(input: &[u8]) {
    let mut page = Pages::new();
    for act in acts(input) {
        match act {
            Act::Frame(FrameRef::Text(text)) => page.post(text),
            Act::Frame(FrameRef::Binary(_)) => {}
            Act::Word(word, rest) => page.act(word, rest),
        }
        page.world.run(Duration::from_millis(5));
        page.check();
    }
    page.come_to_rest();
}

struct Pages {
    world: World,
    tabs: Vec<PeerId>,
    is_alive: [bool; TABS],
    _rooms: Vec<RosterLease>,
}

impl Pages {
    fn new() -> Self {
        let mut world = World::new(1);
        let row: Row = serde_json::from_str(r#"{"id":"a","version":1}"#).expect("it is a row");
        world.on_fetch(move |_, _| Ok(vec![row.clone()]));
        let (mut tabs, mut rooms) = (Vec::new(), Vec::new());
        for _ in 0..TABS {
            let socket = ClientOptions::new("wss://a.test/ws");
            let tab = world.open_tab(socket, Box::new(JsonCodec::default()));
            let observed = world.act(tab, |client, now| {
                let spec = ListSpec::new(Some("c".into()))
                    .with_options(options(false))
                    .with_seed();
                client.observe_list::<Row>(now, &key!["rows"], spec, &QueryOptions::default())
            });
            assert!(observed.is_ok());
            let room = world.act(tab, |client, now| {
                client.join(now, &"c".into(), User::new("me", "Me"), Default::default())
            });
            rooms.extend(room.ok());
            world.run(Duration::from_secs(1));
            tabs.push(tab);
        }
        Self {
            world,
            tabs,
            is_alive: [true; TABS],
            _rooms: rooms,
        }
    }

    fn post(&mut self, text: &str) {
        let mut text = text.replacen('¶', "\n", 1);
        for (number, tab) in self.tabs.clone().into_iter().enumerate() {
            let (id, term) = (self.world).act_as_tab(tab, |tab, _| (tab.id().clone(), tab.term()));
            text = text.replace(&format!("${number}"), id.as_str());
            text = text.replace("$term", &term.to_string());
        }
        self.world.post_to_tabs(&text);
    }

    fn act(&mut self, word: &str, rest: &str) {
        let number: u64 = rest.parse().unwrap_or(0);
        let at = usize::try_from(number).unwrap_or(0) % TABS;
        let tab = self.tabs[at];
        match word {
            "wait" => self.world.run(Duration::from_millis(number.min(LONGEST))),
            "event" => self.world.server.publish("c", "list:update", rest),
            _ if !self.is_alive[at] => {}
            "freeze" => self.world.freeze(tab),
            "thaw" if self.world.is_frozen(tab) => self.world.thaw(tab),
            "hide" | "show" if !self.world.is_frozen(tab) => {
                self.world.show_tab(tab, word == "show");
            }
            "kill" if self.is_alive.iter().filter(|it| **it).count() > 1 => {
                self.is_alive[at] = false;
                self.world.kill_tab(tab);
            }
            _ => {}
        }
    }

    fn alive(&self) -> impl Iterator<Item = PeerId> {
        let tabs = self.tabs.iter().zip(self.is_alive);
        tabs.filter(|(_, is_alive)| *is_alive).map(|(tab, _)| *tab)
    }

    fn check(&self) {
        for tab in self.alive() {
            if let Some(rows) = self.world.client(tab).list::<Row>(&key!["rows"]) {
                check(&rows);
            }
        }
    }

    /// The script is silent and all pages wake: what the server says next arrives in each.
    fn come_to_rest(&mut self) {
        let alive: Vec<PeerId> = self.alive().collect();
        for tab in &alive {
            if self.world.is_frozen(*tab) {
                self.world.thaw(*tab);
            }
        }
        self.world.run(REST);
        let last = r#"{"action":"upsert","item":{"id":"last","version":9007199254740991}}"#;
        self.world.server.publish("c", "list:update", last);
        self.world.run(REST);
        self.check();
        let leads = |tab: &&PeerId| self.world.tab_role(**tab) == TabRole::Leader;
        assert!(alive.iter().filter(leads).count() <= 1, "two lead");
        for tab in &alive {
            // The script may have signed the user out: then there is nothing to show.
            let Some(rows) = self.world.client(*tab).list::<Row>(&key!["rows"]) else {
                continue;
            };
            let is_there = rows.ids().any(|id| id == "last");
            assert!(is_there, "what the server said last is not there");
        }
    }
}
