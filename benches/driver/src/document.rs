//! Document: docs/BENCHMARKS.md, written from the results.

use crate::{
    error::BenchError,
    goals,
    machine::Machine,
    plot,
    results::{self, BROWSER, BrowserResults, CORE, CoreResults},
    table,
};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

const INTRODUCTION: &str = "\
# Benchmarks

Measured, not promised: this file is written by `cargo xtask bench`, and the numbers behind it are in
[benchmarks](benchmarks). Trust the ratios more than the digits: what is compared was measured in turns in one run on one
machine.

```sh
cargo xtask bench core      # what one event costs the core, natively and in headless Chromium
cargo xtask bench browser   # pages that do the same work: by hand, in React, with this SDK
cargo xtask bench hub       # what ten thousand connections cost the server: SERVER.md has its figures
```

`--quick` measures a few configurations once, to see that it works; `--only sorted-1000`, `--repetitions 9` and others are
in `--help`.
";

const HOW_BROWSER: &str = "\
Each page shows rows of three cells in boxes of fixed size (`contain: strict`), fetched from one server, and follows the
same updates of single rows, each in a frame of its own, over the browser's WebSocket: by the JSON envelope or, for React,
by Socket.IO. The data is drawn from a seed; when a page is done, what it shows is held against what the server has. Sorted
rows stand in the order of the number that changes, and each update moves its row to any place.

- *tasks*: seconds of processor time that tasks took on the page's main thread (`TaskDuration` in thread ticks), from the
  first event until the page shows the last, five seconds at least (two for a burst). The meter itself is in them: an
  animation frame and a look at one row.
- *× (a)*, *× (b)*: against the hand-written page and against the React page an event at a time, windowed pages against
  windowed ones; the median of the ratios of each round.
- *frame gap*: time between two animation frames; the screen has one every 16.7 ms.
- *latency*: from when an event was due at the server until a painted frame shows it, by every 25th event.
- *heap*: JavaScript's heap after a collection plus WebAssembly's memory.
- A page that has not shown the last event 30 s after the first is stopped; it is a cross in the plot.
- *code*: every script and module that the page loads, each compressed by itself (`gzip -9`, `brotli -q 11`).
- *first row*, *first live row*: from when the page is asked for, with nothing in the cache, until a painted frame shows
  the first of 100 rows, and until one shows what an event changed; there is an event of that row each 50 ms. The line is
  emulated (1.6 Mbit/s down, 0.75 up, 150 ms until an answer begins), the main thread runs four times slower, and files
  come compressed by gzip.
";

const HOW_CORE: &str = "\
The same functions run natively (profile `release`) and in headless Chromium, built for speed (`release`, `wasm-opt -O3`) and
as a page is built (profile `page`, `wasm-opt -Oz`). Lists are read as a page reads them: a snapshot is held, and taken
anew after every eighth event. Each number is the median, over all rounds, of the quickest of 15 batches of events.
";

/// Writes the document from the results that lie beside it; where it is.
pub(crate) fn write(folder: &Path) -> Result<PathBuf, BenchError> {
    let browser: Option<BrowserResults> = results::read(folder, BROWSER)?;
    let core: Option<CoreResults> = results::read(folder, CORE)?;
    let mut text = String::from(INTRODUCTION);
    let goals = goals::table(browser.as_ref(), core.as_ref());
    let _ = write!(
        text,
        "\n## Goals\n\n{goals}\n[PROFILES.md](PROFILES.md) says why what is missed is missed.\n"
    );
    if let Some(browser) = &browser {
        results::put(
            &folder.join("benchmarks/browser.svg"),
            &plot::of_browser(browser),
        )?;
        let _ = write!(
            text,
            "\n## In the browser\n\n{}\n{HOW_BROWSER}\n![Seconds of tasks by rows](benchmarks/browser.svg)\n\n{}",
            conditions(&browser.machine, true),
            table::of_browser(browser)
        );
    }
    if let Some(core) = &core {
        results::put(&folder.join("benchmarks/core.svg"), &plot::of_core(core))?;
        let _ = write!(
            text,
            "\n## The core\n\n{}\n{HOW_CORE}\n![Nanoseconds an event by size](benchmarks/core.svg)\n\n{}",
            conditions(&core.machine, false),
            table::of_core(core)
        );
    }
    let path = folder.join("BENCHMARKS.md");
    results::put(&path, &text)?;
    Ok(path)
}

fn conditions(machine: &Machine, with_packages: bool) -> String {
    let mut text = format!(
        "{}, commit {}: {} cores of {}, {}, {}, {}, {}.",
        machine.date,
        machine.commit,
        machine.cores,
        machine.processor,
        machine.memory,
        machine.system,
        machine.browser,
        machine.rustc
    );
    if with_packages {
        let packages: Vec<String> = machine
            .packages
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        let _ = write!(text, " The React page: {}.", packages.join(", "));
    }
    text + "\n"
}
