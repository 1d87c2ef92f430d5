//! Notifications, which reach everybody.

use crate::SOON;
use realtime_e2e::{Page, ServerKind, ensure, eventually, scenario_on};

on_every_server![a_notification_is_a_toast_and_a_line_in_both_tabs,];

fn a_notification_is_a_toast_and_a_line_in_both_tabs(server: ServerKind) {
    scenario_on(server, "notifications", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Notifications)?;
        let lin = stage.enter("Lin", Page::Notifications)?;
        let before = lin.notifications()?.len();
        ada.notify()?;
        for visitor in [&ada, &lin] {
            let what = format!("{} sees one toast", visitor.name());
            eventually(&what, SOON, || visitor.toasts(), |toasts| toasts.len() == 1)?;
            let what = format!("{} sees one line more", visitor.name());
            let lines = || visitor.notifications();
            eventually(&what, SOON, lines, |lines| lines.len() == before + 1)?;
        }
        lin.notify()?;
        let lines = || Ok((ada.notifications()?, lin.notifications()?));
        let (seen, too) = eventually("both see two lines more", SOON, lines, |(seen, too)| {
            seen.len() == before + 2 && too.len() == before + 2
        })?;
        ensure(seen == too, || {
            format!("one sees {seen:?}, the other {too:?}")
        })
    });
}
