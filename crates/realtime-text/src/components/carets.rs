//! Carets of others in a field, and one's own for them.

use crate::{CaretMetadata, UseSharedTextHandle};
use realtime_yew::{UsePresenceHandle, realtime_core::UserId};
use std::rc::Rc;
use yew::prelude::*;

/// How many colours there are; the stylesheet has them.
const COLOURS: u32 = 8;
/// How many carets a field shows; the others are left out.
const MAX_SHOWN: usize = 32;

/// Where others are in the texts of a channel, and how they learn where this user is: made of a presence handle on a
/// channel, mostly the text's own. The caret is the member's metadata there, in place of any other.
///
/// ```
/// use realtime_text::{SharedCarets, SharedTextarea};
/// use realtime_yew::prelude::*;
/// use yew::prelude::*;
///
/// #[component]
/// fn Notes() -> Html {
///     let room = use_presence("notes", User::new("u1", "Ada"), UsePresenceOptions::default());
///     html! {
///         <SharedTextarea channel="notes" name="body" label="Notes" carets={SharedCarets::of(&room)} />
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SharedCarets {
    others: Rc<[CaretOfOther]>,
    publish: Callback<Option<CaretMetadata>>,
}

/// Where somebody else is.
#[derive(Clone, Debug, PartialEq)]
pub struct CaretOfOther {
    /// Who: by this the colour is chosen.
    pub id: UserId,
    /// What stands beside the caret.
    pub name: Rc<str>,
    /// Where.
    pub caret: CaretMetadata,
}

impl SharedCarets {
    /// The carets of a channel's members. What a member's metadata says beside `text` and `cursor` is let be; members without
    /// these have no caret.
    #[must_use]
    pub fn of(presence: &UsePresenceHandle) -> Self {
        let others = presence.others().filter_map(|member| {
            let caret = member.metadata.as_ref()?.parse().ok()?;
            Some(CaretOfOther {
                id: member.user.id.clone(),
                name: Rc::clone(&member.user.name),
                caret,
            })
        });
        let room = presence.clone();
        Self {
            others: others.take(MAX_SHOWN).collect(),
            publish: Callback::from(move |caret: Option<CaretMetadata>| match caret {
                // A name that is too long for metadata has no caret.
                Some(caret) => drop(room.update_metadata(&caret)),
                None => room.clear_metadata(),
            }),
        }
    }

    pub(super) fn publish(&self, caret: Option<CaretMetadata>) {
        self.publish.emit(caret);
    }

    /// A copy of the text behind the field's letters, in which the carets stand at their places.
    pub(super) fn layer(&self, handle: &UseSharedTextHandle, node: &NodeRef) -> Html {
        let of_text = |other: &&CaretOfOther| other.caret.text == handle.name();
        let places = self.others.iter().filter(of_text).filter_map(|other| {
            let (anchor, head) = handle.place(&other.caret.cursor)?;
            Some((other, anchor, head))
        });
        let places: Vec<_> = places.collect();
        if places.is_empty() {
            return Html::default();
        }
        let text = handle.text();
        let mut marks: Vec<(u32, Option<usize>)> = Vec::new();
        for (number, (_, anchor, head)) in places.iter().enumerate() {
            marks.push((*head, Some(number)));
            marks.push((*anchor, None));
        }
        marks.sort_by_key(|(place, _)| *place);
        let is_selected = |from: u32| {
            places
                .iter()
                .position(|(_, anchor, head)| anchor.min(head) <= &from && &from < anchor.max(head))
        };
        let mut pieces = Vec::new();
        let (mut at, mut byte) = (0, 0);
        for (place, caret) in marks {
            let to = crate::splice::byte_at(&text, place).unwrap_or(text.len());
            if to > byte {
                pieces.push(piece(
                    text.get(byte..to),
                    is_selected(at).map(|one| places[one].0),
                ));
                (at, byte) = (place, to);
            }
            if let Some((other, ..)) = caret.and_then(|number| places.get(number)) {
                pieces.push(caret_of(other));
            }
        }
        // A line break at the very end is not laid out without something after it.
        pieces.push(html! { <>{ text.get(byte..).unwrap_or_default() }{ "\u{200b}" }</> });
        html! {
            <div class="rt-text__carets" aria-hidden="true" ref={node.clone()}>{ for pieces }</div>
        }
    }
}

fn piece(text: Option<&str>, selected_by: Option<&CaretOfOther>) -> Html {
    let text = text.unwrap_or_default().to_owned();
    match selected_by {
        Some(other) => {
            html! { <span class={classes!("rt-text__selected", colour(other))}>{ text }</span> }
        }
        None => html! { <>{ text }</> },
    }
}

fn caret_of(other: &CaretOfOther) -> Html {
    html! {
        <span class={classes!("rt-text__caret", colour(other))} data-testid="caret">
            <span class="rt-text__name">{ AttrValue::from(Rc::clone(&other.name)) }</span>
        </span>
    }
}

/// The same for one person in all pages.
fn colour(other: &CaretOfOther) -> String {
    let bytes = other.id.as_str().bytes();
    let hash = bytes.fold(0_u32, |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    format!("rt-text__colour-{}", hash % COLOURS)
}
