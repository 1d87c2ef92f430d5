//! Tabs that share a socket and a database: what outlives one of them, and what none keeps.

use crate::{
    persistence_failures::run,
    support::{Count, GLANCES, Task, glance, task},
};
use js_sys::Promise;
use realtime_core::PersistOptions;
use realtime_yew::{
    TabRole,
    prelude::*,
    testing::{Mounted, TestBed},
};
use serde_json::json;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

#[component]
fn Shown() -> Html {
    let tasks = use_realtime_list(
        key!["tasks"],
        || async { Ok::<_, FetchError>(vec![task(1, "Bake"), task(2, "Call")]) },
        UseRealtimeListOptions::default()
            .with_channel("tasks")
            .with_seed()
            .with_persist(),
    );
    let titles: Vec<String> = tasks.iter().map(|task| task.title.clone()).collect();
    html! { <p>{ titles.join(" ") }</p> }
}

struct Tab {
    bed: TestBed,
    page: Mounted,
    /// How many renames the server of this tab has got, which only hears of it while it leads.
    sent: Count,
}

impl Tab {
    fn open(app: &str, seed: u64) -> Self {
        let kept = PersistOptions::new(app).with_build("1");
        let options = RealtimeOptions::default()
            .with_tabs(app)
            .with_persist_mutations(kept)
            .with_seed(seed)
            .with_console(false);
        let bed = TestBed::with_options(options);
        let sent = Count::default();
        let seen = sent.clone();
        bed.server().on("task:rename", move |_, _| {
            seen.up();
            Ok(json!(null))
        });
        let page = bed.mount(html! { <Shown /> });
        Self { bed, page, sent }
    }

    fn shows(&self, role: TabRole, titles: &str) -> bool {
        self.bed.client().tab_role() == role
            && self.page.count("p") == 1
            && self.page.text("p") == titles
    }

    fn rename(&self) {
        let tasks = ListRef::<Task>::from(key!["tasks"]);
        let change = json!({ "id": 1, "title": "Bake bread" });
        self.bed.client().mutate(
            MutationSpec::message("task:rename", "tasks", &change)
                .with_edit(tasks.update(1_u64, &json!({ "title": "Bake bread" })))
                .with_persist(),
        );
    }

    fn pending(&self) -> usize {
        self.bed.client().pending_mutations()
    }

    /// Takes the network away, or gives it back.
    fn set_online(&self, online: bool) {
        self.bed.set_unreachable(!online);
        match online {
            true => self.bed.client().reconnect(),
            false => self.bed.cut(),
        }
    }

    fn close(self) {
        self.bed.leave_page();
        self.page.unmount();
    }
}

async fn until(tabs: &[&Tab], is_done: impl Fn() -> bool) {
    for _ in 0..GLANCES {
        for tab in tabs {
            tab.bed.settle().await;
        }
        if is_done() {
            return;
        }
        glance().await;
    }
    let shown: Vec<_> = tabs.iter().map(|tab| tab.page.html()).collect();
    panic!("it never came to that: {shown:?}");
}

/// A tab that leads and one that follows, neither of which can reach the server.
async fn two_offline(app: &str) -> [Tab; 2] {
    let first = Tab::open(app, 1);
    until(&[&first], || first.shows(TabRole::Leader, "Bake Call")).await;
    let second = Tab::open(app, 2);
    until(&[&first, &second], || {
        second.shows(TabRole::Follower, "Bake Call")
    })
    .await;
    first.set_online(false);
    second.bed.set_unreachable(true);
    [first, second]
}

/// How many things a database holds: seeds and edits.
async fn held(app: &str) -> Option<[u32; 2]> {
    let script = format!(
        "const name = 'realtime/{}/{app}/';
         return (async () => {{
             if (!(await indexedDB.databases()).some(it => it.name === name)) return [0, 0];
             const done = request => new Promise((resolve, reject) => {{
                 request.onsuccess = () => resolve(request.result);
                 request.onerror = () => reject(request.error);
             }});
             const database = await done(indexedDB.open(name));
             try {{
                 const stores = database.transaction(['seeds', 'outbox']);
                 const counts = ['seeds', 'outbox'].map(it => done(stores.objectStore(it).count()));
                 return await Promise.all(counts);
             }} finally {{ database.close() }}
         }})()",
        app.len()
    );
    let counts = JsFuture::from(Promise::from(run(&script))).await.ok()?;
    let count = |at| js_sys::Array::from(&counts).get(at).as_f64();
    Some([count(0)? as u32, count(1)? as u32])
}

/// Waits until a database holds so much.
async fn until_held(tabs: &[&Tab], app: &str, wanted: impl Fn([u32; 2]) -> bool) {
    let mut seen = None;
    for _ in 0..GLANCES {
        for tab in tabs {
            tab.bed.settle().await;
        }
        seen = held(app).await;
        if seen.is_some_and(&wanted) {
            return;
        }
        glance().await;
    }
    panic!("it holds {seen:?}");
}

#[wasm_bindgen_test]
async fn what_was_done_in_a_tab_that_follows_outlives_all_tabs_and_is_sent_once() {
    let app = "tabs gone";
    let [first, second] = two_offline(app).await;
    second.rename();
    until_held(&[&first, &second], app, |[_, edits]| edits == 1).await;
    assert_eq!((first.pending(), second.pending()), (0, 1));
    assert_eq!(second.page.text("p"), "Bake bread Call");
    first.close();
    second.close();

    let third = Tab::open(app, 3);
    let fourth = Tab::open(app, 4);
    until(&[&third, &fourth], || {
        third.pending() + fourth.pending() == 0
            && third.sent.get() + fourth.sent.get() == 1
            && third.page.count("p") + fourth.page.count("p") == 2
    })
    .await;
    until_held(&[&third, &fourth], app, |[_, edits]| edits == 0).await;
    assert_eq!(third.sent.get() + fourth.sent.get(), 1);
}

#[wasm_bindgen_test]
async fn what_waits_in_a_tab_that_is_closed_a_tab_that_lives_shows_and_sends() {
    let app = "tab gone";
    let [first, second] = two_offline(app).await;
    second.rename();
    until_held(&[&first, &second], app, |[_, edits]| edits == 1).await;
    second.close();
    until(&[&first], || {
        first.pending() == 1 && first.page.text("p") == "Bake bread Call"
    })
    .await;
    first.set_online(true);
    until(&[&first], || first.pending() == 0).await;
    until_held(&[&first], app, |[_, edits]| edits == 0).await;
    assert_eq!(first.sent.get(), 1);
}

#[wasm_bindgen_test]
async fn who_signs_out_in_one_tab_leaves_nothing_in_any_and_nothing_on_the_disk() {
    let app = "tabs signed out";
    let [first, second] = two_offline(app).await;
    first.rename();
    second.rename();
    for tab in [&first, &second] {
        tab.bed.advance(std::time::Duration::from_millis(500));
    }
    until_held(&[&first, &second], app, |[seeds, edits]| {
        seeds > 0 && edits == 2
    })
    .await;
    second.bed.client().sign_out();
    until(&[&first, &second], || {
        [&first, &second]
            .iter()
            .all(|tab| tab.pending() == 0 && tab.shows(TabRole::Alone, ""))
    })
    .await;
    until_held(&[&first, &second], app, |held| held == [0, 0]).await;
    // Nothing is written afterwards either.
    for tab in [&first, &second] {
        tab.bed.advance(crate::support::seconds(5));
    }
    until(&[&first, &second], || true).await;
    until_held(&[&first, &second], app, |held| held == [0, 0]).await;
    assert_eq!((first.sent.get(), second.sent.get()), (0, 0));
}
