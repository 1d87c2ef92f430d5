//! A render each second, for what counts down.

use crate::{client::RealtimeClient, runtime::Timer};
use std::{
    cell::OnceCell,
    rc::{Rc, Weak},
    time::Duration,
};
use yew::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// Renders the component each second while `active`.
#[hook]
pub(crate) fn use_tick(client: &RealtimeClient, active: bool) {
    let trigger = use_force_update();
    use_effect_with((client.clone(), active), move |(client, active)| {
        let ticking = active.then(|| {
            let ticking = Rc::new_cyclic(|me: &Weak<OnceCell<Box<dyn Timer>>>| {
                let (me, rung) = (me.clone(), client.clone());
                let timer = client.timer(Rc::new(move || {
                    if let Some(timer) = me.upgrade() {
                        arm(&timer, &rung);
                        trigger.force_update();
                    }
                }));
                OnceCell::from(timer)
            });
            arm(&ticking, client);
            ticking
        });
        move || drop(ticking)
    });
}

fn arm(timer: &OnceCell<Box<dyn Timer>>, client: &RealtimeClient) {
    if let Some(timer) = timer.get() {
        timer.arm(Some(client.now() + SECOND));
    }
}
