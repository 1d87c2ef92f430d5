//! `interop`: plays the cases against their peers, and prints what came of it.

use realtime_interop::{Choice, PeerKind, Table, run};
use std::{env, process::ExitCode};

const HELP: &str = "\
Plays the interop cases, and prints a table of them and the versions of the peers.

Usage: interop [options]

Options:
  --case PART[,PART…]   Just the cases whose name contains one of these
  --peer NAME[,NAME…]   Just against these peers: node, socketioxide, envelope, engine.io-3, ws
  --no-browser          Leave out those that play in a browser
  --list                List the cases and their peers";

enum Task {
    Help,
    List(Choice),
    Run(Choice),
}

fn main() -> ExitCode {
    match parse(env::args().skip(1)) {
        Ok(Task::Help) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Task::List(choice)) => {
            for (case, peer) in choice.pick() {
                println!("{:<31} {peer}", case.name);
            }
            ExitCode::SUCCESS
        }
        Ok(Task::Run(choice)) => play(&choice),
        Err(wrong) => {
            eprintln!("interop: {wrong}; `interop --help` lists the options");
            ExitCode::FAILURE
        }
    }
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

fn parse(mut words: impl Iterator<Item = String>) -> Result<Task, String> {
    let (mut choice, mut list) = (Choice::default(), false);
    while let Some(word) = words.next() {
        let mut values = || {
            let value = words
                .next()
                .ok_or_else(|| format!("`{word}` lacks its value"))?;
            Ok::<_, String>(value.split(',').map(str::to_owned).collect::<Vec<_>>())
        };
        match word.as_str() {
            "--help" | "-h" => return Ok(Task::Help),
            "--list" => list = true,
            "--no-browser" => choice.without_browser = true,
            "--case" => choice.cases.extend(values()?),
            "--peer" => {
                for name in values()? {
                    let peer = PeerKind::ALL.into_iter().find(|peer| peer.name() == name);
                    choice
                        .peers
                        .push(peer.ok_or_else(|| format!("there is no peer `{name}`"))?);
                }
            }
            other => return Err(format!("there is no option `{other}`")),
        }
    }
    Ok(if list {
        Task::List(choice)
    } else {
        Task::Run(choice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn cases_and_peers_can_be_chosen() {
        let Ok(Task::Run(choice)) = parsed("--case auth,acks --peer node --no-browser") else {
            panic!("these are options");
        };
        assert_eq!(choice.cases, ["auth", "acks"]);
        assert_eq!(choice.peers, [PeerKind::Node]);
        assert!(choice.without_browser);
    }

    #[test]
    fn what_is_not_an_option_is_refused() {
        for line in ["--case", "--peer nobody", "auth"] {
            assert!(parsed(line).is_err(), "{line} should be refused");
        }
    }
}
