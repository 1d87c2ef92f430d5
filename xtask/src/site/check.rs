//! Check of a built site: every link in it leads to a file that is there and, in a page of the documents, to a heading.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{DEMO, RUSTDOC, link};
use crate::failure::Failure;
use crate::files;

/// What was looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) pages: usize,
    pub(super) links: usize,
}

/// What links are about in a page.
#[derive(Debug, Default)]
struct Page {
    links: Vec<String>,
    ids: BTreeSet<String>,
}

/// Follows every link of the documents' pages in a folder. Those of the demo and of `cargo doc` are tested elsewhere.
pub(super) fn check(site: &Path) -> Result<Checked, Failure> {
    let mut found = BTreeSet::new();
    files::list(site, Path::new(""), &mut found)?;
    let found: BTreeSet<String> = found
        .iter()
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        .collect();
    let mut pages = BTreeMap::new();
    for path in &found {
        let top = path.split('/').next().unwrap_or_default();
        if path.ends_with(".html") && top != DEMO && top != RUSTDOC {
            pages.insert(path, Page::read(&files::read(&site.join(path))?));
        }
    }
    let mut links = 0;
    let mut broken = Vec::new();
    for (path, page) in &pages {
        for target in &page.links {
            let Some(mut place) = link::resolve(path, target) else {
                continue;
            };
            links += 1;
            if place.is_empty() || site.join(&place).is_dir() {
                place = format!("{place}/index.html")
                    .trim_start_matches('/')
                    .to_owned();
            }
            let anchor = target.split_once('#').map_or("", |(_, anchor)| anchor);
            if !found.contains(&place) {
                broken.push(format!("{path}: {target} leads to nothing"));
            } else if let Some(page) = pages.get(&place)
                && !anchor.is_empty()
                && !page.ids.contains(anchor)
            {
                broken.push(format!("{path}: {place} has no heading #{anchor}"));
            }
        }
    }
    if !broken.is_empty() {
        return Err(Failure::new(
            format!("{} links are broken:\n{}", broken.len(), broken.join("\n")),
            "mend them in the document of that name, or list what they lead to in site/SUMMARY.md",
        ));
    }
    Ok(Checked {
        pages: pages.len(),
        links,
    })
}

impl Page {
    fn read(html: &str) -> Self {
        let mut page = Self::default();
        // Text has `&lt;` for what would begin a tag.
        let tags = html
            .split('<')
            .skip(1)
            .filter_map(|piece| piece.split('>').next());
        for tag in tags.filter(|tag| tag.starts_with(char::is_alphabetic)) {
            let value = |name: &str| {
                let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
                rest.split('"').next().map(decoded)
            };
            page.links.extend(value("href"));
            page.links.extend(value("src"));
            page.ids.extend(value("id"));
        }
        page
    }
}

/// The text that stands in an attribute.
fn decoded(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a site of these files, in a folder of its own.
    fn check_files(name: &str, content: &[(&str, &str)]) -> Result<Checked, Failure> {
        let folder = std::env::temp_dir().join(format!("xtask-site-{name}-{}", std::process::id()));
        for (path, text) in content {
            files::write(&folder.join(path), text)?;
        }
        let checked = check(&folder);
        std::fs::remove_dir_all(&folder).expect("what was written can be removed");
        checked
    }

    #[test]
    fn links_to_files_folders_and_headings_are_followed() {
        let checked = check_files(
            "whole",
            &[
                (
                    "index.html",
                    "<h1 id=\"a\"><a href=\"docs/b.html#c\">b</a> <a class=\"x\" href=\"#a\">",
                ),
                (
                    "docs/b.html",
                    "<h2 id=\"c\"> <img src=\"b.png\"> <a href=\"../\"> <a href=\"https://yew.rs/\">",
                ),
                ("docs/b.png", ""),
                ("demo/index.html", "<a href=\"/nowhere\">"),
                ("rustdoc/a/index.html", "<a href=\"nowhere.html\">"),
            ],
        );
        assert_eq!(checked, Ok(Checked { pages: 2, links: 4 }));
    }

    #[test]
    fn what_leads_nowhere_is_named_with_its_page() {
        let checked = check_files(
            "broken",
            &[
                (
                    "index.html",
                    "<a href=\"gone.html\"> <a href=\"b.html#gone\">",
                ),
                ("b.html", "<code>&lt;a href=\"x\"></code>"),
            ],
        );
        let said = checked.expect_err("two links are broken").to_string();
        assert!(said.contains("2 links are broken"), "{said}");
        assert!(
            said.contains("index.html: gone.html leads to nothing"),
            "{said}"
        );
        assert!(
            said.contains("index.html: b.html has no heading #gone"),
            "{said}"
        );
    }
}
