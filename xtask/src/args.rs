//! Arguments: the command line and its help.

use crate::demo::DemoOptions;
use crate::size::SizeOptions;
use crate::ssr::SsrOptions;
use crate::test::Selection;
use clap::{Args, Parser, Subcommand};

/// The workspace's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
#[command(after_help = "\
Tools are kept in $REALTIME_YEW_TOOLS, else in $XDG_CACHE_HOME/realtime-yew, else in
~/.cache/realtime-yew, one folder for each tool and version.")]
pub(crate) struct Command {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum Task {
    /// Get every tool the other commands need, and skip what is there
    ///
    /// The standard library for wasm32, wasm-bindgen at the version in Cargo.lock, Trunk, wasm-opt, Chromium, Firefox
    /// and WebKit with their drivers, Node.js, Redis, cargo-deny, mdBook.
    Setup,
    /// Build the demo, start its server, print the URL, run until Ctrl-C
    Demo(DemoOptions),
    /// Run every check and every test, in a headless browser too
    ///
    /// Stops at the first step that fails. A step whose engine cannot be had here is skipped, and fails where CI is set.
    Test(Selection),
    /// The quick subset for the inner loop: format, clippy, native tests of the two crates
    Check,
    /// Play random worlds of clients and faults, and compare all in the end
    #[command(disable_help_flag = true)]
    Simulate(Rest),
    /// Measure, and write docs/BENCHMARKS.md from what was measured
    #[command(subcommand)]
    Bench(Bench),
    /// Play the interop cases against servers of other projects, and print a table
    #[command(disable_help_flag = true)]
    Interop(Rest),
    /// Weigh pages, from a bare one to the demo, against the budget in size/budget.toml
    ///
    /// As they go over the wire; fails when one is over its budget. Built as the demo is; each page takes half a minute
    /// or more.
    Size(SizeOptions),
    /// Build the documents as a site with the demo's pages live in it, serve it, run until Ctrl-C
    ///
    /// By mdBook, with the API's documentation and the demo's page, and the demo's server behind that page. What was
    /// built is in target/site/html, for any host of static files: only the demo's page wants a server for /api and
    /// /ws.
    Site {
        /// Serve on this port, or the next free one
        #[arg(long, value_name = "N", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
        port: u16,
    },
    /// Build the app that its server renders, start that server, print the URL, run until Ctrl-C
    Ssr(SsrOptions),
    /// Count what a user of the two crates can name
    ///
    /// The public items of realtime-core and realtime-yew, the hooks, and the names in the prelude; fails when there are
    /// more than `xtask/tests/it/surface.rs` allows.
    Surface,
}

/// What to measure.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub(crate) enum Bench {
    /// What one event costs the core, natively and in headless Chromium
    #[command(disable_help_flag = true)]
    Core(Rest),
    /// Pages that do the same work: by hand, in React, with this SDK
    #[command(disable_help_flag = true)]
    Browser(Rest),
    /// What ten thousand connections cost the server, or as many as are named; prints it, and writes nothing
    Hub(Rest),
    /// Write the document again from the last results
    #[command(disable_help_flag = true)]
    Report(Rest),
}

/// Options of the program that does it, which explains them itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Rest {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "OPTION"
    )]
    pub(crate) options: Vec<String>,
}

impl Rest {
    /// Whether it is only to explain them.
    pub(crate) fn is_help(&self) -> bool {
        self.options
            .iter()
            .any(|word| word == "--help" || word == "-h")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::server::Kind;

    fn parsed(line: &str) -> Result<Task, clap::Error> {
        let words = ["xtask"].into_iter().chain(line.split_whitespace());
        Command::try_parse_from(words).map(|command| command.task)
    }

    fn demo(line: &str) -> Option<DemoOptions> {
        match parsed(line) {
            Ok(Task::Demo(options)) => Some(options),
            _ => None,
        }
    }

    fn selection(line: &str) -> Selection {
        match parsed(line) {
            Ok(Task::Test(selection)) => selection,
            other => panic!("{line} should select steps: {other:?}"),
        }
    }

    fn size(line: &str) -> Option<SizeOptions> {
        match parsed(line) {
            Ok(Task::Size(options)) => Some(options),
            _ => None,
        }
    }

    fn rest(words: &[&str]) -> Rest {
        let options = words.iter().map(|word| (*word).to_owned()).collect();
        Rest { options }
    }

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Command::command().debug_assert();
    }

    #[test]
    fn the_demo_runs_on_port_8080_unless_told() {
        let how = |line| demo(line).map(|it| (it.port, it.dev, it.check, it.server, it.nodes));
        assert_eq!(how("demo"), Some((8080, false, false, Kind::Rust, 1)));
        assert_eq!(
            how("demo --port 9000 --dev"),
            Some((9000, true, false, Kind::Rust, 1))
        );
        assert_eq!(
            how("demo --check --port=81"),
            Some((81, false, true, Kind::Rust, 1))
        );
    }

    #[test]
    fn the_demo_runs_with_the_named_server() {
        for (name, kind) in [
            ("rust", Kind::Rust),
            ("node", Kind::Node),
            ("socketioxide", Kind::Socketioxide),
        ] {
            let options = demo(&format!("demo --server {name}"));
            assert_eq!(options.map(|it| it.server), Some(kind));
        }
        assert!(parsed("demo --server express").is_err());
        assert!(parsed("demo --server").is_err());
    }

    #[test]
    fn there_are_as_many_servers_as_were_asked_for_if_they_can_share_a_state() {
        let nodes = |line| demo(line).map(|it| (it.server, it.nodes, it.check_nodes().is_ok()));
        assert_eq!(nodes("demo --nodes 3"), Some((Kind::Rust, 3, true)));
        let over_socket_io = nodes("demo --server socketioxide --nodes=2");
        assert_eq!(over_socket_io, Some((Kind::Socketioxide, 2, true)));
        assert_eq!(
            nodes("demo --nodes 1 --server node"),
            Some((Kind::Node, 1, true))
        );
        assert_eq!(
            nodes("demo --nodes 2 --server node"),
            Some((Kind::Node, 2, false))
        );
        for line in ["demo --nodes", "demo --nodes 0", "demo --nodes 10"] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }

    #[test]
    fn the_simulator_reads_its_options_itself() {
        let task = parsed("simulate --seeds 2000 --help").unwrap();
        assert_eq!(task, Task::Simulate(rest(&["--seeds", "2000", "--help"])));
    }

    #[test]
    fn a_benchmark_is_named_and_reads_its_options_itself() {
        let task = parsed("bench browser --quick").unwrap();
        assert_eq!(task, Task::Bench(Bench::Browser(rest(&["--quick"]))));
        let help = parsed("bench core --help").unwrap();
        assert!(matches!(help, Task::Bench(Bench::Core(rest)) if rest.is_help()));
        assert!(parsed("bench").is_err());
        assert!(parsed("bench everything").is_err());
    }

    #[test]
    fn the_cases_options_are_read_by_their_program() {
        let task = parsed("interop --case auth").unwrap();
        assert_eq!(task, Task::Interop(rest(&["--case", "auth"])));
    }

    #[test]
    fn a_port_must_be_a_port() {
        for line in [
            "demo --port",
            "demo --port 0",
            "demo --port 65536",
            "demo --port x",
            "site --port 0",
            "ssr --port 0",
        ] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }

    #[test]
    fn the_site_is_served_on_the_named_port() {
        assert_eq!(parsed("site").unwrap(), Task::Site { port: 8080 });
        let named = parsed("site --port 9000").unwrap();
        assert_eq!(named, Task::Site { port: 9000 });
        assert!(parsed("site --dev").is_err());
    }

    #[test]
    fn test_runs_everything_or_the_named_steps() {
        assert!(selection("test").names().is_empty());
        assert_eq!(selection("test --only fmt,docs").names(), ["fmt", "docs"]);
        let both = selection("test --only=clippy --e2e");
        assert_eq!(both.names(), ["clippy", "page", "e2e"]);
        assert!(selection("test --list").list);
    }

    #[test]
    fn engines_are_compared_one_by_one_and_not_with_other_steps() {
        let engines = selection("test --engine firefox,webkit").engines;
        assert_eq!(engines, [Engine::Firefox, Engine::WebKit]);
        assert!(parsed("test --engine trident").is_err());
        for other in ["--only fmt", "--native", "--browser", "--e2e"] {
            assert!(parsed(&format!("test --engine firefox {other}")).is_err());
        }
    }

    #[test]
    fn size_weighs_every_page_or_the_named_ones() {
        let options = SizeOptions::default();
        assert_eq!(size("size"), Some(options));
        assert!(size("size --accept").is_some_and(|it| it.accept));
        let some = size("size --only list,everything").unwrap_or_default();
        assert_eq!(some.only, ["list", "everything"]);
        assert!(size("size --smallest").is_some_and(|it| it.smallest));
        assert!(parsed("size --smallest --accept").is_err());
    }

    #[test]
    fn a_page_is_chosen_by_its_name() {
        assert_eq!(size("size --only list-list").unwrap().only, ["list-list"]);
        let failure = parsed("size --only lists").expect_err("there is no such page");
        assert!(failure.to_string().contains("query, list"), "{failure}");
    }

    #[test]
    fn the_short_forms_name_steps_that_exist() {
        for line in ["test --native", "test --browser", "test --e2e"] {
            for name in selection(line).names() {
                assert_eq!(selection(&format!("test --only {name}")).names(), [name]);
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
            "",
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
        for (line, said) in [
            ("--help", "cargo xtask <COMMAND>"),
            ("demo --port 1 -h", "cargo xtask demo"),
            ("setup --help", "cargo xtask setup"),
            ("bench --help", "cargo xtask bench"),
        ] {
            let help = parsed(line).expect_err("help ends the program");
            assert!(help.to_string().contains(said), "{help}");
        }
    }
}
