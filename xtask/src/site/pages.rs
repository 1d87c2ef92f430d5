//! Pages of the site: the documents that `site/SUMMARY.md` lists, as mdBook takes them.
//!
//! They keep their places, so that links from one to another hold. What a site has and a checkout has not is put in here: a
//! folder's README is its index, a link to a folder without one is plain text, and `<!-- live: tasks -->` is the
//! demo's page.

use std::collections::BTreeSet;
use std::path::Path;

use super::link;
use crate::failure::Failure;
use crate::files;

const SUMMARY: &str = "site/SUMMARY.md";
const LIVE: &str = "<!-- live: ";

/// Writes all pages, and what they link to, from the workspace `root` into the folder `to`.
pub(super) fn write(root: &Path, to: &Path) -> Result<(), Failure> {
    let summary = files::read(&root.join(SUMMARY))?;
    let mut listed = BTreeSet::new();
    with_links(&summary, |target| {
        listed.extend(link::resolve(SUMMARY, target));
        None
    });
    let is_page = |path: &str| listed.contains(path);
    let contents = with_links(&summary, |target| {
        Some(as_index(&link::resolve(SUMMARY, target)?))
    });
    files::write(&to.join("SUMMARY.md"), &contents)?;
    let mut linked = BTreeSet::new();
    for page in &listed {
        let text = with_links(&files::read(&root.join(page))?, |target| {
            let (path, anchor) = target.split_at(target.find('#').unwrap_or(target.len()));
            let place = link::resolve(page, path)?;
            if is_page(&place) {
                return Some(format!("{}{anchor}", as_index(path)));
            }
            if is_page(&format!("{place}/README.md")) {
                return Some(format!("{}/index.md{anchor}", path.trim_end_matches('/')));
            }
            if root.join(&place).is_dir() {
                return Some(String::new());
            }
            // Not a page, so it goes along as it is. What is not there either, the check of links finds.
            linked.extend(root.join(&place).is_file().then_some(place));
            None
        });
        files::write(&to.join(as_index(page)), &with_frames(page, &text))?;
    }
    for file in linked {
        files::copy_file(&root.join(&file), &to.join(&file))?;
    }
    Ok(())
}

/// The text with each link led elsewhere, where `lead` gives another target; an empty one leaves the link's text alone.
fn with_links(text: &str, mut lead: impl FnMut(&str) -> Option<String>) -> String {
    let mut led = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("](")
        && let Some((target, next)) = after.split_once(')')
    {
        led.push_str(before);
        match lead(target).as_deref() {
            Some("") => {
                if let Some(at) = led.rfind('[') {
                    led.remove(at);
                }
            }
            other => led.extend(["](", other.unwrap_or(target), ")"]),
        }
        rest = next;
    }
    led.push_str(rest);
    led
}

/// A README is what its folder shows.
fn as_index(path: &str) -> String {
    match path.strip_suffix("README.md") {
        Some(folder) => format!("{folder}index.md"),
        None => path.to_owned(),
    }
}

/// The text with the demo's pages where it asks for them.
fn with_frames(page: &str, text: &str) -> String {
    let up = "../".repeat(page.matches('/').count());
    let framed = text.lines().map(|line| {
        let name = line
            .strip_prefix(LIVE)
            .and_then(|rest| rest.strip_suffix(" -->"));
        name.map_or_else(|| line.to_owned(), |name| frame(&up, name))
    });
    framed.flat_map(|line| [line, "\n".to_owned()]).collect()
}

/// One page of the demo, in a frame.
fn frame(up: &str, name: &str) -> String {
    let url = format!("{up}demo/index.html#/{name}");
    format!(
        "<figure class=\"live\">\n\
         <iframe src=\"{url}\" title=\"The demo's page: {name}\" loading=\"lazy\"></iframe>\n\
         <figcaption>The demo's page, live: open it in <a href=\"{url}\" target=\"_blank\">windows of its own</a>, each of \
         which is another visitor. It needs its server, which <code>cargo xtask site</code> starts; where there is none, \
         it says so.</figcaption>\n\
         </figure>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_led_elsewhere_or_become_plain_text() {
        let led = with_links("a [b](c.md) [d](e) [f](g)", |target| match target {
            "c.md" => Some("x.md".to_owned()),
            "e" => Some(String::new()),
            _ => None,
        });
        assert_eq!(led, "a [b](x.md) d [f](g)");
    }

    #[test]
    fn a_readme_is_the_index_of_its_folder() {
        assert_eq!(
            as_index("examples/demo/README.md"),
            "examples/demo/index.md"
        );
        assert_eq!(as_index("docs/AUTH.md"), "docs/AUTH.md");
    }

    #[test]
    fn a_page_in_a_folder_finds_the_demo_above_it() {
        let framed = with_frames(
            "docs/guides/board.md",
            "# A board\n\n<!-- live: tasks -->\n",
        );
        assert!(framed.starts_with("# A board\n\n<figure"), "{framed}");
        assert!(
            framed.contains("src=\"../../demo/index.html#/tasks\""),
            "{framed}"
        );
        assert_eq!(with_frames("README.md", "a\nb\n"), "a\nb\n");
    }
}
