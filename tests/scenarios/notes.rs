//! Notes: two people in one text, with a connection and without.

use crate::{RECOVERS, SOON};
use realtime_e2e::{KitError, Page, ServerKind, Visitor, ensure, eventually, scenario_on};

on_every_server![
    two_people_write_one_text_and_see_each_others_carets,
    who_goes_on_typing_without_a_connection_loses_nothing_and_nor_does_the_other,
];

fn await_text(visitor: &Visitor, wanted: &str) -> Result<(), KitError> {
    let what = format!("{} reads {wanted:?}", visitor.name());
    eventually(&what, RECOVERS, || visitor.notes(), |text| text == wanted).map(drop)
}

fn await_state(visitor: &Visitor, wanted: &str) -> Result<(), KitError> {
    let what = format!("the text of {} is {wanted}", visitor.name());
    eventually(
        &what,
        RECOVERS,
        || visitor.notes_state(),
        |state| state == wanted,
    )
    .map(drop)
}

fn two_people_write_one_text_and_see_each_others_carets(server: ServerKind) {
    scenario_on(server, "notes-together", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Notes)?;
        let lin = stage.enter("Lin", Page::Notes)?;
        for visitor in [&ada, &lin] {
            await_state(visitor, "saved")?;
        }
        ada.write_note("hello world")?;
        await_text(&lin, "hello world")?;
        lin.go_to_note(0)?;
        lin.type_keys("oh, ")?;
        for visitor in [&ada, &lin] {
            await_text(visitor, "oh, hello world")?;
        }
        eventually(
            "Ada's caret is behind her words",
            SOON,
            || ada.note_caret(),
            |at| *at == 15,
        )?;
        // At the caret, which stayed behind her words.
        ada.type_keys("! \u{1F600}")?;
        await_text(&lin, "oh, hello world! \u{1F600}")?;
        let at = lin.note_caret()?;
        ensure(at == 4, || format!("Lin's caret has moved to {at}"))?;
        for (visitor, other) in [(&ada, &lin), (&lin, &ada)] {
            let other = other.name().to_owned();
            let sees = |carets: &Vec<String>| carets.iter().any(|name| name.starts_with(&other));
            eventually(
                "the other's caret is there",
                SOON,
                || visitor.carets(),
                sees,
            )?;
        }
        await_state(&ada, "saved")
    });
}

fn who_goes_on_typing_without_a_connection_loses_nothing_and_nor_does_the_other(
    server: ServerKind,
) {
    scenario_on(server, "notes-apart", |stage| {
        stage.start_server()?;
        let ada = stage.enter("Ada", Page::Notes)?;
        let lin = stage.enter("Lin", Page::Notes)?;
        ada.write_note("Shopping: ")?;
        await_text(&lin, "Shopping: ")?;
        stage.kill_server()?;
        ada.write_note("bread")?;
        lin.go_to_note(0)?;
        lin.type_keys("Our ")?;
        for visitor in [&ada, &lin] {
            await_state(visitor, "unsaved")?;
        }
        stage.start_server()?;
        // A server that was started anew has lost what it had: those who have it bring it back.
        for visitor in [&ada, &lin] {
            await_text(visitor, "Our Shopping: bread")?;
            await_state(visitor, "saved")?;
        }
        Ok(())
    });
}
