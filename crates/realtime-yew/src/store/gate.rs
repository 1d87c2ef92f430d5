//! Gate in front of the app while what was kept over page loads is being read.

use super::Loading;
use std::rc::Rc;
use yew::prelude::*;

#[derive(Properties)]
pub(super) struct StoreGateProps {
    pub(super) loading: Rc<dyn Loading>,
    pub(super) fallback: Html,
    pub(super) children: Html,
}

/// The store is that of the provider around it, which makes another gate for another client.
impl PartialEq for StoreGateProps {
    fn eq(&self, other: &Self) -> bool {
        self.fallback == other.fallback && self.children == other.children
    }
}

/// Shows the app once the store has been read.
#[component]
pub(super) fn StoreGate(props: &StoreGateProps) -> Html {
    let again = use_force_update();
    let is_loading = props.loading.is_loading();
    let loading = Rc::clone(&props.loading);
    use_effect_with(is_loading, move |was_loading| {
        let subscription = was_loading.then(|| {
            let watched = Rc::clone(&loading);
            let look = move || {
                if !watched.is_loading() {
                    again.force_update();
                }
            };
            // It may have ended since the render.
            look();
            loading.subscribe(Rc::new(look))
        });
        move || drop(subscription)
    });
    if is_loading {
        props.fallback.clone()
    } else {
        props.children.clone()
    }
}
