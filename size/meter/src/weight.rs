//! Weight of a page: its module and its script, as they are, and as servers send them.

use std::{io::Write, iter::Sum, path::Path};

use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};

/// What of a page counts: all else of it does not depend on the SDK.
const COUNTED: [&str; 2] = ["wasm", "js"];

/// Bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Weight {
    /// As it is.
    pub(crate) raw: usize,
    /// By gzip at level 9.
    pub(crate) gzip: usize,
    /// By Brotli at quality 11.
    pub(crate) brotli: usize,
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), |all, one| Self {
            raw: all.raw + one.raw,
            gzip: all.gzip + one.gzip,
            brotli: all.brotli + one.brotli,
        })
    }
}

/// The weight of the page that was built into `folder`.
pub(crate) fn of_page(folder: &Path) -> Result<Weight, String> {
    let unreadable = |error| format!("could not read {}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(|extension| COUNTED.contains(&extension)) {
            files.push(std::fs::read(&path).map_err(unreadable)?);
        }
    }
    if files.is_empty() {
        return Err(format!("there is no built page in {}", folder.display()));
    }
    files.iter().map(|bytes| of_file(bytes)).sum()
}

/// Each file is sent for itself, so each is compressed for itself.
fn of_file(bytes: &[u8]) -> Result<Weight, String> {
    let compressed = |error| format!("could not compress: {error}");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).map_err(compressed)?;
    let mut small = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*bytes, &mut small, &params).map_err(compressed)?;
    Ok(Weight {
        raw: bytes.len(),
        gzip: gzip.finish().map_err(compressed)?.len(),
        brotli: small.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_itself_gets_small_and_the_raw_size_stays() {
        let weight = of_file(&b"realtime ".repeat(1_000)).unwrap();
        assert_eq!(weight.raw, 9_000);
        assert!(weight.gzip < 100, "{weight:?}");
        assert!(weight.brotli < weight.gzip, "{weight:?}");
    }

    #[test]
    fn a_page_is_its_module_and_its_script_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("size-meter-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(of_page(&folder).is_err());
        for (name, bytes) in [("a.wasm", 500), ("a.js", 70), ("index.html", 9_000)] {
            std::fs::write(folder.join(name), vec![b'a'; bytes]).unwrap();
        }
        let weight = of_page(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(weight.map(|weight| weight.raw), Ok(570));
    }
}
