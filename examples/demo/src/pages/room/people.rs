//! People: who is here, and one's own status.

use realtime_yew::prelude::*;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct PeopleProps {
    pub(super) channel: AttrValue,
    pub(super) user: User,
}

/// Everybody in the room, and a picker for one's own status.
#[component]
pub(super) fn People(props: &PeopleProps) -> Html {
    const STATUSES: [(PresenceStatus, &str); 3] = [
        (PresenceStatus::Online, "Online"),
        (PresenceStatus::Away, "Away"),
        (PresenceStatus::Busy, "Busy"),
    ];
    let room = use_presence(
        &props.channel,
        props.user.clone(),
        UsePresenceOptions::default(),
    );
    let pick = {
        let room = room.clone();
        move |event: Event| {
            let picked = event.target_unchecked_into::<HtmlSelectElement>().value();
            if let Some((status, _)) = STATUSES
                .iter()
                .find(|(status, _)| status.as_str() == picked)
            {
                room.update_status(*status);
            }
        }
    };
    // A select's value can only be set from outside once its options are there.
    let picker = use_node_ref();
    use_effect_with((picker.clone(), room.my_status()), |(picker, status)| {
        if let Some(picker) = picker.cast::<HtmlSelectElement>() {
            picker.set_value(status.as_str());
        }
    });
    let (here, online) = (room.presence(), room.online_users().len());
    html! {
        <div class="people">
            <div class="people__who" data-testid="online">
                <OnlineUsers users={&here} label="People in this room" />
                <span class="people__count">
                    { format!("{} here, {online} online", here.len()) }
                </span>
            </div>
            <label class="people__status">
                <span>{ "Your status" }</span>
                <select ref={picker} class="field" data-testid="status-picker" onchange={pick}>
                    for (status, label) in STATUSES {
                        <option key={label} value={status.as_str()}>{ label }</option>
                    }
                </select>
            </label>
        </div>
    }
}
