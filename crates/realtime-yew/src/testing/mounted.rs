//! A tree of components on a real page.

use crate::{client::RealtimeClient, provider::RealtimeProvider};
use std::{cell::RefCell, fmt, rc::Rc};
use web_sys::{Element, Event, EventInit};
use yew::prelude::*;

/// Components mounted in an element of their own; unmounted when dropped.
pub struct Mounted {
    root: Element,
    app: RefCell<Option<App>>,
}

/// How to unmount and, where that is possible, render something else.
struct App {
    set: Option<Box<dyn FnMut(Html)>>,
    destroy: Box<dyn FnOnce()>,
}

#[derive(PartialEq, Properties)]
struct StageProps {
    client: Option<RealtimeClient>,
    children: Html,
}

#[component]
fn Stage(props: &StageProps) -> Html {
    match &props.client {
        Some(client) => html! {
            <RealtimeProvider client={client.clone()}>{ props.children.clone() }</RealtimeProvider>
        },
        None => props.children.clone(),
    }
}

impl Mounted {
    /// Mounts `html` as it is, without a provider.
    ///
    /// # Panics
    ///
    /// Outside a browser.
    #[must_use = "it unmounts when dropped"]
    pub fn bare(html: Html) -> Self {
        Self::new(None, html)
    }

    pub(super) fn new(client: Option<RealtimeClient>, html: Html) -> Self {
        let root = new_root();
        let stage = move |children: Html| StageProps {
            client: client.clone(),
            children,
        };
        let renderer = yew::Renderer::<Stage>::with_root_and_props(root.clone(), stage(html));
        let app = Rc::new(RefCell::new(Some(renderer.render())));
        let set = {
            let app = Rc::clone(&app);
            move |html| {
                if let Some(app) = &mut *app.borrow_mut() {
                    app.update(stage(html));
                }
            }
        };
        Self {
            root,
            app: RefCell::new(Some(App {
                set: Some(Box::new(set)),
                destroy: Box::new(move || {
                    if let Some(app) = app.take() {
                        app.destroy();
                    }
                }),
            })),
        }
    }

    pub(super) fn hydrate<C: BaseComponent>(props: C::Properties, html: &str) -> Self {
        let root = new_root();
        root.set_inner_html(html);
        let app = yew::Renderer::<C>::with_root_and_props(root.clone(), props).hydrate();
        Self {
            root,
            app: RefCell::new(Some(App {
                set: None,
                destroy: Box::new(move || app.destroy()),
            })),
        }
    }

    /// Renders `html` in place of what was there: components of the same type stay mounted.
    /// Nothing happens after unmounting, or to a page that was hydrated.
    pub fn set(&self, html: Html) {
        if let Some(App { set: Some(set), .. }) = &mut *self.app.borrow_mut() {
            set(html);
        }
    }

    /// The HTML on the page.
    #[must_use]
    pub fn html(&self) -> String {
        self.root.inner_html()
    }

    /// The text of the first element that `selector` finds; empty if there is none.
    #[must_use]
    pub fn text(&self, selector: &str) -> String {
        self.find(selector)
            .and_then(|element| element.text_content())
            .unwrap_or_default()
    }

    /// How many elements `selector` finds.
    #[must_use]
    pub fn count(&self, selector: &str) -> usize {
        self.root
            .query_selector_all(selector)
            .map_or(0, |found| found.length() as usize)
    }

    /// Clicks the first element that `selector` finds; says whether there was one.
    pub fn click(&self, selector: &str) -> bool {
        self.fire(selector, "click")
    }

    /// Fires an event that bubbles at the first element that `selector` finds; says whether there
    /// was one.
    pub fn fire(&self, selector: &str, event: &str) -> bool {
        let init = EventInit::new();
        init.set_bubbles(true);
        let event = Event::new_with_event_init_dict(event, &init);
        match (self.find(selector), event) {
            (Some(element), Ok(event)) => element.dispatch_event(&event).is_ok(),
            _ => false,
        }
    }

    /// Unmounts everything.
    pub fn unmount(&self) {
        let app = self.app.borrow_mut().take();
        if let Some(app) = app {
            (app.destroy)();
        }
    }

    fn find(&self, selector: &str) -> Option<Element> {
        self.root.query_selector(selector).ok().flatten()
    }
}

fn new_root() -> Element {
    let document = web_sys::window()
        .and_then(|window| window.document())
        .expect("components are mounted in a browser");
    let root = document
        .create_element("div")
        .expect("every page can make an element");
    if let Some(body) = document.body() {
        // An element that was just made can be put anywhere.
        let _ = body.append_child(&root);
    }
    root
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.unmount();
        self.root.remove();
    }
}

impl fmt::Debug for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mounted").field(&self.html()).finish()
    }
}
