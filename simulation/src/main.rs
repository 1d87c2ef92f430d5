//! `simulate`: plays random worlds, and says what is wrong with them.

use clap::Parser;
use realtime_sabotage::{IS_ASKED, Rule};
use realtime_simulation::{Campaign, Wire, Worlds, investigate, sabotage};
use std::{fmt::Debug, process::ExitCode};

/// How many bad seeds are listed.
const MAX_LISTED: usize = 20;

/// Plays random worlds of clients, faults and a server in virtual time, and compares all in the end
#[derive(Debug, Parser)]
#[command(name = "cargo xtask simulate", bin_name = "cargo xtask simulate")]
struct Args {
    /// How many worlds [default: 200; with --sabotage, at most 20000 for each rule]
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// The first seed [default: by chance; it is printed]
    // Short enough to be typed.
    #[arg(long, value_name = "S", default_value_t = fastrand::u64(..1_000_000_000), hide_default_value = true)]
    from: u64,
    /// Just this one; if it goes wrong, the fewest actions that do
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// With this rule of the client switched off, such as Tombstones
    #[arg(long = "without", value_name = "RULE", value_parser = |name: &str| named(Rule::ALL, name))]
    rule: Option<Rule>,
    /// What is spoken: Envelope, SocketIo or Resuming
    #[arg(long, default_value = "Envelope", value_parser = |name: &str| named(&Wire::ALL, name))]
    wire: Wire,
    /// Clients keep things on a disk, and their pages die and are opened again
    #[arg(long)]
    reloads: bool,
    /// Clients of one user are tabs that share a socket; they freeze, hide and die
    #[arg(long, conflicts_with = "reloads")]
    tabs: bool,
    /// Switch every rule off, one at a time, and find a seed that notices
    #[arg(long)]
    sabotage: bool,
    /// Threads
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
}

impl Args {
    /// What may happen to clients, and the option that says so.
    const fn worlds(&self) -> (Worlds, &'static str) {
        if self.tabs {
            (Worlds::Sharing, " --tabs")
        } else if self.reloads {
            (Worlds::Reloading, " --reloads")
        } else {
            (Worlds::Plain, "")
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    if (args.sabotage || args.rule.is_some()) && !IS_ASKED {
        // What breaks rules needs a core that asks for them.
        eprintln!(
            "this was built with a core that cannot be broken: say `cargo xtask simulate` instead"
        );
        return ExitCode::FAILURE;
    }
    // A world that panics is reported with its seed; the message alone says less.
    std::panic::set_hook(Box::new(|_| {}));
    let ok = if args.sabotage {
        break_every_rule(&args)
    } else if let Some(seed) = args.seed {
        one(seed, &args)
    } else {
        many(&args)
    };
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The one of this name.
fn named<T: Copy + Debug>(all: &[T], name: &str) -> Result<T, String> {
    let known = all.iter().find(|one| format!("{one:?}") == name);
    known.copied().ok_or_else(|| format!("use one of {all:?}"))
}

fn many(args: &Args) -> bool {
    let seeds = args.seeds.unwrap_or(200);
    let last = args.from + seeds.saturating_sub(1);
    println!("seeds {} to {last}, {:?}", args.from, args.wire);
    let report = Campaign {
        first: args.from,
        seeds,
        jobs: args.jobs,
        rule: args.rule,
        wire: args.wire,
        worlds: args.worlds().0,
    }
    .run();
    println!("{}", report.tally);
    let seconds = report.elapsed.as_secs_f64();
    println!(
        "  {:.1} s: {:.0} seeds and {:.0} virtual hours a second",
        seconds,
        report.tally.seeds as f64 / seconds,
        report.tally.millis as f64 / 3_600_000.0 / seconds,
    );
    let Some(first) = report.failures.first() else {
        return true;
    };
    println!("\n{} bad seeds:", report.failures.len());
    for failure in report.failures.iter().take(MAX_LISTED) {
        let first = failure.breaches.first().map(ToString::to_string);
        let first = first.unwrap_or_default();
        println!(
            "  {:>8}  {}",
            failure.seed,
            first.lines().next().unwrap_or_default()
        );
    }
    println!("\nThe first of them, shrunk:");
    one(first.seed, args);
    false
}

fn one(seed: u64, args: &Args) -> bool {
    let (wire, rule, (worlds, also)) = (args.wire, args.rule, args.worlds());
    let (outcome, shrunk) = investigate(seed, wire, worlds, rule);
    println!("{}", outcome.tally);
    let Some((plan, breaches)) = shrunk else {
        return true;
    };
    println!("{plan}");
    for breach in breaches {
        println!("{breach}");
    }
    let without = rule.map_or_else(String::new, |rule| format!(" --without {rule:?}"));
    println!("\nagain: cargo xtask simulate --seed {seed} --wire {wire:?}{without}{also}");
    false
}

fn break_every_rule(args: &Args) -> bool {
    let seeds = args.seeds.unwrap_or(20_000);
    println!("seeds from {}, {:?}", args.from, args.wire);
    let rules = match args.rule {
        Some(rule) => vec![rule],
        None => Rule::ALL.to_vec(),
    };
    println!("{:<20}{:>8}  what gave it away", "rule", "seeds");
    let mut ok = true;
    for caught in sabotage(&rules, args.from, seeds, args.jobs) {
        let rule = format!("{:?}", caught.rule);
        match caught.by {
            Some((seed, breach)) => {
                let breach = breach.to_string();
                let said = breach.lines().next().unwrap_or_default();
                println!("{rule:<20}{:>8}  {said}", seed - args.from + 1);
            }
            None => {
                ok = false;
                println!("{rule:<20}{:>8}  NOT CAUGHT", format!(">{seeds}"));
            }
        }
    }
    ok
}
