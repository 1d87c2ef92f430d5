//! Live pointers: where each one is goes with its owner's presence, as metadata.

use realtime_yew::prelude::*;
use serde::{Deserialize, Serialize};
use web_sys::Element;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct CursorsProps {
    pub(super) channel: AttrValue,
    pub(super) user: User,
}

/// Where a pointer is, each from 0 to 1, so that it fits an area of any size.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Cursor {
    x: f64,
    y: f64,
}

impl Cursor {
    /// Where a pointer at this place of the page is in `area`.
    fn within(area: &Element, x: i32, y: i32) -> Option<Self> {
        let area = area.get_bounding_client_rect();
        let (width, height) = (area.width(), area.height());
        let cursor = Self {
            x: (f64::from(x) - area.left()) / width,
            y: (f64::from(y) - area.top()) / height,
        };
        (width > 0.0 && height > 0.0).then_some(cursor.kept_inside())
    }

    /// What others send may be anything.
    const fn kept_inside(self) -> Self {
        Self {
            x: self.x.clamp(0.0, 1.0),
            y: self.y.clamp(0.0, 1.0),
        }
    }
}

/// An area over which everybody's pointer is seen by the others.
#[component]
pub(super) fn Cursors(props: &CursorsProps) -> Html {
    let room = use_presence(
        &props.channel,
        props.user.clone(),
        UsePresenceOptions::default(),
    );
    let area = use_node_ref();
    let onpointermove = {
        let (room, area) = (room.clone(), area.clone());
        move |event: PointerEvent| {
            let area = area.cast::<Element>();
            let cursor =
                area.and_then(|area| Cursor::within(&area, event.client_x(), event.client_y()));
            if let Some(cursor) = cursor {
                // At every move, as at most 20 a second are sent. Two numbers always turn into JSON.
                let _ = room.update_metadata(&cursor);
            }
        }
    };
    let onpointerleave = {
        let room = room.clone();
        move |_: PointerEvent| room.clear_metadata()
    };
    html! {
        <section class="panel cursors" aria-label="Pointers">
            <p class="cursors__hint">{ "Move your pointer here; the others see it." }</p>
            <div
                ref={area}
                class="cursors__area"
                data-testid="cursor-area"
                {onpointermove}
                {onpointerleave}
            >
                for member in room.others() {
                    { pointer(member) }
                }
            </div>
        </section>
    }
}

/// A member's pointer, or nothing to see if they have none here.
fn pointer(member: &Member) -> Html {
    let id = member.user.id.as_str();
    let cursor = member
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.parse::<Cursor>().ok());
    let Some(Cursor { x, y }) = cursor.map(Cursor::kept_inside) else {
        return html! { <span key={id} hidden=true></span> };
    };
    let style = format!(
        "inset-inline-start: {:.2}%; inset-block-start: {:.2}%; --hue: {}",
        x * 100.0,
        y * 100.0,
        hue(id)
    );
    html! {
        <span key={id} class="cursor" data-testid="cursor" data-user={id.to_owned()} ~style={style}>
            <span class="cursor__arrow" aria-hidden="true"></span>
            <span class="cursor__name">{ &*member.user.name }</span>
        </span>
    }
}

/// A colour for a user, the same on every screen.
fn hue(id: &str) -> u32 {
    id.bytes().fold(7, |hue: u32, byte| {
        hue.wrapping_mul(31).wrapping_add(byte.into())
    }) % 360
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_from_elsewhere_is_kept_inside_the_area() {
        let far = Cursor { x: -3.0, y: 1e300 };
        assert_eq!(far.kept_inside(), Cursor { x: 0.0, y: 1.0 });
        let inside = Cursor { x: 0.25, y: 1.0 };
        assert_eq!(inside.kept_inside(), inside);
    }

    #[test]
    fn a_user_has_the_same_colour_everywhere() {
        assert_eq!(hue("u-ada"), hue("u-ada"));
        assert!(hue("u-ada") < 360 && hue("u-lin") < 360);
        assert_ne!(hue("u-ada"), hue("u-lin"));
    }
}
