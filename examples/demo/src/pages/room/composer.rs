//! Composer: a message is written, and others see that one is.

use crate::{browser::value_of, command::use_command, user::Me};
use realtime_demo_types::{NewMessage, limits};
use realtime_yew::prelude::*;
use yew::prelude::*;

#[derive(PartialEq, Properties)]
pub(super) struct ComposerProps {
    pub(super) channel: AttrValue,
    pub(super) me: Me,
}

/// A field for a message, and who else is typing. The text stays until the server has taken it.
#[component]
pub(super) fn Composer(props: &ComposerProps) -> Html {
    let ComposerProps { channel, me } = props;
    let text = use_state(String::new);
    let send = use_command(channel);
    let typing = use_typing_indicator(
        channel,
        &me.id,
        &me.name,
        UseTypingIndicatorOptions::default(),
    );
    let oninput = {
        let (text, send, typing) = (text.clone(), send.clone(), typing.clone());
        move |event: InputEvent| {
            let value = value_of(&event);
            send.dismiss();
            typing.on_input(&value);
            text.set(value);
        }
    };
    let onsubmit = {
        let (text, send, typing, me) = (text.clone(), send.clone(), typing.clone(), me.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if send.is_sending() || text.trim().is_empty() {
                return;
            }
            typing.stop_typing();
            let message = NewMessage {
                user_id: me.id.to_string(),
                name: me.name.to_string(),
                text: text.trim().to_owned(),
            };
            let clear = text.setter();
            send.send("message:send", &message, move || clear.set(String::new()));
        }
    };
    let onblur = typing.stop_typing_callback().reform(|_: FocusEvent| ());
    html! {
        <form class="composer" {onsubmit}>
            <div data-testid="typing">
                <TypingIndicator users={typing.typing_users()} />
            </div>
            <div class="row">
                <input
                    class="field row__grow"
                    data-testid="message-input"
                    aria-label="Message"
                    aria-describedby="message-error"
                    placeholder="Write a message"
                    autocomplete="off"
                    maxlength={limits::TEXT.to_string()}
                    value={(*text).clone()}
                    readonly={send.is_sending()}
                    {oninput}
                    {onblur}
                />
                <button
                    class="button button--strong"
                    data-testid="send"
                    aria-busy={send.is_sending().to_string()}
                >
                    { if send.is_sending() { "Sending…" } else { "Send" } }
                </button>
            </div>
            <p id="message-error" class="field-error" role="alert">{ send.error() }</p>
        </form>
    }
}
