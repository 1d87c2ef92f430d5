//! Results: what was measured, as it is kept.

use crate::{config::Config, error::BenchError, machine::Machine, page::Page};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fs, path::Path};

/// The files of the two benchmarks, below the folder of the document.
pub(crate) const BROWSER: &str = "benchmarks/browser.json";
pub(crate) const CORE: &str = "benchmarks/core.json";

/// One page in one configuration, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Whether the page showed the last event in time.
    pub(crate) finished: bool,
    /// Seconds from the start of the events until it did, or until it was stopped.
    pub(crate) seconds: f64,
    /// The last event that it showed.
    pub(crate) shown: u64,
    /// Seconds of tasks on the page's main thread.
    pub(crate) task_seconds: f64,
    /// Of that, seconds of scripts and WebAssembly, of styles, of layout.
    pub(crate) script_seconds: f64,
    pub(crate) style_seconds: f64,
    pub(crate) layout_seconds: f64,
    /// Milliseconds between two animation frames: 95 of 100 are shorter, and the longest.
    pub(crate) gap_p95: f64,
    pub(crate) gap_max: f64,
    /// Milliseconds from the time an event was due until a painted frame showed it; `None` if it never did.
    pub(crate) latency_p50: Option<f64>,
    pub(crate) latency_p99: Option<f64>,
    /// Bytes in use after a collection: JavaScript's heap, and WebAssembly's memory.
    pub(crate) js_bytes: f64,
    pub(crate) wasm_bytes: f64,
}

/// One page from when it was asked for, once: milliseconds until it showed its first row, and until a row showed its
/// first event. `None` if it never did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColdSample {
    pub(crate) first_row: f64,
    pub(crate) first_live_row: f64,
}

/// One configuration, page by page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) config: Config,
    /// In the order of the repetitions; one that did not load or answer is `None`.
    pub(crate) samples: BTreeMap<Page, Vec<Option<Sample>>>,
}

/// The size of a page's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Weight {
    pub(crate) raw: usize,
    pub(crate) gzip: usize,
    pub(crate) brotli: usize,
}

/// What `bench browser` measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BrowserResults {
    pub(crate) machine: Machine,
    pub(crate) weights: BTreeMap<Page, Weight>,
    pub(crate) cells: Vec<Cell>,
    /// In the order of the repetitions.
    #[serde(default)]
    pub(crate) cold: BTreeMap<Page, Vec<Option<ColdSample>>>,
}

/// One case of the core at one size: nanoseconds per event, one for each repetition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CoreCell {
    pub(crate) case: String,
    pub(crate) about: String,
    pub(crate) size: u32,
    pub(crate) native: Vec<f64>,
    /// In the browser, built for speed.
    pub(crate) speed: Vec<f64>,
    /// In the browser, built as a page is.
    pub(crate) page: Vec<f64>,
}

/// What `bench core` measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CoreResults {
    pub(crate) machine: Machine,
    pub(crate) cells: Vec<CoreCell>,
}

/// Writes results below `folder`.
pub(crate) fn write(folder: &Path, name: &str, results: &impl Serialize) -> Result<(), BenchError> {
    let path = folder.join(name);
    let text =
        serde_json::to_string_pretty(results).map_err(|error| BenchError::file(&path, &error))?;
    put(&path, &(text + "\n"))
}

/// Reads results from below `folder`; `None` if there are none.
pub(crate) fn read<T: DeserializeOwned>(
    folder: &Path,
    name: &str,
) -> Result<Option<T>, BenchError> {
    let path = folder.join(name);
    if !path.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(|error| BenchError::file(&path, &error))?;
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| BenchError::file(&path, &error))
}

/// Writes a file, making its folder.
pub(crate) fn put(path: &Path, text: &str) -> Result<(), BenchError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| BenchError::file(path, &error))
}
