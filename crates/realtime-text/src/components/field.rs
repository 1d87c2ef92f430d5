//! Field: a textarea or an input over a shared text, with its label, its state and the carets of others.

use super::{
    carets::SharedCarets,
    element::{Element, Selection},
    listener::Listener,
    view::View,
};
use crate::{CaretMetadata, TextError, UseSharedTextHandle, UseSharedTextOptions, use_shared_text};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, HtmlElement};
use yew::prelude::*;

/// What both kinds of fields are told.
#[derive(Clone, PartialEq, Properties)]
pub(super) struct FieldProps {
    pub(super) channel: AttrValue,
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    pub(super) options: UseSharedTextOptions,
    pub(super) carets: Option<SharedCarets>,
    pub(super) read_only: bool,
    pub(super) placeholder: Option<AttrValue>,
    pub(super) on_error: Option<Callback<TextError>>,
    pub(super) class: Classes,
    /// How many lines it has; `None` is an input.
    pub(super) rows: Option<u32>,
}

/// A field, and what its events act on.
#[derive(Clone)]
struct Field {
    handle: UseSharedTextHandle,
    view: Rc<View>,
    node: NodeRef,
    layer: NodeRef,
    carets: Option<SharedCarets>,
    on_error: Option<Callback<TextError>>,
}

#[component]
pub(super) fn SharedField(props: &FieldProps) -> Html {
    let handle = use_shared_text(&props.channel, &props.name, props.options.clone());
    let field = Field {
        view: use_memo((props.channel.clone(), props.name.clone()), |_| {
            View::default()
        }),
        node: use_node_ref(),
        layer: use_node_ref(),
        carets: props.carets.clone(),
        on_error: props.on_error.clone(),
        handle,
    };
    let id = use_memo(
        (props.channel.clone(), props.name.clone()),
        |(channel, name)| AttrValue::from(field_id(channel, name)),
    );
    let id = AttrValue::clone(&id);
    // After each render: the element shows what the document says.
    use_effect({
        let field = field.clone();
        move || field.show()
    });
    let newest = use_mut_ref(|| None::<Field>);
    newest.replace(Some(field.clone()));
    use_effect_with(id.clone(), {
        let node = field.node.clone();
        move |_| {
            let listeners = node.cast::<HtmlElement>().map(|element| {
                let target: EventTarget = element.into();
                let on = |event, act: fn(&Field, &web_sys::Event)| {
                    let newest = Rc::clone(&newest);
                    Listener::new(&target, event, move |event| {
                        let field = newest.borrow().clone();
                        if let Some(field) = field {
                            act(&field, &event);
                        }
                    })
                };
                [
                    on("compositionstart", |field, _| field.compose()),
                    on("compositionend", |field, _| field.end_composing()),
                    on("beforeinput", Field::before_input),
                ]
            });
            move || drop(listeners)
        }
    });
    let can_edit = field.handle.is_loaded() && !props.read_only;
    let state = state_of(&field.handle);
    let on = |act: fn(&Field)| {
        let field = field.clone();
        Callback::from(move |()| act(&field))
    };
    let (typed, moved, left) = (on(Field::take), on(Field::publish), on(Field::leave));
    let scrolled = on(Field::scroll);
    let onkeydown = {
        let field = field.clone();
        Callback::from(move |event: KeyboardEvent| field.key(&event))
    };
    let oninput = typed.reform(|_: InputEvent| ());
    let (onselect, onfocus) = (
        moved.reform(|_: Event| ()),
        moved.reform(|_: FocusEvent| ()),
    );
    let (onkeyup, onmouseup) = (
        moved.reform(|_: KeyboardEvent| ()),
        moved.reform(|_: MouseEvent| ()),
    );
    let onblur = left.reform(|_: FocusEvent| ());
    let onscroll = scrolled.reform(|_: Event| ());
    let described_by = AttrValue::from(format!("{id}-state"));
    let carets = props.carets.as_ref();
    let carets = carets.map(|carets| carets.layer(&field.handle, &field.layer));
    let element = match props.rows {
        Some(rows) => html! {
            <textarea
                id={id.clone()} ref={field.node.clone()} class="rt-text__field" rows={rows.to_string()}
                readonly={!can_edit} placeholder={props.placeholder.clone()} aria-describedby={described_by.clone()}
                {oninput} {onselect} {onfocus} {onkeydown} {onkeyup} {onmouseup} {onblur} {onscroll}
            />
        },
        None => html! {
            <input
                type="text" id={id.clone()} ref={field.node.clone()} class="rt-text__field"
                readonly={!can_edit} placeholder={props.placeholder.clone()} aria-describedby={described_by.clone()}
                {oninput} {onselect} {onfocus} {onkeydown} {onkeyup} {onmouseup} {onblur} {onscroll}
            />
        },
    };
    let kind = props.rows.map_or("rt-text--line", |_| "rt-text--area");
    html! {
        <div class={classes!("rt-text", kind, props.class.clone())} data-state={state.0}>
            <label class="rt-text__label" for={id}>{ &props.label }</label>
            <div class="rt-text__frame">{ carets }{ element }</div>
            <p class="rt-text__state" id={described_by}>{ state.1 }</p>
        </div>
    }
}

/// An id for the element: names may have what an id must not.
fn field_id(channel: &str, name: &str) -> String {
    let fit = |text: &str| text.replace(|letter: char| !letter.is_alphanumeric(), "-");
    format!("rt-text-{}-{}", fit(channel), fit(name))
}

/// How the text stands: a word for stylesheets and tests, and one for people.
fn state_of(handle: &UseSharedTextHandle) -> (&'static str, AttrValue) {
    if let Some(error) = handle.error() {
        return ("error", error.into());
    }
    match (handle.is_loaded(), handle.is_live(), handle.is_saved()) {
        (false, ..) => ("loading", "Loading…".into()),
        (_, true, true) => ("saved", "Saved".into()),
        (_, true, false) => ("saving", "Saving…".into()),
        (_, false, true) => ("offline", "Offline: edits of others are not shown".into()),
        (_, false, false) => ("unsaved", "Offline: your edits are sent later".into()),
    }
}

impl Field {
    fn show(&self) {
        if let Some(element) = Element::of(&self.node) {
            self.view.show(&element, &self.handle);
        }
    }

    fn take(&self) {
        let Some(element) = Element::of(&self.node) else {
            return;
        };
        let taken = self.view.take(&element, &self.handle);
        if let (Err(error), Some(on_error)) = (taken, &self.on_error) {
            on_error.emit(error);
        }
        self.publish();
    }

    /// Tells others where the caret is.
    fn publish(&self) {
        let (Some(carets), Some(element)) = (&self.carets, Element::of(&self.node)) else {
            return;
        };
        if self.view.is_composing() || !element.has_focus() {
            return;
        }
        // The element shows the document as it is but for what came since the last frame.
        self.view.show(&element, &self.handle);
        let Some(Selection {
            start,
            end,
            is_backward,
        }) = element.selection()
        else {
            return;
        };
        let (anchor, head) = if is_backward {
            (end, start)
        } else {
            (start, end)
        };
        let caret = self.handle.caret(anchor, head);
        carets.publish(caret.map(|cursor| CaretMetadata {
            text: self.handle.name().to_owned(),
            cursor,
        }));
    }

    fn leave(&self) {
        self.end_composing();
        if let Some(carets) = &self.carets {
            carets.publish(None);
        }
    }

    fn compose(&self) {
        self.view.set_composing(true);
    }

    fn end_composing(&self) {
        if self.view.is_composing() {
            self.view.set_composing(false);
            self.take();
            self.show();
        }
    }

    /// Undo and redo by keys: the browser's own know nothing of what others have written in between.
    fn key(&self, event: &KeyboardEvent) {
        let is_command = (event.ctrl_key() || event.meta_key()) && !event.alt_key();
        if !is_command || self.view.is_composing() {
            return;
        }
        match (&*event.key().to_lowercase(), event.shift_key()) {
            ("z", false) => self.handle.undo(),
            ("z", true) | ("y", false) => self.handle.redo(),
            _ => return,
        }
        event.prevent_default();
        self.show();
    }

    /// The same from a menu.
    fn before_input(&self, event: &web_sys::Event) {
        let Some(input) = event.dyn_ref::<web_sys::InputEvent>() else {
            return;
        };
        match &*input.input_type() {
            "historyUndo" => self.handle.undo(),
            "historyRedo" => self.handle.redo(),
            _ => return,
        }
        event.prevent_default();
        self.show();
    }

    /// The carets move with the text.
    fn scroll(&self) {
        let (field, layer) = (
            self.node.cast::<HtmlElement>(),
            self.layer.cast::<HtmlElement>(),
        );
        if let (Some(field), Some(layer)) = (field, layer) {
            layer.set_scroll_top(field.scroll_top());
            layer.set_scroll_left(field.scroll_left());
        }
    }
}
