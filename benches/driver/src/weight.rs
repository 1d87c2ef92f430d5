//! Weight: how much code a page loads.

use crate::{error::BenchError, page::Page, results::Weight};
use flate2::{Compression, write::GzEncoder};
use realtime_bench_server::Plan;
use realtime_testkit::{Browser, Http, KitError, eventually};
use serde_json::json;
use std::{
    io::{self, Read, Write},
    time::Duration,
};

/// The most that one file may have.
const LARGEST: u64 = 64 << 20;

/// Opens the page and weighs every script and module that it loads, each compressed by itself as a server would:
/// `gzip -9`, `brotli -q 11`.
pub(crate) fn weigh(browser: &Browser, server: &Http, page: Page) -> Result<Weight, BenchError> {
    let plan = Plan {
        rows: 10,
        events: 1,
        rate: 0,
        seed: 1,
        probe_every: 1,
        partial: page.is_partial(),
    };
    let plan = json!(plan);
    let run = server.post("/runs", &plan)?.body["run"].clone();
    let tab = browser.new_tab()?;
    tab.goto(&format!("{}{}run={run}", server.base(), page.path()))?;
    let rows = || tab.eval::<i64>("return bench.rows()", json!([]));
    eventually(
        "all rows are there",
        Duration::from_secs(30),
        rows,
        |rows| *rows == 10,
    )?;
    let files: Vec<String> = tab.eval("return bench.files()", json!([]))?;
    tab.close()?;
    let mut weight = Weight {
        raw: 0,
        gzip: 0,
        brotli: 0,
    };
    for url in files {
        let bytes = download(&url)?;
        let failed = |error: io::Error| BenchError::Missing(format!("{url} compressed: {error}"));
        weight.raw += bytes.len();
        weight.gzip += gzip(&bytes).map_err(failed)?.len();
        weight.brotli += brotli(&bytes).map_err(failed)?.len();
    }
    Ok(weight)
}

fn download(url: &str) -> Result<Vec<u8>, BenchError> {
    let failed = |reason: String| {
        BenchError::Page(KitError::Http {
            url: url.into(),
            reason,
        })
    };
    let mut answer = ureq::get(url)
        .call()
        .map_err(|error| failed(error.to_string()))?;
    let body = answer.body_mut().with_config().limit(LARGEST);
    body.read_to_vec()
        .map_err(|error| failed(error.to_string()))
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    brotli::CompressorReader::new(bytes, 4_096, 11, 22).read_to_end(&mut compressed)?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_weighs_little() {
        let text = "live rows ".repeat(1_000);
        for compressed in [gzip(text.as_bytes()), brotli(text.as_bytes())] {
            let compressed = compressed.unwrap().len();
            assert!((1..200).contains(&compressed), "{compressed} bytes");
        }
    }
}
