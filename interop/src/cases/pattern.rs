//! A server of the React pattern, as it is: `subscribe {channel}`, no acknowledgements, no channel in what it emits.

use crate::{
    failure::{Failure, Verdict, ensure, same},
    native::Native,
    pattern::{PatternServer, Stock, Todo},
    stage::Stage,
    wait::holds,
};
use realtime_core::{
    ChannelName, Delivery, Fault, ListSpec, Message, Patch, PresenceOptions, QueryOptions,
    RecordSpec, TypingOptions, User, key,
};
use serde_json::json;

cases! {
    "pattern-prices" on Node => prices;
    "pattern-lists" on Node => lists;
    "pattern-people" on Node => people;
    "pattern-without-rules" on Node => without_rules;
}

/// How many prices each card is to show.
const PRICES: usize = 20;

impl Stage {
    async fn pattern(&self) -> Verdict<PatternServer> {
        self.house.note(&PatternServer::versions()?);
        PatternServer::start().await
    }
}

fn watch_price(native: &Native, symbol: &str) -> Verdict {
    let channel: ChannelName = format!("stocks:{symbol}").into();
    let spec = RecordSpec::<Stock>::new().on("stock:update", Some(channel), Patch::replace());
    native
        .run(|client, now| {
            let key = key!["stocks", symbol];
            client.observe_record(now, &key, spec, &QueryOptions::default())
        })
        .map(drop)
        .map_err(|error| Failure::unable("observe a price", error))
}

fn price(native: &Native, symbol: &str) -> Option<Stock> {
    let stock = native.client().record::<Stock>(&key!["stocks", symbol]);
    stock.map(|stock| (*stock).clone())
}

/// Watches both cards until each has shown so many prices; none may ever be the other's.
async fn cards_keep_apart(native: &Native) -> Verdict {
    let mut shown = [("AAPL", 1, Vec::new()), ("MSFT", 3, Vec::new())];
    let mut mixed = None;
    holds(native, "each card has shown its prices", |native| {
        for (symbol, hundreds, seen) in &mut shown {
            let Some(stock) = price(native, symbol) else {
                continue;
            };
            if stock.symbol != *symbol || stock.price / 100 != *hundreds {
                mixed = Some((*symbol, stock));
                return true;
            }
            if seen.last() != Some(&stock.price) {
                seen.push(stock.price);
            }
        }
        shown.iter().all(|(_, _, seen)| seen.len() >= PRICES)
    })
    .await?;
    ensure(mixed.is_none(), || {
        format!("a card shows another's price: {mixed:?}")
    })
}

/// Two queries on one event name, on two channels.
async fn prices(stage: Stage) -> Verdict {
    let server = stage.pattern().await?;
    let native = server.client(stage.house.seed()).await?;
    watch_price(&native, "AAPL")?;
    watch_price(&native, "MSFT")?;
    cards_keep_apart(&native).await?;
    same(
        "the events that nobody could be given",
        &native.client().stats().unaddressed_events,
        &0,
    )
}

fn watch_list(native: &Native, name: &str) -> Verdict {
    let spec = ListSpec::<Todo>::new(Some(format!("lists:{name}").into()));
    native
        .run(|client, now| {
            let key = key!["lists", name];
            client.observe_list(now, &key, spec, &QueryOptions::default())
        })
        .map(drop)
        .map_err(|error| Failure::unable("observe a list", error))
}

fn titles(native: &Native, name: &str) -> Option<Vec<String>> {
    let client = native.client();
    let list = client.list::<Todo>(&key!["lists", name])?;
    Some(list.iter().map(|todo| todo.title.clone()).collect())
}

async fn shows(native: &Native, name: &str, expected: &[&str]) -> Verdict {
    let what = format!("list {name} shows {expected:?}");
    holds(native, &what, |native| {
        titles(native, name).is_some_and(|titles| titles == expected)
    })
    .await
}

/// A message that nobody acknowledges.
fn say(native: &Native, event: &str, channel: &str, data: &serde_json::Value) {
    let message = Message::new(event, data.to_string()).on(channel);
    drop(native.send(message.with(Delivery::Volatile)));
}

async fn lists(stage: Stage) -> Verdict {
    let server = stage.pattern().await?;
    let native = server.client(stage.house.seed()).await?;
    watch_list(&native, "home")?;
    watch_list(&native, "work")?;
    shows(&native, "home", &[]).await?;
    shows(&native, "work", &[]).await?;
    let add = |list: &str, title: &str| {
        let todo = json!({ "list": list, "title": title });
        say(&native, "todo:add", &format!("lists:{list}"), &todo);
    };
    add("home", "Sweep");
    add("work", "Write");
    add("home", "Cook");
    shows(&native, "home", &["Sweep", "Cook"]).await?;
    shows(&native, "work", &["Write"]).await?;
    say(
        &native,
        "todo:remove",
        "lists:home",
        &json!({ "list": "home", "id": 1 }),
    );
    shows(&native, "home", &["Cook"]).await?;
    shows(&native, "work", &["Write"]).await?;
    same(
        "the events that nobody could be given",
        &native.client().stats().unaddressed_events,
        &0,
    )
}

fn enter(native: &Native, room: &str, id: &str) -> Verdict {
    let channel: ChannelName = format!("rooms:{room}").into();
    let unable = |error| Failure::unable("enter a room", error);
    // Held until a command gives them back, which none does here.
    let _roster = native
        .run(|client, now| {
            let user = User::new(id, id);
            client.join(now, &channel, user, PresenceOptions::default())
        })
        .map_err(unable)?;
    let _typing = native
        .run(|client, now| {
            client.open_typing(now, &channel, id.into(), id, TypingOptions::default())
        })
        .map_err(unable)?;
    Ok(())
}

fn sees(native: &Native, room: &str) -> Vec<String> {
    let channel: ChannelName = format!("rooms:{room}").into();
    let presence = native.client().presence(&channel);
    let members = presence.iter().flat_map(|snapshot| snapshot.members.iter());
    let mut ids: Vec<String> = members.map(|it| it.user.id.to_string()).collect();
    ids.sort_unstable();
    ids
}

fn typists(native: &Native, room: &str, me: &str) -> Vec<String> {
    let channel: ChannelName = format!("rooms:{room}").into();
    let typing = native.client().typing(&channel, &me.into());
    let typing = typing.iter().flat_map(|all| all.iter());
    typing.map(|it| it.id.to_string()).collect()
}

/// Ada is in two rooms; Bob comes to one of them, types and goes.
async fn people(stage: Stage) -> Verdict {
    let server = stage.pattern().await?;
    let ada = server.client(stage.house.seed()).await?;
    enter(&ada, "lobby", "ada")?;
    enter(&ada, "attic", "ada")?;
    let heard = |ada: &Native| {
        let stats = ["lobby", "attic"].map(|room| {
            let channel: ChannelName = format!("rooms:{room}").into();
            ada.client().presence_stats(&channel)
        });
        stats
            .iter()
            .all(|stats| stats.is_some_and(|stats| stats.updates > 0))
    };
    holds(&ada, "Ada hears herself in both rooms", heard).await?;
    let bob = server.client(stage.house.seed()).await?;
    enter(&bob, "attic", "bob")?;
    holds(&ada, "Bob is in the attic", |ada| {
        sees(ada, "attic") == ["ada", "bob"]
    })
    .await?;
    // Nobody sends a `presence:sync` here: who was there before greets the one who comes.
    holds(&bob, "Bob sees Ada", |bob| {
        sees(bob, "attic") == ["ada", "bob"]
    })
    .await?;
    same(
        "who is in the lobby",
        &sees(&ada, "lobby"),
        &vec!["ada".to_owned()],
    )?;
    bob.run(|client, now| client.start_typing(now, &"rooms:attic".into(), &"bob".into()));
    holds(&ada, "Bob types in the attic", |ada| {
        typists(ada, "attic", "ada") == ["bob"]
    })
    .await?;
    same(
        "who types in the lobby",
        &typists(&ada, "lobby", "ada"),
        &Vec::new(),
    )?;
    bob.run(|client, now| client.disconnect(now));
    holds(&ada, "Bob has left", |ada| sees(ada, "attic") == ["ada"]).await?;
    same(
        "who types in the attic",
        &typists(&ada, "attic", "ada"),
        &Vec::new(),
    )
}

/// Nothing goes where it does not belong, everything that shows is the server's, and the app is told what to do.
async fn without_rules(stage: Stage) -> Verdict {
    let server = stage.pattern().await?;
    let native = server.client_without_rules(stage.house.seed()).await?;
    watch_price(&native, "AAPL")?;
    // The only one that listens.
    holds(&native, "a card that is alone is kept up", |native| {
        native.client().stats().events >= 5
    })
    .await?;
    watch_price(&native, "MSFT")?;
    let told = |native: &Native| {
        let unaddressed = Fault::Unaddressed {
            event: "stock:update".into(),
            channels: 2,
        };
        native.journal().faults().any(|fault| *fault == unaddressed)
    };
    holds(&native, "the app is told", told).await?;
    for (symbol, hundreds) in [("AAPL", 1), ("MSFT", 3)] {
        holds(&native, "a price is fetched", |native| {
            price(native, symbol).is_some()
        })
        .await?;
        let stock = price(&native, symbol);
        ensure(
            stock
                .as_ref()
                .is_some_and(|stock| stock.symbol == symbol && stock.price / 100 == hundreds),
            || format!("{symbol} shows {stock:?}"),
        )?;
    }
    Ok(())
}
