//! The four hooks against `examples/pattern-server`, which was written for pages in React and is run as it is. The test
//! runs when the server's address was set at compile time: `REALTIME_TEST_SOCKETIO_PATTERN`, such as
//! `http://127.0.0.1:3000`.

use crate::support::{GLANCES, glance};
use realtime_yew::{Fetcher, get_json, prelude::*, testing::Mounted};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Stock {
    symbol: String,
    price: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Todo {
    id: u32,
    list: String,
    title: String,
}

impl ListItem for Todo {
    fn id(&self) -> RowId {
        self.id.into()
    }
}

/// All that the SDK is told of the server.
fn options() -> RealtimeOptions {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Placed {
        room_id: String,
    }

    RealtimeOptions::default()
        .with_socketio(
            SocketIoOptions::new()
                .with_join("subscribe", "unsubscribe")
                .with_join_ack(false),
        )
        .with_channel_field("stock:update", "symbol", "stocks:{}")
        .with_channel_field("list:update", "item.list", "lists:{}")
        .with_channel_of(|event, data| {
            let is_about_people = event.starts_with("presence:") || event.starts_with("typing:");
            let placed: Placed = serde_json::from_str(data)
                .ok()
                .filter(|_| is_about_people)?;
            Some(format!("rooms:{}", placed.room_id))
        })
}

#[derive(PartialEq, Properties)]
struct NamedProps {
    name: AttrValue,
    server: AttrValue,
    /// Every price that the card has shown.
    #[prop_or_default]
    shown: Shown,
}

#[derive(Clone, Debug, Default)]
struct Shown(Rc<RefCell<Vec<Stock>>>);

impl PartialEq for Shown {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[component]
fn Card(props: &NamedProps) -> Html {
    let NamedProps {
        name,
        server,
        shown,
    } = props;
    let url = format!("{server}/api/stocks/{name}");
    let stock = use_realtime_query(
        key!["stocks", &**name],
        Fetcher::<Stock>::positioned(move || get_json(url.clone())),
        UseRealtimeQueryOptions::default()
            .with_event("stock:update")
            .with_channel(format!("stocks:{name}")),
    );
    if let Some(stock) = stock.data() {
        shown.0.borrow_mut().push((*stock).clone());
    }
    html! {}
}

#[component]
fn List(NamedProps { name, server, .. }: &NamedProps) -> Html {
    let url = format!("{server}/api/lists/{name}");
    let todos = use_realtime_list(
        key!["lists", &**name],
        Fetcher::<Vec<Todo>>::positioned(move || get_json(url.clone())),
        UseRealtimeListOptions::default().with_channel(format!("lists:{name}")),
    );
    let titles: Vec<_> = todos.iter().map(|todo| todo.title.clone()).collect();
    html! { <p id={name}>{ titles.join(" ") } { todos.is_loading().then_some("…") }</p> }
}

#[derive(PartialEq, Properties)]
struct RoomProps {
    name: AttrValue,
    who: AttrValue,
    #[prop_or_default]
    is_typing: bool,
}

#[component]
fn Room(
    RoomProps {
        name,
        who,
        is_typing,
    }: &RoomProps,
) -> Html {
    let channel = format!("rooms:{name}");
    let user = User::new(&**who, &**who);
    let presence = use_presence(&channel, user, UsePresenceOptions::default());
    let typing = use_typing_indicator(&channel, who, who, UseTypingIndicatorOptions::default());
    use_effect_with((*is_typing, presence.is_live()), {
        let typing = typing.clone();
        move |(is_typing, is_live)| {
            if *is_typing && *is_live {
                typing.start_typing();
            }
        }
    });
    let others: Vec<_> = presence
        .others()
        .map(|member| member.user.id.to_string())
        .collect();
    let typists: Vec<_> = typing
        .typing_users()
        .iter()
        .map(|it| it.id.to_string())
        .collect();
    html! { <p id={name}>{ others.join(" ") } { "|" } { typists.join(" ") }</p> }
}

#[component]
fn Adder() -> Html {
    let client = use_realtime_client();
    use_effect_with((), move |()| {
        for (list, title) in [("home", "Sweep"), ("work", "Write"), ("home", "Cook")] {
            let todo = json!({ "list": list, "title": title });
            client.emit("todo:add", Some(&format!("lists:{list}")), &todo);
        }
    });
    html! {}
}

async fn see(page: &Mounted, id: &str, expected: &str) {
    for _ in 0..GLANCES {
        if page.text(id) == expected {
            return;
        }
        glance().await;
    }
    panic!("{id} shows {:?}, not {expected:?}", page.text(id));
}

fn enter(server: &'static str, html: Html) -> Mounted {
    let options = options();
    Mounted::bare(html! {
        <RealtimeProvider url={server} {options}>{ html }</RealtimeProvider>
    })
}

async fn the_four_hooks_work_with(server: &'static str) {
    let (apple, microsoft) = (Shown::default(), Shown::default());
    let page = enter(
        server,
        html! {
            <>
                <Card name="AAPL" {server} shown={apple.clone()} />
                <Card name="MSFT" {server} shown={microsoft.clone()} />
                <List name="home" {server} />
                <List name="work" {server} />
                <Room name="lobby" who="ada" />
                <Room name="attic" who="ada" />
            </>
        },
    );
    let have_moved = |shown: &Shown| shown.0.borrow().len() >= 10;
    for _ in 0..GLANCES {
        if have_moved(&apple) && have_moved(&microsoft) {
            break;
        }
        glance().await;
    }
    for (shown, symbol, hundreds) in [(&apple, "AAPL", 1), (&microsoft, "MSFT", 3)] {
        let shown = shown.0.borrow();
        assert!(shown.len() >= 10, "{symbol} has shown {shown:?}");
        let is_its = |stock: &Stock| stock.symbol == symbol && stock.price / 100 == hundreds;
        assert!(shown.iter().all(is_its), "{symbol} has shown {shown:?}");
    }

    see(&page, "#home", "").await;
    see(&page, "#work", "").await;
    let adder = enter(server, html! { <Adder /> });
    see(&page, "#home", "Sweep Cook").await;
    see(&page, "#work", "Write").await;
    adder.unmount();

    see(&page, "#attic", "|").await;
    let bob = enter(
        server,
        html! { <Room name="attic" who="bob" is_typing=true /> },
    );
    see(&page, "#attic", "bob|bob").await;
    see(&bob, "#attic", "ada|").await;
    assert_eq!(page.text("#lobby"), "|");
    bob.unmount();
    see(&page, "#attic", "|").await;
    page.unmount();
}

#[wasm_bindgen_test]
async fn the_four_hooks_work_with_a_server_of_the_react_pattern() {
    if let Some(server) = option_env!("REALTIME_TEST_SOCKETIO_PATTERN") {
        the_four_hooks_work_with(server).await;
    }
}
