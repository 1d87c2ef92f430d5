//! `interop`: plays the cases against their peers, and prints what came of it.

use clap::Parser;
use realtime_interop::{Choice, PeerKind, Table, run};
use std::process::ExitCode;

/// Plays the interop cases, and prints a table of them and the versions of the peers
#[derive(Debug, Parser)]
#[command(name = "cargo xtask interop", bin_name = "cargo xtask interop")]
struct Flags {
    /// Just the cases whose name contains one of these
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    case: Vec<String>,
    /// Just against these peers: node, socketioxide, envelope, engine.io-3, ws
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = peer)]
    peer: Vec<PeerKind>,
    /// Leave out those that play in a browser
    #[arg(long)]
    no_browser: bool,
    /// List the cases and their peers
    #[arg(long)]
    list: bool,
}

fn peer(name: &str) -> Result<PeerKind, String> {
    let peer = PeerKind::ALL.into_iter().find(|peer| peer.name() == name);
    peer.ok_or_else(|| "there is no such peer".into())
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let choice = Choice {
        cases: flags.case,
        peers: flags.peer,
        without_browser: flags.no_browser,
    };
    if !flags.list {
        return play(&choice);
    }
    for (case, peer) in choice.pick() {
        println!("{:<31} {peer}", case.name);
    }
    ExitCode::SUCCESS
}

fn play(choice: &Choice) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("interop: could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", Table::header());
    let table = runtime.block_on(run(choice, |row| println!("{row}")));
    if table.rows.is_empty() {
        eprintln!("interop: no case is called so; `interop --list` lists them");
        return ExitCode::FAILURE;
    }
    println!("\n{table}");
    if table.failed() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Flags, clap::Error> {
        Flags::try_parse_from(["interop"].into_iter().chain(line.split_whitespace()))
    }

    #[test]
    fn cases_and_peers_can_be_chosen() {
        let flags = parsed("--case auth,acks --peer node --no-browser").unwrap();
        assert_eq!(flags.case, ["auth", "acks"]);
        assert_eq!(flags.peer, [PeerKind::Node]);
        assert!(flags.no_browser);
    }

    #[test]
    fn what_is_not_an_option_is_refused() {
        for line in ["--case", "--peer nobody", "auth"] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }
}
