//! Server rendering: the app of `examples/ssr`, whose page is there before its script.

use crate::SOON;
use realtime_e2e::{
    FaultProxy, KitError, Output, Program, Stage, Start, Tab, announced_address, ensure,
    eventually, scenario, workspace,
};
use serde_json::json;
use std::{env, net::SocketAddr, path::PathBuf, process::Command, time::Duration};

/// The server, and where it listens. Dropping it ends it.
struct Server {
    _program: Program,
    address: SocketAddr,
    origin: String,
}

impl Server {
    fn start() -> Result<Self, KitError> {
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| workspace().join("target"), PathBuf::from);
        let program = target.join("debug").join("ssr-server");
        let how = Start {
            within: Duration::from_secs(30),
            output: Output::Kept,
            ..Start::of("the server of examples/ssr", "build it and its page first")
        };
        let mut command = Command::new(program);
        let (program, address) = Program::start(how, command.arg("0"), announced_address)?;
        Ok(Self {
            _program: program,
            address,
            origin: format!("http://{address}"),
        })
    }
}

/// How often the page has asked for the notes.
const FETCHES: &str = "return performance.getEntriesByName(location.origin + '/api/notes').length;";

/// What the server sends whoever comes now.
const HTML: &str = "const get = new XMLHttpRequest(); get.open('GET', '/', false); get.send(); \
                    return get.responseText;";

#[test]
#[ignore = "needs chromedriver, and the built page and server of examples/ssr; cargo xtask test --only ssr runs it"]
fn a_page_is_full_when_it_comes_live_without_a_fetch_and_never_anew() {
    let server = Server::start().unwrap_or_else(|error| panic!("{error}"));
    scenario("ssr", |stage| {
        let ada = stage.arrive("Ada")?;
        ada.goto(&server.origin)?;
        awaits(&ada, "main p", &["No notes yet: write the first one."])?;
        connected(&ada)?;
        let evil = "</script><script>document.title = 'broken'</script>";
        for note in ["Buy oranges", evil] {
            ada.type_into("input", note)?;
            ada.click("form button")?;
        }
        awaits(&ada, "main li", &["Buy oranges", evil])?;
        ensure_fetches(&ada, 0)?;

        let html: String = ada.eval(HTML, json!([]))?;
        ensure(html.contains("<li>Buy oranges</li>"), || html.clone())?;

        let lin = stage.arrive("Lin")?;
        // Before the page's own script: what becomes of the element that the server sent.
        lin.goto(&server.origin)?;
        awaits(&lin, "main li", &["Buy oranges", evil])?;
        let mark = "document.querySelector('main li').dataset.first = 'yes'; return true;";
        let _: bool = lin.eval(mark, json!([]))?;
        connected(&lin)?;
        ada.type_into("input", "Ça va ☀")?;
        ada.click("form button")?;
        awaits(&lin, "main li", &["Buy oranges", evil, "Ça va ☀"])?;
        ensure(lin.count("main li[data-first]")? == 1, || {
            String::from("the rows should not have been made anew")
        })?;
        ensure_fetches(&lin, 0)?;
        let title: String = lin.eval("return document.title;", json!([]))?;
        ensure(title.starts_with("Notes"), || title.clone())?;
        ensure_silent(stage)
    });
}

#[test]
#[ignore = "needs chromedriver, and the built page and server of examples/ssr; cargo xtask test --only ssr runs it"]
fn what_happens_between_render_and_connect_is_there_without_a_fetch() {
    let server = Server::start().unwrap_or_else(|error| panic!("{error}"));
    scenario("ssr-between", |stage| {
        let ada = stage.arrive("Ada")?;
        ada.goto(&server.origin)?;
        connected(&ada)?;
        let add = |note: &str| {
            ada.type_into("input", note)?;
            ada.click("form button")
        };
        add("Before")?;
        awaits(&ada, "main li", &["Before"])?;

        let proxy = FaultProxy::start(server.address, 1)?;
        proxy.hold_sockets(true);
        let lin = stage.arrive("Lin")?;
        lin.goto(&proxy.base())?;
        let asks = || Ok(proxy.links().iter().any(|link| link.is_socket));
        eventually("Lin's page asks for its socket", SOON, asks, |asks| *asks)?;
        for note in ["Between", "And another"] {
            add(note)?;
        }
        let all = ["Before", "Between", "And another"];
        awaits(&ada, "main li", &all)?;
        awaits(&lin, "main li", &all[..1])?;
        proxy.hold_sockets(false);
        awaits(&lin, "main li", &all)?;
        connected(&lin)?;
        ensure_fetches(&lin, 0)?;
        ensure_silent(stage)
    });
}

/// No page has anything to say on its console, be it an error or not.
fn ensure_silent(stage: &Stage) -> Result<(), KitError> {
    let said = stage.console()?;
    ensure(said.is_empty(), || format!("on the console: {said:#?}"))
}

fn connected(tab: &Tab) -> Result<(), KitError> {
    let is_connected = || tab.count(".rt-connection--connected");
    eventually("it is connected", SOON, is_connected, |count| *count == 1).map(drop)
}

fn ensure_fetches(tab: &Tab, wanted: usize) -> Result<(), KitError> {
    let fetches: usize = tab.eval(FETCHES, json!([]))?;
    ensure(fetches == wanted, || format!("{fetches} fetches"))
}

fn awaits(tab: &Tab, selector: &str, wanted: &[&str]) -> Result<(), KitError> {
    let what = format!("{selector} says {wanted:?}");
    eventually(&what, SOON, || tab.texts(selector), |seen| *seen == wanted).map(drop)
}
