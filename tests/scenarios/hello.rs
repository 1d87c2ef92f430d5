//! Hello: the app that `cargo generate --path examples/hello` makes, run by its one command.

mod app;
mod template;

use crate::SOON;
use app::App;
use realtime_e2e::{KitError, Tab, ensure, eventually, scenario};

/// What the app says of its connection, once there is one.
const CONNECTED: &str = ".rt-connection--connected";

#[test]
#[ignore = "needs chromedriver, trunk and wasm-bindgen; cargo xtask test --only hello runs it"]
fn what_one_page_of_a_new_app_adds_the_other_sees() {
    let app = App::start("my-notes").unwrap_or_else(|error| panic!("{error}"));
    scenario("hello", |stage| {
        let ada = stage.arrive("Ada")?;
        ada.goto(app.url())?;
        awaits(&ada, "main p", &["No notes yet: write the first one."])?;
        let lin = stage.arrive("Lin")?;
        lin.goto(app.url())?;
        for tab in [&ada, &lin] {
            let connected = || tab.count(CONNECTED);
            eventually("it is connected", SOON, connected, |count| *count == 1)?;
            let guests = || tab.count(".rt-online__user");
            eventually("both are here", SOON, guests, |count| *count == 2)?;
        }
        ada.type_into("input", "Buy oranges")?;
        ada.click("form button")?;
        awaits(&lin, "main li", &["Buy oranges"])?;
        lin.type_into("input", "Ça va ☀")?;
        lin.click("form button")?;
        for tab in [&ada, &lin] {
            awaits(tab, "main li", &["Buy oranges", "Ça va ☀"])?;
            let nameless = tab.nameless_controls()?;
            ensure(nameless.is_empty(), || format!("{nameless:?}"))?;
        }
        Ok(())
    });
}

fn awaits(tab: &Tab, selector: &str, wanted: &[&str]) -> Result<(), KitError> {
    let what = format!("{selector} says {wanted:?}");
    eventually(&what, SOON, || tab.texts(selector), |seen| *seen == wanted).map(drop)
}
