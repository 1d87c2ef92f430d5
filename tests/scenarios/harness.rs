//! The harness itself, on a page of a few lines: it must see what it is there to see.

use realtime_e2e::{Key, KitError, Requests, Scheme, Site, Size, ensure, eventually, scenario};
use serde_json::json;
use std::{env, fs, path::PathBuf, process, time::Duration};

const SOON: Duration = Duration::from_secs(5);

const PAGE: &str = r#"<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,">
<style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }</style>
<input id="field" aria-label="Text"><button id="copy">Copy</button><button id="nameless"></button>
<p id="out"></p><script>
  const field = document.getElementById('field'), out = document.getElementById('out');
  document.getElementById('copy').onclick = () => { out.textContent = field.value };
  field.onkeydown = event => { if (event.key === 'Enter') out.textContent = 'entered ' + field.value };
</script>"#;

/// A folder with the page in it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("realtime-e2e-{}-{name}", process::id()));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("index.html"), PAGE).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn on_a_page(
    name: &str,
    play: impl FnOnce(&mut realtime_e2e::Stage, &str) -> Result<(), KitError>,
) {
    let folder = Folder::new(name);
    let site = Site::serve(&folder.0).unwrap();
    scenario(name, |stage| {
        play(stage, &format!("http://{}", site.address()))
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn what_is_typed_and_clicked_reaches_the_page() {
    on_a_page("harness-typing", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        ada.type_into("#field", "good")?;
        ada.type_into("#field", " day")?;
        ada.click("#copy")?;
        ensure(ada.texts("#out")? == ["good day"], || "typing adds".into())?;
        ada.retype("#field", "bye")?;
        ada.press("#field", Key::Enter)?;
        ensure(ada.texts("#out")? == ["entered bye"], || {
            "retyping replaces".into()
        })
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn an_error_on_the_console_is_seen() {
    on_a_page("harness-console", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        ensure(stage.console_errors()?.is_empty(), || {
            "a quiet page is quiet".into()
        })?;
        // What the network may do excuses no page.
        stage.network_may_fail();
        // By the page itself: what a driver's script throws is none of the page's errors everywhere.
        let broken = "const script = document.createElement('script'); \
                      script.textContent = \"setTimeout(() => { throw new Error('broken') })\"; \
                      document.head.append(script)";
        ada.eval::<()>(broken, json!([]))?;
        ada.eval::<()>("console.error('panicked')", json!([]))?;
        let errors = eventually(
            "both errors are seen",
            SOON,
            || stage.console_errors(),
            |errors| errors.len() == 2,
        )?;
        ensure(
            errors.iter().any(|error| error.message.contains("broken")),
            || format!("{errors:?}"),
        )?;
        // They would fail this scenario too: a page without them ends it.
        stage.forget_visitors();
        Ok(())
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn a_broken_network_is_on_the_console_and_can_be_excused() {
    on_a_page("harness-network", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        ada.needs_the_browsers_own_reports()?;
        ada.eval::<()>("fetch('/api/tasks'); new WebSocket('/ws')", json!([]))?;
        let failures = eventually(
            "two failures are on the console",
            SOON,
            || stage.console_errors(),
            |errors| errors.len() == 2,
        )?;
        ensure(
            failures.iter().all(realtime_e2e::Entry::is_network_failure),
            || format!("{failures:?}"),
        )?;
        stage.network_may_fail();
        ensure(stage.console_errors()?.is_empty(), || {
            "they are excused".into()
        })
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn a_control_without_a_name_is_found() {
    on_a_page("harness-nameless", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        let nameless = ada.nameless_controls()?;
        ensure(nameless.len() == 1, || {
            format!("one button has no name: {nameless:?}")
        })
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn a_broken_rule_of_accessibility_is_found() {
    on_a_page("harness-axe", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        let violations = ada.violations()?;
        let found = violations.iter().any(|it| it.id == "button-name");
        ensure(found, || format!("{violations:?}"))
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn a_tab_can_be_hidden_and_shown_while_another_of_its_browser_stays_visible() {
    on_a_page("harness-tabs", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        let lin = stage.arrive_beside("Lin")?;
        lin.goto(url)?;
        let visible = || Ok((ada.is_visible()?, lin.is_visible()?));
        let shows = |wanted: (bool, bool)| {
            eventually("tabs are visible as told", SOON, visible, |seen| {
                *seen == wanted
            })
        };
        shows((true, true))?;
        ada.hide()?;
        shows((false, true))?;
        ada.show()?;
        shows((true, true))?;
        ada.eval::<()>("localStorage.setItem('a', 'shared')", json!([]))?;
        let shared: String = lin.eval("return localStorage.getItem('a')", json!([]))?;
        ensure(shared == "shared", || {
            "tabs of one browser share its storage".into()
        })?;
        lin.close()?;
        ensure(ada.texts("#copy")? == ["Copy"], || {
            "the other one is still there".into()
        })
    });
}

#[test]
#[ignore = "needs chromedriver; cargo xtask test runs it"]
fn size_scheme_and_network_of_a_tab_can_be_set() {
    on_a_page("harness-emulation", |stage, url| {
        let ada = stage.arrive("Ada")?;
        ada.goto(url)?;
        ada.resize(Size::NARROW)?;
        let size: (u32, u32) = ada.eval("return [innerWidth, innerHeight]", json!([]))?;
        let wanted = (Size::NARROW.width, Size::NARROW.height);
        ensure(size == wanted, || format!("{size:?}"))?;
        for (scheme, ground) in [
            (Scheme::Light, "rgb(255, 255, 255)"),
            (Scheme::Dark, "rgb(0, 0, 0)"),
        ] {
            ada.prefer(scheme)?;
            let seen: String = ada.eval(
                "return getComputedStyle(document.body).backgroundColor",
                json!([]),
            )?;
            ensure(seen == ground, || format!("{scheme:?} is {seen}"))?;
        }
        let fetch = "window.got = null; \
                     fetch(arguments[0]).then(r => window.got = r.status, () => window.got = -1)";
        let got = || ada.eval::<Option<i32>>("return window.got", json!([]));
        let outcome = |wanted: i32| {
            let what = format!("the fetch ends with {wanted}");
            eventually(&what, SOON, got, |seen| *seen == Some(wanted))
        };
        ada.requests("/api/", Requests::Fail)?;
        ada.eval::<()>(fetch, json!(["/api/x"]))?;
        outcome(-1)?;
        ada.requests("/api/", Requests::Hold)?;
        ada.eval::<()>(fetch, json!(["/api/x"]))?;
        ada.eval::<()>(
            "return new Promise(done => setTimeout(done, 200))",
            json!([]),
        )?;
        ensure(got()?.is_none(), || "the fetch is held".into())?;
        ada.requests("/api/", Requests::Pass)?;
        outcome(503)?;
        ada.take_offline(true)?;
        ada.eval::<()>(fetch, json!(["/"]))?;
        outcome(-1)?;
        ensure(
            !ada.eval::<bool>("return navigator.onLine", json!([]))?,
            || "it knows".into(),
        )?;
        ada.take_offline(false)?;
        ada.eval::<()>(fetch, json!(["/"]))?;
        outcome(200)?;
        stage.network_may_fail();
        Ok(())
    });
}
