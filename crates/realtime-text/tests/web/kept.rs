//! Kept texts: what was typed before a page load is there after it, and is sent.

use crate::support::{Area, CHANNEL, NAME, Text, until};
use realtime_text::{SYNC, SharedTextarea, UseSharedTextOptions};
use realtime_yew::{PersistOptions, RealtimeOptions, testing::TestBed};
use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

fn notes() -> Html {
    let options = UseSharedTextOptions::default().with_persist();
    html! { <SharedTextarea channel={CHANNEL} name={NAME} label="Notes" {options} /> }
}

#[wasm_bindgen_test]
async fn edits_made_offline_survive_a_page_load_and_are_sent_by_the_next_page() {
    let options = || {
        RealtimeOptions::default().with_persist(PersistOptions::new("text-kept").with_build("1"))
    };
    let mut bed = TestBed::with_options(options());
    let text = Text::serve(&bed, "saved");
    let page = bed.mount(notes());
    until(&bed, || {
        page.count("textarea") == 1 && Area::of(&page).value() == "saved"
    })
    .await;
    bed.advance(std::time::Duration::from_secs(1));
    bed.settle().await;
    bed.set_unreachable(true);
    bed.cut();
    bed.settle().await;
    let area = Area::of(&page);
    area.focus(5);
    area.type_text(" and not");
    let before = bed.client().stats().store.batches;
    bed.advance(std::time::Duration::from_secs(1));
    until(&bed, || bed.client().stats().store.batches > before).await;
    page.unmount();
    bed.reload(options());

    let page = bed.mount(notes());
    until(&bed, || {
        page.count("textarea") == 1 && Area::of(&page).value() == "saved and not"
    })
    .await;
    let area = Area::of(&page);
    area.focus(13);
    area.type_text(" yet");
    let before = bed.client().stats().store.batches;
    bed.advance(std::time::Duration::from_secs(1));
    until(&bed, || bed.client().stats().store.batches > before).await;
    page.unmount();
    bed.reload(options());

    let page = bed.mount(notes());
    until(&bed, || {
        page.count("textarea") == 1 && Area::of(&page).value() == "saved and not yet"
    })
    .await;
    let syncs = bed.server().count(SYNC);
    bed.set_unreachable(false);
    until(&bed, || {
        bed.advance(std::time::Duration::from_secs(1));
        text.says() == "saved and not yet"
    })
    .await;
    assert_eq!(
        bed.server().count(SYNC),
        syncs,
        "the channel is resumed: nothing is fetched"
    );
}
