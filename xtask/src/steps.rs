//! The steps of `cargo xtask test`, in the order they run: the quick ones first.

use crate::deny;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::features::MATRIX;
use crate::hello;
use crate::interop;
use crate::minimal::Minimal;
use crate::page;
use crate::process::Cmd;
use crate::project::Project;
use crate::release;
use crate::sabotage;
use crate::scenarios;
use crate::server::{self, Server};
use crate::setup::{self, Part, Tools};
use crate::site;
use crate::size;
use crate::ssr;
use crate::tally::Tally;
use crate::toolchain::TARGET;

/// Pages that are built to be weighed: they have no tests.
const PAGES_TO_WEIGH: &str = "realtime-size-pages";
/// The packages that are built for the browser.
const FOR_BROWSERS: [&str; 7] = [
    "realtime-core",
    "realtime-text",
    "realtime-yew",
    "realtime-demo",
    "realtime-bench-core",
    "realtime-bench-pages",
    PAGES_TO_WEIGH,
];
/// The tests that run in a browser.
const BROWSER_TESTS: [&str; 8] = [
    "--package",
    "realtime-yew",
    "--package",
    "realtime-text",
    "--features",
    "realtime-text/persist",
    "--test",
    "web*",
];
/// The libraries.
pub(crate) const LIBRARIES: [&str; 3] = ["realtime-core", "realtime-text", "realtime-yew"];
/// Where the demo server listens for the tests in a browser, if it can.
const BROWSER_TEST_PORT: u16 = 8_990;
/// Seconds a test binary may take in the browser.
const BROWSER_LIMIT: &str = "180";

/// What a step's tests count as in the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It has no tests of its own.
    Check,
    Native,
    Browser,
    EndToEnd,
}

/// What a step leaves: the tests it counted, and whether it went well.
pub(crate) type Outcome = (Tally, Result<(), Failure>);

/// One step.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    pub(crate) parts: &'static [Part],
    pub(crate) run: fn(&Project, &Tools) -> Outcome,
}

pub(crate) const STEPS: [Step; 23] = [
    Step {
        name: "fmt",
        about: "format",
        kind: Kind::Check,
        parts: &[],
        run: |project, _| check(format(project)),
    },
    Step {
        name: "clippy",
        about: "lints, native",
        kind: Kind::Check,
        parts: &[],
        run: |project, _| check(clippy(project)),
    },
    Step {
        name: "clippy-wasm",
        about: "lints, wasm32",
        kind: Kind::Check,
        parts: &[Part::WasmTarget],
        run: |project, tools| check(clippy_wasm(project, tools)),
    },
    Step {
        name: "native",
        about: "unit and behaviour tests",
        kind: Kind::Native,
        parts: &[],
        run: |project, _| native(project),
    },
    Step {
        name: "sabotage",
        about: "that the simulation notices a core which breaks one of its rules",
        kind: Kind::Native,
        parts: &[],
        run: |project, _| sabotage::step(project),
    },
    Step {
        name: "cluster",
        about: "several servers over a real Redis",
        kind: Kind::Native,
        parts: &[Part::Redis],
        run: cluster,
    },
    Step {
        name: "node",
        about: "tests of the server in JavaScript",
        kind: Kind::Native,
        parts: &[Part::Node],
        run: |project, tools| node(project, tools),
    },
    Step {
        name: "interop",
        about: "the Socket.IO codec against servers and parsers of other projects",
        kind: Kind::Native,
        parts: &interop::PARTS,
        run: interop::step,
    },
    Step {
        name: "doctest",
        about: "examples in the documentation",
        kind: Kind::Native,
        parts: &[],
        run: |project, _| doctest(project),
    },
    Step {
        name: "docs",
        about: "documentation without warnings",
        kind: Kind::Check,
        parts: &[],
        run: |project, _| check(docs(project)),
    },
    Step {
        name: "deny",
        about: "licences, sources, duplicates and advisories of dependencies",
        kind: Kind::Check,
        parts: &[Part::CargoDeny],
        run: |project, tools| check(deny::check(project, tools)),
    },
    Step {
        name: "publish",
        about: "the published crates, packed and built as they would be published",
        kind: Kind::Check,
        parts: &[],
        run: |project, _| check(release::pack(project)),
    },
    Step {
        name: "msrv",
        about: "the published crates with the oldest compiler they name",
        kind: Kind::Check,
        parts: &[],
        run: |project, _| check(release::oldest_compiler(project)),
    },
    Step {
        name: "features",
        about: "feature matrix, native and wasm32",
        kind: Kind::Check,
        parts: &[Part::WasmTarget],
        run: |project, tools| check(features(project, tools)),
    },
    Step {
        name: "browser",
        about: "tests in headless Chromium",
        kind: Kind::Browser,
        parts: &in_a_browser(Engine::Chromium),
        run: |project, tools| browser(project, tools, Engine::Chromium),
    },
    Step {
        name: "firefox",
        about: "the same tests in Firefox",
        kind: Kind::Browser,
        parts: &in_a_browser(Engine::Firefox),
        run: |project, tools| browser(project, tools, Engine::Firefox),
    },
    Step {
        name: "webkit",
        about: "the same tests in WebKit",
        kind: Kind::Browser,
        parts: &in_a_browser(Engine::WebKit),
        run: |project, tools| browser(project, tools, Engine::WebKit),
    },
    Step {
        name: "page",
        about: "release build of the demo with Trunk",
        kind: Kind::Check,
        parts: &setup::PAGE,
        run: |project, tools| check(page::build(project, tools, true)),
    },
    Step {
        name: "site",
        about: "the documents as a site, with every link followed",
        kind: Kind::Check,
        parts: &site::PARTS,
        run: |project, tools| check(site::check(project, tools)),
    },
    Step {
        name: "size",
        about: "what pages weigh, against their budget",
        kind: Kind::Check,
        parts: &setup::PAGE,
        run: |project, tools| check(size::check(project, tools)),
    },
    Step {
        name: "hello",
        about: "the app of the README, from its template and by its one command, in two tabs",
        kind: Kind::EndToEnd,
        parts: &hello::PARTS,
        run: hello::step,
    },
    Step {
        name: "ssr",
        about: "the app that its server renders, taken over in two tabs",
        kind: Kind::EndToEnd,
        parts: &ssr::PARTS,
        run: ssr::step,
    },
    Step {
        name: "e2e",
        about: "real server, real browser tabs",
        kind: Kind::EndToEnd,
        parts: &scenarios::PARTS,
        run: scenarios::play,
    },
];

/// What the tests in a browser need.
pub(crate) const fn in_a_browser(engine: Engine) -> [Part; 4] {
    [
        Part::WasmTarget,
        Part::WasmBindgen,
        Part::Engine(engine),
        Part::Node,
    ]
}

/// The outcome of a runner of tests, if it could be got ready.
pub(crate) fn counted(tests: Result<Cmd, Failure>) -> Outcome {
    match tests {
        Ok(tests) => tests.count_tests(),
        Err(failure) => check(Err(failure)),
    }
}

fn check(result: Result<(), Failure>) -> Outcome {
    (Tally::default(), result)
}

/// The format of the whole workspace.
pub(crate) fn format(project: &Project) -> Result<(), Failure> {
    project
        .cargo()
        .args(["fmt", "--all", "--check"])
        .run()
        .map_err(|failure| failure.advise("run `cargo fmt --all`, or what rustup names above"))
}

fn clippy(project: &Project) -> Result<(), Failure> {
    denying_warnings(project.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
    ]))
}

/// Clippy on the two libraries alone.
pub(crate) fn clippy_libraries(project: &Project) -> Result<(), Failure> {
    denying_warnings(
        packages(project.cargo().arg("clippy"), &LIBRARIES)
            .args(["--all-targets", "--all-features"]),
    )
}

fn clippy_wasm(project: &Project, tools: &Tools) -> Result<(), Failure> {
    let cargo = tools
        .wasm_cargo(project)?
        .args(["clippy", "--target", TARGET]);
    denying_warnings(packages(cargo, &FOR_BROWSERS))?;
    let cargo = tools
        .wasm_cargo(project)?
        .args(["clippy", "--target", TARGET]);
    denying_warnings(cargo.args(BROWSER_TESTS))
}

fn native(project: &Project) -> Outcome {
    project
        .cargo()
        .args([
            "test",
            "--workspace",
            "--exclude",
            scenarios::PACKAGE,
            "--exclude",
            interop::PACKAGE,
            "--exclude",
            PAGES_TO_WEIGH,
            "--no-fail-fast",
        ])
        .args(["--lib", "--bins", "--tests", "--examples"])
        .count_tests()
}

/// The native tests of the two libraries alone.
pub(crate) fn native_libraries(project: &Project) -> Outcome {
    packages(project.cargo().arg("test"), &LIBRARIES)
        .args(["--lib", "--tests", "--no-fail-fast"])
        .count_tests()
}

/// The tests of the demo server that plain `cargo test` leaves out, as they need Redis.
fn cluster(project: &Project, tools: &Tools) -> Outcome {
    counted(tools.redis().map(|redis| {
        let cargo = redis.tell(project.cargo());
        cargo
            .args(["test", "--package", server::PACKAGE, "--no-fail-fast"])
            .args(["--test", "it", "--", "--ignored"])
    }))
}

/// The tests of the demo's server in JavaScript.
fn node(project: &Project, tools: &Tools) -> Outcome {
    let folder = server::node_folder(project);
    counted(tools.node().and_then(|node| {
        node.install(&folder)?;
        Ok(node.test(&folder))
    }))
}

fn doctest(project: &Project) -> Outcome {
    project
        .cargo()
        .args(["test", "--workspace", "--doc", "--no-fail-fast"])
        .count_tests()
}

fn docs(project: &Project) -> Result<(), Failure> {
    project
        .cargo()
        .args(["doc", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-Dwarnings")
        .run()
        .map_err(|failure| failure.advise("fix the documentation named above"))
}

fn features(project: &Project, tools: &Tools) -> Result<(), Failure> {
    for combination in MATRIX {
        denying_warnings(project.cargo().args(combination.arguments()))?;
        if !combination.is_for_browsers() {
            continue;
        }
        denying_warnings(
            tools
                .wasm_cargo(project)?
                .args(combination.arguments())
                .args(["--target", TARGET]),
        )?;
    }
    Ok(())
}

/// The tests in a browser. They are compiled once, for whatever browser comes first.
pub(crate) fn browser(project: &Project, tools: &Tools, engine: Engine) -> Outcome {
    let servers = server_for_browsers(project)
        .and_then(|demo| Minimal::start(project, tools).map(|minimal| (demo, minimal)));
    match servers {
        Ok((demo, minimal)) => browser_against(&demo, &minimal, project, tools, engine),
        Err(failure) => check(Err(failure)),
    }
}

/// A demo server for the tests of the real WebSocket. Its address is compiled into them, so it should
/// be the same each time.
fn server_for_browsers(project: &Project) -> Result<Server, Failure> {
    server::build(project)?;
    Server::start_for_tests(project, server::free_port(BROWSER_TEST_PORT)?)
}

fn browser_against(
    server: &Server,
    minimal: &Minimal,
    project: &Project,
    tools: &Tools,
    engine: Engine,
) -> Outcome {
    counted(tools.wasm_cargo(project).map(|cargo| {
        let cargo = cargo
            .args(["test", "--target", TARGET, "--no-fail-fast", "--lib"])
            .args(BROWSER_TESTS);
        minimal
            .tell(tools.with_engine(engine, cargo))
            .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_LIMIT)
            .env("REALTIME_TEST_WS", server.socket_url())
    }))
}

fn packages(cmd: Cmd, names: &[&str]) -> Cmd {
    names
        .iter()
        .fold(cmd, |cmd, name| cmd.args(["--package", name]))
}

fn denying_warnings(clippy: Cmd) -> Result<(), Failure> {
    clippy
        .args(["--", "--deny", "warnings"])
        .run()
        .map_err(|failure| failure.advise("fix what is said above; warnings count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_names_differ_so_that_only_can_choose_one() {
        for (at, step) in STEPS.iter().enumerate() {
            assert!(
                STEPS
                    .iter()
                    .skip(at + 1)
                    .all(|other| other.name != step.name)
            );
        }
    }

    #[test]
    fn the_page_is_built_before_the_tests_that_open_it() {
        let place = |name| STEPS.iter().position(|step| step.name == name);
        assert!(place("page") < place("e2e"));
        assert!(place("page").is_some());
    }
}
