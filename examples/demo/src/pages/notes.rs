//! Notes: one text for all visitors, with a title. Cut the connection, go on typing, come back.

use crate::user::Me;
use realtime_text::{SharedCarets, SharedInput, SharedTextarea, UseSharedTextOptions};
use realtime_yew::prelude::*;
use yew::prelude::*;

/// The channel of the document.
const NOTES: &str = "notes";

#[derive(PartialEq, Properties)]
pub(crate) struct NotesPageProps {
    pub(crate) me: Me,
}

#[component]
pub(crate) fn NotesPage(props: &NotesPageProps) -> Html {
    let user = User::new(&*props.me.id, &props.me.name);
    let room = use_presence(NOTES, user, UsePresenceOptions::default());
    let carets = SharedCarets::of(&room);
    let kept = UseSharedTextOptions::default().with_persist();
    html! {
        <section class="page page--narrow" data-testid="page-notes" aria-labelledby="notes-title">
            <header class="page__head">
                <div>
                    <h1 id="notes-title">{ "Notes" }</h1>
                    <p class="page__lead">
                        { "One text for everybody. Cut the connection, go on typing, come back: nothing is lost." }
                    </p>
                </div>
                <OnlineUsers users={room.online_users()} label="Who is here" />
            </header>
            <div class="notes">
                <SharedInput
                    channel={NOTES}
                    name="title"
                    label="Title"
                    carets={Some(carets.clone())}
                    options={kept.clone()}
                />
                <SharedTextarea
                    channel={NOTES}
                    name="body"
                    label="Text"
                    carets={Some(carets)}
                    options={kept}
                    rows={14}
                    placeholder="Write something"
                />
            </div>
        </section>
    }
}
