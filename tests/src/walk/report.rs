//! Report: what was checked, and the screenshots.

use crate::{KitError, Scheme, Size, Tab, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The result of a walk, told line by line while it is made.
#[derive(Debug)]
pub struct Report {
    folder: PathBuf,
    passed: u32,
    failed: u32,
    shots: u32,
}

impl Report {
    /// A report whose screenshots go to `folder`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            passed: 0,
            failed: 0,
            shots: 0,
        }
    }

    /// Notes and prints whether `what` is so.
    pub fn check<T>(&mut self, what: &str, result: Result<T, KitError>) -> Option<T> {
        match result {
            Ok(value) => {
                println!("ok      {what}");
                self.passed += 1;
                Some(value)
            }
            Err(error) => {
                println!("FAILED  {what}: {error}");
                self.failed += 1;
                None
            }
        }
    }

    /// Takes a screenshot.
    pub fn shot(&mut self, tab: &Tab, name: &str) {
        let path = self.folder.join(format!("{name}.png"));
        let taken = tab.screenshot(&path);
        if self
            .check(&format!("screenshot {name}.png"), taken)
            .is_some()
        {
            self.shots += 1;
        }
    }

    /// Takes a screenshot at a size and in a scheme, and checks that it has that size.
    pub fn shot_at(&mut self, tab: &Tab, name: &str, size: Size, scheme: Scheme) {
        let name = format!("{name}-{}-{}", size.name, scheme.name());
        self.shot(tab, &name);
        let path = self.folder.join(format!("{name}.png"));
        self.check(
            &format!("{name}.png is {}×{}", size.width, size.height),
            has_size(&path, size),
        );
    }

    /// Whether nothing has failed.
    pub fn is_good(&self) -> bool {
        self.failed == 0
    }

    /// The sum, in a sentence.
    pub fn summary(&self) -> String {
        format!(
            "{} checks passed, {} failed; {} screenshots in {}",
            self.passed,
            self.failed,
            self.shots,
            self.folder.display()
        )
    }
}

fn has_size(path: &Path, size: Size) -> Result<(), KitError> {
    let image = fs::read(path).map_err(|error| KitError::file(path, &error))?;
    let found = png_size(&image);
    ensure(found == Some((size.width, size.height)), || {
        format!("it is {found:?}")
    })
}

/// The width and height that a PNG file's header tells.
fn png_size(image: &[u8]) -> Option<(u32, u32)> {
    let header = image.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    let (width, height) = header.split_at(4);
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_be_bytes);
    Some((number(width)?, number(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_from_the_header_of_a_png() {
        let mut image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        image.extend([0, 0, 5, 0, 0, 0, 3, 32, 8, 6]);
        assert_eq!(png_size(&image), Some((1280, 800)));
        assert_eq!(png_size(&image[..20]), None);
        assert_eq!(png_size(b"GIF89a"), None);
    }

    #[test]
    fn one_failed_check_spoils_the_report() {
        let mut report = Report::new("shots");
        assert_eq!(report.check("it holds", Ok(3)), Some(3));
        assert!(report.is_good());
        let failure: Result<(), _> = Err(KitError::Wrong("it does not".into()));
        assert_eq!(report.check("it holds too", failure), None);
        assert!(!report.is_good());
        assert_eq!(
            report.summary(),
            "1 checks passed, 1 failed; 0 screenshots in shots"
        );
    }
}
