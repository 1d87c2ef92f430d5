//! Arguments: the command line and its help.

use crate::engine::Engine;
use crate::failure::Failure;
use crate::server::Kind;
use crate::size::{self, SizeOptions};
use crate::steps;

const HELP: &str = "\
The workspace's own commands.

Usage: cargo xtask <command> [options]

Commands:
  setup    Get every tool the other commands need, and skip what is there
  demo     Build the demo, start its server, print the URL, run until Ctrl-C
  test     Run every check and every test, in a headless browser too
  check    The quick subset for the inner loop: format, clippy, native tests of the two crates
  simulate Play random worlds of clients and faults, and compare all in the end
  bench    Measure the core, or pages that do the same work by hand, in React and with this SDK
  interop  Play the interop cases against servers of other projects, and print a table
  size     Weigh pages, from a bare one to the demo, against the budget in size/budget.toml
  site     Build the documents as a site with the demo's pages live in it, serve it, run until Ctrl-C
  surface  Count what a user of the two crates can name

`cargo xtask <command> --help` says more.

Tools are kept in $REALTIME_YEW_TOOLS, else in $XDG_CACHE_HOME/realtime-yew, else in
~/.cache/realtime-yew, one folder for each tool and version.";

const SETUP_HELP: &str = "\
Get every tool the other commands need, and skip what is there: the standard library for wasm32,
wasm-bindgen at the version in Cargo.lock, Trunk, wasm-opt, Chromium, Firefox and WebKit with their
drivers, Node.js, Redis, cargo-deny, mdBook.

Usage: cargo xtask setup";

const DEMO_HELP: &str = "\
Build the demo, start its server, print the URL, run until Ctrl-C.

Usage: cargo xtask demo [options]

Options:
  --server S  rust: the server in Rust [default]; node: the one in JavaScript, over Socket.IO;
              socketioxide: the one in Rust, over Socket.IO
  --nodes N   Run N servers in Rust, 1 to 9, that share their state in a Redis, behind a balancer [default: 1]
  --port N    Serve on this port, or the next free one [default: 8080]
  --dev       Build the page without optimisation: quicker to build, slower to run
  --check     Drive the demo in headless Chromium instead, write screenshots to target/demo, and exit";

const TEST_HELP: &str = "\
Run every check and every test, and stop at the first step that fails. A step whose engine cannot be
had here is skipped, and fails where CI is set.

Usage: cargo xtask test [options]

Options:
  --only STEP[,STEP…]   Run just these steps
  --native              Run just the native tests and doc tests
  --browser             Run just the tests in headless browsers: Chromium, Firefox, WebKit
  --e2e                 Build the page and run just the end-to-end tests
  --engine E[,E…]       Run just the tests in a browser and the end-to-end tests, in chromium, firefox or
                        webkit, and print a table; what a driver cannot do is named as skipped
  --list                List the steps";

const CHECK_HELP: &str = "\
The quick subset for the inner loop: format, then clippy and the native tests of realtime-core and
realtime-yew.

Usage: cargo xtask check";

const BENCH_HELP: &str = "\
Measure, and write docs/BENCHMARKS.md from what was measured.

Usage: cargo xtask bench <what> [options]

What:
  core     What one event costs the core, natively and in headless Chromium
  browser  Pages that do the same work: by hand, in React, with this SDK
  report   Write the document again from the last results

`cargo xtask bench <what> --help` lists the options.";

/// The port to serve on, unless another is named.
const PORT: u16 = 8080;

/// What to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bench {
    Core,
    Browser,
    Report,
}

const SIZE_HELP: &str = "\
Weigh pages as they go over the wire, from a bare one without the SDK to the demo, and fail when one
is over its budget in size/budget.toml. Built as the demo is; each page takes half a minute or more.

Usage: cargo xtask size [options]

Options:
  --only PAGE[,PAGE…]   Weigh just these, and what they are compared with
  --accept              Make today's sizes the budget
  --smallest            Build with unstable settings of the nightly compiler instead: the standard library
                        rebuilt for size, panics without a word. Held against no budget";

const SITE_HELP: &str = "\
Build the documents as a site, by mdBook, with the API's documentation and the demo's page; serve it, with
the demo's server behind that page; print the URL, run until Ctrl-C. What was built is in
target/site/html, for any host of static files: only the demo's page wants a server for /api and /ws.

Usage: cargo xtask site [options]

Options:
  --port N    Serve on this port, or the next free one [default: 8080]";

const SURFACE_HELP: &str = "\
Count what a user can name: the public items of realtime-core and realtime-yew, the hooks, and the
names in the prelude; and fail when there are more than `xtask/tests/it/surface.rs` allows.

Usage: cargo xtask surface";

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Task {
    Help(&'static str),
    Setup,
    Demo(DemoOptions),
    List,
    Test(Selection),
    Check,
    /// With the simulator's own options.
    Simulate(Vec<String>),
    /// With the benchmarks' own options.
    Bench(Bench, Vec<String>),
    /// With the options of the program that plays the cases.
    Interop(Vec<String>),
    Size(SizeOptions),
    /// On this port.
    Site(u16),
    Surface,
}

/// How to run the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DemoOptions {
    pub(crate) port: u16,
    pub(crate) dev: bool,
    pub(crate) check: bool,
    pub(crate) server: Kind,
    /// How many servers.
    pub(crate) nodes: u16,
}

/// Which steps of `test` to run; none named means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) only: Vec<&'static str>,
    /// The engines to compare, in place of the steps.
    pub(crate) engines: Vec<Engine>,
}

/// Reads the options of one command.
type Parse = fn(&[String]) -> Result<Task, Failure>;

pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Task, Failure> {
    let mut args = args;
    let Some(command) = args.next() else {
        return Ok(Task::Help(HELP));
    };
    let rest: Vec<String> = args.collect();
    let (help, parse): (_, Parse) = match command.as_str() {
        "setup" => (SETUP_HELP, |rest| {
            without_options(rest, "setup", Task::Setup)
        }),
        "demo" => (DEMO_HELP, parse_demo),
        "test" => (TEST_HELP, parse_test),
        "simulate" => return Ok(Task::Simulate(rest)),
        "bench" => return parse_bench(&rest),
        "interop" => return Ok(Task::Interop(rest)),
        "check" => (CHECK_HELP, |rest| {
            without_options(rest, "check", Task::Check)
        }),
        "size" => (SIZE_HELP, parse_size),
        "site" => (SITE_HELP, parse_site),
        "surface" => (SURFACE_HELP, |rest| {
            without_options(rest, "surface", Task::Surface)
        }),
        "help" | "--help" | "-h" => return Ok(Task::Help(HELP)),
        other => {
            return Err(Failure::new(
                format!("there is no command `{other}`"),
                "use one of setup, demo, test, check, simulate, interop, bench, size, site, surface; `cargo xtask --help` explains them",
            ));
        }
    };
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        return Ok(Task::Help(help));
    }
    parse(&rest)
}

fn without_options(rest: &[String], command: &str, task: Task) -> Result<Task, Failure> {
    match rest.first() {
        None => Ok(task),
        Some(arg) => Err(unknown(command, arg)),
    }
}

fn parse_demo(rest: &[String]) -> Result<Task, Failure> {
    let mut options = DemoOptions {
        port: PORT,
        dev: false,
        check: false,
        server: Kind::default(),
        nodes: 1,
    };
    let mut words = Words::new(rest);
    while let Some(word) = words.next() {
        match word {
            "--dev" => options.dev = true,
            "--check" => options.check = true,
            "--server" => {
                let known = "rust, node or socketioxide";
                let value = words.value("--server", known)?;
                options.server = Kind::named(value).ok_or_else(|| {
                    Failure::new(
                        format!("there is no server `{value}`"),
                        format!("use {known}"),
                    )
                })?;
            }
            "--port" => options.port = words.port()?,
            "--nodes" => {
                let value = words.value("--nodes", "a number, such as `--nodes 3`")?;
                let count = value.parse().ok().filter(|count| (1..=9).contains(count));
                options.nodes = count.ok_or_else(|| {
                    Failure::new(
                        format!("`{value}` is not a number of servers"),
                        "give a number from 1 to 9, such as `--nodes 3`",
                    )
                })?;
            }
            other => return Err(unknown("demo", other)),
        }
    }
    if options.nodes > 1 && options.server == Kind::Node {
        return Err(Failure::new(
            "the server in JavaScript runs alone",
            "leave out `--server node`, or `--nodes`",
        ));
    }
    Ok(Task::Demo(options))
}

fn parse_site(rest: &[String]) -> Result<Task, Failure> {
    let mut port = PORT;
    let mut words = Words::new(rest);
    while let Some(word) = words.next() {
        match word {
            "--port" => port = words.port()?,
            other => return Err(unknown("site", other)),
        }
    }
    Ok(Task::Site(port))
}

fn parse_test(rest: &[String]) -> Result<Task, Failure> {
    let mut selection = Selection::default();
    let mut words = Words::new(rest);
    while let Some(word) = words.next() {
        match word {
            "--list" => return Ok(Task::List),
            "--native" => selection.only.extend(["native", "cluster", "doctest"]),
            "--browser" => selection.only.extend(["browser", "firefox", "webkit"]),
            "--e2e" => selection.only.extend(["page", "e2e"]),
            "--only" => {
                let value = words.value("--only", "names of steps, such as `--only fmt,native`")?;
                for name in value.split(',') {
                    selection.only.push(step_called(name)?);
                }
            }
            "--engine" => {
                let value =
                    words.value("--engine", "names of engines, such as `--engine firefox`")?;
                for name in value.split(',') {
                    selection.engines.push(engine_called(name)?);
                }
            }
            other => return Err(unknown("test", other)),
        }
    }
    if !selection.only.is_empty() && !selection.engines.is_empty() {
        return Err(Failure::new(
            "`--engine` chooses the steps itself",
            "leave out either it or what chooses steps",
        ));
    }
    Ok(Task::Test(selection))
}

fn parse_bench(rest: &[String]) -> Result<Task, Failure> {
    let Some((what, options)) = rest.split_first() else {
        return Ok(Task::Help(BENCH_HELP));
    };
    let bench = match what.as_str() {
        "core" => Bench::Core,
        "browser" => Bench::Browser,
        "report" => Bench::Report,
        "--help" | "-h" => return Ok(Task::Help(BENCH_HELP)),
        other => {
            return Err(Failure::new(
                format!("there is no benchmark `{other}`"),
                "use one of core, browser, report",
            ));
        }
    };
    Ok(Task::Bench(bench, options.to_vec()))
}

fn parse_size(rest: &[String]) -> Result<Task, Failure> {
    let mut options = SizeOptions::default();
    let mut words = Words::new(rest);
    while let Some(word) = words.next() {
        match word {
            "--accept" => options.accept = true,
            "--smallest" => options.smallest = true,
            "--only" => {
                let value = words.value("--only", "names of pages, such as `--only list`")?;
                for name in value.split(',') {
                    options.only.push(size::called(name)?);
                }
            }
            other => return Err(unknown("size", other)),
        }
    }
    if options.smallest && options.accept {
        return Err(Failure::new(
            "`--accept` makes budgets of pages as apps build them",
            "leave out `--accept` or `--smallest`",
        ));
    }
    Ok(Task::Size(options))
}

fn step_called(name: &str) -> Result<&'static str, Failure> {
    let names = || steps::STEPS.iter().map(|step| step.name);
    names().find(|known| *known == name).ok_or_else(|| {
        let known: Vec<_> = names().collect();
        Failure::new(
            format!("there is no step `{name}`"),
            format!("use some of {}", known.join(", ")),
        )
    })
}

fn engine_called(name: &str) -> Result<Engine, Failure> {
    Engine::named(name).ok_or_else(|| {
        let known = Engine::ALL.map(Engine::name);
        Failure::new(
            format!("there is no engine `{name}`"),
            format!("use some of {}", known.join(", ")),
        )
    })
}

fn unknown(command: &str, arg: &str) -> Failure {
    Failure::new(
        format!("`{command}` has no option `{arg}`"),
        format!("`cargo xtask {command} --help` lists the options"),
    )
}

/// The words after the command, with `--name=value` split in two.
struct Words<'a> {
    words: std::vec::IntoIter<&'a str>,
}

impl<'a> Words<'a> {
    fn new(rest: &'a [String]) -> Self {
        let words: Vec<&str> = rest
            .iter()
            .flat_map(|word| match word.split_once('=') {
                Some((name, value)) => vec![name, value],
                None => vec![word.as_str()],
            })
            .collect();
        Self {
            words: words.into_iter(),
        }
    }

    fn next(&mut self) -> Option<&'a str> {
        self.words.next()
    }

    fn value(&mut self, option: &str, wanted: &str) -> Result<&'a str, Failure> {
        self.words.next().ok_or_else(|| {
            Failure::new(
                format!("`{option}` lacks its value"),
                format!("give {wanted}"),
            )
        })
    }

    /// The value of `--port`.
    fn port(&mut self) -> Result<u16, Failure> {
        let value = self.value("--port", "a number, such as `--port 8080`")?;
        value.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
            Failure::new(
                format!("`{value}` is not a port"),
                "give a number from 1 to 65535, such as `--port 8080`",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, Failure> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn only(names: &[&'static str]) -> Result<Task, Failure> {
        let only = names.to_vec();
        Ok(Task::Test(Selection {
            only,
            ..Selection::default()
        }))
    }

    #[test]
    fn the_demo_runs_on_port_8080_unless_told() {
        let server = Kind::Rust;
        let with = |port, dev, check| {
            Ok(Task::Demo(DemoOptions {
                port,
                dev,
                check,
                server,
                nodes: 1,
            }))
        };
        assert_eq!(parsed("demo"), with(8080, false, false));
        assert_eq!(parsed("demo --port 9000 --dev"), with(9000, true, false));
        assert_eq!(parsed("demo --check --port=81"), with(81, false, true));
    }

    #[test]
    fn the_demo_runs_with_the_named_server() {
        for (name, kind) in [
            ("rust", Kind::Rust),
            ("node", Kind::Node),
            ("socketioxide", Kind::Socketioxide),
        ] {
            let Ok(Task::Demo(options)) = parsed(&format!("demo --server {name}")) else {
                panic!("{name} should be known");
            };
            assert_eq!(options.server, kind);
        }
        assert!(parsed("demo --server express").is_err());
        assert!(parsed("demo --server").is_err());
    }

    #[test]
    fn there_are_as_many_servers_as_were_asked_for_if_they_can_share_a_state() {
        let nodes = |line| match parsed(line) {
            Ok(Task::Demo(options)) => Some((options.server, options.nodes)),
            _ => None,
        };
        assert_eq!(nodes("demo --nodes 3"), Some((Kind::Rust, 3)));
        let over_socket_io = nodes("demo --server socketioxide --nodes=2");
        assert_eq!(over_socket_io, Some((Kind::Socketioxide, 2)));
        assert_eq!(nodes("demo --nodes 1 --server node"), Some((Kind::Node, 1)));
        for line in [
            "demo --nodes",
            "demo --nodes 0",
            "demo --nodes 10",
            "demo --nodes 2 --server node",
        ] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }

    #[test]
    fn the_simulator_reads_its_options_itself() {
        let options = ["--seeds", "2000", "--help"].map(str::to_owned).to_vec();
        let task = parsed("simulate --seeds 2000 --help");
        assert_eq!(task, Ok(Task::Simulate(options)));
    }

    #[test]
    fn a_benchmark_is_named_and_reads_its_options_itself() {
        let options = ["--quick".to_owned()].to_vec();
        let task = Task::Bench(Bench::Browser, options);
        assert_eq!(parsed("bench browser --quick"), Ok(task));
        assert_eq!(parsed("bench"), Ok(Task::Help(BENCH_HELP)));
        assert!(parsed("bench everything").is_err());
    }

    #[test]
    fn the_cases_options_are_read_by_their_program() {
        let options = ["--case", "auth"].map(str::to_owned).to_vec();
        assert_eq!(parsed("interop --case auth"), Ok(Task::Interop(options)));
    }

    #[test]
    fn a_port_must_be_a_port() {
        for line in [
            "demo --port",
            "demo --port 0",
            "demo --port 65536",
            "demo --port x",
            "site --port 0",
        ] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }

    #[test]
    fn the_site_is_served_on_the_named_port() {
        assert_eq!(parsed("site"), Ok(Task::Site(8080)));
        assert_eq!(parsed("site --port 9000"), Ok(Task::Site(9000)));
        assert!(parsed("site --dev").is_err());
    }

    #[test]
    fn test_runs_everything_or_the_named_steps() {
        assert_eq!(parsed("test"), only(&[]));
        assert_eq!(parsed("test --only fmt,docs"), only(&["fmt", "docs"]));
        assert_eq!(
            parsed("test --only=clippy --e2e"),
            only(&["clippy", "page", "e2e"])
        );
        assert_eq!(parsed("test --list"), Ok(Task::List));
    }

    #[test]
    fn engines_are_compared_one_by_one_and_not_with_other_steps() {
        let engines = vec![Engine::Firefox, Engine::WebKit];
        let selection = Selection {
            engines,
            ..Selection::default()
        };
        let task = parsed("test --engine firefox,webkit");
        assert_eq!(task, Ok(Task::Test(selection)));
        assert!(parsed("test --engine trident").is_err());
        assert!(parsed("test --engine firefox --only fmt").is_err());
    }

    #[test]
    fn size_weighs_every_page_or_the_named_ones() {
        let size = |only: &[&'static str], accept| {
            let only = only.to_vec();
            let smallest = false;
            Ok(Task::Size(SizeOptions {
                only,
                accept,
                smallest,
            }))
        };
        assert_eq!(parsed("size"), size(&[], false));
        assert_eq!(parsed("size --accept"), size(&[], true));
        assert_eq!(
            parsed("size --only list,everything"),
            size(&["list", "everything"], false)
        );
        let smallest = SizeOptions {
            smallest: true,
            ..SizeOptions::default()
        };
        assert_eq!(parsed("size --smallest"), Ok(Task::Size(smallest)));
        assert!(parsed("size --smallest --accept").is_err());
    }

    #[test]
    fn the_short_forms_name_steps_that_exist() {
        for line in ["test --native", "test --browser", "test --e2e"] {
            let Ok(Task::Test(selection)) = parsed(line) else {
                panic!("{line} should select steps");
            };
            for name in selection.only {
                assert_eq!(step_called(name), Ok(name));
            }
        }
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_list_of_steps() {
        let failure = parsed("test --only nope").expect_err("there is no such step");
        assert!(failure.to_string().contains("fmt, clippy"), "{failure}");
    }

    #[test]
    fn anything_unknown_is_refused() {
        for line in [
            "serve",
            "setup now",
            "check --fast",
            "demo --prot 1",
            "test fmt",
            "size list",
            "size --only lisst",
        ] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }

    #[test]
    fn help_is_for_the_command_it_is_asked_of() {
        assert_eq!(parsed(""), Ok(Task::Help(HELP)));
        assert_eq!(parsed("--help"), Ok(Task::Help(HELP)));
        assert_eq!(parsed("demo --port 1 -h"), Ok(Task::Help(DEMO_HELP)));
        assert_eq!(parsed("setup --help"), Ok(Task::Help(SETUP_HELP)));
    }
}
