//! Two visitors, and what they do together, page by page.

use super::{RECOVERS, Report, SOON};
use crate::{
    Key, KitError, Scheme,
    demo::{Page, Visitor, by_id, prices::Card},
    ensure, eventually,
};
use serde_json::json;
use std::process;

/// Walks both through every page.
pub(super) fn meet(ada: &Visitor, lin: &Visitor, report: &mut Report) {
    report.check(
        "prices: they move, and their badges and signs agree",
        watch_prices(ada),
    );
    tasks(ada, lin, report);
    room(ada, lin, report);
    notifications(ada, lin, report);
    report.check("a cut connection recovers by itself", cut(ada));
}

fn both_turn(ada: &Visitor, lin: &Visitor, page: Page) -> Result<(), KitError> {
    for visitor in [ada, lin] {
        visitor.turn_to_page(page)?;
        visitor.await_data()?;
    }
    Ok(())
}

fn watch_prices(ada: &Visitor) -> Result<(), KitError> {
    const CARDS: &str = "return Array.from(document.querySelectorAll('[data-testid^=\"stock-\"]'), \
                         card => card.dataset.testid.slice(6))";
    ada.turn_to_page(Page::Prices)?;
    ada.await_data()?;
    let symbols: Vec<String> = ada.eval(CARDS, json!([]))?;
    ensure(symbols.len() > 1, || {
        format!("there are several cards: {symbols:?}")
    })?;
    let read = || {
        symbols
            .iter()
            .map(|symbol| ada.card(symbol))
            .collect::<Result<Vec<_>, _>>()
    };
    let first = read()?;
    let moved = eventually("a price moves", SOON, read, |cards| *cards != first)?;
    for card in &moved {
        ensure(is_consistent(card), || {
            format!("the card contradicts itself: {card:?}")
        })?;
    }
    Ok(())
}

/// Whether price and change have two decimals, and the badge points where the sign of the change says.
fn is_consistent(card: &Card) -> bool {
    let cents = |text: &str| {
        text.rsplit_once('.')
            .is_some_and(|(_, cents)| cents.len() == 2)
    };
    let points = match card.change.chars().next() {
        Some('+') => card.direction == "up",
        Some('-' | '−') => card.direction == "down",
        _ => card.direction == "flat",
    };
    cents(&card.price) && cents(&card.change) && points
}

fn tasks(ada: &Visitor, lin: &Visitor, report: &mut Report) {
    let title = format!("Water the plants ({})", process::id());
    let added = both_turn(ada, lin, Page::Tasks)
        .and_then(|()| ada.add_task(&title))
        .and_then(|()| lin.await_task(&title, SOON));
    let Some(task) = report.check("tasks: one adds, the other sees it", added) else {
        return;
    };
    let id = task.id.as_str();
    report.check(
        "tasks: a row can be edited in place",
        lin.start_editing(id, &title),
    );
    report.shot(lin, "tasks-editing");
    let title = format!("{title}, all of them");
    let edited = lin
        .cancel_editing(id)
        .and_then(|()| lin.edit_task(id, &title))
        .and_then(|()| ada.await_task(&title, SOON));
    report.check("tasks: the other edits it, the first sees it", edited);

    let moved = lin.tasks().and_then(|rows| {
        let place = |rows: &[_]| {
            rows.iter()
                .position(|row: &crate::demo::TaskRow| row.id == id)
        };
        let from = place(&rows);
        ada.move_task_up(id)?;
        lin.await_tasks("it is one higher", SOON, |rows| {
            place(rows).map(|place| place + 1) == from
        })
    });
    report.check("tasks: one reorders, the other sees it", moved);

    let done = ada.toggle_task(id).and_then(|()| {
        lin.await_tasks("it is done", SOON, |rows| {
            rows.iter().any(|row| row.id == id && row.done)
        })
    });
    report.check("tasks: one ticks it off, the other sees it", done);

    let deleted = lin.delete_task(id).and_then(|()| {
        ada.await_tasks("it is gone", SOON, |rows| {
            rows.iter().all(|row| row.id != id)
        })
    });
    report.check("tasks: one deletes it, the other sees it", deleted);
}

fn room(ada: &Visitor, lin: &Visitor, report: &mut Report) {
    let (ada_id, lin_id) = (ada.user_id(), lin.user_id());
    let met = both_turn(ada, lin, Page::Room).and_then(|()| {
        ada.await_room("Lin is there", SOON, |room| {
            room.status_of(&lin_id).is_some()
        })?;
        lin.await_room("Ada is there", SOON, |room| {
            room.status_of(&ada_id).is_some()
        })
    });
    if report.check("room: each sees the other", met).is_none() {
        return;
    }
    let text = format!("Good morning ({})", process::id());
    let said = ada.say(&text).and_then(|()| {
        lin.await_room("the message is there", SOON, |room| {
            room.messages.iter().any(|(_, shown)| shown.contains(&text))
        })
    });
    report.check("room: one speaks, the other sees it", said);

    let status = lin.choose_status("busy").and_then(|()| {
        ada.await_room("Lin is busy", SOON, |room| {
            room.status_of(&lin_id) == Some("busy")
        })
    });
    report.check("room: a status is seen by the other", status);

    let pointer = lin
        .move_pointer(40, 20)
        .and_then(|()| lin.move_pointer(-40, -10))
        .and_then(|()| {
            ada.await_room("Lin's pointer is there", SOON, |room| {
                room.cursors.contains(&lin_id)
            })
        });
    report.check("room: a pointer is seen by the other", pointer);

    let typing = lin
        .type_message("Let me see")
        .and_then(|()| ada.await_room("Lin is typing", SOON, |room| room.typing.contains("Lin")));
    report.check("room: typing is seen by the other", typing);
    report.shot(ada, "room-typing");
    let faded = ada.await_room("nobody is typing", SOON, |room| room.typing.is_empty());
    report.check("room: the dots fade", faded);

    let named = lin
        .retype(&by_id("name-field"), "Grace")
        .and_then(|()| lin.press(&by_id("name-field"), Key::Enter))
        .and_then(|()| lin.type_message("!"))
        .and_then(|()| ada.await_room("Grace types", SOON, |room| room.typing.contains("Grace")));
    report.check("room: a new name is seen by the other", named);
}

fn notifications(ada: &Visitor, lin: &Visitor, report: &mut Report) {
    let toasts = both_turn(ada, lin, Page::Notifications)
        .and_then(|()| ada.notify())
        .and_then(|()| {
            for visitor in [ada, lin] {
                let what = format!(
                    "{} sees a toast, and it has come all the way in",
                    visitor.name()
                );
                eventually(&what, SOON, || opacity(visitor), |opacity| *opacity == 1.0)?;
            }
            Ok(())
        });
    report.check("notifications: both see a toast", toasts);
    report.shot(lin, "notifications-toast");
}

fn opacity(visitor: &Visitor) -> Result<f64, KitError> {
    const SCRIPT: &str =
        "return Number(getComputedStyle(document.querySelector(arguments[0])).opacity)";
    visitor.eval(SCRIPT, json!([by_id("toast")]))
}

fn cut(ada: &Visitor) -> Result<(), KitError> {
    ada.forget_statuses()?;
    ada.cut()?;
    ada.await_statuses("reconnecting", "connected", RECOVERS)
}

/// Switches the theme by hand; the system's preference is light at this point.
pub(super) fn switch_theme(ada: &Visitor) -> Result<(), KitError> {
    for scheme in [Scheme::Dark, Scheme::Light] {
        ada.click(&by_id("theme"))?;
        let what = format!("the page is {}", scheme.name());
        eventually(&what, SOON, || ada.scheme(), |shown| *shown == scheme)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(price: &str, change: &str, direction: &str) -> Card {
        Card {
            price: price.into(),
            direction: direction.into(),
            change: change.into(),
            updated: String::new(),
        }
    }

    #[test]
    fn a_card_agrees_with_itself() {
        assert!(is_consistent(&card("$101.50", "+1.50", "up")));
        assert!(is_consistent(&card("98.00", "-2.00", "down")));
        assert!(is_consistent(&card("98.00", "\u{2212}2.00", "down")));
        assert!(is_consistent(&card("100.00", "0.00", "flat")));
    }

    #[test]
    fn a_card_that_points_the_wrong_way_or_lacks_cents_does_not() {
        assert!(!is_consistent(&card("101.50", "+1.50", "down")));
        assert!(!is_consistent(&card("101.5", "+1.50", "up")));
    }
}
