//! `simulate`: plays random worlds, and says what is wrong with them.

use realtime_sabotage::{IS_ASKED, Rule};
use realtime_simulation::{Campaign, Wire, investigate, sabotage};
use std::process::ExitCode;

const HELP: &str = "\
Plays random worlds of clients, faults and a server in virtual time, and compares all in the end.

Usage: simulate [options]

Options:
  --seeds N        How many worlds [default: 200; with --sabotage, at most 20000 for each rule]
  --from S         The first seed [default: by chance; it is printed]
  --seed S         Just this one; if it goes wrong, the fewest actions that do
  --wire WIRE      What is spoken: Envelope, SocketIo or Resuming [default: Envelope]
  --without RULE   With this rule of the client switched off, such as Tombstones
  --sabotage       Switch every rule off, one at a time, and find a seed that notices
  --jobs N         Threads [default: 2]";

/// How many bad seeds are listed.
const MAX_LISTED: usize = 20;

/// What the command line asks for.
#[derive(Debug)]
struct Args {
    seeds: Option<u64>,
    /// The first seed.
    from: u64,
    seed: Option<u64>,
    rule: Option<Rule>,
    wire: Wire,
    sabotage: bool,
    jobs: usize,
}

fn main() -> ExitCode {
    let args = match parse(std::env::args().skip(1)).and_then(can_do) {
        Ok(Some(args)) => args,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    // A world that panics is reported with its seed; the message alone says less.
    std::panic::set_hook(Box::new(|_| {}));
    let ok = if args.sabotage {
        break_every_rule(&args)
    } else if let Some(seed) = args.seed {
        one(seed, args.wire, args.rule)
    } else {
        many(&args)
    };
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Args>, String> {
    let mut args = Args {
        seeds: None,
        // Short enough to be typed.
        from: fastrand::u64(..1_000_000_000),
        seed: None,
        rule: None,
        wire: Wire::default(),
        sabotage: false,
        jobs: 2,
    };
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().unwrap_or_default();
            value
                .parse::<u64>()
                .map_err(|_| format!("`{word}` wants a number, not `{value}`"))
        };
        match word.as_str() {
            "--seeds" => args.seeds = Some(number()?),
            "--from" => args.from = number()?,
            "--seed" => args.seed = Some(number()?),
            "--jobs" => args.jobs = number()? as usize,
            "--sabotage" => args.sabotage = true,
            "--without" => args.rule = Some(rule(&words.next().unwrap_or_default())?),
            "--wire" => args.wire = wire(&words.next().unwrap_or_default())?,
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("there is no option `{word}`")),
        }
    }
    Ok(Some(args))
}

/// What breaks rules needs a core that asks for them.
fn can_do(args: Option<Args>) -> Result<Option<Args>, String> {
    let breaks = |args: &Args| args.sabotage || args.rule.is_some();
    match args {
        Some(args) if breaks(&args) && !IS_ASKED => Err(
            "this was built with a core that cannot be broken: say `cargo xtask simulate` instead"
                .to_owned(),
        ),
        args => Ok(args),
    }
}

fn wire(name: &str) -> Result<Wire, String> {
    let known = Wire::ALL.iter().find(|wire| format!("{wire:?}") == name);
    known
        .copied()
        .ok_or_else(|| format!("there is no wire `{name}`, but {:?}", Wire::ALL))
}

fn rule(name: &str) -> Result<Rule, String> {
    let known = Rule::ALL.iter().find(|rule| format!("{rule:?}") == name);
    known.copied().ok_or_else(|| {
        let names: Vec<String> = Rule::ALL.iter().map(|rule| format!("{rule:?}")).collect();
        format!("there is no rule `{name}`, but {}", names.join(", "))
    })
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
    one(first.seed, args.wire, args.rule);
    false
}

fn one(seed: u64, wire: Wire, rule: Option<Rule>) -> bool {
    let (outcome, shrunk) = investigate(seed, wire, rule);
    println!("{}", outcome.tally);
    let Some((plan, breaches)) = shrunk else {
        return true;
    };
    println!("{plan}");
    for breach in breaches {
        println!("{breach}");
    }
    let without = rule.map_or_else(String::new, |rule| format!(" --without {rule:?}"));
    println!("\nagain: cargo xtask simulate --seed {seed} --wire {wire:?}{without}");
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
