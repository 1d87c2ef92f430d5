//! The load test of the hub: ten thousand connections to a server of its own in another process on this machine.
//!
//! It connects them all, lets them subscribe, and has the server publish at a few rates: to one channel that all follow,
//! and to a hundred channels that a hundred each follow. It tells what a connection costs in memory, what is delivered how
//! fast and how late, and what that takes of the processors; clients and server share them.

mod decoder;
mod histogram;
mod process;
mod report;
mod serve;
mod swarm;

use process::Process;
use report::Step;
use serve::Served;
use std::{env, error::Error, process::ExitCode, time::Duration};
use swarm::Swarm;

/// Connections, unless the first argument says otherwise.
const CONNECTIONS: u32 = 10_000;
/// Channels of the second run.
const ROOMS: u32 = 100;
/// How long it is published at one rate.
const STEP: Duration = Duration::from_secs(5);
/// Deliveries a second that are asked for, one step each.
const DELIVERIES: [u32; 4] = [20_000, 50_000, 100_000, 200_000];

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some("--serve") => serve::run(),
        first => match first.map_or(Ok(CONNECTIONS), str::parse) {
            Ok(connections) if words.len() < 2 => measure(connections),
            _ => Err("use bench-hub [connections]".into()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures with that many connections.
fn measure(connections: u32) -> Result<(), Box<dyn Error>> {
    process::raise_limit(u64::from(connections) + 100)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut served = Served::start()?;
    let server = Process::of(served.id());
    let empty = server.memory()?;
    println!(
        "{connections} connections to a hub, JSON envelope, server and clients on this machine"
    );
    let (swarm, took) = runtime.block_on(Swarm::connect(served.address(), connections, ROOMS))?;
    let per_one = |memory: u64| memory.saturating_sub(empty) / u64::from(connections);
    println!(
        "connected in {:.1} s; the server alone has {} KiB",
        took.as_secs_f64(),
        empty / 1024
    );
    println!(
        "memory of one connection, idle: {} bytes",
        per_one(server.memory()?)
    );
    let took = runtime.block_on(swarm.subscribe());
    println!(
        "each subscribed to 2 channels in {:.1} s; memory of one: {} bytes",
        took.as_secs_f64(),
        per_one(server.memory()?)
    );
    let mut most = 0;
    for channels in [1, ROOMS] {
        println!(
            "\n{} of {} followers",
            report::channels(channels),
            connections / channels
        );
        println!("{}", Step::HEAD);
        for deliveries in DELIVERIES {
            let followers = connections / channels;
            let rate = (deliveries / followers).max(1);
            let step = swarm.step(&runtime, &mut served, &server, channels, rate, STEP)?;
            most = most.max(step.memory);
            println!("{step}");
        }
    }
    println!(
        "\nmemory of one connection, under load, at most: {} bytes",
        per_one(most)
    );
    Ok(())
}
